//! The registry of stored files (`stored_file`), from which orphaned files are
//! found and purged.

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
    journal: Vec<Value>,
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

/// Inserts a registry row for a file that is about to be stored. `size` is in
/// bytes.
pub async fn add(
    transaction: &mut Transaction,
    (bucket, prefix): (&str, &str),
    (owner, key): (Uuid, String),
    size: i64,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let journal = json!([{"op": "create", "size": size, "at": moment(defaults)}]);
    let values = Values::from([
        ("id", Uuid::new_v4().into()),
        ("bucket", bucket.into()),
        ("prefix", prefix.into()),
        ("key", key.into()),
        ("file_id", owner.to_string().into()),
        ("size", size.into()),
        ("journal", journal.into()),
    ]);
    write::insert(transaction, &STORED_FILE, values, defaults).await
}

/// Locks and returns up to `most` attachments whose row was deleted, in
/// whatever way, but that are not marked as deleted yet.
pub async fn without_attachment(
    transaction: &mut Transaction,
    most: u64,
) -> Result<Vec<StoredFile>> {
    let id = transaction
        .dialect()
        .id_text(Expr::col(("attachment_file", "id")));
    let mut attachment = Query::select();
    attachment
        .expr(Expr::val(1))
        .from("attachment_file")
        .and_where(id.eq(Expr::col((STORED_FILE.name, "file_id"))));
    let mut select = registered(is_attachment());
    select
        .and_where(Expr::col("deleted_at").is_null())
        .and_where(Expr::exists(attachment).not())
        .limit(most);
    locked(transaction, &mut select).await
}

/// Locks and returns up to `most` attachments and thumbnails that are marked as
/// deleted and not purged yet, those with the fewest failed attempts first. Unless `all`
/// is set, only those whose purge is forced.
pub async fn to_remove(
    transaction: &mut Transaction,
    all: bool,
    most: u64,
) -> Result<Vec<StoredFile>> {
    let mut select = registered(Cond::any().add(is_attachment()).add(is_thumbnail()));
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

/// Marks stored files of attachments to be removed once they are deleted,
/// whatever the settings say. `owners` are the ids of the attachments.
pub async fn force_removal(transaction: &mut Transaction, owners: &[Uuid]) -> Result<()> {
    let names = owners.iter().map(Uuid::to_string);
    let are_theirs = is_attachment().add(Expr::col("file_id").is_in(names));
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
    let mut journal = file.journal.clone();
    journal.push(entry);
    let journal = journal.split_off(journal.len().saturating_sub(JOURNAL));
    values.insert("journal", Value::from(journal).into());
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

/// Condition on the registry: a file that is attached to a comment or a
/// message.
fn is_attachment() -> Condition {
    Cond::all()
        .add(Expr::col("bucket").eq("files"))
        .add(Expr::col("prefix").eq("attachments"))
}

/// Condition on the registry: a small picture of a row, such as an avatar.
fn is_thumbnail() -> Condition {
    Cond::all()
        .add(Expr::col("bucket").eq("pictures"))
        .add(Expr::col("prefix").eq("thumbnails"))
}

/// Marks the thumbnail of a row as deleted.
pub async fn mark_thumbnail_deleted(
    transaction: &mut Transaction,
    owner: Uuid,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let mut select = registered(is_thumbnail());
    select
        .and_where(Expr::col("file_id").eq(owner.to_string()))
        .and_where(Expr::col("deleted_at").is_null());
    for file in locked(transaction, &mut select).await? {
        note(transaction, &file, Happening::Deleted, defaults).await?;
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
        let journal: Value = row.get("journal")?;
        Ok(Some(StoredFile {
            id: row.get("id")?,
            bucket: row.get("bucket")?,
            prefix: row.get("prefix")?,
            owner,
            journal: journal.as_array().cloned().unwrap_or_default(),
            attempts: row.get("purge_attempts")?,
        }))
    });
    Ok(files.await?.into_iter().flatten().collect())
}

/// The current time in the format of the journal.
fn moment(defaults: &Defaults<'_>) -> String {
    defaults.now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
