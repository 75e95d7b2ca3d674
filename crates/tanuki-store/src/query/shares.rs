//! Links that share a playlist with people without an account: what is in
//! them, and their guests.
//!
//! A link shares the previews that the entries of its playlist name, with the
//! others of their revision ([`previews_of_revisions`]), the comments on their
//! tasks that are published or by guests ([`shows`]), and the authors of these.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Cond, Condition, Expr, ExprTrait, Func, JoinType, Query, SelectStatement};
use serde_json::Value;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::{Connection, ListQuery, Result, Transaction};

/// A link, with the project of its playlist.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: Uuid,
    pub playlist_id: Uuid,
    pub project_id: Option<Uuid>,
    pub is_active: bool,
    pub can_comment: bool,
    /// In UTC.
    pub expires_at: Option<NaiveDateTime>,
    /// The bcrypt hash; `None` if the link has no password.
    pub password: Option<String>,
    /// What is burnt into its films, separated by commas; `None` if nothing is.
    pub burn_in: Option<String>,
}

/// Returns the link with that token, or `None`.
pub async fn by_token(connection: impl Connection, token: &str) -> Result<Option<Link>> {
    one(
        connection,
        Expr::col(("playlist_share_link", "token")).eq(token),
    )
    .await
}

/// Returns the link with that id and its token, or `None`.
pub async fn by_id(connection: impl Connection, id: Uuid) -> Result<Option<(Link, String)>> {
    let mut select = links();
    select
        .column(("playlist_share_link", "token"))
        .and_where(Expr::col(("playlist_share_link", "id")).eq(id));
    connection
        .fetch_one(&select, |row| Ok((read(row)?, row.get("token")?)))
        .await
}

async fn one(connection: impl Connection, is_it: Expr) -> Result<Option<Link>> {
    let mut select = links();
    select.and_where(is_it);
    connection.fetch_one(&select, read).await
}

fn links() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            ("playlist_share_link", "id"),
            ("playlist_share_link", "playlist_id"),
            ("playlist_share_link", "is_active"),
            ("playlist_share_link", "can_comment"),
            ("playlist_share_link", "expiration_date"),
            ("playlist_share_link", "password"),
            ("playlist", "project_id"),
            ("tanuki_burn_in", "parts"),
        ])
        .from("playlist_share_link")
        .inner_join_to(fk::PLAYLIST_SHARE_LINK_PLAYLIST)
        .left_join(
            "tanuki_burn_in",
            Expr::col(("tanuki_burn_in", "link_id")).equals(("playlist_share_link", "id")),
        );
    select
}

fn read(row: &crate::database::Row) -> Result<Link> {
    let password: Option<String> = row.get("password")?;
    Ok(Link {
        id: row.get("id")?,
        playlist_id: row.get("playlist_id")?,
        project_id: row.get("project_id")?,
        is_active: row.get("is_active")?,
        can_comment: row.get("can_comment")?,
        expires_at: row.get("expiration_date")?,
        password: password.filter(|hash| !hash.is_empty()),
        burn_in: row.get("parts")?,
    })
}

/// Lists the links of a playlist that are not revoked, oldest first.
pub fn active_of(projection: &'static Projection, playlist_id: Uuid) -> ListQuery {
    let link = |column: &'static str| Expr::col(("playlist_share_link", column));
    ListQuery::new(projection)
        .filter(link("playlist_id").eq(playlist_id))
        .filter(link("is_active").eq(true))
        .ascending("created_at")
        .ascending("id")
}

/// Returns how many links of a playlist are not revoked.
pub async fn count_active(transaction: &mut Transaction, playlist_id: Uuid) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col("id")))
        .from("playlist_share_link")
        .and_where(Expr::col("playlist_id").eq(playlist_id))
        .and_where(Expr::col("is_active").eq(true));
    Ok(transaction.scalar(&select).await?.unwrap_or(0))
}

