//! Finds stored values that HTTP clients or Zou cannot read.

use sea_query::{Expr, SimpleExpr};

use super::Dialect;
use crate::schema::{Column, ColumnType, JsonShape};

impl Dialect {
    /// Whether a value that is not null is invalid for its column, although
    /// other programs could store it: a date whose year is not 1 to 9999,
    /// infinity or NaN, JSON of another shape. `None` for columns of other
    /// types.
    pub(crate) fn is_unreadable(self, column: &Column, value: SimpleExpr) -> Option<SimpleExpr> {
        let (postgres, sqlite) = match column.kind {
            ColumnType::Date => (
                "NOT ($1 BETWEEN DATE '0001-01-01' AND DATE '9999-12-31')",
                NO_DATE,
            ),
            ColumnType::Timestamp => (
                "NOT ($1 >= TIMESTAMP '0001-01-01' AND $1 < TIMESTAMP '10000-01-01')",
                NO_DATE,
            ),
            ColumnType::Double => (
                "$1 IN ('NaN', 'Infinity', '-Infinity')",
                "(typeof($1) NOT IN ('real', 'integer') OR abs($1) > 1.7976931348623157e308)",
            ),
            ColumnType::Json => match column.shape {
                JsonShape::Any => ("FALSE", NO_JSON),
                JsonShape::Object => (
                    "jsonb_typeof($1) NOT IN ('object', 'null')",
                    "(CASE WHEN json_valid($1) THEN json_type($1) NOT IN ('object', 'null') \
                     ELSE TRUE END OR instr($1, '\\u0000') > 0)",
                ),
                JsonShape::List => (
                    "jsonb_typeof($1) NOT IN ('array', 'null')",
                    "(CASE WHEN json_valid($1) THEN json_type($1) NOT IN ('array', 'null') \
                     ELSE TRUE END OR instr($1, '\\u0000') > 0)",
                ),
                JsonShape::ListOfObjects => (
                    "CASE jsonb_typeof($1) WHEN 'null' THEN FALSE WHEN 'array' THEN EXISTS \
                     (SELECT 1 FROM jsonb_array_elements($1) item \
                     WHERE jsonb_typeof(item) <> 'object') ELSE TRUE END",
                    "(CASE WHEN NOT json_valid($1) THEN TRUE \
                     WHEN json_type($1) = 'null' THEN FALSE \
                     WHEN json_type($1) <> 'array' THEN TRUE \
                     ELSE EXISTS (SELECT 1 FROM json_each($1) WHERE type <> 'object') END \
                     OR instr($1, '\\u0000') > 0)",
                ),
            },
            _ => return None,
        };
        let template = match self {
            Self::Postgres => postgres,
            Self::Sqlite => sqlite,
        };
        let uses = template.matches("$1").count();
        let template = match self {
            // On PostgreSQL `$1` is repeated by number; on SQLite each `?` is a
            // parameter.
            Self::Postgres => template.to_owned(),
            Self::Sqlite => template.replace("$1", "?"),
        };
        let values = vec![value; if self == Self::Postgres { 1 } else { uses }];
        Some(Expr::cust_with_exprs(template, values))
    }
}

const NO_DATE: &str = "($1 NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' OR $1 < '0001')";
const NO_JSON: &str = "(NOT json_valid($1) OR instr($1, '\\u0000') > 0)";
