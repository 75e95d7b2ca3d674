//! Projections of schedules and quotas.

use std::sync::LazyLock;

use sea_query::Expr;

use crate::projection::Projection;
use crate::query::entities::news::full_entity_name;
use crate::schema::{ColumnType, ENTITY, ENTITY_TYPE, SCHEDULE_ITEM};

/// Keys of a schedule item.
pub const ITEM: [&str; 7] = [
    "id",
    "start_date",
    "end_date",
    "man_days",
    "project_id",
    "task_type_id",
    "object_id",
];

/// A schedule item with the name of its object: an asset type, an episode, a
/// sequence or an edit.
pub static OF_OBJECT: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(&SCHEDULE_ITEM, &ITEM)
        .computed("name", ColumnType::Text, |_| Expr::col(("object", "name")))
});

/// A shot with its full name: `Episode / Sequence / Shot`.
pub static QUOTA_SHOT: LazyLock<Projection> = LazyLock::new(|| {
    Projection::all_columns(&ENTITY, &[])
        .inner_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("parent", ("entity", "parent_id"), &ENTITY)
        .left_join("grandparent", ("parent", "parent_id"), &ENTITY)
        .computed("full_name", ColumnType::Text, |_| full_entity_name())
});
