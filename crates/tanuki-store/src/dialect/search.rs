//! The search index of entities: what it is made of, and conditions that use
//! it.
//!
//! PostgreSQL has indexes on expressions of `entity`, which are right whatever
//! program writes. SQLite has tables that triggers keep. Both compare names in
//! lower case, with a space in front and in place of separators, so that the
//! beginning of a word is a text that begins with a space.

use sea_query::{Cond, Condition, Expr, ExprTrait, LikeExpr, Order, SelectStatement, SimpleExpr};
use tanuki_domain::search::{ACCENTED, MARKS, PLAIN, SEPARATORS};
use uuid::Uuid;

use super::{Dialect, Query};

/// The name of everything that the index consists of begins like this.
const INDEX: &str = "tanuki_search";

/// The most entities that a condition finds through the full-text table of
/// SQLite.
const MOST: usize = 5000;

/// The trigrams of a word that are looked up.
const TRIGRAMS: usize = 30;

/// Greater than every other character.
const LAST: char = '\u{10ffff}';

impl Dialect {
    /// Selects what there is of the search index. One column, text.
    pub(crate) fn search_index(self) -> Query {
        Query::plain(match self {
            Self::Postgres => format!(
                "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() \
                 AND indexname LIKE '{INDEX}%'"
            ),
            Self::Sqlite => format!("SELECT name FROM sqlite_schema WHERE name = '{INDEX}_text'"),
        })
    }

    /// Returns the statements that create the search index. Those of each list
    /// succeed or fail together; `tables` is what the index has afterwards (see
    /// [`search_index`](Self::search_index)).
    pub(crate) fn create_search_index(self) -> Vec<SearchIndexPart> {
        match self {
            Self::Postgres => vec![
                SearchIndexPart {
                    name: "tanuki_search_name",
                    statements: vec![format!(
                        "CREATE INDEX tanuki_search_name ON \"entity\" \
                         (\"entity_type_id\", {} COLLATE \"C\", \"id\")",
                        postgres_name()
                    )],
                },
                SearchIndexPart {
                    name: "tanuki_search_text",
                    statements: vec![
                        "CREATE EXTENSION IF NOT EXISTS pg_trgm".to_owned(),
                        format!(
                            "CREATE INDEX tanuki_search_text ON \"entity\" USING gin \
                             ({} gin_trgm_ops, {} gin_trgm_ops) \
                             WITH (gin_pending_list_limit = 256)",
                            postgres_name(),
                            postgres_details()
                        ),
                    ],
                },
            ],
            Self::Sqlite => vec![SearchIndexPart {
                name: "tanuki_search_text",
                statements: sqlite_index(),
            }],
        }
    }

    /// Condition on `entity`: its name contains one of the texts, which are
    /// folded and may begin with a space (see
    /// [`pieces`](tanuki_domain::search::pieces)).
    pub(crate) fn name_contains(self, texts: &[String]) -> Condition {
        let any = texts.iter().fold(Cond::any(), |any, text| {
            any.add(match self {
                Self::Postgres => contains(postgres_name(), text),
                Self::Sqlite => sqlite_contains("name", text),
            })
        });
        any_or_none(any)
    }

    /// Condition on `entity`: its description or a value of its metadata
    /// contains the folded word.
    pub(crate) fn details_contain(self, word: &str) -> Condition {
        any_or_none(Cond::any().add(match self {
            Self::Postgres => contains(postgres_details(), word),
            Self::Sqlite => sqlite_contains("details", word),
        }))
    }

    /// Narrows a query of `entity` to the entities of a type whose folded name
    /// begins with a text, sorted by name; the last column is the sort key.
    pub(crate) fn add_name_prefix(
        self,
        select: &mut SelectStatement,
        type_id: Uuid,
        prefix: &str,
        sort_key: &'static str,
    ) {
        let (name, type_column) = match self {
            Self::Postgres => (
                Expr::cust(format!("{} COLLATE \"C\"", postgres_name())),
                ("entity", "entity_type_id"),
            ),
            Self::Sqlite => {
                let is_it = Expr::col(("searched", "id")).equals(("entity", "id"));
                select.join_as(
                    sea_query::JoinType::InnerJoin,
                    "tanuki_search_entity",
                    "searched",
                    is_it,
                );
                (
                    Expr::col(("searched", "name")),
                    ("searched", "entity_type_id"),
                )
            }
        };
        select
            .expr_as(name.clone(), sort_key)
            .and_where(Expr::col(type_column).eq(type_id))
            .and_where(name.clone().gte(prefix))
            .and_where(name.clone().lt(format!("{prefix}{LAST}")))
            .order_by_expr(name, Order::Asc)
            .order_by(("entity", "id"), Order::Asc);
    }
}

/// A part of the search index.
#[derive(Debug)]
pub(crate) struct SearchIndexPart {
    pub name: &'static str,
    pub statements: Vec<String>,
}

/// An empty `any` would be true.
fn any_or_none(any: Condition) -> Condition {
    if any.is_empty() {
        return any.add(Expr::val(false));
    }
    any
}

fn contains(expression: String, text: &str) -> SimpleExpr {
    let pattern = LikeExpr::new(format!("%{}%", text.replace(['%', '_', '\\'], "")));
    Expr::cust(expression).like(pattern)
}

/// Expression of PostgreSQL for a text that names are compared in: lower case,
/// without accents. Only built-in functions, so that the index survives a dump.
fn postgres_folded(text: &str) -> String {
    format!(
        "CASE WHEN octet_length({text}) = length({text}) THEN lower({text}) \
         ELSE translate(lower({text}), '{ACCENTED}{MARKS}', '{PLAIN}') END"
    )
}

