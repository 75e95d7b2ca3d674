//! Conditions on rows.

use sea_query::{Condition, Expr};

/// A condition on the rows of a query. Other crates combine filters, but all of
/// them come from the functions of [`query`](crate::query), whose names and
/// documentation say which rows match, and which tables the query must have.
#[derive(Debug, Clone)]
#[must_use]
pub struct Filter(Condition);

impl Filter {
    /// Matches every row.
    pub fn all() -> Self {
        Self(Condition::all())
    }

    /// Matches no row.
    pub fn none() -> Self {
        Self::from(Expr::val(false))
    }

    /// Matches the rows that match both filters.
    pub fn and(self, other: impl Into<Self>) -> Self {
        Self(self.0.add(other.into().0))
    }

    /// Matches the rows that match one of the filters.
    pub fn or(self, other: impl Into<Self>) -> Self {
        Self::from(Condition::any().add(self.0).add(other.into().0))
    }

    /// Like [`and`](Self::and), if there is another filter.
    pub fn and_option(self, other: Option<impl Into<Self>>) -> Self {
        match other {
            Some(other) => self.and(other),
            None => self,
        }
    }
}

impl From<Expr> for Filter {
    fn from(expression: Expr) -> Self {
        Self(Condition::from(expression))
    }
}

impl From<Condition> for Filter {
    // The outermost condition is always an `all`, which is what `and` adds to.
    fn from(condition: Condition) -> Self {
        Self(Condition::all().add(condition))
    }
}

impl From<Filter> for Condition {
    fn from(filter: Filter) -> Self {
        filter.0
    }
}

#[cfg(test)]
mod tests {
    use sea_query::{ExprTrait, PostgresQueryBuilder, Query};

    use super::*;

    fn sql(filter: Filter) -> String {
        Query::select()
            .column("id")
            .from("task")
            .cond_where(filter)
            .to_string(PostgresQueryBuilder)
    }

    fn is(value: i32) -> Expr {
        Expr::col("a").eq(value)
    }

    #[test]
    fn a_filter_is_a_conjunction_even_if_it_began_as_alternatives() {
        let either = Filter::from(Condition::any().add(is(1)).add(is(2)));
        assert_eq!(
            sql(either.and(is(3))),
            r#"SELECT "id" FROM "task" WHERE ("a" = 1 OR "a" = 2) AND "a" = 3"#
        );
        assert_eq!(sql(Filter::all()), r#"SELECT "id" FROM "task" WHERE TRUE"#);
        let both = Filter::all().and(is(1)).and(Filter::from(is(2)).and(is(3)));
        assert_eq!(
            sql(both),
            r#"SELECT "id" FROM "task" WHERE "a" = 1 AND ("a" = 2 AND "a" = 3)"#
        );
        assert_eq!(
            sql(Filter::all().and(is(1)).or(is(2)).and(is(3))),
            r#"SELECT "id" FROM "task" WHERE ("a" = 1 OR "a" = 2) AND "a" = 3"#
        );
        let negated = Filter::from(Condition::any().add(is(1)).add(is(2)).not());
        assert_eq!(
            sql(negated.and(is(3))),
            r#"SELECT "id" FROM "task" WHERE (NOT ("a" = 1 OR "a" = 2)) AND "a" = 3"#
        );
    }
}
