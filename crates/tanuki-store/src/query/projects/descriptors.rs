//! Metadata descriptors: the columns that a project adds to its entities or
//! tasks.

use chrono::NaiveDateTime;
use sea_query::{Cond, Condition, Expr, ExprTrait, NullOrdering, Order, Query, SimpleExpr};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::projection::Projection;
use crate::query::work::{self, EntityKind};
use crate::query::{access, locks, projects, rows, visibility};
use crate::{Connection, Filter, ListQuery, Result, Transaction};

/// Returns the keys of the metadata columns that the project itself has
/// (`entity_type` is `Project`).
pub async fn fields_of_project(
    transaction: &mut Transaction,
    project_id: Uuid,
) -> Result<Vec<String>> {
    let mut select = Query::select();
    select
        .column("field_name")
        .from("metadata_descriptor")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("entity_type").eq("Project"));
    transaction.scalars(&select).await
}

/// Returns the metadata columns that other open projects have for themselves.
/// JSON in the projection, ordered by position, then name.
pub async fn of_open_projects(
    transaction: &mut Transaction,
    projection: &Projection,
    except: Uuid,
) -> Result<Vec<Map<String, Value>>> {
    let mut open = Query::select();
    open.column(("project", "id"))
        .from("project")
        .cond_where(projects::is_running());
    let column = |name| Expr::col(("metadata_descriptor", name));
    let mut select = projection.select(transaction.dialect());
    select
        .and_where(column("project_id").in_subquery(open))
        .and_where(column("project_id").ne(except))
        .and_where(column("entity_type").eq("Project"))
        .order_by(("metadata_descriptor", "position"), Order::Asc)
        .order_by(("metadata_descriptor", "name"), Order::Asc);
    rows::all(transaction, projection, &select).await
}

/// Returns whether the project already has a metadata column with that entity
/// type, name and task type.
pub async fn exists(
    transaction: &mut Transaction,
    project_id: Uuid,
    (entity_type, name): (&str, &str),
    task_type_id: Option<Uuid>,
) -> Result<bool> {
    let same = Cond::all()
        .add(Expr::col("project_id").eq(project_id))
        .add(Expr::col("entity_type").eq(entity_type))
        .add(Expr::col("name").eq(name))
        .add(match task_type_id {
            Some(id) => Expr::col("task_type_id").eq(id),
            None => Expr::col("task_type_id").is_null(),
        });
    access::exists(transaction, "metadata_descriptor", same).await
}

/// Condition on `metadata_descriptor`: it has that key and entity type, and
/// belongs to one of the projects.
pub fn of_field(projects: &[Uuid], entity_type: &str, field_name: &str) -> Filter {
    let column = |name| Expr::col(("metadata_descriptor", name));
    Cond::all()
        .add(column("project_id").is_in(projects.iter().copied()))
        .add(column("entity_type").eq(entity_type))
        .add(column("field_name").eq(field_name))
        .into()
}

/// Returns the matching descriptors as JSON in the projection, ordered by
/// position, then name. Those without a position come last.
pub async fn in_order(
    connection: impl Connection,
    projection: &'static Projection,
    which: Filter,
) -> Result<Vec<Map<String, Value>>> {
    in_position_order(ListQuery::new(projection).filter(which))
        .rows(connection)
        .await
}

/// Sorts a list of descriptors like [`in_order`].
pub fn in_position_order(list: ListQuery) -> ListQuery {
    let position = ("metadata_descriptor", "position");
    list.narrow(|select| {
        select.order_by_with_nulls(position, Order::Asc, NullOrdering::Last);
    })
    .ascending("name")
}

/// Condition on `metadata_descriptor`: it belongs to the project and describes
/// entities of that type.
pub fn of_type_in(project_id: Uuid, entity_type: &str) -> Filter {
    let column = |name| Expr::col(("metadata_descriptor", name));
    Filter::from(column("project_id").eq(project_id)).and(column("entity_type").eq(entity_type))
}

/// Returns whether the descriptor is in the scope.
pub async fn is_in_scope(
    connection: impl Connection,
    id: Uuid,
    scope: &visibility::descriptors::DescriptorScope,
) -> Result<bool> {
    let seen = Filter::from(Expr::col(("metadata_descriptor", "id")).eq(id))
        .and(visibility::descriptors::in_scope(scope));
    access::exists(connection, "metadata_descriptor", seen).await
}

