//! Tasks whose status asks for feedback.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use futures_util::future::try_join;
use sea_query::{Expr, ExprTrait, NullOrdering, Order, Query};
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::tasks::lists::join_names;
use crate::query::tasks::{open, todos};
use crate::{Connection as _, Database, Filter, ListQuery, Result};

/// Filters of the tasks to check.
#[derive(Debug, Clone, Default)]
pub struct ToCheckFilter {
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// Assigned to one of these people; an empty list means unassigned.
    pub people: Option<Vec<Uuid>>,
    pub episode_id: Option<Uuid>,
    /// The first and the last due date, both inclusive.
    pub due: (Option<NaiveDateTime>, Option<NaiveDateTime>),
}

/// Condition on `task`, with `task_status` joined: the status asks for
/// feedback.
pub fn asks_for_feedback() -> Filter {
    Expr::col(("task_status", "is_feedback_request"))
        .eq(true)
        .into()
}

/// Condition on `task`: it matches the filter.
pub fn matches(filter: &ToCheckFilter) -> Filter {
    let task = |name| Expr::col(("task", name));
    let is = |column, id: Option<Uuid>| id.map(|id| task(column).eq(id));
    let (since, until) = filter.due;
    Filter::all()
        .and_option(is("project_id", filter.project_id))
        .and_option(is("task_type_id", filter.task_type_id))
        .and_option(is("task_status_id", filter.task_status_id))
        .and_option(filter.people.as_deref().map(open::is_assigned_to_any))
        .and_option(filter.episode_id.map(is_of_episode))
        .and_option(since.map(|date| task("due_date").gte(date)))
        .and_option(until.map(|date| task("due_date").lte(date)))
}

/// Condition on `task`: of a shot of the episode, of an asset of it, or of a
/// sequence.
fn is_of_episode(id: Uuid) -> Filter {
    let entity = |name| Expr::col(("of_episode", name));
    let mut sequences = Query::select();
    sequences
        .column(("sequence", "id"))
        .from_as("entity", "sequence")
        .and_where(Expr::col(("sequence", "parent_id")).eq(id));
    let is = entity("parent_id").in_subquery(sequences);
    let mut entities = Query::select();
    entities
        .column(("of_episode", "id"))
        .from_as("entity", "of_episode")
        .and_where(
            is.or(entity("source_id").eq(id))
                .or(entity("parent_id").eq(id)),
        );
    Expr::col(("task", "entity_id"))
        .in_subquery(entities)
        .into()
}

/// What tasks to check are sorted by first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// The names of project, episode, sequence, entity type, entity and task
    /// type.
    Place,
    /// The highest priority first, then the earliest due date.
    Priority,
    DueDate,
    /// The longest estimation first.
    Estimation,
    /// The names of project, task type, episode, sequence and entity.
    EntityName,
}

/// Sorts a list with the joins of [`TODO`](crate::view::tasks::TODO).
pub fn sorted(list: ListQuery, by: SortBy) -> ListQuery {
    let first: &[_] = match by {
        SortBy::Place | SortBy::EntityName => &[],
        SortBy::Priority => &[
            (("task", "priority"), Order::Desc),
            (("task", "due_date"), Order::Asc),
        ],
        SortBy::DueDate => &[(("task", "due_date"), Order::Asc)],
        SortBy::Estimation => &[(("task", "estimation"), Order::Desc)],
    };
    let list = list.narrow(|select| {
        for (column, order) in first {
            select.order_by_with_nulls(*column, order.clone(), NullOrdering::Last);
        }
    });
    match by {
        SortBy::EntityName => todos::order_by_names(
            list,
            &["project", "task_type", "episode", "sequence", "entity"],
        ),
        _ => todos::order_by_place(list),
    }
}

/// The ids by which tasks can be filtered, in order.
#[derive(Debug, Clone, Default)]
pub struct FilterValues {
    pub projects: BTreeSet<Uuid>,
    pub task_types: BTreeSet<Uuid>,
    pub task_statuses: BTreeSet<Uuid>,
    pub episodes: BTreeSet<Uuid>,
    /// The assignees.
    pub people: BTreeSet<Uuid>,
}

/// Returns what the matching tasks can be filtered by.
pub async fn filter_values(database: &Database, which: Filter) -> Result<FilterValues> {
    let mut tasks = Query::select();
    tasks.from("task");
    join_names(&mut tasks);
    let mut people = tasks.clone();
    tasks
        .distinct()
        .left_join_to(fk::ENTITY_PARENT.target_as("sequence"))
        .left_join_to(fk::ENTITY_PARENT.table_as("sequence").target_as("episode"))
        .columns([
            ("task", "project_id"),
            ("task", "task_type_id"),
            ("task", "task_status_id"),
        ])
        .expr_as(todos::episode_id(), "episode_id")
        .cond_where(which.clone());
    let rows = database.fetch(&tasks, |row| {
        let ids: [Uuid; 3] = [
            row.get("project_id")?,
            row.get("task_type_id")?,
            row.get("task_status_id")?,
        ];
        Ok((ids, row.get::<String>("episode_id")?))
    });
    people
        .distinct()
        .column(("task_person_link", "person_id"))
        .inner_join_from(fk::TASK_PERSON_LINK_TASK)
        .cond_where(which);
    let (rows, people) = try_join(rows, database.ids(&people)).await?;
    let mut values = FilterValues::default();
    for ([project, task_type, status], episode) in rows {
        values.projects.insert(project);
        values.task_types.insert(task_type);
        values.task_statuses.insert(status);
        values.episodes.extend(Uuid::try_parse(&episode));
    }
    values.people = people.into_iter().collect();
    Ok(values)
}
