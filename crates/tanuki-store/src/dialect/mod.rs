//! The differences between the SQL of PostgreSQL and of SQLite.
//!
//! No other module branches on the database: it calls a method here.

pub(crate) mod catalog;
pub mod ddl;
mod json;
mod lists;
mod prepared;
mod search;
pub(crate) mod text;
mod unreadable;
mod writer;

pub(crate) use prepared::Prepared;
pub(crate) use search::WordTexts;

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use sea_query::prepare::SqlWriter;
use sea_query::{
    DeleteStatement, Expr, ExprTrait, Func, InsertStatement, PostgresQueryBuilder, QueryBuilder,
    SelectStatement, SimpleExpr, SqliteQueryBuilder, UpdateStatement, Value,
};
use uuid::Uuid;

use writer::LimitsInText;

use crate::schema::{Column, ColumnType, Element};

/// The SQL dialect of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Sqlite,
}

/// The SQL of a statement and the values of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) sql: Arc<str>,
    pub(crate) values: Vec<Value>,
}

/// Hashes the parameters and only the length of the SQL, which is long.
impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sql.len().hash(state);
        self.values.hash(state);
    }
}

impl Query {
    /// A statement without parameters.
    pub(crate) fn plain(sql: impl Into<Arc<str>>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
        }
    }

    /// Logs the SQL at trace level, without the parameters, which may be
    /// secret.
    fn traced(self) -> Self {
        tracing::trace!(sql = &*self.sql, "statement");
        self
    }
}

/// A value that is computed once for each dialect.
#[derive(Debug, Default)]
pub(crate) struct ByDialect<T> {
    postgres: OnceLock<T>,
    sqlite: OnceLock<T>,
}

/// Clones are empty: what the value is computed from may change in them.
impl<T> Clone for ByDialect<T> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<T> ByDialect<T> {
    pub const fn new() -> Self {
        Self {
            postgres: OnceLock::new(),
            sqlite: OnceLock::new(),
        }
    }
}

impl<T: Clone> ByDialect<T> {
    /// Returns the value for a dialect, computed by `make` on first use.
    pub fn of(&self, dialect: Dialect, make: impl FnOnce() -> T) -> T {
        let made = match dialect {
            Dialect::Postgres => &self.postgres,
            Dialect::Sqlite => &self.sqlite,
        };
        made.get_or_init(make).clone()
    }
}

/// A statement that can be rendered for a dialect.
pub trait Statement {
    /// Writes the SQL and the parameters.
    fn render(&self, builder: &impl QueryBuilder, to: &mut impl SqlWriter);
}

macro_rules! statement {
    ($($type:ty),*) => {$(
        impl Statement for $type {
            fn render(&self, builder: &impl QueryBuilder, to: &mut impl SqlWriter) {
                self.build_collect_any_into(builder, to);
            }
        }
    )*};
}
statement!(
    SelectStatement,
    InsertStatement,
    UpdateStatement,
    DeleteStatement
);

impl Dialect {
    /// Renders a statement in this dialect.
    pub fn build(self, statement: &impl Statement) -> Query {
        self.render(statement).traced()
    }

    fn render(self, statement: &impl Statement) -> Query {
        let mut writer = LimitsInText::default();
        match self {
            Self::Postgres => statement.render(&PostgresQueryBuilder, &mut writer),
            Self::Sqlite => statement.render(&SqliteQueryBuilder, &mut writer),
        }
        let (sql, values) = writer.into_parts();
        self.with_lists_as_values(Query {
            sql: sql.into(),
            values,
        })
    }

    /// Returns the SQL of a select list, without `SELECT`; values are inlined.
    pub(crate) fn select_list(self, fields: &SelectStatement) -> String {
        let text = match self {
            Self::Postgres => fields.to_string(PostgresQueryBuilder),
            Self::Sqlite => fields.to_string(SqliteQueryBuilder),
        };
        text.trim_start_matches("SELECT ").to_owned()
    }

