//! Schedule items of a project: one for each task type, and one for each
//! entity or asset type that a task type is scheduled for.

use sea_query::{Cond, Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::query::work::{self, EntityKind};
use crate::view::planning::OF_OBJECT;
use crate::{Connection, Filter, ListQuery, Result};

/// Values of `task_type.for_entity` that appear in a schedule.
const SCHEDULED: [&str; 5] = ["Asset", "Shot", "Sequence", "Episode", "Edit"];

/// What the schedule items of a task type refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduledTable {
    AssetTypes,
    Episodes,
    Sequences,
    Edits,
}

impl ScheduledTable {
    /// The table that `schedule_item.object_id` refers to.
    fn table(self) -> &'static str {
        match self {
            Self::AssetTypes => "entity_type",
            _ => "entity",
        }
    }

    /// Query: ids and names of the objects to schedule in a project, or in one
    /// of its episodes.
    fn objects(self, project_id: Uuid, episode_id: Option<Uuid>) -> SelectStatement {
        let of_type = |name| {
            let kind = EntityKind::Temporal(name);
            work::is_of_kind(("entity", "entity_type_id"), kind)
        };
        let mut entities = Query::select();
        entities
            .from("entity")
            .and_where(Expr::col(("entity", "project_id")).eq(project_id));
        let in_episode = |column| episode_id.map(|id| Expr::col(("entity", column)).eq(id));
        let (kind, in_episode) = match self {
            Self::AssetTypes => (
                work::is_of_kind(("entity", "entity_type_id"), EntityKind::Asset),
                in_episode("source_id"),
            ),
            Self::Episodes => (of_type("Episode"), in_episode("id")),
            Self::Sequences => (of_type("Sequence"), in_episode("parent_id")),
            Self::Edits => (
                of_type("Edit").add(
                    Cond::any()
                        .add(Expr::col(("entity", "canceled")).is_null())
                        .add(Expr::col(("entity", "canceled")).eq(false)),
                ),
                in_episode("parent_id"),
            ),
        };
        entities.cond_where(kind);
        entities.cond_where(in_episode.into_iter().fold(Cond::all(), Condition::add));
        match self {
            Self::AssetTypes => {
                entities.column(("entity", "entity_type_id"));
                let mut types = Query::select();
                types
                    .columns([("entity_type", "id"), ("entity_type", "name")])
                    .from("entity_type")
                    .and_where(Expr::col(("entity_type", "id")).in_subquery(entities));
                types
            }
            _ => entities
                .columns([("entity", "id"), ("entity", "name")])
                .take(),
        }
    }

    /// Returns the schedule items of these objects, sorted by the objects'
    /// names. JSON: [`OF_OBJECT`].
    pub fn items(
        self,
        project_id: Uuid,
        task_type_id: Uuid,
        episode_id: Option<Uuid>,
    ) -> ListQuery {
        let mut objects = Query::select();
        objects
            .column(("scheduled", "id"))
            .from_subquery(self.objects(project_id, episode_id), "scheduled");
        ListQuery::new(&OF_OBJECT)
            .narrow(|items| {
                items
                    .join_as(
                        JoinType::InnerJoin,
                        self.table(),
                        "object",
                        Expr::col(("object", "id")).equals(("schedule_item", "object_id")),
                    )
                    .and_where(Expr::col(("schedule_item", "project_id")).eq(project_id))
                    .and_where(Expr::col(("schedule_item", "task_type_id")).eq(task_type_id))
                    .and_where(Expr::col(("object", "id")).in_subquery(objects));
            })
            .sort_key(("object", "name"), Dialect::by_code_points)
    }

    /// Returns the ids of the objects without a schedule item, ordered by
    /// name.
    pub async fn missing(
        self,
        connection: impl Connection,
        project_id: Uuid,
        task_type_id: Uuid,
        episode_id: Option<Uuid>,
    ) -> Result<Vec<Uuid>> {
        let mut items = Query::select();
        items
            .column("object_id")
            .from("schedule_item")
            .and_where(Expr::col("project_id").eq(project_id))
            .and_where(Expr::col("task_type_id").eq(task_type_id))
            .and_where(Expr::col("object_id").is_not_null());
        let mut select = Query::select();
        select
            .column(("scheduled", "id"))
            .from_subquery(self.objects(project_id, episode_id), "scheduled")
            .and_where(Expr::col(("scheduled", "id")).not_in_subquery(items))
            .order_by(("scheduled", "name"), Order::Asc);
        connection.ids(&select).await
    }
}

/// Subquery: the task types that the project has tasks of. If the project's
/// settings list task types, only those.
fn scheduled_types(project_id: Uuid) -> SelectStatement {
    let own = |column: &'static str, table: &'static str| {
        let mut own = Query::select();
        own.column((table, column))
            .from(table)
            .and_where(Expr::col((table, "project_id")).eq(project_id));
        own
    };
    let settings = own("task_type_id", "project_task_type_link");
    let id = || Expr::col(("task_type", "id"));
    let mut types = Query::select();
    types
        .column(("task_type", "id"))
        .from("task_type")
        .and_where(Expr::col(("task_type", "for_entity")).is_in(SCHEDULED))
        .and_where(id().in_subquery(own("task_type_id", "task")))
        .cond_where(
            Cond::any()
                .add(id().in_subquery(settings.clone()))
                .add(ExprTrait::not(Expr::exists(settings))),
        );
    types
}

/// Condition on `schedule_item`: an item of the project as a whole, for one of
/// its scheduled task types or without a task type.
pub fn of_task_types(project_id: Uuid) -> Filter {
    let task_type = || Expr::col(("schedule_item", "task_type_id"));
    Cond::all()
        .add(Expr::col(("schedule_item", "project_id")).eq(project_id))
        .add(Expr::col(("schedule_item", "object_id")).is_null())
        .add(
            Cond::any()
                .add(task_type().is_null())
                .add(task_type().in_subquery(scheduled_types(project_id))),
        )
        .into()
}

/// Returns the ids of the scheduled task types without an item, ordered by
/// name.
pub async fn missing_task_types(
    connection: impl Connection,
    project_id: Uuid,
) -> Result<Vec<Uuid>> {
    let mut items = Query::select();
    items
        .column("task_type_id")
        .from("schedule_item")
        .and_where(Expr::col("project_id").eq(project_id))
        .and_where(Expr::col("task_type_id").is_not_null())
        .and_where(Expr::col("object_id").is_null());
    let mut select = scheduled_types(project_id);
    select
        .and_where(Expr::col(("task_type", "id")).not_in_subquery(items))
        .order_by(("task_type", "name"), Order::Asc);
    connection.ids(&select).await
}
