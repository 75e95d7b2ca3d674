//! Notifications to the clients of a production that a playlist is ready.

use tanuki_store::query::comments::notifications::{Notification, Subject};
use tanuki_store::query::notices::PLAYLIST_READY;
use tanuki_store::query::people;
use uuid::Uuid;

use crate::fields::id_of;
use crate::{Caller, Error, Playlists, Result};

/// Filters of the clients of a production who are notified.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientSelection {
    /// Only clients of this studio.
    pub studio_id: Option<Uuid>,
    /// Only clients in this department.
    pub department_id: Option<Uuid>,
}

impl Playlists<'_> {
    /// Requires a manager of the playlist's project, so that a request is
    /// refused before its body is validated.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn may_notify_clients(self, caller: &Caller, id: Uuid) -> Result<()> {
        self.managed_project(caller, id).await?;
        Ok(())
    }

    /// Notifies the clients of a production that a playlist is ready for
    /// review, by mail and in chats too if they want that. Requires a manager
    /// of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn notify_clients(
        self,
        caller: &Caller,
        id: Uuid,
        selection: ClientSelection,
    ) -> Result<()> {
        let project_id = self.managed_project(caller, id).await?;
        let ClientSelection {
            studio_id,
            department_id,
        } = selection;
        let mut transaction = self.core.database().begin().await?;
        let clients =
            people::clients_of_project(&mut transaction, project_id, studio_id, department_id);
        let clients = clients.await?;
        let notifications: Vec<Notification> = clients
            .into_iter()
            .map(|person_id| Notification {
                person_id,
                author_id: caller.id,
                subject: Subject::Playlist(id),
                comment_id: None,
                kind: PLAYLIST_READY,
                reply_id: None,
                change: false,
                created_at: None,
            })
            .collect();
        self.core
            .notify(&mut transaction, &notifications, Some(project_id))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Returns the project of a playlist, of which the caller must be a
    /// manager.
    pub(crate) async fn managed_project(self, caller: &Caller, id: Uuid) -> Result<Uuid> {
        let playlist = self.row(self.core.database(), id).await?;
        let project_id = id_of(&playlist, "project_id").ok_or(Error::NotFound)?;
        self.core
            .require_managed_project(caller, project_id)
            .await?;
        Ok(project_id)
    }
}
