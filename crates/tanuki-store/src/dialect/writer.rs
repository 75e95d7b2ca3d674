//! How SQL is written.

use std::fmt::{self, Display, Formatter, Write};

use sea_query::prepare::SqlWriter;
use sea_query::{QueryBuilder, Value};

/// Writes values as parameters, but limits in the text of the statement.
/// PostgreSQL plans a statement without knowing its parameters, and for a limit
/// that it does not know it expects a tenth of all rows.
#[derive(Debug, Default)]
pub(super) struct LimitsInText {
    sql: String,
    values: Vec<Value>,
}

impl LimitsInText {
    /// Returns the SQL and the parameters.
    pub fn into_parts(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }
}

impl SqlWriter for LimitsInText {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        if let Value::BigUnsigned(Some(rows)) = value
            && self.sql.ends_with(" LIMIT ")
        {
            // More would be no number of the database's.
            let rows = rows.min(i64::MAX.unsigned_abs());
            self.sql.push_str(&rows.to_string());
            return;
        }
        self.values.push(value);
        let (mark, is_numbered) = builder.placeholder();
        self.sql.push_str(mark);
        if is_numbered {
            self.sql.push_str(&self.values.len().to_string());
        }
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}

impl Write for LimitsInText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.sql.write_str(text)
    }
}

impl Display for LimitsInText {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sql)
    }
}

#[cfg(test)]
mod tests {
    use sea_query::{Expr, ExprTrait as _, Query};

    use crate::dialect::Dialect;

    #[test]
    fn limits_are_in_the_text_of_the_statement() {
        let mut newest = Query::select();
        newest.column("id").from("news").limit(50).offset(100);
        let mut select = Query::select();
        select
            .column("id")
            .from_subquery(newest, "newest")
            .and_where(Expr::col("id").eq("LIMIT 3"))
            .limit(7);
        let query = Dialect::Postgres.build(&select);
        assert_eq!(
            &*query.sql,
            "SELECT \"id\" FROM (SELECT \"id\" FROM \"news\" LIMIT 50 OFFSET $1) AS \"newest\" \
             WHERE \"id\" = $2 LIMIT 7"
        );
        assert_eq!(query.values.len(), 2);
        let query = Dialect::Sqlite.build(&select);
        assert!(
            query.sql.ends_with("WHERE \"id\" = ? LIMIT 7"),
            "{}",
            query.sql
        );
    }
}
