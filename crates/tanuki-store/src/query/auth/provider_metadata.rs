//! The metadata of the identity provider (SAML) that were last fetched.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, OnConflict, Query};

use crate::{Connection as _, Database, Result};

const TABLE: &str = "tanuki_saml_metadata";

/// Returns the metadata from an address, with the time at which they were
/// fetched; `None` if there are none. `address` is its digest.
pub async fn find(database: &Database, address: &str) -> Result<Option<(String, NaiveDateTime)>> {
    let mut select = Query::select();
    select
        .columns(["document", "fetched_at"])
        .from(TABLE)
        .and_where(Expr::col("address").eq(address));
    database
        .fetch_one(&select, |row| {
            Ok((row.get("document")?, row.get("fetched_at")?))
        })
        .await
}

/// Stores the metadata from an address in place of all others, unless there are
/// some that were fetched later.
pub async fn put(
    database: &Database,
    address: &str,
    document: &str,
    fetched_at: NaiveDateTime,
) -> Result<()> {
    let dialect = database.dialect();
    let mut others = Query::delete();
    others
        .from_table(TABLE)
        .and_where(Expr::col("address").ne(address));
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["address", "document", "fetched_at"])
        .values_panic([address.into(), document.into(), fetched_at.into()])
        .on_conflict(
            OnConflict::column("address")
                .update_columns(["document", "fetched_at"])
                .action_and_where(Expr::col((TABLE, "fetched_at")).lte(fetched_at))
                .to_owned(),
        );
    let mut transaction = database.begin().await?;
    transaction.execute(dialect.build(&others)).await?;
    transaction.execute(dialect.build(&insert)).await?;
    transaction.commit().await
}
