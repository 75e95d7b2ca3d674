//! Browser sessions of the admin console. A session is stored under the digest
//! of its cookie.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::{Connection, Database, Result};

const TABLE: &str = "tanuki_console_session";

/// Inserts a session, and deletes expired ones.
pub async fn start(
    database: &Database,
    digest: &str,
    person_id: Uuid,
    now: NaiveDateTime,
    expires_at: NaiveDateTime,
) -> Result<()> {
    let dialect = database.dialect();
    let mut expired = Query::delete();
    expired
        .from_table(TABLE)
        .and_where(Expr::col("expires_at").lte(now));
    let mut insert = Query::insert();
    insert
        .into_table(TABLE)
        .columns(["digest", "person_id", "created_at", "expires_at"])
        .values_panic([
            digest.into(),
            person_id.into(),
            now.into(),
            expires_at.into(),
        ]);
    let mut transaction = database.begin().await?;
    transaction.execute(dialect.build(&expired)).await?;
    transaction.execute(dialect.build(&insert)).await?;
    transaction.commit().await
}

/// Returns the id of the session's person; `None` if there is no such session
/// or it has expired.
pub async fn person(database: &Database, digest: &str, now: NaiveDateTime) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("person_id")
        .from(TABLE)
        .and_where(Expr::col("digest").eq(digest))
        .and_where(Expr::col("expires_at").gt(now));
    database
        .fetch_one(&select, |row| row.get("person_id"))
        .await
}

/// Deletes a session. Idempotent.
pub async fn end(database: &Database, digest: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table(TABLE)
        .and_where(Expr::col("digest").eq(digest));
    database.execute(database.dialect().build(&delete)).await?;
    Ok(())
}

/// Deletes all sessions of a person, after a change of the password for
/// example.
pub async fn end_all(connection: impl Connection, person_id: Uuid) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table(TABLE)
        .and_where(Expr::col("person_id").eq(person_id));
    let query = connection.dialect().build(&delete);
    connection.execute(query).await?;
    Ok(())
}
