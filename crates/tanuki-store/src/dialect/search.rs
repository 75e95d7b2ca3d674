//! The search index of entities: what it is made of, and conditions that use
//! it.
//!
//! PostgreSQL has indexes on expressions of `entity`, which are right whatever
//! program writes. SQLite has tables that triggers keep. Both compare names in
//! lower case and without accents, with a space in front and, but for the
//! trigrams of PostgreSQL, in place of separators. So the beginning of a word
//! is a text that begins with a space.

use sea_query::{Cond, Condition, Expr, ExprTrait, LikeExpr, Order, SelectStatement, SimpleExpr};
use tanuki_domain::search::{ACCENTED, MARKS, PLAIN, SEPARATORS};
use uuid::Uuid;

use super::{Dialect, Query};

/// The name of everything that the index consists of begins like this.
const INDEX: &str = "tanuki_search";

/// The most entities that a condition finds through the tables of SQLite.
const MOST: usize = 50_000;

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
                        postgres_spaced_name()
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

    /// Condition on `entity`: each of the words is found in its name, or where
    /// it is looked for in the details as well, in its description or
    /// metadata. Candidates only: on SQLite the trigrams of a word may be
    /// apart, and words of one or two letters are not looked for in details.
    pub(crate) fn contains_words(self, words: &[WordTexts<'_>]) -> Condition {
        match self {
            Self::Postgres => words
                .iter()
                .fold(Cond::all(), |all, word| all.add(postgres_contains(*word))),
            Self::Sqlite => Cond::all().add(sqlite_contains(words)),
        }
    }

    /// Condition on `entity`: its description or a value of its metadata
    /// contains the folded word.
    pub(crate) fn details_contain(self, word: &str) -> Condition {
        Cond::all().add(match self {
            Self::Postgres => contains(&postgres_details(), word),
            Self::Sqlite => match trigrams(word) {
                Some(trigrams) => sqlite_match(format!("details : ({trigrams})"), &[]),
                None => Expr::val(false),
            },
        })
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
                Expr::cust(format!("{} COLLATE \"C\"", postgres_spaced_name())),
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

/// The folded texts to search for, for one word of a query. An entity matches
/// if its name contains one of those for the name, which may begin with a space
/// (see [`pieces`](tanuki_domain::search::pieces)), or its details contain the
/// other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordTexts<'a> {
    pub in_name: &'a [String],
    pub in_details: Option<&'a str>,
}

fn contains(expression: &str, text: &str) -> SimpleExpr {
    let escaped = text.replace('\\', "\\\\");
    let escaped = escaped.replace('%', "\\%").replace('_', "\\_");
    Expr::cust(expression.to_owned()).like(LikeExpr::new(format!("%{escaped}%")))
}

fn postgres_contains(word: WordTexts<'_>) -> Condition {
    let name = postgres_name();
    // A constant, not a parameter, with which no index could be used.
    let mut any = Cond::any().add(Expr::cust("FALSE"));
    for text in word.in_name {
        any = any.add(contains(&name, text));
        // The beginning of a word, behind another separator than a space.
        if let Some(start) = text.strip_prefix(' ') {
            for separator in ["_", "-", ".", "/"] {
                any = any.add(contains(&name, &format!("{separator}{start}")));
            }
        }
    }
    match word.in_details {
        Some(text) => any.add(contains(&postgres_details(), text)),
        None => any,
    }
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
    format!("(' ' || {})", postgres_folded("\"entity\".\"name\""))
}

/// The name with spaces in place of separators. It takes several times as long,
/// so only the index of beginnings has it.
fn postgres_spaced_name() -> String {
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

/// The trigrams of a text, which are looked up one by one: the full-text table
/// does not store their places. `None` for a text of one or two characters.
fn trigrams(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let trigrams = letters.windows(3).take(TRIGRAMS);
    let quoted = trigrams.map(|letters| format!("\"{}\"", letters.iter().collect::<String>()));
    let quoted: Vec<String> = quoted.collect();
    (!quoted.is_empty()).then(|| quoted.join(" AND "))
}

/// Condition on `entity` through the tables of SQLite: one query of the
/// full-text table for all words.
fn sqlite_contains(words: &[WordTexts<'_>]) -> SimpleExpr {
    let mut query: Vec<String> = Vec::new();
    let mut short: Vec<String> = Vec::new();
    for word in words {
        let texts = word.in_name.iter().filter_map(|text| trigrams(text));
        let texts: Vec<String> = texts.map(|trigrams| format!("({trigrams})")).collect();
        let columns = match word.in_details {
            Some(_) => "{name details}",
            None => "name",
        };
        if !texts.is_empty() {
            query.push(format!("{columns} : ({})", texts.join(" OR ")));
        } else if word.in_details.is_none() {
            let texts = word.in_name.iter();
            short.extend(texts.map(|text| format!("%{}%", text.replace(['%', '_'], ""))));
        }
    }
    if !query.is_empty() {
        return sqlite_match(query.join(" AND "), &short);
    }
    if short.is_empty() {
        return Expr::val(false);
    }
    let likes = vec!["searched.name LIKE ?"; short.len()].join(" AND ");
    Expr::cust_with_values(
        format!(
            "\"entity\".\"id\" IN (SELECT searched.id FROM tanuki_search_entity searched \
             WHERE {likes} LIMIT {MOST})"
        ),
        short,
    )
}

/// Condition on `entity`: the full-text table finds it, and its name matches
/// the patterns.
fn sqlite_match(query: String, patterns: &[String]) -> SimpleExpr {
    let likes = " AND searched.name LIKE ?".repeat(patterns.len());
    let values = std::iter::once(query).chain(patterns.iter().cloned());
    Expr::cust_with_values(
        format!(
            "\"entity\".\"id\" IN (SELECT searched.id FROM tanuki_search_text \
             JOIN tanuki_search_entity searched ON searched.number = tanuki_search_text.rowid \
             WHERE tanuki_search_text MATCH ?{likes} LIMIT {MOST})"
        ),
        values,
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
