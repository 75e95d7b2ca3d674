//! Statements whose text is made once.

use std::sync::Arc;

use sea_query::Value;

use super::{ByDialect, Dialect, Query, Statement};

/// The text of a statement that is sent again and again with other values:
/// making it anew took longer than what the driver does with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prepared(ByDialect<Arc<str>>);

impl Prepared {
    pub const fn new() -> Self {
        Self(ByDialect::new())
    }

    /// The statement that `make` makes, whose placeholders hold `values` in
    /// the order of the text. It is made when there is no text yet, so all
    /// that differs between two uses has to be among the values.
    pub fn query<S: Statement>(
        &self,
        dialect: Dialect,
        values: Vec<Value>,
        make: impl Fn() -> S,
    ) -> Query {
        let sql = self.0.of(dialect, || dialect.render(&make()).sql);
        let query = Query { sql, values };
        debug_assert_eq!(query, dialect.render(&make()), "what differs is no value");
        query.traced()
    }
}
