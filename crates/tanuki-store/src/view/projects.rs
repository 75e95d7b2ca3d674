//! Projections of projects and their teams.

use std::sync::LazyLock;

use sea_query::Expr;

use crate::projection::Projection;
use crate::schema::{ColumnType, PROJECT};

/// A project with the name of its status, which the query must join.
pub static WITH_STATUS: LazyLock<Projection> = LazyLock::new(|| {
    Projection::all_columns(&PROJECT, &[]).computed("project_status_name", ColumnType::Text, |_| {
        Expr::col(("project_status", "name"))
    })
});

/// Adds `project_role`: the role that the team gives to a person, null if their
/// own role applies.
pub fn with_role(projection: &Projection) -> Projection {
    projection
        .clone()
        .computed("project_role", ColumnType::Text, |_| {
            Expr::col(("project_person_link", "role"))
        })
}