/// Returns the entries of a playlist as they are stored.
pub async fn entries(connection: impl Connection, playlist_id: Uuid) -> Result<Vec<Value>> {
    let mut select = Query::select();
    select
        .column("shots")
        .from("playlist")
        .and_where(Expr::col("id").eq(playlist_id));
    let shots: Option<Option<Value>> = connection.scalar(&select).await?;
    Ok(match shots.flatten() {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    })
}

/// Subquery: the ids of the previews of the same task and revision as one of
/// these.
fn of_same_revision(previews: &[Uuid]) -> SelectStatement {
    let same = |column: &'static str| Expr::col(("other", column)).equals(("positioned", column));
    let mut select = Query::select();
    select
        .column(("other", "id"))
        .from_as("preview_file", "positioned")
        .join_as(
            JoinType::InnerJoin,
            "preview_file",
            "other",
            Cond::all().add(same("task_id")).add(same("revision")),
        )
        .and_where(Expr::col(("positioned", "id")).is_in(previews.iter().copied()));
    select
}

/// Lists these previews and the others of their revisions, in the order of
/// their positions.
pub fn previews_of_revisions(projection: &'static Projection, previews: &[Uuid]) -> ListQuery {
    let preview = |column: &'static str| Expr::col(("preview_file", column));
    let shared = preview("id").in_subquery(of_same_revision(previews));
    let these = preview("id").is_in(previews.iter().copied());
    ListQuery::new(projection)
        .filter(Condition::any().add(shared).add(these))
        .ascending("position")
        .ascending("created_at")
        .ascending("id")
}

/// Returns the ids of these previews and of the others of their revisions.
pub async fn ids_of_revisions(connection: impl Connection, previews: &[Uuid]) -> Result<Vec<Uuid>> {
    if previews.is_empty() {
        return Ok(Vec::new());
    }
    let others = of_same_revision(previews);
    let mut ids = connection.fetch(&others, |row| row.get("id")).await?;
    ids.extend_from_slice(previews);
    Ok(ids)
}

/// Returns whether a preview is one of these, or of the same task and revision
/// as one of these.
pub async fn is_of_revisions(
    connection: impl Connection,
    preview: Uuid,
    previews: &[Uuid],
) -> Result<bool> {
    if previews.contains(&preview) {
        return Ok(true);
    }
    if previews.is_empty() {
        return Ok(false);
    }
    let mut select = of_same_revision(previews);
    select
        .and_where(Expr::col(("other", "id")).eq(preview))
        .limit(1);
    connection.exists(select).await
}

/// Condition on `comment`, with the row of its author joined as `person`: it is
/// on one of the tasks, and published to clients or by a guest.
fn shows(tasks: &[Uuid]) -> Condition {
    let published = Expr::col(("comment", "for_client")).eq(true);
    let by_guest = Expr::col(("person", "is_guest")).eq(true);
    Cond::all()
        .add(Expr::col(("comment", "object_id")).is_in(tasks.iter().copied()))
        .add(Expr::col(("comment", "task_status_id")).is_not_null())
        .add(Cond::any().add(published).add(by_guest))
}

fn shown(column: &'static str, tasks: &[Uuid]) -> SelectStatement {
    let mut select = Query::select();
    select
        .column(("comment", column))
        .from("comment")
        .inner_join_to(fk::COMMENT_PERSON)
        .cond_where(shows(tasks));
    select
}

/// Lists the comments on these tasks that links show, newest first.
pub fn comments(projection: &'static Projection, tasks: &[Uuid]) -> ListQuery {
    ListQuery::new(projection)
        .filter(Expr::col(("comment", "id")).in_subquery(shown("id", tasks)))
        .descending("created_at")
        .descending("id")
}

/// Returns whether links that share these tasks show the comment.
pub async fn shows_comment(
    connection: impl Connection,
    comment_id: Uuid,
    tasks: &[Uuid],
) -> Result<bool> {
    let mut select = shown("id", tasks);
    select
        .and_where(Expr::col(("comment", "id")).eq(comment_id))
        .limit(1);
    connection.exists(select).await
}

