//! Projections of schedules.

use std::sync::LazyLock;

use sea_query::Expr;

use crate::projection::Projection;
use crate::schema::{ColumnType, SCHEDULE_ITEM};

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
