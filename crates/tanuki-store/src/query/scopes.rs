//! Finds the project of rows of any table in the schema.

use std::collections::HashMap;

use sea_query::{DynIden, Expr, ExprTrait, Func, Query, SimpleExpr};
use uuid::Uuid;

use crate::Result;
use crate::schema::{ASSET_INSTANCE, ENTITY, ProjectScope, Table};

/// The project scope of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Belonging {
    /// `None` if the row belongs to no project, or to one that was deleted.
    pub project_id: Option<Uuid>,
    /// Whether the row is an asset that other projects may use, or an instance
    /// of one.
    pub is_shared: bool,
}

/// Returns the scopes of the rows with these ids. Ids without a row are left
/// out.
pub async fn of_rows(
    connection: crate::Executor<'_>,
    table: &'static Table,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Belonging>> {
    let scopes = |some: &[Uuid]| {
        let mut select = Query::select();
        select
            .column((table.name, "id"))
            .expr_as(project_of(table, table.name.into(), 0), "scope")
            .expr_as(is_shared(table), "is_shared_asset")
            .from(table.name)
            .and_where(Expr::col((table.name, "id")).is_in(some.iter().copied()));
        select
    };
    let found = connection.fetch_in_batches(ids, scopes, |row| {
        let belonging = Belonging {
            project_id: row.get("scope")?,
            is_shared: row.get("is_shared_asset")?,
        };
        Ok((row.get("id")?, belonging))
    });
    Ok(found.await?.into_iter().collect())
}

/// Expression for the project id of a row of `table`, which the query calls
/// `name`. The recursion follows the references of [`ProjectScope::Through`],
/// so the schema bounds its depth.
fn project_of(table: &'static Table, name: DynIden, depth: usize) -> SimpleExpr {
    let column = |of: &'static str| Expr::col((name.clone(), of));
    match table.scope {
        ProjectScope::Studio => Expr::cust("NULL"),
        ProjectScope::Itself => column("id"),
        ProjectScope::Column => column("project_id"),
        ProjectScope::Through(columns) => {
            let ways = columns.iter().filter_map(|pointing| {
                let target = table.column(pointing)?.target()?;
                let inner: DynIden = format!("scope_{depth}").into();
                let mut select = Query::select();
                select
                    .expr(project_of(target, inner.clone(), depth + 1))
                    .from_as(target.name, inner.clone())
                    .and_where(Expr::col((inner, "id")).eq(column(pointing)));
                Some(SimpleExpr::from(select))
            });
            // On SQLite, `coalesce` takes at least two arguments.
            Func::coalesce(ways.chain([Expr::cust("NULL")])).into()
        }
    }
}

fn is_shared(table: &'static Table) -> SimpleExpr {
    if table.name == ENTITY.name {
        return Expr::col((ENTITY.name, "is_shared"));
    }
    if table.name == ASSET_INSTANCE.name {
        let asset_id = Expr::col((ASSET_INSTANCE.name, "asset_id"));
        let mut of_shared = Query::select();
        of_shared
            .column(("scope_0", "id"))
            .from_as(ENTITY.name, "scope_0")
            .and_where(Expr::col(("scope_0", "id")).eq(asset_id))
            .and_where(Expr::col(("scope_0", "is_shared")).eq(true));
        return Expr::exists(of_shared);
    }
    Expr::cust("FALSE")
}
