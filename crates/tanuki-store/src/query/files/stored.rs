//! The registry of stored files (`stored_file`), from which orphaned files are
//! found and purged.

use chrono::NaiveDateTime;
use sea_query::{
    Cond, Condition, Expr, ExprTrait, LockBehavior, LockType, Order, Query, SelectStatement,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::schema::STORED_FILE;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// Maximum number of journal entries of a file; older ones are dropped.
const JOURNAL: usize = 50;

/// A row of the registry.
#[derive(Debug)]
pub struct StoredFile {
    /// Id of the row in the registry.
    pub id: Uuid,
    /// The name of its bucket, such as `files`.
    pub bucket: String,
    /// The purpose of the file, such as `attachments`.
    pub prefix: String,
    /// Id of the row that the file belongs to, of an attachment for example.
    pub owner: Uuid,
    journal: Value,
    attempts: i64,
}

/// A change of a stored file, to be recorded in its journal.
#[derive(Debug)]
pub enum Happening {
    /// The row that it belongs to was deleted.
    Deleted,
    /// The file was removed from the storage.
    Removed,
    /// Removing the file failed, with this reason; it will be retried.
    Failed(String),
}

/// Registers a file that is about to be written, of `size` bytes. If the key is
/// registered already, because the file is replaced, it does not count as
/// deleted any more. Callers have the row that the file belongs to locked, so
/// that a key is not registered twice at the same moment.
pub async fn record_write(
    transaction: &mut Transaction,
    (bucket, prefix): (&str, &str),
    (owner, key): (Uuid, String),
    size: i64,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let mut registered = Query::select();
    registered
        .columns(["id", "journal", "deleted_at", "purged_at"])
        .from(STORED_FILE.name)
        .and_where(Expr::col("bucket").eq(bucket))
        .and_where(Expr::col("key").eq(key.as_str()))
        .lock(LockType::Update);
    let registered = transaction.fetch_one(&registered, |row| {
        let deleted_at: Option<NaiveDateTime> = row.get("deleted_at")?;
        let purged_at: Option<NaiveDateTime> = row.get("purged_at")?;
        let change = match (deleted_at, purged_at) {
            (None, _) => "update",
            (Some(_), None) => "undelete",
            (Some(_), Some(_)) => "create",
        };
        let journal: Value = row.get("journal")?;
        let id: Uuid = row.get("id")?;
        Ok((id, journal, change))
    });
    let registered = registered.await?;
    let change = registered.as_ref().map_or("create", |(.., change)| change);
    let entry = json!({"op": change, "size": size, "at": moment(defaults)});
    let Some((id, journal, _)) = registered else {
        let values = Values::from([
            ("id", Uuid::new_v4().into()),
            ("bucket", bucket.into()),
            ("prefix", prefix.into()),
            ("key", key.into()),
            ("file_id", owner.to_string().into()),
            ("size", size.into()),
            ("journal", Value::from(vec![entry]).into()),
        ]);
        return write::insert(transaction, &STORED_FILE, values, defaults).await;
    };
    let values = Values::from([
        ("size", size.into()),
        ("deleted_at", None::<NaiveDateTime>.into()),
        ("purged_at", None::<NaiveDateTime>.into()),
        ("purge_forced", false.into()),
        ("purge_attempts", 0_i64.into()),
        ("last_error", None::<String>.into()),
        ("journal", continued(&journal, entry).into()),
        ("updated_at", defaults.now.into()),
    ]);
    write::update(transaction, &STORED_FILE, id, values).await?;
    Ok(())
}

/// Whether the registry has a file that is not marked as deleted.
pub async fn is_registered(connection: impl Connection, bucket: &str, key: &str) -> Result<bool> {
    let mut select = Query::select();
    select
        .expr(Expr::val(1))
        .from(STORED_FILE.name)
        .and_where(Expr::col("bucket").eq(bucket))
        .and_where(Expr::col("key").eq(key))
        .and_where(Expr::col("deleted_at").is_null());
    connection.exists(select).await
}

/// A journal with one more entry, without those that are too old.
fn continued(journal: &Value, entry: Value) -> Value {
    let mut journal = journal.as_array().cloned().unwrap_or_default();
    journal.push(entry);
    Value::from(journal.split_off(journal.len().saturating_sub(JOURNAL)))
}

/// Files that belong to rows of some tables.
struct OwnedFiles {
    bucket: &'static str,
    prefixes: &'static [&'static str],
    /// One of these has the row.
    tables: &'static [&'static str],
}