/// Returns whether links that share these tasks show the person: as the author
/// of a comment, or of a reply to one.
pub async fn shows_person(
    connection: impl Connection,
    person_id: Uuid,
    tasks: &[Uuid],
) -> Result<bool> {
    let is_author = Expr::col(("comment", "person_id")).eq(person_id);
    let is_named = Expr::col(("comment", "replies"))
        .cast_as("text")
        .like(format!("%{person_id}%"));
    let mut select = shown("person_id", tasks);
    select
        .column(("comment", "replies"))
        .cond_where(Cond::any().add(is_author).add(is_named));
    let id = person_id.to_string();
    let replied = |replies: &Value| {
        let mut replies = replies.as_array().into_iter().flatten();
        replies.any(|reply| reply.get("person_id").and_then(Value::as_str) == Some(&*id))
    };
    let found = connection.fetch(&select, |row| {
        let author: Option<Uuid> = row.get("person_id")?;
        let replies: Option<Value> = row.get("replies")?;
        Ok(author == Some(person_id) || replies.as_ref().is_some_and(replied))
    });
    Ok(found.await?.contains(&true))
}

/// An entity of a playlist with the names of what it is in.
#[derive(Debug, Clone)]
pub struct NamedEntity {
    pub name: String,
    /// Name of the entity type: `Shot`, or that of an asset type.
    pub kind: String,
    pub parent: Option<String>,
    /// Name of the parent's parent: of a shot's sequence the episode.
    pub grandparent: Option<String>,
}

/// Returns the names of entities by their ids.
pub async fn named_entities(
    connection: impl Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, NamedEntity>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Query::select();
    select
        .columns([("entity", "id"), ("entity", "name")])
        .expr_as(Expr::col(("entity_type", "name")), "kind")
        .expr_as(Expr::col(("parent", "name")), "parent_name")
        .expr_as(Expr::col(("grandparent", "name")), "grandparent_name")
        .from("entity")
        .left_join_to(fk::ENTITY_ENTITY_TYPE)
        .left_join_to(fk::ENTITY_PARENT.target_as("parent"))
        .left_join_to(
            fk::ENTITY_PARENT
                .table_as("parent")
                .target_as("grandparent"),
        )
        .and_where(Expr::col(("entity", "id")).is_in(ids.iter().copied()));
    let named = connection.fetch(&select, |row| {
        let kind: Option<String> = row.get("kind")?;
        let entity = NamedEntity {
            name: row.get("name")?,
            kind: kind.unwrap_or_default(),
            parent: row.get("parent_name")?,
            grandparent: row.get("grandparent_name")?,
        };
        Ok((row.get("id")?, entity))
    });
    Ok(named.await?.into_iter().collect())
}

/// The type of a task and the colour of its status.
#[derive(Debug, Clone)]
pub struct TaskStyle {
    pub type_id: Uuid,
    pub type_name: String,
    pub type_color: Option<String>,
    pub for_entity: Option<String>,
    pub status_color: Option<String>,
}

/// Returns the types of tasks and the colours of their statuses by the tasks'
/// ids.
pub async fn task_styles(
    connection: impl Connection,
    tasks: &[Uuid],
) -> Result<HashMap<Uuid, TaskStyle>> {
    if tasks.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = Query::select();
    select
        .column(("task", "id"))
        .expr_as(Expr::col(("task_type", "id")), "type_id")
        .expr_as(Expr::col(("task_type", "name")), "type_name")
        .expr_as(Expr::col(("task_type", "color")), "type_color")
        .column(("task_type", "for_entity"))
        .expr_as(Expr::col(("task_status", "color")), "status_color")
        .from("task")
        .inner_join_to(fk::TASK_TASK_TYPE)
        .inner_join_to(fk::TASK_TASK_STATUS)
        .and_where(Expr::col(("task", "id")).is_in(tasks.iter().copied()));
    let styles = connection.fetch(&select, |row| {
        let style = TaskStyle {
            type_id: row.get("type_id")?,
            type_name: row.get("type_name")?,
            type_color: row.get("type_color")?,
            for_entity: row.get("for_entity")?,
            status_color: row.get("status_color")?,
        };
        Ok((row.get("id")?, style))
    });
    Ok(styles.await?.into_iter().collect())
}

