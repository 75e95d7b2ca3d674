//! The select list of a projection.

use sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use super::{Projection, Source};
use crate::dialect::Dialect;
use crate::schema::Link;

impl Projection {
    /// Returns a query for all rows of the table, which is not aliased.
    pub fn select(&self, dialect: Dialect) -> SelectStatement {
        let mut select = Query::select();
        select.from(self.table.name);
        self.add_to(&mut select, dialect);
        select
    }

    /// Returns the query for the row with that id.
    pub(crate) fn by_id(&self, dialect: Dialect, id: Uuid) -> crate::dialect::Query {
        self.by_id.query(dialect, vec![id.into()], || {
            let mut select = self.select(dialect);
            select.and_where(Expr::col((self.table.name, "id")).eq(id));
            select
        })
    }

    /// Adds the joins and the select list to a query of the table, which must
    /// not be aliased. The SQL of the list is cached: building it took a fifth
    /// of the time of a response with a single row.
    pub(crate) fn add_to(&self, select: &mut SelectStatement, dialect: Dialect) {
        self.join_all(select);
        select.expr(self.list(dialect));
    }

    /// Returns a query for all rows of the table without a select list, for
    /// [`list`](Self::list) to be added.
    pub(crate) fn joined(&self) -> SelectStatement {
        let mut select = Query::select();
        select.from(self.table.name);
        self.join_all(&mut select);
        select
    }

    /// Like [`joined`](Self::joined), for the rows of a subquery, which selects
    /// all columns of the table.
    pub(crate) fn joined_to(&self, rows: SelectStatement) -> SelectStatement {
        let mut select = Query::select();
        select.from_subquery(rows, self.table.name);
        self.join_all(&mut select);
        select
    }

    /// Returns the select list for a query that has the joins.
    pub(crate) fn list(&self, dialect: Dialect) -> Expr {
        Expr::cust(self.lists.of(dialect, || {
            let mut fields = Query::select();
            self.add_fields(self.table.name, &mut fields, dialect);
            dialect.select_list(&fields)
        }))
    }

    /// Joins the tables that the fields refer to.
    pub(super) fn join_all(&self, select: &mut SelectStatement) {
        self.join(select);
        for field in &self.fields {
            if let Source::Row { refers, projection } = &field.source {
                let is_it = Expr::col((field.key, "id")).equals(*refers);
                select.join_as(JoinType::LeftJoin, projection.table.name, field.key, is_it);
                projection.join_all(select);
            }
        }
    }

    /// Adds the columns of the fields, with `name` as the alias of the table.
    pub(super) fn add_fields(
        &self,
        name: &'static str,
        select: &mut SelectStatement,
        dialect: Dialect,
    ) {
        for field in &self.fields {
            match &field.source {
                Source::Column(column) | Source::Picked(column, _) => {
                    let value = Expr::col((name, column.name));
                    select.expr(dialect.readable(column, value));
                }
                Source::Row { projection, .. } => {
                    select.expr(Expr::col((field.key, "id")).is_not_null());
                    projection.add_fields(field.key, select, dialect);
                }
                Source::Link(link, of) => {
                    let mut ids = linked(of.unwrap_or(name), link);
                    dialect.order_of_insertion(&mut ids, link.table);
                    select.expr(dialect.ids(ids, link.target));
                }
                Source::Joined(link) => {
                    select.expr(Expr::col((link.table, link.target)));
                }
                Source::FullName => {
                    select.expr(full_name(name));
                }
                Source::Computed(_, expression) => {
                    select.expr(expression(dialect));
                }
                Source::Rows { projection, narrow } => {
                    select.expr(projection.rows_within(dialect, narrow));
                }
                Source::Text(_) | Source::Fixed(_) => {}
            }
        }
    }

    fn join(&self, select: &mut SelectStatement) {
        for join in &self.joins {
            let is_it = Expr::col((join.name, "id")).equals(join.refers);
            select.join_as(join.kind, join.table, join.name, is_it);
        }
    }

    /// Returns the number of columns in the select list.
    pub(crate) fn width(&self) -> usize {
        let widths = self.fields.iter().map(|field| match &field.source {
            Source::Text(_) | Source::Fixed(_) => 0,
            Source::Row { projection, .. } => 1 + projection.width(),
            _ => 1,
        });
        widths.sum()
    }
}

/// A subquery for the linked ids of a row; `owner` is the alias of the table.
fn linked(owner: &'static str, link: &'static Link) -> SelectStatement {
    let mut ids = Query::select();
    ids.column((link.table, link.target))
        .from(link.table)
        .and_where(Expr::col((link.table, link.owner)).equals((owner, "id")));
    ids
}

/// First and last name, separated by a space if neither is empty.
fn full_name(table: &str) -> SimpleExpr {
    let first = format!("\"{table}\".\"first_name\"");
    let last = format!("\"{table}\".\"last_name\"");
    Expr::cust(format!(
        "CASE WHEN {first} <> '' AND {last} <> '' \
         THEN {first} || ' ' || {last} ELSE {first} || {last} END"
    ))
}
