//! Rows as JSON that the database makes, for lists within a row.

use sea_query::{CaseStatement, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};

use super::{Field, Shape, Source, full_name, link_ids};
use crate::dialect::Dialect;
use crate::schema::Kind;

impl Shape {
    /// The rows that `narrow` leaves, as one JSON list.
    pub(super) fn json_rows(
        &self,
        narrow: fn(&mut SelectStatement),
        dialect: Dialect,
    ) -> SimpleExpr {
        let mut rows = Query::select();
        rows.from(self.table.name);
        let object = self.json_object(self.table.name, &mut rows, dialect);
        rows.expr_as(object, "item");
        narrow(&mut rows);
        dialect.json_rows(rows, "item")
    }

    /// The JSON of the table's row under that name in a query.
    fn json_object(
        &self,
        name: &'static str,
        rows: &mut SelectStatement,
        dialect: Dialect,
    ) -> SimpleExpr {
        self.join(rows);
        let mut pairs = Vec::with_capacity(self.fields.len() * 2);
        for field in &self.fields {
            pairs.push(Expr::cust(format!("'{}'", field.key)));
            pairs.push(json_value(field, name, rows, dialect));
        }
        dialect.json_object(pairs)
    }
}

/// A field's value as it stands in such JSON.
fn json_value(
    field: &Field,
    name: &'static str,
    rows: &mut SelectStatement,
    dialect: Dialect,
) -> SimpleExpr {
    let (kind, value) = match &field.source {
        Source::Column(column) => {
            let value = Expr::col((name, column.name));
            let kind = match column.kind {
                Kind::Array(_) => Kind::Json,
                kind => kind,
            };
            (kind, dialect.readable(column, value))
        }
        Source::Link(link) => (Kind::Json, link_ids(name, dialect, link)),
        Source::Text(text) => (Kind::Text, Expr::val(*text)),
        Source::Fixed(json) => (Kind::Json, Expr::val(*json)),
        // Nobody gathers anything for rows in a list of another row.
        Source::Aside => (Kind::Json, Expr::val("null")),
        Source::FullName => (Kind::Text, full_name(name)),
        Source::Computed(kind, expression) => (*kind, expression(dialect)),
        Source::Rows { shape, narrow } => (Kind::Json, shape.json_rows(*narrow, dialect)),
        Source::Row { refers, shape } => {
            let is_it = Expr::col((field.key, "id")).equals(*refers);
            rows.join_as(JoinType::LeftJoin, shape.table.name, field.key, is_it);
            let object = shape.json_object(field.key, rows, dialect);
            let is_there = Expr::col((field.key, "id")).is_not_null();
            (
                Kind::Json,
                CaseStatement::new().case(is_there, object).into(),
            )
        }
    };
    dialect.json_value(kind, value)
}
