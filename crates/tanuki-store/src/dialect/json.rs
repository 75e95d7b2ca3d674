//! Single keys of objects in JSON columns.
//!
//! SQLite's JSON operators parse keys as paths, so its expressions iterate over
//! the object with `json_each` instead.

use sea_query::{Expr, SimpleExpr};

use super::Dialect;

impl Dialect {
    /// Whether a JSON object has a key, even with null as its value.
    pub fn json_has(self, object: SimpleExpr, key: &str) -> SimpleExpr {
        let has = match self {
            Self::Postgres => "$1 -> CAST($2 AS text) IS NOT NULL",
            Self::Sqlite => "EXISTS (SELECT 1 FROM json_each(?) field WHERE field.key = ?)",
        };
        Expr::cust_with_exprs(has, [object, Expr::val(key)])
    }

    /// Whether a JSON object has a key with a value other than null.
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

    /// The text of a key of the first object in a JSON array; NULL if there is
    /// none.
    pub fn json_text_of_first(self, array: SimpleExpr, key: &'static str) -> SimpleExpr {
        let text = match self {
            Self::Postgres => format!("$1 -> 0 ->> '{key}'"),
            Self::Sqlite => format!("? ->> '$[0].{key}'"),
        };
        Expr::cust_with_expr(text, array)
    }

    /// Removes a key from a JSON object.
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

    /// Renames a key of a JSON object; a value that `to` had before is
    /// replaced.
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
