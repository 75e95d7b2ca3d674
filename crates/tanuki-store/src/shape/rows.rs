//! Rows within a row.

use sea_query::{Query, SelectStatement, SimpleExpr};

use super::Shape;
use crate::dialect::Dialect;

/// What a row is called where it is gathered with others.
const ROW: &str = "row";

impl Shape {
    /// The rows of the table that `narrow` leaves, as one value that
    /// [`Row::write_rows`](crate::database::Row) reads; in its order.
    pub(crate) fn rows_within(
        &self,
        dialect: Dialect,
        narrow: impl FnOnce(&mut SelectStatement),
    ) -> SimpleExpr {
        let mut fields = Query::select();
        self.add_fields(self.table.name, &mut fields, dialect);
        let mut rows = Query::select();
        rows.expr_as(dialect.row_within(&fields), ROW)
            .from(self.table.name);
        self.join_all(&mut rows);
        narrow(&mut rows);
        dialect.rows_within(rows, ROW)
    }
}
