//! Passes long lists of values as a single parameter.
//!
//! A condition `column IN (…)` has a placeholder for each value. A statement
//! may have 65,535 of them on PostgreSQL and 32,766 on SQLite, and its SQL
//! differs for each length. Where the list is long, the statement is rewritten
//! when it is rendered: the list becomes one parameter, an array on PostgreSQL
//! and JSON on SQLite. So callers do not have to care.

use std::fmt::Write as _;

use sea_query::{ArrayType, Value};

use super::{Dialect, Query};

/// Lists of up to this many values are not rewritten.
const SHORT: usize = 16;

/// The start of a condition on a list of placeholders.
const IN: &str = " IN (";
const NOT_IN: &str = " NOT IN (";

impl Dialect {
    /// Returns the same statement with one parameter for each long list of ids
    /// or strings.
    pub(super) fn with_lists_as_values(self, query: Query) -> Query {
        if query.values.len() <= SHORT || !query.sql.contains(" IN (") {
            return query;
        }
        Rewriting {
            dialect: self,
            rest: &query.sql,
            sql: String::with_capacity(query.sql.len()),
            values: Vec::new(),
        }
        .run(&query.values)
        // SQL that does not parse as expected is not rewritten.
        .unwrap_or(query)
    }

    /// Returns the length in bytes of a placeholder at the start of the text;
    /// `None` if there is none.
    fn placeholder(self, text: &str) -> Option<usize> {
        match self {
            Self::Sqlite => text.starts_with('?').then_some(1),
            Self::Postgres => {
                let digits = text.strip_prefix('$')?;
                let end = digits.find(|letter: char| !letter.is_ascii_digit());
                let length = end.unwrap_or(digits.len());
                (length > 0).then_some(1 + length)
            }
        }
    }
}

/// A statement that is being rewritten.
struct Rewriting<'a> {
    dialect: Dialect,
    rest: &'a str,
    sql: String,
    values: Vec<Value>,
}

impl Rewriting<'_> {
    /// `None` if the numbers of placeholders and values differ.
    fn run(mut self, values: &[Value]) -> Option<Query> {
        let mut values = values.iter();
        while let Some(letter) = self.rest.chars().next() {
            let list = self.list();
            if list.count > SHORT
                && let Some(items) = values.as_slice().get(..list.count)
                && let Some(array) = array_of(items)
            {
                values = values.as_slice().get(list.count..)?.iter();
                self.rest = self.rest.get(list.length..)?;
                self.push_list(array, list.is_negated);
            } else if matches!(letter, '\'' | '"') {
                let length = quoted(self.rest, letter)?;
                self.push_text(length)?;
            } else if let Some(length) = self.dialect.placeholder(self.rest) {
                self.rest = self.rest.get(length..)?;
                self.values.push(values.next()?.clone());
                self.push_placeholder();
            } else {
                self.push_text(letter.len_utf8())?;
            }
        }
        values.next().is_none().then(|| Query {
            sql: self.sql.into(),
            values: self.values,
        })
    }

    fn push_text(&mut self, length: usize) -> Option<()> {
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.sql.push_str(text);
        self.rest = rest;
        Some(())
    }

    /// Appends the placeholder of the last value.
    fn push_placeholder(&mut self) {
        match self.dialect {
            Dialect::Sqlite => self.sql.push('?'),
            Dialect::Postgres => {
                let _infallible = write!(self.sql, "${}", self.values.len());
            }
        }
    }

    fn push_list(&mut self, array: Value, is_negated: bool) {
        self.values.push(array);
        self.sql.push_str(match (self.dialect, is_negated) {
            (Dialect::Postgres, false) => " = ANY(",
            (Dialect::Postgres, true) => " <> ALL(",
            (Dialect::Sqlite, false) => " IN (SELECT value FROM json_each(",
            (Dialect::Sqlite, true) => " NOT IN (SELECT value FROM json_each(",
        });
        self.push_placeholder();
        self.sql.push_str(match self.dialect {
            Dialect::Postgres => ")",
            Dialect::Sqlite => "))",
        });
    }

    /// Parses a list of placeholders at the start of the rest; its `count` is 0
    /// if there is none.
    fn list(&self) -> List {
        let (head, is_negated) = if self.rest.starts_with(IN) {
            (IN, false)
        } else if self.rest.starts_with(NOT_IN) {
            (NOT_IN, true)
        } else {
            return List::default();
        };
        let mut list = List {
            count: 0,
            length: head.len(),
            is_negated,
        };
        loop {
            let rest = self.rest.get(list.length..).unwrap_or_default();
            let Some(length) = self.dialect.placeholder(rest) else {
                return List::default();
            };
            list.count += 1;
            list.length += length;
            let rest = rest.get(length..).unwrap_or_default();
            if rest.starts_with(", ") {
                list.length += ", ".len();
            } else if rest.starts_with(')') {
                list.length += ")".len();
                return list;
            } else {
                return List::default();
            }
        }
    }
}

