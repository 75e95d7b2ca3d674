//! Embedded lists: the rows of another table, aggregated into one column.

use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr};

use super::{Projection, Source, Style};
use crate::Result;
use crate::database::Row;
use crate::dialect::Dialect;
use crate::schema::Link;

/// The alias of the record that is aggregated.
const ROW: &str = "row";

impl Projection {
    /// Returns an expression that aggregates the rows of the table into one
    /// value, which [`write_within`](Self::write_within) reads. `narrow` adds
    /// the condition and the order.
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

    /// Appends as a JSON array the rows that [`rows_within`](Self::rows_within)
    /// selected.
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
