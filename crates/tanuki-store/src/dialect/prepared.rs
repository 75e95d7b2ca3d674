//! Statements whose SQL is rendered once.

use std::sync::Arc;

use sea_query::Value;

use super::{ByDialect, Dialect, Query, Statement};

/// The cached SQL of a statement that is run often with different parameters:
/// rendering it each time took longer than the work of the driver.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prepared(ByDialect<Arc<str>>);

impl Prepared {
    pub const fn new() -> Self {
        Self(ByDialect::new())
    }

    /// Returns the statement that `make` builds, with `values` as its
    /// parameters, in the order of their placeholders. `make` is only called
    /// while no SQL is cached, so everything that differs between two calls
    /// must be among the values.
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
