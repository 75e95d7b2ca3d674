//! Chats: each entity has one. Everybody with access to the entity reads it;
//! those who joined it write.

use std::sync::LazyLock;

use serde_json::json;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{chats, files::stored, rows, visibility};
use tanuki_store::schema::{CHAT, CHAT_MESSAGE, CHAT_PARTICIPANT, ENTITY};
use tanuki_store::view::chats::{JOINED, MESSAGE};
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Shape, Transaction};
use uuid::Uuid;

use crate::access::ensure;
use crate::comments::shapes::attachment;
use crate::events::Event;
use crate::fields::{column_value, id_of};
use crate::files::{ReceivedFiles, Upload};
use crate::{Caller, Chats, ConstraintViolation, Error, JsonRow, MaybeId, Result};

static CHAT_ROW: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&CHAT, &[]));
static WITH_PARTICIPANTS: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&CHAT, &[]));
static MESSAGE_ROW: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&CHAT_MESSAGE, &[]));

/// The shape of a chat with its participants.
pub fn chat_shape() -> Shape {
    WITH_PARTICIPANTS
        .shape()
        .with("messages", Shape::any().list())
}

/// The shape of the row of a chat.
pub fn chat_row_shape() -> Shape {
    CHAT_ROW.shape()
}

/// The shape of a message with its attachments.
pub fn message_shape() -> Shape {
    MESSAGE.shape()
}

/// The shape of a new message, with its attachments if it has any.
pub fn new_message_shape() -> Shape {
    MESSAGE_ROW
        .shape()
        .with("attachment_files", attachment().list())
}

/// The shape of a chat in the list of the caller's.
pub fn joined_chat_shape() -> Shape {
    JOINED.shape()
}

/// A chat that the caller may read.
#[derive(Debug, Clone, Copy)]
struct OpenedChat {
    id: Uuid,
    project_id: Uuid,
}