/// Returns what a project itself says on whether its clients may set a status,
/// by the statuses' ids.
pub async fn client_statuses(
    connection: impl Connection,
    project_id: Uuid,
) -> Result<HashMap<Uuid, bool>> {
    let mut select = Query::select();
    select
        .columns(["task_status_id", "is_client_allowed"])
        .from("project_task_status_link")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("is_client_allowed").is_not_null());
    let statuses = connection.fetch(&select, |row| {
        Ok((row.get("task_status_id")?, row.get("is_client_allowed")?))
    });
    Ok(statuses.await?.into_iter().collect())
}

/// Condition on `person`: a guest of the link. Their `data` names it; the text
/// of the JSON is compared, so rows are read once more by
/// [`guest_names`] where it matters.
fn is_guest_of(link_id: Uuid) -> Condition {
    Cond::all()
        .add(Expr::col(("person", "is_guest")).eq(true))
        .add(
            Expr::col(("person", "data"))
                .cast_as("text")
                .like(format!("%{link_id}%")),
        )
}

/// Returns first and last name of a guest of the link; `None` if the person is
/// no guest of it, or inactive.
pub async fn guest_names(
    connection: impl Connection,
    link_id: Uuid,
    person_id: Uuid,
) -> Result<Option<(String, String)>> {
    let mut select = Query::select();
    select
        .columns([
            ("person", "first_name"),
            ("person", "last_name"),
            ("person", "data"),
        ])
        .from("person")
        .and_where(Expr::col(("person", "id")).eq(person_id))
        .and_where(Expr::col(("person", "is_guest")).eq(true))
        .and_where(Expr::col(("person", "active")).eq(true));
    let guest = connection.fetch_one(&select, |row| {
        let data: Option<Value> = row.get("data")?;
        let of = data.as_ref().and_then(|data| data.get("share_link_id"));
        let is_of_link = of.and_then(Value::as_str) == Some(&*link_id.to_string());
        Ok(is_of_link.then_some((row.get("first_name")?, row.get("last_name")?)))
    });
    Ok(guest.await?.flatten())
}

/// Returns the ids of the guests of a link.
pub async fn guests(connection: impl Connection, link_id: Uuid) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("person", "id"))
        .from("person")
        .cond_where(is_guest_of(link_id));
    connection.fetch(&select, |row| row.get("id")).await
}

/// Returns how many guests a link has.
pub async fn count_guests(connection: impl Connection, link_id: Uuid) -> Result<i64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col(("person", "id"))))
        .from("person")
        .cond_where(is_guest_of(link_id));
    Ok(connection.scalar(&select).await?.unwrap_or(0))
}

/// Returns how many files the guests of a link have attached to comments, and
/// their size in bytes.
pub async fn attached_by_guests(connection: impl Connection, link_id: Uuid) -> Result<(i64, i64)> {
    let mut select = Query::select();
    select
        .column(("attachment_file", "size"))
        .from("attachment_file")
        .inner_join_to(fk::ATTACHMENT_FILE_COMMENT)
        .inner_join_to(fk::COMMENT_PERSON)
        .cond_where(is_guest_of(link_id));
    let sizes = connection.fetch(&select, |row| {
        Ok(row.get::<Option<i64>>("size")?.unwrap_or_default())
    });
    let sizes = sizes.await?;
    let count = i64::try_from(sizes.len()).unwrap_or(i64::MAX);
    Ok((count, sizes.into_iter().fold(0, i64::saturating_add)))
}
