//! Previews: their visibility and revisions.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, Func, Order, Query, WindowStatement};
use serde_json::Value;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::{access, projects};
use crate::schema::{COMMENT_PREVIEW_LINK, NEWS, PREVIEW_FILE};
use crate::write::{self, Defaults, Values};
use crate::{Connection, Filter, ListQuery, Result, Transaction};

/// Condition on `preview_file`: its task belongs to the project.
pub fn in_production(project_id: Uuid) -> Filter {
    let mut tasks = Query::select();
    tasks
        .column(("task", "id"))
        .from("task")
        .and_where(Expr::col(("task", "project_id")).eq(project_id));
    Expr::col(("preview_file", "task_id"))
        .in_subquery(tasks)
        .into()
}

/// Returns the ids of the previews of a comment.
pub async fn of_comment(transaction: &mut Transaction, comment_id: Uuid) -> Result<Vec<Uuid>> {
    let mut linked = Query::select();
    linked
        .column("preview_file")
        .from("comment_preview_link")
        .and_where(Expr::col("comment").eq(comment_id));
    let mut own = Query::select();
    own.column("preview_file_id")
        .from("comment")
        .and_where(Expr::col("id").eq(comment_id));
    let mut select = Query::select();
    select.column("id").from("preview_file").cond_where(
        Cond::any()
            .add(Expr::col("id").in_subquery(linked))
            .add(Expr::col("id").in_subquery(own)),
    );
    transaction.ids(&select).await
}

/// Returns whether the preview is the main preview of a comment
/// (`comment.preview_file_id`).
pub async fn is_main_of_comment(transaction: &mut Transaction, id: Uuid) -> Result<bool> {
    let about = Cond::all().add(Expr::col("preview_file_id").eq(id));
    access::exists(transaction, "comment", about).await
}

/// Deletes previews. References to them must be removed before. Returns how
/// many were deleted.
pub async fn remove(transaction: &mut Transaction, ids: &[Uuid]) -> Result<u64> {
    let these = Expr::col("id").is_in(ids.iter().copied());
    write::delete_where(transaction, "preview_file", these).await
}

/// Filters a query to the previews of a task, last revision first. With
/// `for_client`, rejected ones are left out.
pub fn revisions_of(list: ListQuery, task_id: Uuid, for_client: bool) -> ListQuery {
    list.narrow(|select| {
        let preview = |name| Expr::col(("preview_file", name));
        select
            .and_where(preview("task_id").eq(task_id))
            .order_by(("preview_file", "revision"), Order::Desc);
        if for_client {
            let status = || preview("validation_status");
            select.and_where(status().is_null().or(status().ne("rejected")));
        }
    })
}

/// Filters a query to the previews of an entity, ordered by the name of the
/// task type, then revision (last first), then position.
pub fn of_entity(list: ListQuery, entity_id: Uuid) -> ListQuery {
    list.narrow(|select| {
        select
            .inner_join_to(fk::PREVIEW_FILE_TASK)
            .inner_join_to(fk::TASK_TASK_TYPE)
            .and_where(Expr::col(("task", "entity_id")).eq(entity_id))
            .order_by(("task_type", "name"), Order::Asc)
            .order_by(("preview_file", "revision"), Order::Desc)
            .order_by(("preview_file", "position"), Order::Asc);
    })
}

/// Filters a list to the previews of entities, with `task` and `task_type`
/// joined. Sorted by task type (highest priority first), then revision (last
/// first), then age.
pub fn by_task_type(list: ListQuery, entities: &[Uuid]) -> ListQuery {
    list.narrow(|select| {
        select
            .and_where(Expr::col(("task", "entity_id")).is_in(entities.iter().copied()))
            .order_by(("task_type", "priority"), Order::Desc)
            .order_by(("task_type", "name"), Order::Asc)
            .order_by(("preview_file", "revision"), Order::Desc)
            .order_by(("preview_file", "created_at"), Order::Asc);
    })
}