fn postgres_name() -> String {
    format!(
        "(' ' || translate({}, '{SEPARATORS}', '{}'))",
        postgres_folded("\"entity\".\"name\""),
        " ".repeat(SEPARATORS.len())
    )
}

fn postgres_details() -> String {
    let values = "coalesce(jsonb_path_query_array(\"entity\".\"data\", '$.*')::text, '')";
    format!(
        "({} || ' ' || {})",
        postgres_folded("coalesce(\"entity\".\"description\", '')"),
        postgres_folded(values)
    )
}

/// Condition on `entity` through the tables of SQLite. The trigrams of the text
/// are looked up one by one: the table does not store their places. A text of
/// one or two characters has none.
fn sqlite_contains(column: &'static str, text: &str) -> SimpleExpr {
    let letters: Vec<char> = text.chars().collect();
    let trigrams: Vec<String> = letters
        .windows(3)
        .take(TRIGRAMS)
        .map(|letters| format!("\"{}\"", letters.iter().collect::<String>()))
        .collect();
    if !trigrams.is_empty() {
        return Expr::cust_with_values(
            format!(
                "\"entity\".\"id\" IN (SELECT searched.id FROM tanuki_search_text \
                 JOIN tanuki_search_entity searched ON searched.number = tanuki_search_text.rowid \
                 WHERE tanuki_search_text MATCH ? LIMIT {MOST})"
            ),
            [format!("{column} : ({})", trigrams.join(" AND "))],
        );
    }
    if column == "details" {
        return Expr::val(false);
    }
    Expr::cust_with_values(
        format!(
            "\"entity\".\"id\" IN (SELECT searched.id FROM tanuki_search_entity searched \
             WHERE searched.name LIKE ? LIMIT {MOST})"
        ),
        [format!("%{}%", text.replace(['%', '_'], ""))],
    )
}

/// Expression of SQLite for the text that names are compared in. Its index
/// ignores the case of other letters.
fn sqlite_name(row: &str) -> String {
    let plain = ACCENTED.chars().zip(PLAIN.chars().map(String::from));
    let marks = MARKS.chars().map(|mark| (mark, String::new()));
    let separators = SEPARATORS
        .chars()
        .map(|separator| (separator, " ".to_owned()));
    let name = format!("' ' || {row}.\"name\"");
    plain
        .chain(marks)
        .chain(separators)
        .fold(name, |name, (letter, plain)| {
            format!("replace({name}, '{letter}', '{plain}')")
        })
}

/// The statements that create the tables of SQLite, fill them and keep them
/// current. `contentless_delete` keeps no text, only the trigrams.
fn sqlite_index() -> Vec<String> {
    let details = |row: &str| {
        format!(
            "coalesce({row}.\"description\", '') || ' ' || coalesce(CASE WHEN \
             json_valid({row}.\"data\") THEN (SELECT group_concat(field.value, ' ') \
             FROM json_each({row}.\"data\") field) END, '')"
        )
    };
    let entity = |row: &str| {
        format!(
            "{row}.\"id\", {row}.\"entity_type_id\", {}",
            sqlite_name(row)
        )
    };
    let insert = format!(
        "INSERT INTO tanuki_search_entity (id, entity_type_id, name) VALUES ({}); \
         INSERT INTO tanuki_search_text (rowid, name, details) SELECT number, name, {} \
         FROM tanuki_search_entity WHERE id = NEW.\"id\";",
        entity("NEW"),
        details("NEW")
    );
    let delete = "DELETE FROM tanuki_search_text WHERE rowid = \
                  (SELECT number FROM tanuki_search_entity WHERE id = OLD.\"id\"); \
                  DELETE FROM tanuki_search_entity WHERE id = OLD.\"id\";";
    let columns = ["id", "entity_type_id", "name", "description", "data"];
    let changed = columns.map(|column| format!("OLD.\"{column}\" IS NOT NEW.\"{column}\""));
    vec![
        "CREATE TABLE tanuki_search_entity (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, \
         entity_type_id TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE)"
            .to_owned(),
        "CREATE INDEX tanuki_search_name ON tanuki_search_entity (entity_type_id, name, id)"
            .to_owned(),
        "CREATE VIRTUAL TABLE tanuki_search_text USING fts5(name, details, content='', \
         contentless_delete=1, detail=column, tokenize='trigram remove_diacritics 1')"
            .to_owned(),
        format!(
            "INSERT INTO tanuki_search_entity (id, entity_type_id, name) SELECT {} FROM \"entity\"",
            entity("\"entity\"")
        ),
        format!(
            "INSERT INTO tanuki_search_text (rowid, name, details) \
             SELECT searched.number, searched.name, {} FROM tanuki_search_entity searched \
             JOIN \"entity\" ON \"entity\".\"id\" = searched.id",
            details("\"entity\"")
        ),
        format!(
            "CREATE TRIGGER tanuki_search_insert AFTER INSERT ON \"entity\" BEGIN {insert} END"
        ),
        format!(
            "CREATE TRIGGER tanuki_search_update AFTER UPDATE OF \"{}\" ON \"entity\" \
             WHEN {} BEGIN {delete} {insert} END",
            columns.join("\", \""),
            changed.join(" OR ")
        ),
        format!(
            "CREATE TRIGGER tanuki_search_delete AFTER DELETE ON \"entity\" BEGIN {delete} END"
        ),
    ]
}
