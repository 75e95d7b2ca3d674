//! To-do lists: the tasks of a person with the names of project, episode,
//! sequence and entity.

use sea_query::{
    Asterisk, CaseStatement, Expr, ExprTrait, Func, NullOrdering, Order, Query, SelectStatement,
    SimpleExpr, SubQueryStatement,
};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::fk::{self, JoinByKey};
use crate::projection::Projection;
use crate::query::access;
use crate::query::visibility::comments;
use crate::{Filter, ListQuery};

fn column(table: &'static str, name: &'static str) -> SimpleExpr {
    Expr::col((table, name))
}

/// Expression for an id as a string, empty for NULL.
pub fn id_or_empty(id: SimpleExpr) -> SimpleExpr {
    Func::coalesce([id.cast_as("text"), Expr::val("")]).into()
}

/// Expression: the task belongs to a sequence that has an episode.
fn is_of_sequence() -> SimpleExpr {
    column("entity_type", "name")
        .eq("Sequence")
        .and(column("entity", "parent_id").is_not_null())
}

/// Expression for the episode id of a task: of its sequence, or the one that
/// its asset belongs to. Empty string if there is none.
pub fn episode_id() -> SimpleExpr {
    let id = CaseStatement::new()
        .case(is_of_sequence(), column("entity", "parent_id"))
        .case(
            column("episode", "id").is_not_null(),
            column("episode", "id"),
        )
        .finally(column("entity", "source_id"));
    id_or_empty(id.into())
}

/// Expression for the name of that episode; `MP` (main pack) if the asset's
/// `source_id` refers to something other than an episode.
pub fn episode_name() -> SimpleExpr {
    CaseStatement::new()
        .case(is_of_sequence(), column("sequence", "name"))
        .case(
            column("episode", "id").is_not_null(),
            column("episode", "name"),
        )
        .case(
            column("source_type", "name").eq("Episode"),
            column("source", "name"),
        )
        .case(column("entity", "source_id").is_not_null(), "MP")
        .into()
}

/// Expression for a JSON array of one column of the episodes that the task's
/// entity is cast in; NULL if there are none, which most entities have.
pub fn cast_in(dialect: Dialect, name: &'static str) -> SimpleExpr {
    let mut listed = episodes_with_entity();
    listed
        .column(("cast_in", name))
        .order_by(("cast_in", "name"), Order::Asc);
    let mut any = episodes_with_entity();
    any.expr(Expr::val(1));
    CaseStatement::new()
        .case(Expr::exists(any), dialect.json_list(listed, name))
        .into()
}

/// Query for the episodes (`cast_in`) that the entity of the outer query's
/// `task` is cast in, without a select list.
fn episodes_with_entity() -> SelectStatement {
    let mut episodes = Query::select();
    episodes
        .from_as("entity_link", "link")
        .inner_join_to(
            fk::ENTITY_LINK_ENTITY_IN
                .table_as("link")
                .target_as("cast_in"),
        )
        .inner_join_to(
            fk::ENTITY_ENTITY_TYPE
                .table_as("cast_in")
                .target_as("cast_type"),
        )
        .and_where(column("cast_type", "name").eq("Episode"))
        .and_where(column("link", "entity_out_id").equals(("task", "entity_id")));
    episodes
}

/// Expression for the newest comment on a task that was not written by a
/// client. JSON object: `text`, `date` and `person_id`; `{}` if there is none.
pub fn last_comment(dialect: Dialect) -> SimpleExpr {
    let date = dialect.json_time(column("said", "created_at"));
    let object = dialect.json_object(vec![
        ("text", column("said", "text")),
        ("date", date),
        ("person_id", column("said", "person_id")),
    ]);
    let mut last = Query::select();
    last.expr(object)
        .from_as("comment", "said")
        .and_where(column("said", "object_id").equals(("task", "id")))
        .and_where(ExprTrait::not(comments::is_client(
            ("said", "person_id"),
            ("task", "project_id"),
        )))
        .order_by(("said", "created_at"), Order::Desc)
        .limit(1);
    let last: SimpleExpr = SubQueryStatement::SelectStatement(last).into();
    Func::coalesce([last, Expr::val("{}")]).into()
}

/// Lists the tasks that a person is assigned to, either done or not done. Done
/// tasks are ordered by end date, newest first.
pub fn of_person(projection: &'static Projection, person_id: Uuid, is_done: bool) -> ListQuery {
    let mut assigned = Query::select();
    assigned
        .column(("task", Asterisk))
        .from("task")
        .inner_join_from(fk::TASK_PERSON_LINK_TASK)
        .and_where(column("task_person_link", "person_id").eq(person_id));
    ListQuery::among(projection, assigned).narrow(|select| {
        select.and_where(column("task_status", "is_done").eq(is_done));
        if is_done {
            select
                .order_by(("task", "end_date"), Order::Desc)
                .order_by(("task_type", "name"), Order::Asc)
                .order_by(("entity", "name"), Order::Asc);
        }
    })
}

/// Orders tasks by the names of project, episode, sequence, entity type,
/// entity and task type.
pub fn order_by_place(list: ListQuery) -> ListQuery {
    let tables = [
        "project",
        "episode",
        "sequence",
        "entity_type",
        "entity",
        "task_type",
    ];
    order_by_names(list, &tables)
}

/// Orders tasks by the names in these joined tables.
pub(super) fn order_by_names(list: ListQuery, tables: &[&'static str]) -> ListQuery {
    list.narrow(|select| {
        let names = tables.iter().map(|table| (*table, "name"));
        for column in names.chain([("task", "id")]) {
            select.order_by_with_nulls(column, Order::Asc, NullOrdering::Last);
        }
    })
}

/// Filters a query to the tasks of one type on entities that the person is
/// assigned to any task of.
pub fn related(
    list: ListQuery,
    dialect: Dialect,
    person_id: Uuid,
    task_type_id: Uuid,
) -> ListQuery {
    list.narrow(|select| {
        let mut worked_on = Query::select();
        worked_on
            .column(("theirs", "entity_id"))
            .from_as("task", "theirs")
            .and_where(column("theirs", "id").in_subquery(access::assigned_tasks(person_id)));
        select
            .and_where(column("task", "task_type_id").eq(task_type_id))
            .and_where(dialect.one_of_few(column("task", "entity_id"), worked_on));
    })
}

/// Condition on `task`: it belongs to none of the projects.
pub fn not_of_projects(projects: impl IntoIterator<Item = Uuid>) -> Filter {
    column("task", "project_id").is_not_in(projects).into()
}

impl ListQuery {
    /// Blanks the values that are hidden from clients (see
    /// [`blanking`](crate::view::tasks::blanking)) in the tasks of these
    /// projects.
    pub fn blanking_tasks_of(self, projects: impl IntoIterator<Item = Uuid>) -> Self {
        self.masking(("task", "project_id"), projects)
    }
}
