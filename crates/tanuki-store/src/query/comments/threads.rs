//! Comments on tasks with their replies, attachments, acknowledgements and
//! previews.

use std::collections::BTreeSet;

use sea_query::{Cond, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::query::visibility::comments;
use crate::query::{access, rows};
use crate::schema::COMMENT_ACKNOLEDGMENTS;
use crate::write::{self, Defaults, Values, delete_where};
use crate::{Connection, Database, Executor, Filter, Result, Transaction};

/// Returns the ids of the people whose role in the project is client.
pub async fn client_ids(
    connection: impl Connection,
    project_id: Option<Uuid>,
) -> Result<BTreeSet<Uuid>> {
    let ids = connection.ids(&comments::clients(project_id)).await?;
    Ok(ids.into_iter().collect())
}

/// Returns the comments on a task as JSON in the projection, newest first.
/// `with_clients` includes those that clients wrote.
pub async fn of_task(
    database: &Database,
    projection: &Projection,
    task_id: Uuid,
    project_id: Option<Uuid>,
    with_clients: bool,
) -> Result<Vec<Map<String, Value>>> {
    let mut select = projection.select(database.dialect());
    select
        .and_where(Expr::col(("comment", "object_id")).eq(task_id))
        .and_where(Expr::col(("comment", "task_status_id")).is_not_null())
        .order_by(("comment", "created_at"), Order::Desc);
    if !with_clients {
        let by_clients =
            Expr::col(("comment", "person_id")).in_subquery(comments::clients(project_id));
        select.and_where(ExprTrait::not(by_clients));
    }
    rows::all(database, projection, &select).await
}

/// Filters a query on `preview_file` to those linked to the `comment` of the
/// outer query.
pub fn shown_previews(previews: &mut SelectStatement) {
    let link = "comment_preview_link";
    previews
        .inner_join_from(fk::COMMENT_PREVIEW_LINK_PREVIEW_FILE)
        .and_where(Expr::col((link, "comment")).equals(("comment", "id")))
        .order_by(("preview_file", "created_at"), Order::Asc);
}

/// Filters a query on `attachment_file` to those of the `comment` of the outer
/// query.
pub fn attached_files(files: &mut SelectStatement) {
    files
        .and_where(Expr::col(("attachment_file", "comment_id")).equals(("comment", "id")))
        .order_by(("attachment_file", "created_at"), Order::Asc);
}

/// Condition on `attachment_file`: it belongs to a comment on a task that
/// matches the condition `tasks`.
pub fn attached_to_tasks(tasks: Filter) -> Filter {
    let mut comments = Query::select();
    comments
        .column(("comment", "id"))
        .from("comment")
        .inner_join_to(fk::COMMENT_OBJECT)
        .cond_where(tasks);
    Expr::col(("attachment_file", "comment_id"))
        .in_subquery(comments)
        .into()
}

/// Returns the text of the newest comment by a client on each of these tasks
/// of a project, as pairs of task id and text. Tasks without one are left out.
pub async fn last_of_clients(
    connection: impl Connection,
    project_id: Uuid,
    tasks: &[Uuid],
) -> Result<Vec<(Uuid, String)>> {
    let mut select = Query::select();
    select
        .columns([("comment", "object_id"), ("comment", "text")])
        .from("comment")
        .inner_join_to(fk::COMMENT_OBJECT)
        .and_where(Expr::col(("task", "project_id")).eq(project_id))
        .and_where(Expr::col(("task", "id")).is_in(tasks.iter().copied()))
        .and_where(
            Expr::col(("comment", "person_id")).in_subquery(comments::clients(Some(project_id))),
        )
        .order_by(("comment", "object_id"), Order::Asc)
        .order_by(("comment", "created_at"), Order::Desc);
    let mut last = connection
        .fetch(&select, |row| {
            let text: Option<String> = row.get("text")?;
            Ok((row.get("object_id")?, text.unwrap_or_default()))
        })
        .await?;
    last.dedup_by_key(|(task_id, _)| *task_id);
    Ok(last)
}

/// Returns whether a comment on the task mentions the person or one of the
/// departments.
pub async fn mentions(
    mut connection: Executor<'_>,
    task_id: Uuid,
    person_id: Uuid,
    departments: &[Uuid],
) -> Result<bool> {
    let among = |comments: SelectStatement| {
        Cond::all()
            .add(Expr::col("object_id").eq(task_id))
            .add(Expr::col("id").in_subquery(comments))
    };
    let mut by_name = Query::select();
    by_name
        .column("comment")
        .from("comment_mentions")
        .and_where(Expr::col("person").eq(person_id));
    if access::exists(connection.reborrow(), "comment", among(by_name)).await? {
        return Ok(true);
    }
    if departments.is_empty() {
        return Ok(false);
    }
    let mut by_department = Query::select();
    by_department
        .column("comment")
        .from("comment_department_mentions")
        .and_where(Expr::col("department").is_in(departments.iter().copied()));
    access::exists(connection, "comment", among(by_department)).await
}

/// Returns the JSON of all replies to those comments on the task whose replies
/// contain one of the ids anywhere. Mentions are stored within the replies.
pub async fn replies_naming(
    connection: impl Connection,
    task_id: Uuid,
    ids: &[Uuid],
) -> Result<Vec<Value>> {
    let names = |id: &Uuid| Expr::col("replies").cast_as("text").like(format!("%{id}%"));
    let named = ids.iter().map(names).fold(Cond::any(), Condition::add);
    let mut select = Query::select();
    select
        .column("replies")
        .from("comment")
        .and_where(Expr::col("object_id").eq(task_id))
        .cond_where(named);
    let replies = connection.scalars::<Value>(&select).await?;
    let lists = replies.into_iter().filter_map(|replies| match replies {
        Value::Array(replies) => Some(replies),
        _ => None,
    });
    Ok(lists.flatten().collect())
}

/// Deletes the dependents of a reply: its attachments and the notifications
/// about it.
pub async fn remove_reply(
    transaction: &mut Transaction,
    comment_id: Uuid,
    reply_id: Uuid,
) -> Result<()> {
    let of_reply = || Expr::col("reply_id").eq(reply_id);
    let attached = of_reply().and(Expr::col("comment_id").eq(comment_id));
    delete_where(transaction, "attachment_file", attached).await?;
    delete_where(transaction, "notification", of_reply()).await?;
    Ok(())
}

/// Removes the person's acknowledgement of a comment, or adds it if there is
/// none. Returns whether the comment is acknowledged now.
pub async fn toggle_acknowledgement(
    transaction: &mut Transaction,
    comment_id: Uuid,
    person_id: Uuid,
    defaults: &Defaults<'_>,
) -> Result<bool> {
    let table = &COMMENT_ACKNOLEDGMENTS;
    let own = Expr::col("comment")
        .eq(comment_id)
        .and(Expr::col("person").eq(person_id));
    if delete_where(transaction, table.name, own).await? > 0 {
        return Ok(false);
    }
    let values = Values::from([("comment", comment_id.into()), ("person", person_id.into())]);
    write::insert(transaction, table, values, defaults).await?;
    Ok(true)
}

/// The entity that a chat is about.
#[derive(Debug, Clone, Copy)]
pub struct ChatSubject {
    pub project_id: Uuid,
    pub entity_id: Uuid,
}

/// Returns what the chat that a message belongs to is about, or `None`.
pub async fn chat_about(
    connection: impl Connection,
    message_id: Uuid,
) -> Result<Option<ChatSubject>> {
    let mut select = Query::select();
    select
        .columns([("entity", "project_id"), ("entity", "id")])
        .from("chat_message")
        .inner_join_to(fk::CHAT_MESSAGE_CHAT)
        .inner_join_to(fk::CHAT_OBJECT)
        .and_where(Expr::col(("chat_message", "id")).eq(message_id));
    connection
        .fetch_one(&select, |row| {
            Ok(ChatSubject {
                project_id: row.get("project_id")?,
                entity_id: row.get("id")?,
            })
        })
        .await
}
