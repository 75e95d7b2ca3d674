//! Which files the rows say are stored, to compare them with those that are.

use std::collections::BTreeSet;

use sea_query::{Cond, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde_json::Value;
use uuid::Uuid;

use super::stored;
use crate::query::rows;
use crate::schema::STORED_FILE;
use crate::{Connection, Database, Executor, Result, Transaction};

/// A file that a row says is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedFile {
    /// Id of the row.
    pub id: Uuid,
    /// Size in bytes, where the row has it.
    pub size: Option<i64>,
}

/// A page of expected files.
#[derive(Debug, Default)]
pub struct ExpectedPage {
    /// In the order of their ids.
    pub files: Vec<ExpectedFile>,
    /// The id behind which the next page begins; `None` after the last.
    pub next: Option<Uuid>,
}

/// Returns files of a bucket and prefix that are expected, those with ids behind
/// `after`. Of each table at most `most` rows are read.
pub async fn page(
    database: &Database,
    (bucket, prefix): (&str, &str),
    after: Option<Uuid>,
    most: u64,
) -> Result<ExpectedPage> {
    let mut files = BTreeSet::new();
    let mut next: Option<Uuid> = None;
    for source in sources(bucket, prefix) {
        let mut select = source.select();
        select.order_by("id", Order::Asc).limit(most);
        if let Some(after) = after {
            select.and_where(Expr::col("id").gt(after));
        }
        let rows = source.fetch(database, &select).await?;
        if rows.len() as u64 == most
            && let Some((last, _)) = rows.last()
        {
            // Rows of other tables behind this one belong to the next page.
            next = Some(next.map_or(*last, |next| std::cmp::min(next, *last)));
        }
        files.extend(rows.into_iter().filter_map(|(_, file)| file));
    }
    let is_of_page = |file: &ExpectedFile| next.is_none_or(|next| file.id <= next);
    Ok(ExpectedPage {
        files: files.into_iter().filter(is_of_page).collect(),
        next,
    })
}

/// Returns those of the ids that are rows to which files of a bucket and prefix
/// may belong.
pub async fn owners<'a>(
    connection: impl Into<Executor<'a>>,
    (bucket, prefix): (&str, &str),
    ids: &[Uuid],
) -> Result<BTreeSet<Uuid>> {
    let mut connection = connection.into();
    let mut found = BTreeSet::new();
    for table in owner_tables(bucket, prefix) {
        let mut select = Query::select();
        select
            .column("id")
            .from(*table)
            .and_where(Expr::col("id").is_in(ids.iter().copied()));
        found.extend(connection.reborrow().ids(&select).await?);
    }
    Ok(found)
}

/// Locks the rows to which a file may belong, and returns whether one of them
/// says that it is stored, or the registry does.
pub async fn is_claimed(
    transaction: &mut Transaction,
    (bucket, prefix): (&str, &str),
    (id, key): (Uuid, &str),
) -> Result<bool> {
    for table in owner_tables(bucket, prefix) {
        rows::lock(transaction, table, id).await?;
    }
    if stored::is_registered(&mut *transaction, bucket, key).await? {
        return Ok(true);
    }
    for source in sources(bucket, prefix) {
        let mut select = source.select();
        select.and_where(Expr::col("id").eq(id));
        let rows = source.fetch(&mut *transaction, &select).await?;
        if rows.iter().any(|(_, file)| file.is_some()) {
            return Ok(true);
        }
    }
    // Of these the row does not say whether they are stored. Older versions of
    // Zou did not register them.
    let is_silent = matches!(
        (bucket, prefix),
        ("files", "working") | ("movies", "playlists" | "shared")
    );
    Ok(is_silent
        && !owners(&mut *transaction, (bucket, prefix), &[id])
            .await?
            .is_empty())
}

/// Returns those of the names of a bucket that are marked as deleted and not
/// removed yet.
pub async fn deleted(
    database: &Database,
    bucket: &str,
    names: &[String],
) -> Result<BTreeSet<String>> {
    let mut select = Query::select();
    select
        .column("key")
        .from(STORED_FILE.name)
        .and_where(Expr::col("bucket").eq(bucket))
        .and_where(Expr::col("key").is_in(names.iter().map(String::as_str)))
        .and_where(Expr::col("deleted_at").is_not_null())
        .and_where(Expr::col("purged_at").is_null());
    let names = database.fetch(&select, |row| row.get("key")).await?;
    Ok(names.into_iter().collect())
}