    /// Aggregates the ids of a one-column query into one value, which
    /// [`Row::write_ids`](crate::database::Row) reads.
    pub(crate) fn ids(self, ids: SelectStatement, column: &'static str) -> SimpleExpr {
        match self {
            // An array takes a third of the time of JSON.
            Self::Postgres => array_of(ids),
            Self::Sqlite => self.json_list(ids, column),
        }
    }

    /// Condition: the value is one of those of a one-column query of few rows.
    /// PostgreSQL runs the query first and looks the values up in an index; with
    /// `IN`, it would read the table if it expected many rows.
    pub(crate) fn one_of_few(self, value: SimpleExpr, few: SelectStatement) -> SimpleExpr {
        match self {
            Self::Postgres => Expr::cust_with_exprs("$1 = ANY ($2)", [value, array_of(few)]),
            Self::Sqlite => value.in_subquery(few),
        }
    }

    /// Aggregates the values of a one-column query into a JSON array; `[]`
    /// without rows.
    pub fn json_list(self, list: SelectStatement, column: &'static str) -> SimpleExpr {
        let aggregate = match self {
            Self::Postgres => "COALESCE(json_agg($1), '[]'::json)::text",
            Self::Sqlite => "json_group_array(?)",
        };
        let mut aggregated = sea_query::Query::select();
        aggregated
            .expr(Expr::cust_with_expr(aggregate, Expr::col(("list", column))))
            .from_subquery(list, "list");
        sea_query::SubQueryStatement::SelectStatement(aggregated).into()
    }

    /// Aggregate function: the values of a group as a JSON array, sorted by
    /// `by`.
    pub(crate) fn json_group(self, value: SimpleExpr, by: SimpleExpr) -> SimpleExpr {
        let aggregate = match self {
            Self::Postgres => "json_agg($1 ORDER BY $2)::text",
            Self::Sqlite => "json_group_array(? ORDER BY ?)",
        };
        Expr::cust_with_exprs(aggregate, [value, by])
    }

    /// Builds a JSON object of these keys, as text.
    pub(crate) fn json_object(self, pairs: Vec<(&'static str, SimpleExpr)>) -> SimpleExpr {
        if self == Self::Sqlite {
            let key = |key: &str| Expr::cust(format!("'{key}'"));
            let pairs = pairs
                .into_iter()
                .flat_map(|(name, value)| [key(name), value]);
            return Func::cust("json_object").args(pairs).into();
        }
        // `json_build_object` takes half as long again.
        let mut template = String::from("'{");
        let mut values = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let comma = if values.is_empty() { "" } else { "," };
            values.push(value);
            let number = values.len();
            template.push_str(&format!(
                "{comma}\"{key}\":' || COALESCE(to_json(${number})::text, 'null') || '"
            ));
        }
        template.push_str("}'");
        Expr::cust_with_exprs(template, values)
    }

    /// Returns whether the select list is evaluated after sorting. PostgreSQL
    /// does so in a query with a limit, however high. SQLite evaluates it
    /// before; it preserves the order of a subquery that others are
    /// cross-joined to.
    pub(crate) fn gathers_in_order(self) -> bool {
        self == Self::Postgres
    }

    /// Combines the values of a select list into one, which represents a row in
    /// [`rows_within`](Self::rows_within). SQLite does so with a function that
    /// its connections register.
    pub(crate) fn row_within(self, fields: &SelectStatement) -> SimpleExpr {
        let list = self.select_list(fields);
        Expr::cust(match self {
            Self::Postgres => format!("ROW({list})"),
            Self::Sqlite => format!("tanuki_row({list})"),
        })
    }

    /// Aggregates the rows of a query into one value, in the order of the
    /// query. Its only column is a [`row_within`](Self::row_within) with the
    /// alias `row`. Read by [`Row::each_within`](crate::database::Row).
    pub(crate) fn rows_within(self, rows: SelectStatement, row: &'static str) -> SimpleExpr {
        match self {
            Self::Postgres => array_of(rows),
            Self::Sqlite => {
                let row = Expr::col(("within", row));
                let mut list = sea_query::Query::select();
                list.expr(Func::cust("tanuki_rows").arg(row))
                    .from_subquery(rows, "within");
                sea_query::SubQueryStatement::SelectStatement(list).into()
            }
        }
    }

