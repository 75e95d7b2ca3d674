//! Chats of entities, their participants and messages.

use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use crate::query::projects;
use crate::schema::{ATTACHMENT_FILE, CHAT_PARTICIPANT};
use crate::write;
use crate::{Connection, Filter, Result, Transaction};

/// Returns the id of the chat of an entity; the oldest if it has several.
pub async fn of_entity(connection: impl Connection, entity_id: Uuid) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from("chat")
        .and_where(Expr::col("object_id").eq(entity_id))
        .order_by("created_at", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(1);
    Ok(connection.ids(&select).await?.pop())
}

/// Returns whether a person takes part in a chat.
pub async fn is_participant(
    connection: impl Connection,
    chat_id: Uuid,
    person_id: Uuid,
) -> Result<bool> {
    let mut select = chats_of(person_id);
    select.and_where(Expr::col((CHAT_PARTICIPANT.name, "chat_id")).eq(chat_id));
    connection.exists(select).await
}

/// Deletes a person from the participants of a chat.
pub async fn remove_participant(
    transaction: &mut Transaction,
    chat_id: Uuid,
    person_id: Uuid,
) -> Result<()> {
    let is_it = Expr::col("chat_id")
        .eq(chat_id)
        .and(Expr::col("person_id").eq(person_id));
    write::delete_where(transaction, CHAT_PARTICIPANT.name, is_it).await?;
    Ok(())
}

/// Subquery: the ids of the chats that a person takes part in.
fn chats_of(person_id: Uuid) -> SelectStatement {
    let mut chats = Query::select();
    chats
        .column((CHAT_PARTICIPANT.name, "chat_id"))
        .from(CHAT_PARTICIPANT.name)
        .and_where(Expr::col((CHAT_PARTICIPANT.name, "person_id")).eq(person_id));
    chats
}

/// Condition on `chat`, with `project` joined: the person takes part in it, and
/// the project is open.
pub fn joined_by(person_id: Uuid) -> Filter {
    Filter::from(Expr::col(("chat", "id")).in_subquery(chats_of(person_id)))
        .and(projects::is_open())
}

/// Condition on `chat_message`: it is of the chat.
pub fn in_chat(chat_id: Uuid) -> Filter {
    Expr::col(("chat_message", "chat_id")).eq(chat_id).into()
}

/// Filters a query on `attachment_file` to the files of the `chat_message` of
/// the outer query.
pub fn files_of_message(files: &mut SelectStatement) {
    files
        .and_where(
            Expr::col((ATTACHMENT_FILE.name, "chat_message_id")).equals(("chat_message", "id")),
        )
        .order_by((ATTACHMENT_FILE.name, "created_at"), Order::Asc)
        .order_by((ATTACHMENT_FILE.name, "id"), Order::Asc);
}

/// Deletes the attachments of a message. Returns their ids.
pub async fn remove_attachments(
    transaction: &mut Transaction,
    message_id: Uuid,
) -> Result<Vec<Uuid>> {
    let of_message = || Expr::col("chat_message_id").eq(message_id);
    let mut select = Query::select();
    select
        .column("id")
        .from(ATTACHMENT_FILE.name)
        .and_where(of_message());
    let ids = transaction.ids(&select).await?;
    write::delete_where(transaction, ATTACHMENT_FILE.name, of_message()).await?;
    Ok(ids)
}
