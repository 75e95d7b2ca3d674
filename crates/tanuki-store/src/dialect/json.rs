//! Single keys of JSON objects that columns hold.
//!
//! SQLite's operators take keys for paths, so objects are gone through there.

use sea_query::{Expr, SimpleExpr};

use super::Dialect;

impl Dialect {
    /// Whether a JSON object has a key.
    pub fn json_has(self, object: SimpleExpr, key: &str) -> SimpleExpr {
        let has = match self {
            Self::Postgres => "$1 -> CAST($2 AS text) IS NOT NULL",
            Self::Sqlite => "EXISTS (SELECT 1 FROM json_each(?) field WHERE field.key = ?)",
        };
        Expr::cust_with_exprs(has, [object, Expr::val(key)])
    }

    /// Whether a JSON object has something else than null under a key.
    pub fn json_has_value(self, object: SimpleExpr, key: &str) -> SimpleExpr {
        let has = match self {
            Self::Postgres => "$1 ->> CAST($2 AS text) IS NOT NULL",
            Self::Sqlite => {
                "EXISTS (SELECT 1 FROM json_each(?) field \
                 WHERE field.key = ? AND field.type <> 'null')"
            }
        };
        Expr::cust_with_exprs(has, [object, Expr::val(key)])
    }

    /// A JSON object without a key.
    pub fn json_without_key(self, object: SimpleExpr, key: &str) -> SimpleExpr {
        let key = Expr::val(key);
        match self {
            Self::Postgres => Expr::cust_with_exprs("$1 - CAST($2 AS text)", [object, key]),
            Self::Sqlite => Expr::cust_with_exprs(
                "(SELECT json_group_object(field.key, json(? -> field.fullkey)) \
                 FROM json_each(?) field WHERE field.key <> ?)",
                [object.clone(), object, key],
            ),
        }
    }

    /// A JSON object that has under another key what it has under this one.
    pub fn json_renamed_key(self, object: SimpleExpr, from: &str, to: &str) -> SimpleExpr {
        let (from, to) = (Expr::val(from), Expr::val(to));
        match self {
            Self::Postgres => Expr::cust_with_exprs(
                "($1 - CAST($2 AS text)) \
                 || jsonb_build_object(CAST($3 AS text), $4 -> CAST($5 AS text))",
                [object.clone(), from.clone(), to, object, from],
            ),
            Self::Sqlite => Expr::cust_with_exprs(
                "(SELECT json_group_object(\
                 CASE field.key WHEN ? THEN ? ELSE field.key END, json(? -> field.fullkey)) \
                 FROM json_each(?) field WHERE field.key <> ?)",
                [from, to.clone(), object.clone(), object, to],
            ),
        }
    }
}