    /// A timestamp as a value of [`json_object`](Self::json_object), formatted
    /// as in responses: without fractions of a second.
    pub(crate) fn json_time(self, time: SimpleExpr) -> SimpleExpr {
        match self {
            // The JSON function formats it, in a fifth of the time of `to_char`.
            Self::Postgres => Expr::cust_with_expr("date_trunc('second', $1)", time),
            Self::Sqlite => Expr::cust_with_expr("substr(?, 1, 19)", time),
        }
    }

    /// Formats a timestamp with microseconds, as text.
    pub fn exact_time(self, time: SimpleExpr) -> SimpleExpr {
        match self {
            Self::Postgres => {
                Expr::cust_with_expr("to_char($1, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')", time)
            }
            Self::Sqlite => time,
        }
    }

    /// Hashes a timestamp to an integer.
    pub(crate) fn time_hash(self, time: SimpleExpr) -> SimpleExpr {
        match self {
            Self::Postgres => Expr::cust_with_expr("timestamp_hash($1)", time),
            Self::Sqlite => Func::cust("tanuki_hash").arg(time).into(),
        }
    }

    /// Returns the value of a key in a JSON object, as JSON.
    pub fn json_field(self, object: SimpleExpr, key: &'static str) -> SimpleExpr {
        let path = match self {
            Self::Postgres => key.to_owned(),
            Self::Sqlite => format!("$.{key}"),
        };
        object.binary(
            sea_query::BinOper::Custom("->"),
            Expr::cust(format!("'{path}'")),
        )
    }

    /// Returns a JSON object; `{}` if the value is null or not an object.
    pub fn json_or_empty(self, json: SimpleExpr) -> SimpleExpr {
        let or_empty = match self {
            Self::Postgres => "CASE jsonb_typeof($1) WHEN 'object' THEN $1 ELSE '{}'::jsonb END",
            Self::Sqlite => "CASE json_type(?) WHEN 'object' THEN ? ELSE '{}' END",
        };
        Expr::cust_with_exprs(or_empty, [json.clone(), json])
    }

    /// Removes the keys that a one-column query selects from a JSON object;
    /// `{}` if the value is null or not an object.
    pub fn json_without(self, object: SimpleExpr, keys: SelectStatement) -> SimpleExpr {
        let keys: SimpleExpr = sea_query::SubQueryStatement::SelectStatement(keys).into();
        match self {
            Self::Postgres => Expr::cust_with_exprs(
                "CASE jsonb_typeof($1) WHEN 'object' THEN $2 - ARRAY $3::text[] \
                 ELSE '{}'::jsonb END",
                [object.clone(), object, keys],
            ),
            Self::Sqlite => Expr::cust_with_exprs(
                "CASE json_type(?) WHEN 'object' THEN \
                 (SELECT json_group_object(field.key, json(? -> field.fullkey)) \
                 FROM json_each(?) field WHERE field.key NOT IN ?) ELSE '{}' END",
                [object.clone(), object.clone(), object, keys],
            ),
        }
    }

    /// Has a subquery run by itself, instead of as a part of the query around it.
    /// SQLite does that for a limit, which leaves out nothing. PostgreSQL decides
    /// well, and would expect a part of the rows only.
    pub(crate) fn keep_apart(self, subquery: &mut SelectStatement) {
        const ALL: u64 = i64::MAX.unsigned_abs();
        if self == Self::Sqlite {
            subquery.limit(ALL);
        }
    }

    /// An id in the text of the statement instead of a parameter. PostgreSQL plans
    /// a prepared statement for any id, as if each had as many rows; with this one,
    /// for the rows of this id.
    pub(crate) fn id_literal(self, id: Uuid) -> SimpleExpr {
        match self {
            Self::Postgres => Expr::cust(format!("'{id}'::uuid")),
            Self::Sqlite => Expr::cust(format!("'{id}'")),
        }
    }

    /// Casts an id to text, to compare it with ids stored as text.
    pub(crate) fn id_text(self, id: SimpleExpr) -> SimpleExpr {
        match self {
            Self::Postgres => id.cast_as("text"),
            Self::Sqlite => id,
        }
    }

