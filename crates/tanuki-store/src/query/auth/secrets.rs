//! One-time secrets (codes and tokens with an expiry). Only a digest is
//! stored.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, OnConflict, Query};

use crate::query::names;
use crate::{Connection, Database, Result, Transaction};

const TABLE: &str = "tanuki_one_time_secret";

/// A secret to store. There is one for each pair of purpose and subject.
#[derive(Debug)]
pub struct NewSecret<'a> {
    pub purpose: &'a str,
    pub subject: &'a str,
    pub digest: &'a [u8],
    pub payload: Option<serde_json::Value>,
    pub now: NaiveDateTime,
    pub expires_at: NaiveDateTime,
}

/// The stored digest of a secret, with its payload.
#[derive(Debug)]
pub struct StoredSecret {
    pub digest: Vec<u8>,
    pub payload: Option<serde_json::Value>,
}

/// Stores a secret, replacing the subject's previous one (upsert), and deletes
/// expired secrets.
pub async fn put(database: &Database, secret: NewSecret<'_>) -> Result<()> {
    let mut replace = OnConflict::columns(["purpose", "subject"]);
    replace.update_columns(["digest", "payload", "expires_at"]);
    insert(database, secret, replace).await.map(drop)
}

/// Stores a secret unless the subject has one, and deletes expired secrets.
/// Returns whether it was stored: of two concurrent callers, that is so for one.
pub async fn put_new(database: &Database, secret: NewSecret<'_>) -> Result<bool> {
    let mut keep = OnConflict::columns(["purpose", "subject"]);
    keep.do_nothing();
    Ok(insert(database, secret, keep).await? == 1)
}

/// Returns how many rows were written.
async fn insert(
    database: &Database,
    secret: NewSecret<'_>,
    on_conflict: OnConflict,
) -> Result<u64> {
    let dialect = database.dialect();
    let mut expired = Query::delete();
    expired
        .from_table(TABLE)
        .and_where(Expr::col("expires_at").lte(secret.now));
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["purpose", "subject", "digest", "payload", "expires_at"])
        .values_panic([
            secret.purpose.into(),
            secret.subject.into(),
            secret.digest.to_vec().into(),
            Expr::val(sea_query::Value::Json(secret.payload.map(Box::new))),
            secret.expires_at.into(),
        ])
        .on_conflict(on_conflict);
    let mut transaction = database.begin().await?;
    transaction.execute(dialect.build(&expired)).await?;
    let written = transaction.execute(dialect.build(&insert)).await?;
    transaction.commit().await?;
    Ok(written)
}

/// Returns the subject's secret; `None` if there is none or it has expired.
pub async fn find(
    database: &Database,
    purpose: &str,
    subject: &str,
    now: NaiveDateTime,
) -> Result<Option<StoredSecret>> {
    let mut select = Query::select();
    select
        .columns(["digest", "payload"])
        .from(TABLE)
        .and_where(Expr::col("purpose").eq(purpose))
        .and_where(Expr::col("subject").eq(subject))
        .and_where(Expr::col("expires_at").gt(now));
    database
        .fetch_one(&select, |row| {
            Ok(StoredSecret {
                digest: row.get("digest")?,
                payload: row.get("payload")?,
            })
        })
        .await
}

/// Returns whether a subject that begins with `beginning` has a secret that has
/// not expired.
pub async fn any_of(
    database: &Database,
    purpose: &str,
    beginning: &str,
    now: NaiveDateTime,
) -> Result<bool> {
    let mut select = Query::select();
    select
        .column("subject")
        .from(TABLE)
        .and_where(Expr::col("purpose").eq(purpose))
        .and_where(Expr::col("subject").like(format!("{beginning}%")))
        .and_where(Expr::col("expires_at").gt(now))
        .limit(1);
    database.exists(select).await
}

/// Like [`find`], and deletes the secret. Of two concurrent callers, only one
/// gets it.
pub async fn take(
    database: &Database,
    purpose: &str,
    subject: &str,
    now: NaiveDateTime,
) -> Result<Option<StoredSecret>> {
    let Some(kept) = find(database, purpose, subject, now).await? else {
        return Ok(None);
    };
    let mut delete = Query::delete();
    delete
        .from_table(TABLE)
        .and_where(Expr::col("purpose").eq(purpose))
        .and_where(Expr::col("subject").eq(subject))
        .and_where(Expr::col("digest").eq(kept.digest.clone()));
    let taken = database.execute(database.dialect().build(&delete)).await?;
    Ok((taken == 1).then_some(kept))
}

/// Deletes the secrets of a subject, ignoring the case of the subject.
pub async fn forget(transaction: &mut Transaction, purpose: &str, subject: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table(TABLE)
        .and_where(Expr::col("purpose").eq(purpose))
        .and_where(names::is_called(Expr::col("subject"), subject));
    let query = transaction.dialect().build(&delete);
    transaction.execute(query).await?;
    Ok(())
}
