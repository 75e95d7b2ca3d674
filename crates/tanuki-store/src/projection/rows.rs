//! Rows within a row.

use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr};

use super::{Projection, Source, Style};
use crate::Result;
use crate::database::Row;
use crate::dialect::Dialect;
use crate::schema::Link;

/// What a row is called where it is gathered with others.
const ROW: &str = "row";

impl Projection {
    /// The rows of the table that `narrow` leaves, as one value that
    /// [`write_within`](Self::write_within) reads; in its order.
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
        if let Some(link) = self.joined_link() {
            let is_of_row = Expr::col((link.table, link.owner)).equals((self.table.name, "id"));
            rows.left_join(link.table, is_of_row);
        }
        narrow(&mut rows);
        if let Some(link) = self.joined_link() {
            rows.order_by((link.table, link.target), Order::Asc);
        }
        dialect.rows_within(rows, ROW)
    }

    /// Appends as a list the rows that [`rows_within`](Self::rows_within) asked
    /// for.
    pub(crate) fn write_within(
        &self,
        row: &Row,
        place: usize,
        style: Style,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        out.push(b'[');
        let mut is_first = true;
        row.each_within(place, self.joined_link().is_some(), |rows| {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            self.write_styled(rows, &mut 0, style, out)
        })?;
        out.push(b']');
        Ok(())
    }

    fn joined_link(&self) -> Option<&'static Link> {
        self.fields.iter().find_map(|field| match field.source {
            Source::Joined(link) => Some(link),
            _ => None,
        })
    }
}
