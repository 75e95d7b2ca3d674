//! Tasks: their visibility, their assignees, and the columns computed from
//! comments and time spent.

pub mod assignments;
pub mod create;
pub mod dates;
pub mod lists;
pub mod open;
pub mod timesheets;
pub mod to_check;
pub mod todos;

use chrono::NaiveDateTime;
use sea_query::{
    Cond, Condition, Expr, ExprTrait, Func, LockType, Order, Query, SelectStatement, SimpleExpr,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::query::access::Membership;
use crate::query::{access, masking, rows};
use crate::schema::TASK;
use crate::write::{self, Values};
use crate::{Connection, Database, Filter, Result, Transaction};

/// Condition on `task`: its entity is in a sequence of the episode.
pub fn in_episode(episode_id: Uuid) -> Filter {
    let mut sequences = Query::select();
    sequences
        .column(("sequence", "id"))
        .from_as("entity", "sequence")
        .and_where(Expr::col(("sequence", "parent_id")).eq(episode_id));
    let mut shots = Query::select();
    shots
        .column(("shot", "id"))
        .from_as("entity", "shot")
        .and_where(Expr::col(("shot", "parent_id")).in_subquery(sequences));
    Expr::col(("task", "entity_id")).in_subquery(shots).into()
}

/// Condition on a column with task ids: the task belongs to the project. The
/// query is planned for this project, which may have many more tasks than
/// others.
pub fn is_of_project(
    database: &Database,
    column: (&'static str, &'static str),
    project_id: Uuid,
) -> Filter {
    let id = database.dialect().id_literal(project_id);
    is_of(column, "project_id", id).into()
}

/// Condition on a column with task ids: the task belongs to the entity.
pub fn is_of_entity(column: (&'static str, &'static str), entity_id: Uuid) -> Filter {
    is_of(column, "entity_id", Expr::val(entity_id)).into()
}

fn is_of(column: (&'static str, &'static str), owner: &'static str, id: SimpleExpr) -> Condition {
    let mut tasks = Query::select();
    tasks
        .column(("owned", "id"))
        .from_as("task", "owned")
        .and_where(Expr::col(("owned", owner)).eq(id));
    Cond::all().add(Expr::col(column).in_subquery(tasks))
}

/// The columns of a task that permission checks need.
#[derive(Debug, Clone, Copy)]
pub struct TaskKeys {
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// The person who created the task's entity.
    pub entity_made_by: Option<Uuid>,
}

/// Returns the keys of a task, or `None` if there is no such task.
pub async fn task_keys(connection: impl Connection, id: Uuid) -> Result<Option<TaskKeys>> {
    let mut select = Query::select();
    select
        .columns([
            ("task", "project_id"),
            ("task", "entity_id"),
            ("task", "task_type_id"),
            ("task", "task_status_id"),
            ("entity", "created_by"),
        ])
        .from("task")
        .left_join_to(fk::TASK_ENTITY)
        .and_where(Expr::col(("task", "id")).eq(id));
    connection
        .fetch_one(&select, |row| {
            Ok(TaskKeys {
                project_id: row.get("project_id")?,
                entity_id: row.get("entity_id")?,
                task_type_id: row.get("task_type_id")?,
                task_status_id: row.get("task_status_id")?,
                entity_made_by: row.get("created_by")?,
            })
        })
        .await
}

/// Returns a task as JSON in the projection, with the viewer's membership in
/// its project. The projection must join `entity`, and may refer to the joined
/// `viewer`. `None` if there is no such task or viewer.
pub async fn full(
    connection: impl Connection,
    projection: &Projection,
    id: Uuid,
    viewer: Uuid,
) -> Result<Option<(Map<String, Value>, Option<Membership>)>> {
    let mut select = projection.select(connection.dialect());
    masking::add_viewer(&mut select, viewer, ("entity", "project_id"));
    select
        .expr_as(Expr::col(("place", "person_id")).is_not_null(), "is_member")
        .expr_as(Expr::col(("place", "role")), "role_of_member")
        .and_where(Expr::col(("task", "id")).eq(id));
    connection
        .fetch_one(&select, |row| {
            let is_member: bool = row.get("is_member")?;
            let role = row.get("role_of_member")?;
            let membership = is_member.then_some(Membership { role });
            Ok((projection.read(row)?, membership))
        })
        .await
}

/// Filters a query on `person` to the assignees of the `task` of the outer
/// query.
pub fn to_assignees(people: &mut SelectStatement) {
    people
        .inner_join_from(fk::TASK_PERSON_LINK_PERSON)
        .and_where(Expr::col(("task_person_link", "task_id")).equals(("task", "id")));
}

/// Expression: the `viewer` is subscribed to the `task`.
pub fn is_subscribed() -> SimpleExpr {
    let mut subscription = Query::select();
    subscription
        .column(("told", "id"))
        .from_as("subscription", "told")
        .and_where(Expr::col(("told", "task_id")).equals(("task", "id")))
        .and_where(Expr::col(("told", "person_id")).equals(("viewer", "id")));
    Expr::exists(subscription)
}

/// Returns `for_entity` of a task type and the name of an entity's entity
/// type. Each is `None` if there is no such row.
pub async fn kinds(
    connection: impl Connection,
    task_type_id: Uuid,
    entity_id: Uuid,
) -> Result<(Option<String>, Option<String>)> {
    let mut for_entity = Query::select();
    for_entity
        .column("for_entity")
        .from("task_type")
        .and_where(Expr::col("id").eq(task_type_id));
    let mut kind = Query::select();
    kind.column(("entity_type", "name"))
        .from("entity")
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .and_where(Expr::col(("entity", "id")).eq(entity_id));
    let mut select = Query::select();
    select
        .expr_as(
            sea_query::SubQueryStatement::SelectStatement(for_entity),
            "for_entity",
        )
        .expr_as(
            sea_query::SubQueryStatement::SelectStatement(kind),
            "entity_type",
        );
    let kinds = connection
        .fetch_one(&select, |row| {
            Ok((row.get("for_entity")?, row.get("entity_type")?))
        })
        .await?;
    Ok(kinds.unwrap_or_default())
}

/// Returns whether any of these people is a preview account.
pub async fn any_preview_account(connection: impl Connection, ids: &[Uuid]) -> Result<bool> {
    let preview = Cond::all()
        .add(Expr::col("id").is_in(ids.iter().copied()))
        .add(Expr::col("preview_project_id").is_not_null());
    access::exists(connection, "person", preview).await
}

/// Sets the durations of tasks to the sums of the time spent on them, in
/// minutes. Locks the tasks in id order, so that transactions cannot deadlock.
/// Returns the task ids with their project ids.
pub async fn sum_durations(
    transaction: &mut Transaction,
    ids: &[Uuid],
    now: NaiveDateTime,
) -> Result<Vec<(Uuid, Option<Uuid>)>> {
    let mut summed = Vec::with_capacity(ids.len());
    for some in ids.chunks(rows::BATCH_SIZE) {
        let those = || Expr::col("id").is_in(some.iter().copied());
        let mut select = Query::select();
        select
            .columns(["id", "project_id"])
            .from(TASK.name)
            .and_where(those())
            .order_by("id", Order::Asc)
            .lock(LockType::NoKeyUpdate);
        let locked = transaction.fetch(&select, |row| Ok((row.get("id")?, row.get("project_id")?)));
        summed.extend(locked.await?);
        let spent = Expr::col(("time_spent", "duration"));
        let mut sum = Query::select();
        sum.expr(Func::coalesce([Func::sum(spent).into(), Expr::val(0.0)]))
            .from("time_spent")
            .and_where(Expr::col(("time_spent", "task_id")).equals(("task", "id")));
        let sum = sea_query::SubQueryStatement::SelectStatement(sum);
        let mut update = Query::update();
        update
            .table(TASK.name)
            .value("duration", SimpleExpr::from(sum))
            .value("updated_at", now)
            .and_where(those());
        let query = transaction.dialect().build(&update);
        transaction.execute(query).await?;
    }
    Ok(summed)
}

async fn duration(transaction: &mut Transaction, id: Uuid) -> Result<f64> {
    let mut sum = Query::select();
    sum.expr(Func::coalesce([
        Func::sum(Expr::col("duration")).into(),
        Expr::val(0.0),
    ]))
    .from("time_spent")
    .and_where(Expr::col("task_id").eq(id));
    Ok(transaction.scalar(&sum).await?.unwrap_or(0.0))
}

/// A comment with the status that it gave the task.
struct StatusComment {
    at: Option<NaiveDateTime>,
    status_id: Option<Uuid>,
    is_retake: bool,
    is_wip: bool,
    is_feedback_request: bool,
    is_done: bool,
}

/// The columns of a task that depend on its comments (status, dates, number of
/// retakes) and on the time spent on it (duration).
#[derive(Debug, Clone, Default, PartialEq)]
struct Derived {
    duration: f64,
    retake_count: i64,
    real_start_date: Option<NaiveDateTime>,
    last_comment_date: Option<NaiveDateTime>,
    end_date: Option<NaiveDateTime>,
    done_date: Option<NaiveDateTime>,
    task_status_id: Option<Uuid>,
}

/// Recomputes the columns of a task that depend on its comments (status,
/// dates, number of retakes) and on the time spent on it (duration). A task
/// without comments gets the default status.
pub async fn recount(transaction: &mut Transaction, id: Uuid, now: NaiveDateTime) -> Result<()> {
    rows::lock(transaction, TASK.name, id).await?;
    let derived = derive(transaction, id).await?;
    store(transaction, id, derived, now).await
}

/// Like [`recount`], and leaves a task alone whose columns are right. Returns
/// whether they were not.
pub async fn correct(transaction: &mut Transaction, id: Uuid, now: NaiveDateTime) -> Result<bool> {
    let mut select = Query::select();
    select
        .columns([
            "duration",
            "retake_count",
            "real_start_date",
            "last_comment_date",
            "end_date",
            "done_date",
            "task_status_id",
        ])
        .from(TASK.name)
        .and_where(Expr::col("id").eq(id))
        .lock(LockType::NoKeyUpdate);
    let stored = transaction.fetch_one(&select, |row| {
        Ok(Derived {
            duration: row.get::<Option<f64>>("duration")?.unwrap_or_default(),
            retake_count: row.get::<Option<i64>>("retake_count")?.unwrap_or_default(),
            real_start_date: row.get("real_start_date")?,
            last_comment_date: row.get("last_comment_date")?,
            end_date: row.get("end_date")?,
            done_date: row.get("done_date")?,
            task_status_id: row.get("task_status_id")?,
        })
    });
    let Some(stored) = stored.await? else {
        return Ok(false);
    };
    let derived = derive(transaction, id).await?;
    if stored == derived {
        return Ok(false);
    }
    store(transaction, id, derived, now).await?;
    Ok(true)
}

/// Computes the derived columns of a task.
async fn derive(transaction: &mut Transaction, id: Uuid) -> Result<Derived> {
    let mut derived = Derived {
        task_status_id: default_status(transaction, id).await?,
        duration: duration(transaction, id).await?,
        ..Derived::default()
    };
    let mut was_retake = false;
    for comment in status_comments(transaction, id).await? {
        derived.retake_count += i64::from(comment.is_retake && !was_retake);
        was_retake = comment.is_retake;
        if comment.is_wip && derived.real_start_date.is_none() {
            derived.real_start_date = comment.at;
        }
        if comment.is_feedback_request && derived.end_date.is_none() {
            derived.end_date = comment.at;
        }
        if comment.is_done {
            derived.done_date = comment.at;
        }
        derived.task_status_id = comment.status_id;
        derived.last_comment_date = comment.at;
    }
    Ok(derived)
}

/// Returns the comments of a task that have a status, oldest first.
async fn status_comments(transaction: &mut Transaction, id: Uuid) -> Result<Vec<StatusComment>> {
    let mut select = Query::select();
    select
        .columns([
            ("comment", "created_at"),
            ("comment", "task_status_id"),
            ("task_status", "is_retake"),
            ("task_status", "is_feedback_request"),
            ("task_status", "is_done"),
            ("task_status", "is_wip"),
        ])
        .from("comment")
        .inner_join_to(fk::COMMENT_TASK_STATUS)
        .and_where(Expr::col(("comment", "object_id")).eq(id))
        .order_by(("comment", "created_at"), Order::Asc);
    let comments = transaction.fetch(&select, |row| {
        let is = |column: &str| -> Result<bool> {
            Ok(row.get::<Option<bool>>(column)?.unwrap_or_default())
        };
        Ok(StatusComment {
            at: row.get("created_at")?,
            status_id: row.get("task_status_id")?,
            is_retake: is("is_retake")?,
            is_wip: is("is_wip")?,
            is_feedback_request: is("is_feedback_request")?,
            is_done: is("is_done")?,
        })
    });
    comments.await
}

async fn store(
    transaction: &mut Transaction,
    id: Uuid,
    derived: Derived,
    now: NaiveDateTime,
) -> Result<()> {
    let values = Values::from([
        ("duration", derived.duration.into()),
        ("retake_count", derived.retake_count.into()),
        ("real_start_date", derived.real_start_date.into()),
        ("last_comment_date", derived.last_comment_date.into()),
        ("end_date", derived.end_date.into()),
        ("done_date", derived.done_date.into()),
        ("task_status_id", derived.task_status_id.into()),
        ("updated_at", now.into()),
    ]);
    write::update(transaction, &TASK, id, values).await?;
    Ok(())
}

/// Returns the ids of the tasks of a project.
pub async fn of_project(connection: impl Connection, project_id: Uuid) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from(TASK.name)
        .and_where(Expr::col("project_id").eq(project_id))
        .order_by("id", Order::Asc);
    connection.ids(&select).await
}

/// Returns the default status for the task; tasks of concepts have a default
/// of their own. `None` if there is no default.
async fn default_status(transaction: &mut Transaction, task_id: Uuid) -> Result<Option<Uuid>> {
    let mut concept = Query::select();
    concept
        .column(("task", "id"))
        .from("task")
        .inner_join_to(fk::TASK_ENTITY)
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .and_where(Expr::col(("task", "id")).eq(task_id))
        .and_where(Expr::col(("entity_type", "name")).eq("Concept"));
    let for_concept = transaction.exists(concept).await?;
    let mut select = Query::select();
    select
        .column("id")
        .from("task_status")
        .and_where(Expr::col("is_default").eq(true))
        .and_where(Expr::col("for_concept").eq(for_concept))
        .order_by("created_at", Order::Asc)
        .limit(1);
    Ok(transaction.scalar(&select).await?.flatten())
}
