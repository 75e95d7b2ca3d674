//! Conditions and expressions for the news feed of a project.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use sea_query::{
    CaseStatement, Cond, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr,
};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::{Connection, Database, Filter, ListQuery, Result};

/// Filters of the news feed.
#[derive(Debug, Clone, Default)]
pub struct NewsFilter {
    /// Only news about previews.
    pub only_previews: bool,
    pub task_type_id: Option<Uuid>,
    /// The status that the comment set.
    pub task_status_id: Option<Uuid>,
    /// Only news about shots of this episode.
    pub episode_id: Option<Uuid>,
    pub author_id: Option<Uuid>,
    pub after: Option<NaiveDateTime>,
    pub before: Option<NaiveDateTime>,
}

/// Condition on `news`, with `task`, `comment` and the `parent` of the entity
/// joined: it matches the filter.
pub fn matching(asked: &NewsFilter) -> Filter {
    let is = |table: &'static str, column: &'static str, id: Option<Uuid>| {
        id.map(|id| Filter::from(Expr::col((table, column)).eq(id)))
    };
    let created_at = || Expr::col(("news", "created_at"));
    let with_preview = || Filter::from(Expr::col(("news", "preview_file_id")).is_not_null());
    let after = |time| Filter::from(created_at().gt(time));
    let before = |time| Filter::from(created_at().lt(time));
    Filter::all()
        .and_option(is("task", "task_type_id", asked.task_type_id))
        .and_option(is("comment", "task_status_id", asked.task_status_id))
        .and_option(is("parent", "parent_id", asked.episode_id))
        .and_option(is("news", "author_id", asked.author_id))
        .and_option(asked.only_previews.then(with_preview))
        .and_option(asked.after.map(after))
        .and_option(asked.before.map(before))
}

/// Condition on `news`, with `task` joined: it belongs to the project.
pub fn of_project(project_id: Uuid) -> Filter {
    Expr::col(("task", "project_id")).eq(project_id).into()
}

/// Condition on `news`: it is this one.
pub fn has_id(id: Uuid) -> Filter {
    Expr::col(("news", "id")).eq(id).into()
}

/// Numbers of news.
#[derive(Debug, Default)]
pub struct NewsCounts {
    pub total: i64,
    /// Those that changed a status, by that status.
    pub changes: BTreeMap<Uuid, i64>,
}

/// Counts the news that match a condition.
pub async fn counts(database: &Database, which: Filter) -> Result<NewsCounts> {
    let mut news = matching_rows(which);
    news.column(("comment", "task_status_id"))
        .column(("news", "change"));
    database.dialect().keep_apart(&mut news);
    let mut counted = Query::select();
    counted
        .columns(["task_status_id", "change"])
        .expr_as(Func::count(Expr::cust("*")), "count")
        .from_subquery(news, "counted")
        .group_by_columns(["task_status_id", "change"]);
    let groups = database.fetch(&counted, |row| {
        let status: Option<Uuid> = row.get("task_status_id")?;
        let is_change: bool = row.get("change")?;
        Ok((status.filter(|_| is_change), row.get::<i64>("count")?))
    });
    let mut counts = NewsCounts::default();
    for (status, count) in groups.await? {
        counts.total += count;
        if let Some(status) = status {
            *counts.changes.entry(status).or_default() += count;
        }
    }
    Ok(counts)
}

/// Lists the news that match a condition, newest first: `limit` of them after
/// `offset`.
pub fn newest(
    projection: &'static Projection,
    which: Filter,
    (limit, offset): (u64, u64),
) -> ListQuery {
    let mut news = matching_rows(which);
    news.limit(limit).offset(offset);
    ListQuery::newest_among(projection, news)
}

/// Query for the news that match a condition, of tasks with a project and an
/// entity, without a select list. It has the joins that conditions on news need. Those that a query does not use cost
/// nothing: they add no rows, so PostgreSQL leaves them out, and so does SQLite
/// unless the query aggregates.
fn matching_rows(which: Filter) -> SelectStatement {
    let mut news = Query::select();
    news.from("news")
        .inner_join_to(fk::NEWS_TASK)
        .left_join_to(fk::NEWS_COMMENT)
        .left_join_to(fk::TASK_PROJECT)
        .left_join_to(fk::TASK_ENTITY)
        .left_join_to(fk::ENTITY_PARENT.target_as("parent"))
        .and_where(Expr::col(("task", "project_id")).is_not_null())
        .and_where(Expr::col(("task", "entity_id")).is_not_null())
        .cond_where(which);
    news
}

/// Filters a query on `preview_file` to the previews of the revision that the
/// `news` of the outer query is about.
pub(crate) fn of_revision(previews: &mut SelectStatement) {
    let mut revision = Query::select();
    revision
        .column(("shown", "revision"))
        .from_as("preview_file", "shown")
        .and_where(Expr::col(("shown", "id")).equals(("news", "preview_file_id")));
    previews
        .cond_where(
            Cond::all()
                .add(Expr::col(("preview_file", "task_id")).equals(("news", "task_id")))
                .add(Expr::col(("preview_file", "revision")).in_subquery(revision)),
        )
        .order_by(("preview_file", "position"), Order::Asc)
        .order_by(("preview_file", "id"), Order::Asc);
}

/// Joins what [`full_entity_name`] and [`episode_of_entity`] need of the
/// `entity`.
pub fn join_named_entity(select: &mut SelectStatement) {
    select
        .inner_join_to(fk::ENTITY_ENTITY_TYPE)
        .left_join_to(fk::ENTITY_PARENT.target_as("parent"))
        .left_join_to(
            fk::ENTITY_PARENT
                .table_as("parent")
                .target_as("grandparent"),
        );
}

/// Expression for the full name of an `entity`: `Episode / Sequence / Shot`,
/// or the asset type and the name of an asset. Expects the joins of
/// [`join_named_entity`].
pub fn full_entity_name() -> SimpleExpr {
    let name = |table: &'static str| Expr::col((table, "name"));
    let in_parent = || behind(name("parent"), name("entity"));
    let temporal = Func::coalesce([
        behind(name("grandparent"), in_parent()),
        in_parent(),
        name("entity"),
    ]);
    let in_episode = Func::coalesce([in_parent(), name("entity")]);
    CaseStatement::new()
        .case(name("entity_type").eq("Shot"), temporal)
        .case(name("entity_type").eq("Sequence"), in_episode)
        .case(name("entity_type").eq("Episode"), name("entity"))
        .finally(behind(name("entity_type"), name("entity")))
        .into()
}

/// Expression for the episode id of an `entity`, with the same joins as
/// [`full_entity_name`]. For an asset, it is the episode that it belongs to.
pub fn episode_of_entity() -> SimpleExpr {
    let type_name = || Expr::col(("entity_type", "name"));
    CaseStatement::new()
        .case(type_name().eq("Shot"), Expr::col(("grandparent", "id")))
        .case(type_name().eq("Sequence"), Expr::col(("parent", "id")))
        .case(
            type_name().ne("Episode"),
            Expr::col(("entity", "source_id")),
        )
        .into()
}

/// Expression for both names, joined by ` / `; NULL if one of them is NULL.
fn behind(first: SimpleExpr, second: SimpleExpr) -> SimpleExpr {
    let and = || sea_query::BinOper::Custom("||");
    first.binary(and(), Expr::val(" / ")).binary(and(), second)
}
