//! The fingerprint of a board (`…/with-tasks`), from which its ETag is made:
//! it changes whenever the response may have changed.

use sea_query::{Cond, Condition, Expr, ExprTrait, Func, Query, SelectStatement, UnionType};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::query::entities;
use crate::{Connection, Result};

/// Which castings are part of a board's response: those in episodes of the
/// project, and those in the entity that the request filters by.
#[derive(Debug, Clone, Copy)]
pub struct CastingScope {
    pub in_entity: Option<Uuid>,
}

/// Returns the fingerprint of the viewer's boards of a project, without
/// reading their rows: for each kind of row that a response depends on, its
/// number, the row count and a sum of hashes of `updated_at`. The maximum of
/// `updated_at` would not do: it misses a row that was written before the
/// newest one and committed after it.
pub async fn board_fingerprint(
    connection: impl Connection,
    project_id: Uuid,
    viewer: Uuid,
    castings: Option<CastingScope>,
) -> Result<Vec<[i64; 3]>> {
    let dialect = connection.dialect();
    let of_project = |table: &'static str| {
        let mut rows = timed(table, dialect);
        rows.and_where(Expr::col((table, "project_id")).eq(project_id));
        rows
    };
    let of_viewer = |table: &'static str, column: &'static str| {
        let mut rows = timed(table, dialect);
        rows.and_where(Expr::col((table, column)).eq(viewer));
        rows
    };
    let mut project = timed("project", dialect);
    project.and_where(Expr::col(("project", "id")).eq(project_id));
    let link = "department_metadata_descriptor_link";
    let mut descriptors = Query::select();
    descriptors
        .column("id")
        .from("metadata_descriptor")
        .and_where(Expr::col("project_id").eq(project_id));
    let mut columns = counted(link);
    columns.and_where(Expr::col((link, "metadata_descriptor_id")).in_subquery(descriptors));
    let mut departments = counted("department_link");
    departments.and_where(Expr::col(("department_link", "person_id")).eq(viewer));
    let mut signals = vec![
        of_project("entity"),
        of_project("task"),
        of_project("metadata_descriptor"),
        of_viewer("subscription", "person_id"),
        of_viewer("person", "id"),
        timed("entity_type", dialect),
        project,
        columns,
        departments,
        // Deleting a person deletes their assignments; any other change of
        // assignments updates the task.
        counted("person"),
    ];
    if let Some(castings) = castings {
        let mut links = timed("entity_link", dialect);
        links.cond_where(castings.of(project_id));
        signals.push(links);
    }
    let signals = (0_i64..).zip(signals).map(|(place, mut signal)| {
        signal.expr_as(Expr::cust(place.to_string()), "signal");
        signal
    });
    let Some(all) = signals.reduce(|mut all, signal| {
        all.union(UnionType::All, signal);
        all
    }) else {
        return Ok(Vec::new());
    };
    let signals = connection.fetch(&all, |row| {
        Ok([
            row.get("signal")?,
            row.get("number_of_rows")?,
            row.get("changes")?,
        ])
    });
    let mut signals: Vec<[i64; 3]> = signals.await?;
    // The rows of a `UNION ALL` have no defined order.
    signals.sort_unstable();
    Ok(signals)
}

impl CastingScope {
    /// Condition on `entity_link`: the casting is part of the response.
    fn of(self, project_id: Uuid) -> Condition {
        let cast_in = Expr::col(("entity_link", "entity_in_id"));
        let mut episodes = Query::select();
        episodes
            .column(("episode", "id"))
            .from_as("entity", "episode")
            .and_where(Expr::col(("episode", "project_id")).eq(project_id))
            .cond_where(entities::is_episode(("episode", "entity_type_id")));
        let in_one = self.in_entity.map(|id| cast_in.clone().eq(id));
        Cond::any()
            .add(cast_in.in_subquery(episodes))
            .add_option(in_one)
    }
}

/// Selects the row count and the sum of the hashes of `updated_at`.
fn timed(table: &'static str, dialect: Dialect) -> SelectStatement {
    let changes = dialect.time_hash(Expr::col((table, "updated_at")));
    let changes = Func::coalesce([Func::sum(changes).into(), Expr::cust("0")]);
    let mut rows = Query::select();
    rows.expr_as(number_of_rows(), "number_of_rows")
        .expr_as(changes, "changes")
        .from(table);
    rows
}

/// Selects the row count, and 0 for a table without `updated_at`.
fn counted(table: &'static str) -> SelectStatement {
    let mut rows = Query::select();
    rows.expr_as(number_of_rows(), "number_of_rows")
        .expr_as(Expr::cust("0"), "changes")
        .from(table);
    rows
}

fn number_of_rows() -> sea_query::FunctionCall {
    Func::count(Expr::cust("*"))
}