/// Returns the id and status of the preview with the highest revision of each
/// task, by task. Tasks without previews are left out.
pub async fn last_of_tasks(
    transaction: &mut Transaction,
    tasks: &[Uuid],
) -> Result<HashMap<Uuid, (Uuid, String)>> {
    let mut by_revision = WindowStatement::partition_by("task_id");
    by_revision
        .order_by("revision", Order::Desc)
        .order_by("created_at", Order::Asc);
    let mut numbered = Query::select();
    numbered
        .columns(["id", "task_id", "status"])
        .expr_window_as(Func::cust("row_number"), by_revision, "place")
        .from("preview_file")
        .and_where(Expr::col("task_id").is_in(tasks.iter().copied()));
    let mut select = Query::select();
    select
        .columns(["id", "task_id", "status"])
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("place").eq(1));
    let last = transaction.fetch(&select, |row| {
        Ok((row.get("task_id")?, (row.get("id")?, row.get("status")?)))
    });
    Ok(last.await?.into_iter().collect())
}

/// Returns the revision of the oldest preview linked to a comment, or `None`.
pub async fn revision_of_comment(
    transaction: &mut Transaction,
    comment_id: Uuid,
) -> Result<Option<i64>> {
    let mut shown = Query::select();
    shown
        .column("preview_file")
        .from("comment_preview_link")
        .and_where(Expr::col("comment").eq(comment_id));
    let mut select = Query::select();
    select
        .column("revision")
        .from("preview_file")
        .and_where(Expr::col("id").in_subquery(shown))
        .order_by("created_at", Order::Asc)
        .limit(1);
    Ok(transaction.scalar(&select).await?.flatten())
}

/// Returns the highest revision of a task's previews; `None` if it has no
/// previews.
pub async fn last_revision(transaction: &mut Transaction, task_id: Uuid) -> Result<Option<i64>> {
    let mut select = Query::select();
    select
        .expr(Func::max(Expr::col("revision")))
        .from("preview_file")
        .and_where(Expr::col("task_id").eq(task_id));
    Ok(transaction.scalar(&select).await?.flatten())
}

/// Returns the ids of the previews of a revision, ordered by position, then age.
pub async fn of_revision(
    transaction: &mut Transaction,
    task_id: Uuid,
    revision: i64,
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from("preview_file")
        .and_where(Expr::col("task_id").eq(task_id))
        .and_where(Expr::col("revision").eq(revision))
        .order_by("position", Order::Asc)
        .order_by("created_at", Order::Asc);
    transaction.ids(&select).await
}

/// The project settings about previews.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ways {
    /// A revision can have only one preview.
    pub single: bool,
    /// The newest preview of an entity's tasks becomes its main preview.
    pub automatic: bool,
}

/// Returns the preview settings of a task's project.
pub async fn ways(transaction: &mut Transaction, task_id: Uuid) -> Result<Ways> {
    let mut select = Query::select();
    select
        .columns([
            ("project", "is_single_preview_per_revision"),
            ("project", "is_set_preview_automated"),
        ])
        .from("task")
        .inner_join_to(fk::TASK_PROJECT)
        .and_where(Expr::col(("task", "id")).eq(task_id));
    let ways = transaction.fetch_one(&select, |row| {
        let flag = |column: &str| -> Result<bool> {
            Ok(row.get::<Option<bool>>(column)?.unwrap_or_default())
        };
        Ok(Ways {
            single: flag("is_single_preview_per_revision")?,
            automatic: flag("is_set_preview_automated")?,
        })
    });
    Ok(ways.await?.unwrap_or_default())
}

/// Inserts a preview, links it to a comment and sets it in the comment's news.
pub async fn add_to_comment(
    transaction: &mut Transaction,
    comment_id: Uuid,
    id: Uuid,
    values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    write::insert(transaction, &PREVIEW_FILE, values, defaults).await?;
    let link = Values::from([("comment", comment_id.into()), ("preview_file", id.into())]);
    write::insert(transaction, &COMMENT_PREVIEW_LINK, link, defaults).await?;
    let news = Values::from([
        ("preview_file_id", id.into()),
        ("updated_at", defaults.now.into()),
    ]);
    let of_comment = Expr::col("comment_id").eq(comment_id);
    write::update_where(transaction, &NEWS, news, of_comment).await?;
    Ok(())
}

