//! Avatars of people.

use tanuki_files::Key;
use tanuki_store::query::files::stored;
use tanuki_store::query::rows;
use tanuki_store::schema::PERSON;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::events::Event;
use crate::{Admin, Caller, Error, MaybeId, People, Result};

impl People<'_> {
    /// Removes the avatar of the caller, and records `person:update`. To have
    /// none is no error. The file is deleted as the settings say.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn clear_own_avatar(self, caller: &Caller) -> Result<()> {
        caller.require_person()?;
        self.remove_avatar(caller, caller.id).await
    }

    /// Removes the avatar of a person or bot, as
    /// [`clear_own_avatar`](Self::clear_own_avatar) does.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account.
    pub async fn clear_avatar(self, admin: Admin<'_>, person: &MaybeId) -> Result<()> {
        self.remove_avatar(admin.caller(), person.found()?).await
    }

    async fn remove_avatar(self, caller: &Caller, id: Uuid) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, PERSON.name, id).await?;
        let defaults = self.core.defaults();
        let values = Values::from([
            ("has_avatar", false.into()),
            ("updated_at", defaults.now.into()),
        ]);
        if !write::update(&mut transaction, &PERSON, id, values).await? {
            return Err(Error::NotFound);
        }
        let key = Key::thumbnail(id);
        let place = (key.bucket().name(), key.prefix());
        stored::mark_deleted(&mut transaction, place, id, &defaults).await?;
        let event = Event::about("person", "update", id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