/// Returns whether another metadata column of the same entity type, and of the
/// same task type if it has one, has that name or key.
pub async fn name_is_taken(
    transaction: &mut Transaction,
    id: Uuid,
    field: &DescriptorField<'_>,
    name: &str,
    key: &str,
) -> Result<bool> {
    let named = Cond::any()
        .add(Expr::col("name").eq(name))
        .add(Expr::col("field_name").eq(key));
    let mut same = Cond::all()
        .add(Expr::col("id").ne(id))
        .add(Expr::col("project_id").eq(field.project_id))
        .add(Expr::col("entity_type").eq(field.entity_type))
        .add(named);
    if let Some(task_type) = field.task_type_id {
        same = same.add(Expr::col("task_type_id").eq(task_type));
    }
    access::exists(transaction, "metadata_descriptor", same).await
}

/// A metadata column, and the rows whose `data` has its values.
#[derive(Debug, Clone, Copy)]
pub struct DescriptorField<'a> {
    pub project_id: Uuid,
    pub entity_type: &'a str,
    pub task_type_id: Option<Uuid>,
    /// The key in `data`.
    pub key: &'a str,
}

impl DescriptorField<'_> {
    /// Returns the table with the values, and the condition on its rows.
    /// `None` for an entity type that has no metadata.
    fn holders(&self) -> Option<(&'static str, Condition)> {
        let in_project =
            |table| Cond::all().add(Expr::col((table, "project_id")).eq(self.project_id));
        let entities = |kind| {
            let of_kind = work::is_of_kind(("entity", "entity_type_id"), kind);
            Some(("entity", in_project("entity").add(of_kind)))
        };
        match self.entity_type {
            "Project" => {
                let own = Expr::col(("project", "id")).eq(self.project_id);
                Some(("project", Cond::all().add(own)))
            }
            "Task" => {
                let of_type = Expr::col(("task", "task_type_id")).eq(self.task_type_id);
                Some(("task", in_project("task").add(of_type)))
            }
            "Asset" => entities(EntityKind::Asset),
            kind => FIELDED
                .iter()
                .find(|name| **name == kind)
                .and_then(|name| entities(EntityKind::Temporal(name))),
        }
    }
}

/// Entity types that have metadata, besides assets, tasks and projects.
const FIELDED: [&str; 5] = ["Shot", "Scene", "Sequence", "Episode", "Edit"];

/// Renames the key of a metadata column in all its values.
pub async fn rename_values(
    transaction: &mut Transaction,
    field: &DescriptorField<'_>,
    key: &str,
    now: NaiveDateTime,
) -> Result<()> {
    let dialect = transaction.dialect();
    let renamed = |data| dialect.json_renamed_key(data, field.key, key);
    let has = |data| dialect.json_has_value(data, field.key);
    change_data(transaction, field, (renamed, has), now).await
}

/// Deletes all values of a metadata column.
pub async fn remove_values(
    transaction: &mut Transaction,
    field: &DescriptorField<'_>,
    now: NaiveDateTime,
) -> Result<()> {
    let dialect = transaction.dialect();
    let removed = |data| dialect.json_without_key(data, field.key);
    let has = |data| dialect.json_has(data, field.key);
    change_data(transaction, field, (removed, has), now).await
}

/// Locks the rows that have the metadata column and match the condition
/// `concerned`, and updates their `data`. The project must be locked.
async fn change_data(
    transaction: &mut Transaction,
    field: &DescriptorField<'_>,
    (changed, concerned): (
        impl Fn(SimpleExpr) -> SimpleExpr,
        impl Fn(SimpleExpr) -> SimpleExpr,
    ),
    now: NaiveDateTime,
) -> Result<()> {
    let Some((table, condition)) = field.holders() else {
        return Ok(());
    };
    let data = || Expr::col((table, "data"));
    let those = condition.add(concerned(data()));
    locks::rows_in_order(transaction, table, those.clone()).await?;
    let mut update = Query::update();
    update
        .table(table)
        .value("data", changed(data()))
        .value("updated_at", now)
        .cond_where(those);
    let query = transaction.dialect().build(&update);
    transaction.execute(query).await?;
    Ok(())
}