/// Returns whether the task has another preview with that revision, other than
/// `except`. Only the first preview of a revision counts.
pub async fn revision_is_taken(
    transaction: &mut Transaction,
    task_id: Uuid,
    revision: i64,
    except: Uuid,
) -> Result<bool> {
    let same = Cond::all()
        .add(Expr::col("task_id").eq(task_id))
        .add(Expr::col("revision").eq(revision))
        .add(Expr::col("position").eq(1))
        .add(Expr::col("id").ne(except));
    access::exists(transaction, "preview_file", same).await
}

/// Changes the revision number of the other previews of a revision.
pub async fn renumber(
    transaction: &mut Transaction,
    task_id: Uuid,
    (before, after): (i64, i64),
    except: Uuid,
) -> Result<()> {
    let siblings = Expr::col("task_id")
        .eq(task_id)
        .and(Expr::col("revision").eq(before))
        .and(Expr::col("id").ne(except));
    let values = Values::from([("revision", after.into())]);
    write::update_where(transaction, &PREVIEW_FILE, values, siblings).await?;
    Ok(())
}

/// Clears `is_default` of all preview backgrounds other than `except`.
pub async fn unset_other_backgrounds(transaction: &mut Transaction, except: Uuid) -> Result<()> {
    let others = Expr::col("id")
        .ne(except)
        .and(Expr::col("is_default").eq(true));
    let values = Values::from([("is_default", false.into())]);
    let table = &crate::schema::PREVIEW_BACKGROUND_FILE;
    write::update_where(transaction, table, values, others).await?;
    Ok(())
}

/// Returns whether a preview background other than `except` has that name
/// (case-sensitive).
pub async fn background_exists(
    connection: impl Connection,
    name: Option<&str>,
    except: Option<Uuid>,
) -> Result<bool> {
    let mut same = Cond::all().add(match name {
        Some(name) => Expr::col("name").eq(name),
        None => Expr::col("name").is_null(),
    });
    if let Some(id) = except {
        same = same.add(Expr::col("id").ne(id));
    }
    access::exists(connection, "preview_background_file", same).await
}

/// Returns the frame rates, in frames per second, that a task's entity and its
/// project have, in this order; the texts may be none.
pub async fn frame_rates(connection: impl Connection, task_id: Uuid) -> Result<Vec<String>> {
    let of_entity = connection
        .dialect()
        .json_field(Expr::col(("entity", "data")), "fps");
    let mut select = Query::select();
    select
        .expr_as(of_entity, "of_entity")
        .column(("project", "fps"))
        .from("task")
        .inner_join_to(fk::TASK_PROJECT)
        .left_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("task", "id")).eq(task_id));
    let rates = connection.fetch_one(&select, |row| {
        let of_entity = match row.get::<Option<Value>>("of_entity")? {
            Some(Value::String(text)) => Some(text),
            rate => rate.map(|rate| rate.to_string()),
        };
        let rates = [of_entity, row.get("fps")?];
        Ok(rates.into_iter().flatten().collect())
    });
    Ok(rates.await?.unwrap_or_default())
}

/// Filters a query on [`RUNNING`](crate::view::previews::RUNNING) to the
/// previews of open projects that are not ready, newest first.
pub fn running(list: ListQuery) -> ListQuery {
    let is_not_ready =
        Expr::col(("preview_file", "status")).is_in(["broken", "missing", "processing"]);
    list.filter(projects::is_running())
        .filter(is_not_ready)
        .descending("created_at")
        .descending("id")
}

/// Condition on `preview_file`: it was created before a time.
pub fn created_before(time: NaiveDateTime) -> Filter {
    Expr::col(("preview_file", "created_at")).lt(time).into()
}
