//! What tells whether anything that the boards of a production show has
//! changed.

use sea_query::{Cond, Condition, Expr, ExprTrait, Func, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::entities;
use crate::dialect::Dialect;
use crate::{Connection, Result};

/// Which castings a board tells of: those in the production's episodes, and in
/// the entity that it is narrowed to.
#[derive(Debug, Clone, Copy)]
pub struct CastingScope {
    pub in_entity: Option<Uuid>,
}

/// How many rows there are of each kind that a viewer's boards of a production
/// are made of, and a number that is another when one of them changes. The
/// last time of a change alone would miss what was written before it and
/// committed after it.
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
        // With a person their assignments go; others come and go with a change of their task.
        counted("person"),
    ];
    if let Some(castings) = castings {
        let mut links = timed("entity_link", dialect);
        links.cond_where(castings.of(project_id));
        signals.push(links);
    }
    let signals = (0_i64..).zip(signals).map(|(place, mut signal)| {
        signal.expr(Expr::cust(place.to_string()));
        signal
    });
    let Some(all) = signals.reduce(|mut all, signal| {
        all.union(UnionType::All, signal);
        all
    }) else {
        return Ok(Vec::new());
    };
    let rows = connection.fetch_all(dialect.build(&all)).await?;
    let mut signals = rows
        .iter()
        .map(|row| Ok([row.get(2)?, row.get(0)?, row.get(1)?]))
        .collect::<Result<Vec<[i64; 3]>>>()?;
    // The parts of a union come as the database likes.
    signals.sort_unstable();
    Ok(signals)
}

impl CastingScope {
    /// Condition on `entity_link`.
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

/// The number of rows, and of when they were changed.
fn timed(table: &'static str, dialect: Dialect) -> SelectStatement {
    let changes = dialect.time_hash(Expr::col((table, "updated_at")));
    let changes = Func::coalesce([Func::sum(changes).into(), Expr::cust("0")]);
    let mut rows = Query::select();
    rows.expr(number_of_rows()).expr(changes).from(table);
    rows
}

/// The number of rows that tell no times.
fn counted(table: &'static str) -> SelectStatement {
    let mut rows = Query::select();
    rows.expr(number_of_rows())
        .expr(Expr::cust("0"))
        .from(table);
    rows
}

fn number_of_rows() -> sea_query::FunctionCall {
    Func::count(Expr::cust("*"))
}