impl Chats<'_> {
    /// Returns the chat of an entity, which is created if there is none. JSON:
    /// the row with the ids of its `participants`; `messages` is empty, as in
    /// Zou. Requires access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity, [`Error::Denied`]
    /// without access to it.
    pub async fn chat(self, caller: &Caller, entity_id: Uuid) -> Result<JsonRow> {
        let chat = self.open(caller, entity_id).await?;
        let row = rows::by_id(self.core.database(), &WITH_PARTICIPANTS, chat.id).await?;
        let mut row = row.ok_or(Error::NotFound)?;
        row.insert("messages".into(), json!([]));
        Ok(row)
    }

    /// Lists the messages of an entity's chat, oldest first. JSON: [`MESSAGE`].
    /// Requires access to the entity.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    pub async fn messages(self, caller: &Caller, entity_id: Uuid) -> Result<JsonChunks> {
        let chat = self.open(caller, entity_id).await?;
        let messages = ListQuery::new(&MESSAGE)
            .filter(chats::in_chat(chat.id))
            .ascending("created_at")
            .ascending("id");
        Ok(self.core.database().stream_list(messages))
    }

    /// Returns a message of an entity's chat. JSON: [`MESSAGE`]. Requires access
    /// to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity or message,
    /// [`Error::Denied`] without access, or if the message is of another chat.
    pub async fn message(
        self,
        caller: &Caller,
        entity_id: Uuid,
        message: &MaybeId,
    ) -> Result<JsonRow> {
        let chat = self.open(caller, entity_id).await?;
        let message = rows::by_id(self.core.database(), &MESSAGE, message.found()?).await?;
        let message = message.ok_or(Error::NotFound)?;
        ensure(id_of(&message, "chat_id") == Some(chat.id))?;
        Ok(message)
    }

    /// Checks that the caller has access to an entity, so that a request is
    /// refused before its body is read.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity, [`Error::Denied`]
    /// without access to it.
    pub async fn may_read(self, caller: &Caller, entity_id: Uuid) -> Result<()> {
        self.core.require_entity(caller, entity_id).await?;
        Ok(())
    }

    /// Checks that the caller may write in an entity's chat, so that a request
    /// is refused before its files are received.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn may_write(self, caller: &Caller, entity_id: Uuid) -> Result<()> {
        self.core.require_entity(caller, entity_id).await?;
        let database = self.core.database();
        let is_participant = match chats::of_entity(database, entity_id).await? {
            Some(chat_id) => chats::is_participant(database, chat_id, caller.id).await?,
            None => false,
        };
        require_participation(is_participant)
    }

    /// Writes a message in an entity's chat, and publishes `chat:new-message`.
    /// Returns the message, with its new `attachment_files` if there are any.
    /// Requires access to the entity, and to have joined the chat.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity, [`Error::Denied`]
    /// without access to it, [`Error::Invalid`] if the caller has not joined.
    pub async fn write(
        self,
        caller: &Caller,
        entity_id: Uuid,
        text: &str,
        files: Vec<Upload>,
    ) -> Result<JsonRow> {
        let chat = self.open(caller, entity_id).await?;
        let files = self.core.files().stage_attachments(files).await?;
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, CHAT.name, chat.id).await?;
        let is_participant = chats::is_participant(&mut transaction, chat.id, caller.id).await?;
        require_participation(is_participant)?;
        let mut message = self
            .insert_message(&mut transaction, caller, chat.id, text)
            .await?;
        let id = id_of(&message, "id").ok_or(Error::NotFound)?;
        let mut arrivals = ReceivedFiles::default();
        if !files.is_empty() {
            let owner = Values::from([("chat_message_id", id.into())]);
            let attached = self
                .core
                .comments()
                .attach(&mut transaction, &mut arrivals, &owner, files)
                .await?;
            message.insert("attachment_files".into(), attached.into());
        }
        let created_at = message.get("created_at").cloned().unwrap_or_default();
        let event = message_event("chat:new-message", chat.id, id)
            .with("last_message", created_at)
            .visible_in(Some(chat.project_id));
        self.core.publish(&mut transaction, event);
        self.core.files().commit_with(transaction, arrivals).await?;
        Ok(message)
    }

    /// Deletes a message of an entity's chat with its files, and publishes
    /// `chat:deleted-message`. Requires access to the entity, and the author of
    /// the message or an admin.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity or message,
    /// [`Error::Denied`] without permission, or if the message is of another
    /// chat.
    pub async fn remove_message(
        self,
        caller: &Caller,
        entity_id: Uuid,
        message: &MaybeId,
    ) -> Result<()> {
        let chat = self.open(caller, entity_id).await?;
        let mut transaction = self.core.database().begin().await?;
        let id = message.found()?;
        let message = rows::locked(&mut transaction, &MESSAGE_ROW, id).await?;
        let message = message.ok_or(Error::NotFound)?;
        ensure(id_of(&message, "chat_id") == Some(chat.id))?;
        ensure(caller.is_admin() || id_of(&message, "person_id") == Some(caller.id))?;
        let files = chats::remove_attachments(&mut transaction, id).await?;
        stored::force_removal(&mut transaction, &files).await?;
        write::delete(&mut transaction, &CHAT_MESSAGE, id).await?;
        let event =
            message_event("chat:deleted-message", chat.id, id).visible_in(Some(chat.project_id));
        self.core.publish(&mut transaction, event);
        transaction.commit().await?;
        Ok(())
    }

    /// Adds the caller to the participants of an entity's chat, and publishes
    /// `chat:joined`. To have joined it already is no error. Returns the row of
    /// the chat. Requires access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such entity, [`Error::Denied`] for
    /// bots and without access to it.
    pub async fn join(self, caller: &Caller, entity_id: Uuid) -> Result<JsonRow> {
        caller.require_person()?;
        let chat = self.open(caller, entity_id).await?;
        let mut transaction = self.core.database().begin().await?;
        let participant =
            Values::from([("chat_id", chat.id.into()), ("person_id", caller.id.into())]);
        let defaults = self.core.defaults();
        let participants = vec![participant];
        write::insert_new(&mut transaction, &CHAT_PARTICIPANT, participants, &defaults).await?;
        let row = rows::by_id(&mut transaction, &CHAT_ROW, chat.id).await?;
        self.publish(&mut transaction, "chat:joined", chat, caller);
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Removes the caller from the participants of an entity's chat, and
    /// publishes `chat:left`. Not to have joined it is no error. Requires access
    /// to the entity.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    pub async fn leave(self, caller: &Caller, entity_id: Uuid) -> Result<()> {
        caller.require_person()?;
        let chat = self.open(caller, entity_id).await?;
        let mut transaction = self.core.database().begin().await?;
        chats::remove_participant(&mut transaction, chat.id, caller.id).await?;
        self.publish(&mut transaction, "chat:left", chat, caller);
        transaction.commit().await?;
        Ok(())
    }

    /// Lists the chats that the caller joined, of entities in open projects that
    /// they have access to. JSON: [`JOINED`].
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn chats(self, caller: &Caller) -> Result<Vec<JsonRow>> {
        caller.require_person()?;
        let joined = ListQuery::new(&JOINED).filter(chats::joined_by(caller.id));
        let joined = if caller.is_admin() {
            joined
        } else {
            joined.filter(visibility::entities::in_team_of(caller.id, caller.role))
        };
        let joined = joined.ascending("created_at").ascending("id");
        Ok(joined.rows(self.core.database()).await?)
    }

    /// Checks access to an entity and returns its chat, which is created if
    /// there is none.
    async fn open(self, caller: &Caller, entity_id: Uuid) -> Result<OpenedChat> {
        let entity = self.core.require_entity(caller, entity_id).await?;
        let project_id = entity.project_id;
        let found = chats::of_entity(self.core.database(), entity.id).await?;
        if let Some(id) = found {
            return Ok(OpenedChat { id, project_id });
        }
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, ENTITY.name, entity.id).await?;
        let id = match chats::of_entity(&mut transaction, entity.id).await? {
            Some(id) => id,
            None => {
                let id = Uuid::new_v4();
                let values = Values::from([("id", id.into()), ("object_id", entity.id.into())]);
                write::insert(&mut transaction, &CHAT, values, &self.core.defaults()).await?;
                id
            }
        };
        transaction.commit().await?;
        Ok(OpenedChat { id, project_id })
    }

    /// Inserts a message and updates the chat's time of the last one. Returns
    /// the row of the message.
    async fn insert_message(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        chat_id: Uuid,
        text: &str,
    ) -> Result<JsonRow> {
        let column = CHAT_MESSAGE
            .column("text")
            .ok_or(Error::Constraint(ConstraintViolation::Format))?;
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("chat_id", chat_id.into()),
            ("person_id", caller.id.into()),
            ("text", column_value(column, &text.into())?),
        ]);
        let defaults = self.core.defaults();
        write::insert(transaction, &CHAT_MESSAGE, values, &defaults).await?;
        let last = Values::from([
            ("last_message", defaults.now.into()),
            ("updated_at", defaults.now.into()),
        ]);
        write::update(transaction, &CHAT, chat_id, last).await?;
        let message = rows::by_id(transaction, &MESSAGE_ROW, id).await?;
        message.ok_or(Error::NotFound)
    }

    fn publish(self, transaction: &mut Transaction, name: &str, chat: OpenedChat, caller: &Caller) {
        let event = Event::named(name)
            .with("chat_id", chat.id.to_string())
            .with("person_id", caller.id.to_string())
            .visible_in(Some(chat.project_id));
        self.core.publish(transaction, event);
    }
}

/// The event about a message of a chat, for `Core::publish`.
fn message_event(name: &str, chat_id: Uuid, message_id: Uuid) -> Event {
    Event::named(name)
        .with("chat_id", chat_id.to_string())
        .with("chat_message_id", message_id.to_string())
}

fn require_participation(is_participant: bool) -> Result<()> {
    if is_participant {
        Ok(())
    } else {
        Err(Error::invalid("You are not a participant of this chat"))
    }
}