impl OwnedFiles {
    /// Condition on the registry: it is one of these files.
    fn condition(&self) -> Condition {
        Cond::all()
            .add(Expr::col("bucket").eq(self.bucket))
            .add(Expr::col("prefix").is_in(self.prefixes.iter().copied()))
    }
}

/// The files that are marked as deleted when their row is gone.
const OWNED: [OwnedFiles; 8] = [
    OwnedFiles {
        bucket: "files",
        prefixes: &["working"],
        tables: &["working_file"],
    },
    OwnedFiles {
        bucket: "files",
        prefixes: &["attachments"],
        tables: &["attachment_file"],
    },
    OwnedFiles {
        bucket: "files",
        prefixes: &["previews"],
        tables: &["preview_file"],
    },
    OwnedFiles {
        bucket: "movies",
        prefixes: &["previews", "lowdef", "source"],
        tables: &["preview_file"],
    },
    OwnedFiles {
        bucket: "movies",
        prefixes: &["playlists"],
        tables: &["build_job"],
    },
    OwnedFiles {
        bucket: "movies",
        prefixes: &["shared"],
        tables: &["tanuki_shared_film"],
    },
    OwnedFiles {
        bucket: "pictures",
        prefixes: &[
            "original",
            "previews",
            "source",
            "thumbnails-square",
            "tiles",
        ],
        tables: &["preview_file"],
    },
    OwnedFiles {
        bucket: "pictures",
        prefixes: &["thumbnails", "preview-backgrounds"],
        tables: &[
            "preview_file",
            "preview_background_file",
            "person",
            "project",
            "organisation",
            "attachment_file",
        ],
    },
];

/// Locks and returns up to `most` files of each kind whose row was deleted, in
/// whatever way, but that are not marked as deleted yet.
pub async fn without_owner(transaction: &mut Transaction, most: u64) -> Result<Vec<StoredFile>> {
    let mut found = Vec::new();
    for owned in &OWNED {
        let mut select = registered(owned.condition());
        select
            .and_where(Expr::col("deleted_at").is_null())
            .limit(most);
        for table in owned.tables {
            let id = transaction.dialect().id_text(Expr::col((*table, "id")));
            let mut owner = Query::select();
            owner
                .expr(Expr::val(1))
                .from(*table)
                .and_where(id.eq(Expr::col((STORED_FILE.name, "file_id"))));
            select.and_where(Expr::exists(owner).not());
        }
        found.extend(locked(transaction, &mut select).await?);
    }
    Ok(found)
}

/// Locks and returns up to `most` files that are marked as deleted and not
/// purged yet, those with the fewest failed attempts first. Unless `all` is set,
/// only those whose purge is forced.
pub async fn to_remove(
    transaction: &mut Transaction,
    all: bool,
    most: u64,
) -> Result<Vec<StoredFile>> {
    let known = OWNED
        .iter()
        .fold(Cond::any(), |any, owned| any.add(owned.condition()));
    let mut select = registered(known);
    select
        .and_where(Expr::col("deleted_at").is_not_null())
        .and_where(Expr::col("purged_at").is_null())
        .order_by("purge_attempts", Order::Asc)
        .limit(most);
    if !all {
        select.and_where(Expr::col("purge_forced").eq(true));
    }
    locked(transaction, &mut select).await
}