/// A condition on a list of placeholders.
#[derive(Default)]
struct List {
    count: usize,
    /// Bytes of its SQL, from `IN` to the closing bracket.
    length: usize,
    is_negated: bool,
}

/// Returns the values as an array; `None` if they are not all ids or all
/// strings, or if one is null.
fn array_of(items: &[Value]) -> Option<Value> {
    let kind = match items.first()? {
        Value::Uuid(_) => ArrayType::Uuid,
        Value::String(_) => ArrayType::String,
        _ => return None,
    };
    let fits = |item: &Value| match kind {
        ArrayType::Uuid => matches!(item, Value::Uuid(Some(_))),
        _ => matches!(item, Value::String(Some(_))),
    };
    items
        .iter()
        .all(fits)
        .then(|| Value::Array(kind, Some(Box::new(items.to_vec()))))
}

/// Returns the length in bytes of a quoted string or name at the start of the
/// text.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let end = text.get(1..)?.find(quote)?;
    Some(1 + end + 1)
}

#[cfg(test)]
mod tests {
    use sea_query::{Expr, ExprTrait, Query as Sql};
    use uuid::Uuid;

    use super::*;

    fn statement(dialect: Dialect, ids: u128) -> Query {
        let ids = || (0..ids).map(Uuid::from_u128);
        let mut select = Sql::select();
        select
            .column("id")
            .from("task")
            .and_where(Expr::col("name").eq("it's IN (?, $1)"))
            .and_where(Expr::cust("'?' <> '$2'"))
            .and_where(Expr::col("id").is_in(ids()))
            .and_where(Expr::col("project_id").is_not_in(ids()))
            .and_where(Expr::col("priority").eq(7));
        dialect.build(&select)
    }

    #[test]
    fn a_long_list_is_one_value() {
        let query = statement(Dialect::Postgres, 70_000);
        assert_eq!(
            &*query.sql,
            "SELECT \"id\" FROM \"task\" WHERE \"name\" = $1 AND ('?' <> '$2') AND \
             \"id\" = ANY($2) AND \"project_id\" <> ALL($3) AND \"priority\" = $4"
        );
        assert_eq!(query.values.len(), 4);
        assert_eq!(query.values[3], 7.into());
        let query = statement(Dialect::Sqlite, 70_000);
        assert_eq!(
            &*query.sql,
            "SELECT \"id\" FROM \"task\" WHERE \"name\" = ? AND ('?' <> '$2') AND \
             \"id\" IN (SELECT value FROM json_each(?)) AND \
             \"project_id\" NOT IN (SELECT value FROM json_each(?)) AND \"priority\" = ?"
        );
        assert_eq!(query.values.len(), 4);
    }

    #[test]
    fn a_short_list_stays_as_it_is() {
        let query = statement(Dialect::Sqlite, 3);
        assert_eq!(query.values.len(), 8);
        assert!(query.sql.contains("IN (?, ?, ?)"));
    }
}
