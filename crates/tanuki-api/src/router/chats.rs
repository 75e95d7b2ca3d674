//! Routes of the chats of entities.

use tanuki_core::chats as core;

use crate::manifest::Routes;
use crate::routes::chats;

/// Mounts chats and their messages, and the list of the caller's chats.
pub(super) fn mount(routes: Routes) -> Routes {
    let (messages, message) = (
        "/data/entities/{entity_id}/chat/messages",
        "/data/entities/{entity_id}/chat/messages/{chat_message_id}",
    );
    let join = "/actions/user/chats/{entity_id}/join";
    routes
        .tag("Chat")
        .get(
            "/data/entities/{entity_id}/chat",
            "The chat of an entity, with its participants",
            chats::chat,
        )
        .answers(core::chat_shape)
        .get(
            messages,
            "Messages of a chat, oldest first",
            chats::messages,
        )
        .answers(|| core::message_shape().list())
        .post(messages, "Write a message in a chat", chats::write)
        .creates(core::new_message_shape)
        .get(message, "A message of a chat", chats::message)
        .answers(core::message_shape)
        .delete(
            message,
            "Delete a message of a chat, with its files",
            chats::remove_message,
        )
        .answers_nothing()
        .tag("User")
        .get(
            "/data/user/chats",
            "The chats that the caller joined",
            chats::joined,
        )
        .answers(|| core::joined_chat_shape().list())
        .post(join, "Join the chat of an entity", chats::join)
        .answers(core::chat_row_shape)
        .delete(join, "Leave the chat of an entity", chats::leave)
        .answers_nothing()
}
