//! Indexes on Zou's tables for the newest rows, page by page. SQLite has them
//! from a migration. On PostgreSQL, where the tables are left as Zou made them,
//! an administrator may create them, and drop them again; Zou does not see them.

use std::collections::BTreeMap;

use crate::dialect::Query;
use crate::{Connection, Database, Error, Result};

/// An index of Tanuki's own on a table of Zou's.
#[derive(Debug)]
pub struct PageIndex {
    pub name: &'static str,
    /// The table that it is on.
    pub table: &'static str,
    /// What reads it speeds up, for people.
    pub reads: &'static str,
    /// The statement that creates it.
    pub(crate) create: &'static str,
}

macro_rules! page_index {
    // The order of lists that are asked for page by page.
    ($name:literal on $table:literal, $reads:literal) => {
        page_index!(
            $name on $table ("\"updated_at\" DESC, \"created_at\" DESC, \"id\""), $reads
        )
    };
    ($name:literal on $table:literal ($columns:literal), $reads:literal) => {
        PageIndex {
            name: $name,
            table: $table,
            reads: $reads,
            create: concat!(
                "CREATE INDEX ",
                $name,
                " ON \"",
                $table,
                "\" (",
                $columns,
                ")"
            ),
        }
    };
}

/// All of them. A migration of SQLite names them by their place: new ones come
/// behind these.
pub const PAGE_INDEXES: [PageIndex; 6] = [
    page_index!(
        "tanuki_news_newest" on "news" ("\"created_at\" DESC, \"id\" DESC"),
        "the news of a production and of all"
    ),
    page_index!(
        "tanuki_news_page" on "news",
        "pages of /data/news"
    ),
    page_index!(
        "tanuki_comment_page" on "comment",
        "pages of comments, of all and of a production"
    ),
    page_index!(
        "tanuki_notification_page" on "notification",
        "pages of notifications, of all and of a production"
    ),
    page_index!(
        "tanuki_preview_file_page" on "preview_file",
        "pages of previews, of all and of a production"
    ),
    page_index!(
        "tanuki_task_page" on "task",
        "pages of tasks, of all and of a production"
    ),
];

/// An index as the database has it.
#[derive(Debug)]
pub struct IndexState {
    pub index: PageIndex,
    /// The number of rows of its table, as PostgreSQL estimates it.
    pub rows: i64,
    /// Its size; `None` if it does not exist.
    pub bytes: Option<i64>,
    /// Whether it exists but is unfinished, because its creation was
    /// interrupted: it costs writes and speeds up nothing.
    pub is_broken: bool,
}

/// Returns the state of each index; `None` on SQLite, which always has them.
///
/// # Errors
/// Failures of the database.
pub async fn states(database: &Database) -> Result<Option<Vec<IndexState>>> {
    let Some((sizes, indexes)) = database.dialect().own_indexes() else {
        return Ok(None);
    };
    let mut rows = BTreeMap::new();
    for table in database.fetch_all(sizes).await? {
        rows.insert(table.get::<String>(0)?, table.get::<i64>(1)?);
    }
    let mut existing = BTreeMap::new();
    for index in database.fetch_all(indexes).await? {
        let state: (i64, bool) = (index.get(1)?, index.get(2)?);
        existing.insert(index.get::<String>(0)?, state);
    }
    let states = PAGE_INDEXES.into_iter().map(|index| {
        let found = existing.get(index.name);
        IndexState {
            rows: rows.get(index.table).copied().unwrap_or_default(),
            bytes: found.map(|(bytes, _)| *bytes),
            is_broken: found.is_some_and(|(_, is_valid)| !is_valid),
            index,
        }
    });
    Ok(Some(states.collect()))
}

/// Creates an index while others read and write its table. One whose creation
/// was interrupted is created anew.
///
/// # Errors
/// [`Error::Refused`] if the database's user does not own the table; other
/// failures of the database.
pub async fn create(database: &Database, state: &IndexState) -> Result<()> {
    if state.is_broken {
        drop_index(database, &state.index).await?;
    }
    let create = state.index.create;
    let create = create.replacen("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1);
    run(database, &state.index, create).await
}

/// Drops an index while others read and write its table.
///
/// # Errors
/// As [`create`].
pub async fn drop_index(database: &Database, index: &PageIndex) -> Result<()> {
    let statement = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.name);
    run(database, index, statement).await
}

async fn run(database: &Database, index: &PageIndex, statement: String) -> Result<()> {
    let outcome = database.execute(Query::plain(statement)).await;
    outcome.map(|_| ()).map_err(|error| {
        Error::Refused(format!(
            "{}: {error}; the owner of the table {} may create and drop its indexes, and one whose \
             creation failed is created anew by the next `--create`, or dropped by `--drop`",
            index.name, index.table
        ))
    })
}