/// Marks the stored files of rows to be removed once they are deleted, whatever
/// the settings say.
pub async fn force_removal(transaction: &mut Transaction, owners: &[Uuid]) -> Result<()> {
    let names = owners.iter().map(Uuid::to_string);
    let are_theirs = Expr::col("file_id").is_in(names);
    let forced = Values::from([("purge_forced", true.into())]);
    write::update_where(transaction, &STORED_FILE, forced, are_theirs).await?;
    Ok(())
}

/// Records a change in the journal of a file, and updates its columns
/// accordingly.
pub async fn note(
    transaction: &mut Transaction,
    file: &StoredFile,
    happening: Happening,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let now = defaults.now;
    let (entry, mut values) = match happening {
        Happening::Deleted => (
            json!({"op": "delete", "force": false, "at": moment(defaults)}),
            Values::from([("deleted_at", now.into())]),
        ),
        Happening::Removed => (
            json!({"op": "purge", "at": moment(defaults)}),
            Values::from([
                ("purged_at", now.into()),
                ("last_error", None::<String>.into()),
            ]),
        ),
        Happening::Failed(reason) => (
            json!({"op": "purge_failed", "at": moment(defaults)}),
            Values::from([
                ("purge_attempts", (file.attempts + 1).into()),
                ("last_error", reason.into()),
            ]),
        ),
    };
    values.insert("journal", continued(&file.journal, entry).into());
    values.insert("updated_at", now.into());
    write::update(transaction, &STORED_FILE, file.id, values).await?;
    Ok(())
}

/// Query: the registry rows that match a condition.
fn registered(which: impl Into<Condition>) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "bucket",
            "prefix",
            "file_id",
            "journal",
            "purge_attempts",
        ])
        .from(STORED_FILE.name)
        .cond_where(which.into());
    select
}

/// Marks a file of a row as deleted. Returns the ids of its registry rows.
pub async fn mark_deleted(
    transaction: &mut Transaction,
    (bucket, prefix): (&str, &str),
    owner: Uuid,
    defaults: &Defaults<'_>,
) -> Result<Vec<Uuid>> {
    let is_it = Cond::all()
        .add(Expr::col("bucket").eq(bucket))
        .add(Expr::col("prefix").eq(prefix))
        .add(Expr::col("file_id").eq(owner.to_string()))
        .add(Expr::col("deleted_at").is_null());
    let files = locked(transaction, &mut registered(is_it)).await?;
    for file in &files {
        note(transaction, file, Happening::Deleted, defaults).await?;
    }
    Ok(files.iter().map(|file| file.id).collect())
}

/// Like [`mark_deleted`], for a file to be removed whatever the settings say.
pub async fn discard(
    transaction: &mut Transaction,
    place: (&str, &str),
    owner: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    for id in mark_deleted(transaction, place, owner, defaults).await? {
        let forced = Values::from([("purge_forced", true.into())]);
        write::update(transaction, &STORED_FILE, id, forced).await?;
    }
    Ok(())
}

/// Locks and returns the rows of a query. Rows locked by another server
/// process are skipped.
async fn locked(
    transaction: &mut Transaction,
    select: &mut SelectStatement,
) -> Result<Vec<StoredFile>> {
    select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let files = transaction.fetch(select, |row| {
        let owner: String = row.get("file_id")?;
        // Not every `file_id` is a UUID: other programs may write to this
        // table. Their files are left alone.
        let Ok(owner) = Uuid::try_parse(&owner) else {
            return Ok(None);
        };
        Ok(Some(StoredFile {
            id: row.get("id")?,
            bucket: row.get("bucket")?,
            prefix: row.get("prefix")?,
            owner,
            journal: row.get("journal")?,
            attempts: row.get("purge_attempts")?,
        }))
    });
    Ok(files.await?.into_iter().flatten().collect())
}

/// The current time in the format of the journal.
fn moment(defaults: &Defaults<'_>) -> String {
    defaults.now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