/// Tables whose rows have files of a bucket and prefix.
fn owner_tables(bucket: &str, prefix: &str) -> &'static [&'static str] {
    match (bucket, prefix) {
        ("files", "attachments") => &["attachment_file"],
        ("files", "working") => &["working_file"],
        ("movies", "playlists") => &["build_job"],
        ("movies", "shared") => &["tanuki_shared_film"],
        ("pictures", "preview-backgrounds") => &["preview_background_file"],
        ("pictures", "thumbnails") => &[
            "preview_file",
            "preview_background_file",
            "person",
            "project",
            "organisation",
            "attachment_file",
        ],
        _ => &["preview_file"],
    }
}

/// Rows that have a file.
struct Source {
    table: &'static str,
    condition: Condition,
    /// Column with the size of the file, if the row has it.
    size: Option<&'static str>,
    /// The prefix that the row's `data` must have among its `movie_prefixes`.
    movie_prefix: Option<&'static str>,
}

/// A preview that is ready and has one of these extensions, or none of them.
fn previews(are: bool) -> Condition {
    let extension = Expr::col("extension");
    Cond::all()
        .add(Expr::col("status").eq("ready"))
        .add(match are {
            true => extension.is_in(["png", "mp4"]),
            false => extension.is_not_in(["png", "mp4"]),
        })
}

fn sources(bucket: &str, prefix: &str) -> Vec<Source> {
    let source = |table, condition, size| Source {
        table,
        condition,
        size,
        movie_prefix: None,
    };
    let has_avatar = || Expr::col("has_avatar").eq(true).into();
    let is_film = || previews(true).add(Expr::col("extension").eq("mp4"));
    let film = |movie_prefix, size| Source {
        movie_prefix: Some(movie_prefix),
        ..source("preview_file", is_film(), size)
    };
    match (bucket, prefix) {
        ("pictures", "original") => {
            let is_picture = previews(true).add(Expr::col("extension").eq("png"));
            vec![
                source("preview_file", is_picture, Some("file_size")),
                source("preview_file", is_film(), None),
            ]
        }
        ("pictures", "thumbnails-square" | "previews") => {
            vec![source("preview_file", previews(true), None)]
        }
        ("pictures", "thumbnails") => vec![
            source("preview_file", previews(true), None),
            source("person", has_avatar(), None),
            source("project", has_avatar(), None),
            source("organisation", has_avatar(), None),
        ],
        ("pictures", "preview-backgrounds") => {
            let is_stored = Cond::all().add(Expr::col("file_size").gt(0));
            vec![source(
                "preview_background_file",
                is_stored,
                Some("file_size"),
            )]
        }
        ("movies", "previews") => vec![film("previews", Some("file_size"))],
        ("movies", "lowdef") => vec![film("lowdef", None)],
        ("movies", "source") => vec![film("source", None)],
        ("files", "previews") => {
            vec![source("preview_file", previews(false), Some("file_size"))]
        }
        ("files", "attachments") => vec![source("attachment_file", Cond::all(), Some("size"))],
        // Not every working file has content, a film of a playlist may have
        // been removed, and a copy for a link may be in the making.
        _ => Vec::new(),
    }
}

impl Source {
    /// Query: the rows.
    fn select(&self) -> SelectStatement {
        let mut select = Query::select();
        select
            .column("id")
            .from(self.table)
            .cond_where(self.condition.clone());
        if let Some(size) = self.size {
            select.column(size);
        }
        if self.movie_prefix.is_some() {
            select.column("data");
        }
        select
    }

    /// Returns the ids of the rows of a query, and the files that they have.
    async fn fetch(
        &self,
        connection: impl Connection,
        select: &SelectStatement,
    ) -> Result<Vec<(Uuid, Option<ExpectedFile>)>> {
        let rows = connection.fetch(select, |row| {
            let id = row.get("id")?;
            let size = match self.size {
                // Older rows have none.
                Some(size) => row.get::<Option<i64>>(size)?.filter(|size| *size > 0),
                None => None,
            };
            let is_stored = match self.movie_prefix {
                Some(prefix) => has_prefix(row.get::<Option<Value>>("data")?.as_ref(), prefix),
                None => true,
            };
            Ok((id, is_stored.then_some(ExpectedFile { id, size })))
        });
        rows.await
    }
}

/// Whether a film is stored under a prefix. Older rows do not say; their films
/// are encoded in high definition.
fn has_prefix(data: Option<&Value>, prefix: &str) -> bool {
    match data.and_then(|data| data.get("movie_prefixes")) {
        Some(Value::Array(prefixes)) => prefixes.iter().any(|one| one == prefix),
        _ => prefix == "previews",
    }
}