    /// A sort key for names that ignores case.
    pub fn caseless(self, text: SimpleExpr) -> SimpleExpr {
        let lowered = Expr::expr(Func::lower(text));
        match self {
            Self::Postgres => Expr::cust_with_expr("$1 COLLATE \"C\"", lowered),
            Self::Sqlite => lowered,
        }
    }

    /// Sorts rows of a table without an order of its own in the order of
    /// insertion. PostgreSQL reads small tables in that order by itself.
    pub(crate) fn order_of_insertion(self, select: &mut SelectStatement, table: &'static str) {
        if self == Self::Sqlite {
            select.order_by((table, "rowid"), sea_query::Order::Asc);
        }
    }

    /// A sort key by code points, independent of the database's collation.
    pub(crate) fn by_code_points(self, text: SimpleExpr) -> SimpleExpr {
        match self {
            Self::Postgres => Expr::cust_with_expr("$1 COLLATE \"C\"", text),
            Self::Sqlite => text,
        }
    }

    /// Generates a new random id for each row.
    pub(crate) fn new_id(self) -> SimpleExpr {
        Expr::cust(match self {
            Self::Postgres => "gen_random_uuid()",
            Self::Sqlite => {
                "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || \
                 substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || \
                 '-' || hex(randomblob(6)))"
            }
        })
    }

    /// Converts a column to a value that
    /// [`Projection`](crate::projection::Projection) can read: arrays to JSON,
    /// enums to text.
    pub(crate) fn readable(self, column: &Column, value: SimpleExpr) -> SimpleExpr {
        match (self, column.kind) {
            (Self::Postgres, ColumnType::Array(Element::Bytes)) => Expr::cust_with_expr(
                "(SELECT json_agg(convert_from(item, 'UTF8')) FROM unnest($1) item)::text",
                value,
            ),
            (Self::Postgres, ColumnType::Array(_)) => {
                Expr::cust_with_expr("array_to_json($1)::text", value)
            }
            (Self::Postgres, ColumnType::ImportSource) => Expr::cust_with_expr("$1::text", value),
            _ => value,
        }
    }

    /// Converts a parameter for assignment to a column. Integers get the width
    /// of the column, because PostgreSQL caches a prepared statement with the
    /// types of its first parameters.
    pub(crate) fn assignable(self, column: &Column, value: sea_query::Value) -> SimpleExpr {
        let value = match (column.kind, value) {
            (ColumnType::Integer, sea_query::Value::BigInt(number)) => {
                let narrow = |number| i32::try_from(number).unwrap_or(i32::MAX);
                sea_query::Value::Int(number.map(narrow))
            }
            (ColumnType::BigInt, sea_query::Value::Int(number)) => {
                sea_query::Value::BigInt(number.map(i64::from))
            }
            (ColumnType::Double, sea_query::Value::Int(number)) => {
                sea_query::Value::Double(number.map(f64::from))
            }
            (_, value) => value,
        };
        let is_text = matches!(value, sea_query::Value::String(_));
        let value = Expr::val(value);
        match (self, column.kind) {
            // JSON passed as text, as when a database is copied.
            (Self::Postgres, ColumnType::Json) if is_text => {
                Expr::cust_with_expr("CAST($1 AS jsonb)", value)
            }
            (Self::Postgres, ColumnType::ImportSource) => {
                Expr::cust_with_expr("CAST($1 AS import_source_enum)", value)
            }
            _ => value,
        }
    }
}

/// The error for a value of a type that no column has.
pub(crate) fn unsupported(value: &sea_query::Value) -> crate::Error {
    crate::Error::Database(format!("{value:?} is not a value of any column"))
}

/// Aggregates the rows of a one-column query into an array of PostgreSQL.
fn array_of(rows: SelectStatement) -> SimpleExpr {
    let rows = sea_query::SubQueryStatement::SelectStatement(rows);
    Expr::cust_with_expr("ARRAY $1", SimpleExpr::from(rows))
}
