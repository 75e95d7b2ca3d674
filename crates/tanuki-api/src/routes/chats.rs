//! The chats of entities.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Fields, FormRequest, PathIds, Person, TextRule};
use crate::{Api, response};

/// The body of `POST /data/entities/ID/chat/messages`.
#[derive(Debug)]
pub(crate) struct NewMessage {
    text: String,
}

impl ActionBody for NewMessage {
    const SCHEMA: &'static str = "ChatMessageSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            text: fields.text("message", TextRule::ANY),
        }
    }
}

/// The ids in the path of a message.
#[derive(Debug, Deserialize)]
pub(crate) struct MessagePath {
    entity_id: Uuid,
    chat_message_id: MaybeId,
}

/// `GET /data/entities/ID/chat`.
pub(crate) async fn chat(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.chats().chat(&caller, entity_id).await?))
}

/// `GET /data/entities/ID/chat/messages`.
pub(crate) async fn messages(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.chats().messages(&caller, entity_id).await?).await
}

/// `POST /data/entities/ID/chat/messages`.
pub(crate) async fn write(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
    form: FormRequest<NewMessage>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let chats = api.core.chats();
    if form.may_have_files() {
        chats.may_write(&caller, entity_id).await?;
    } else {
        chats.may_read(&caller, entity_id).await?;
    }
    let (arguments, files) = form.read(&api, &caller).await?.into_parts();
    let NewMessage { text } = arguments.validate()?;
    let message = chats.write(&caller, entity_id, &text, files).await?;
    Ok((StatusCode::CREATED, Json(message)))
}

/// `GET /data/entities/ID/chat/messages/ID`.
pub(crate) async fn message(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<MessagePath>,
) -> HandlerResult<Json<JsonRow>> {
    let chats = api.core.chats();
    let message = chats.message(&caller, path.entity_id, &path.chat_message_id);
    Ok(Json(message.await?))
}

/// `DELETE /data/entities/ID/chat/messages/ID`.
pub(crate) async fn remove_message(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<MessagePath>,
) -> HandlerResult<Response> {
    let chats = api.core.chats();
    chats
        .remove_message(&caller, path.entity_id, &path.chat_message_id)
        .await?;
    Ok(response::no_content())
}

/// `GET /data/user/chats`.
pub(crate) async fn joined(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    Ok(Json(api.core.chats().chats(&caller).await?))
}

/// `POST /actions/user/chats/ID/join`.
pub(crate) async fn join(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.chats().join(&caller, entity_id).await?))
}

/// `DELETE /actions/user/chats/ID/join`.
pub(crate) async fn leave(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(entity_id): PathIds<Uuid>,
) -> HandlerResult<Response> {
    api.core.chats().leave(&caller, entity_id).await?;
    Ok(response::no_content())
}
