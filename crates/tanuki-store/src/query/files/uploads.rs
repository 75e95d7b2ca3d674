//! Uploads that continue after an interruption, table `tanuki_upload`.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::schema::own_tables::TANUKI_UPLOAD;
use crate::write::{self, Defaults, Values};
use crate::{Connection, Result, Transaction};

/// A row of the table.
#[derive(Debug, Clone)]
pub struct PartialUpload {
    pub id: Uuid,
    /// Whose it is.
    pub person_id: Uuid,
    /// The length of the whole file, in bytes.
    pub length: i64,
    /// What the client says about the file, as it sent it.
    pub metadata: String,
    /// When bytes last arrived.
    pub changed_at: NaiveDateTime,
}

/// Inserts an upload.
pub async fn insert(
    transaction: &mut Transaction,
    upload: &PartialUpload,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let values = Values::from([
        ("id", upload.id.into()),
        ("person_id", upload.person_id.into()),
        ("length", upload.length.into()),
        ("metadata", upload.metadata.as_str().into()),
        ("created_at", upload.changed_at.into()),
        ("changed_at", upload.changed_at.into()),
    ]);
    write::insert(transaction, &TANUKI_UPLOAD, values, defaults).await
}

/// Returns the upload with that id, or `None`.
pub async fn find(connection: impl Connection, id: Uuid) -> Result<Option<PartialUpload>> {
    let mut select = Query::select();
    select
        .columns(["id", "person_id", "length", "metadata", "changed_at"])
        .from(TANUKI_UPLOAD.name)
        .and_where(Expr::col("id").eq(id));
    connection
        .fetch_one(&select, |row| {
            Ok(PartialUpload {
                id: row.get("id")?,
                person_id: row.get("person_id")?,
                length: row.get("length")?,
                metadata: row.get("metadata")?,
                changed_at: row.get("changed_at")?,
            })
        })
        .await
}

/// Returns the lengths of a person's uploads, in bytes.
pub async fn lengths_of(connection: impl Connection, person_id: Uuid) -> Result<Vec<i64>> {
    let mut select = Query::select();
    select
        .column("length")
        .from(TANUKI_UPLOAD.name)
        .and_where(Expr::col("person_id").eq(person_id));
    connection.fetch(&select, |row| row.get("length")).await
}

/// Returns up to `most` uploads without new bytes since a time.
pub async fn unchanged_since(
    connection: impl Connection,
    time: NaiveDateTime,
    most: u64,
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column("id")
        .from(TANUKI_UPLOAD.name)
        .and_where(Expr::col("changed_at").lt(time))
        .limit(most);
    connection.ids(&select).await
}

/// Records that bytes arrived.
pub async fn touch(transaction: &mut Transaction, id: Uuid, now: NaiveDateTime) -> Result<()> {
    let changed = Values::from([("changed_at", now.into())]);
    write::update(transaction, &TANUKI_UPLOAD, id, changed).await?;
    Ok(())
}

/// Deletes an upload. Returns whether there was one.
pub async fn remove(transaction: &mut Transaction, id: Uuid) -> Result<bool> {
    write::delete(transaction, &TANUKI_UPLOAD, id).await
}
