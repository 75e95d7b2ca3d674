//! Who a token speaks for, and which tokens are revoked.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use uuid::Uuid;

use crate::{Connection, Database, Result};

const REVOKED: &str = "tanuki_revoked_token";

/// The person behind a token, as far as every request needs to know them.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: Uuid,
    pub role: String,
    pub active: bool,
    pub is_bot: bool,
    /// Id of the one API token that is in force.
    pub jti: Option<String>,
    pub preview_project_id: Option<Uuid>,
    pub preview_opened_at: Option<NaiveDateTime>,
    pub preview_open_until: Option<NaiveDateTime>,
    /// Whether the token that was asked about is revoked.
    pub revoked: bool,
}

/// The person of that id and whether the token `jti` is revoked, in one query.
pub async fn identity(database: &Database, id: Uuid, jti: &str) -> Result<Option<Identity>> {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "role",
            "active",
            "is_bot",
            "jti",
            "preview_project_id",
            "preview_opened_at",
            "preview_open_until",
        ])
        .expr(revoked(jti))
        .from("person")
        .and_where(Expr::col("id").eq(id));
    let row = database
        .fetch_optional(database.dialect().build(&select))
        .await?;
    row.map(|row| {
        Ok(Identity {
            id: row.get(0)?,
            role: row.get(1)?,
            active: row.get::<Option<bool>>(2)?.unwrap_or(false),
            is_bot: row.get(3)?,
            jti: row.get(4)?,
            preview_project_id: row.get(5)?,
            preview_opened_at: row.get(6)?,
            preview_open_until: row.get(7)?,
            revoked: row.get(8)?,
        })
    })
    .transpose()
}

/// Whether the token `jti` is revoked, for a token whose person is not there.
pub async fn is_revoked(database: &Database, jti: &str) -> Result<bool> {
    let mut select = Query::select();
    select.expr(revoked(jti));
    let row = database
        .fetch_optional(database.dialect().build(&select))
        .await?;
    row.map_or(Ok(false), |row| row.get(0))
}

fn revoked(jti: &str) -> SimpleExpr {
    let mut select = Query::select();
    select
        .expr(Expr::val(1))
        .from(REVOKED)
        .and_where(Expr::col((REVOKED, "jti")).eq(jti));
    Expr::exists(select)
}

/// Refuses the tokens of these ids from now on; each entry is kept as long as
/// its token could still be shown.
pub async fn revoke(
    database: &Database,
    tokens: &[(&str, NaiveDateTime)],
    now: NaiveDateTime,
) -> Result<()> {
    let dialect = database.dialect();
    let mut transaction = database.begin().await?;
    let mut expired = Query::delete();
    expired
        .from_table(REVOKED)
        .and_where(Expr::col("expires_at").lte(now));
    transaction.execute(dialect.build(&expired)).await?;
    for (jti, expires_at) in tokens {
        let mut insert = Query::insert();
        insert
            .into_table(REVOKED)
            .columns(["jti", "expires_at"])
            .values_panic([(*jti).into(), (*expires_at).into()])
            .on_conflict(sea_query::OnConflict::column("jti").do_nothing().to_owned());
        transaction.execute(dialect.build(&insert)).await?;
    }
    transaction.commit().await
}
