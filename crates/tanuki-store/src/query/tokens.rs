//! Who a token speaks for, and which tokens are revoked.

use chrono::NaiveDateTime;
use sea_query::{Asterisk, Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::Row;
use crate::shape::Shape;
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

/// Columns of [`Identity`], in its order.
const FACTS: [&str; 8] = [
    "id",
    "role",
    "active",
    "is_bot",
    "jti",
    "preview_project_id",
    "preview_opened_at",
    "preview_open_until",
];

/// The person of that id and whether the token `jti` is revoked, in one query.
pub async fn identity(database: &Database, id: Uuid, jti: &str) -> Result<Option<Identity>> {
    let select = select_identity(id, jti);
    let row = database
        .fetch_optional(database.dialect().build(&select))
        .await?;
    row.map(|row| Identity::read(&row)).transpose()
}

/// An identity with its person's row and the studio's.
#[derive(Debug)]
pub struct InFull {
    pub identity: Identity,
    pub person: Map<String, Value>,
    /// None yet in a database that nobody has asked for it.
    pub organisation: Option<Map<String, Value>>,
}

/// Like [`identity`], with these rows, in one query all the same.
pub async fn identity_in_full(
    database: &Database,
    (id, jti): (Uuid, &str),
    person: &Shape,
    organisation: &Shape,
) -> Result<Option<InFull>> {
    let dialect = database.dialect();
    let studio = organisation.table.name;
    let mut select = select_identity(id, jti);
    person.add_to(&mut select, dialect);
    let mut first = Query::select();
    first.column(Asterisk).from(studio).limit(1);
    select
        .join_subquery(JoinType::LeftJoin, first, studio, Expr::val(true))
        .expr(Expr::col((studio, "id")).is_not_null());
    organisation.add_to(&mut select, dialect);
    let Some(row) = database.fetch_optional(dialect.build(&select)).await? else {
        return Ok(None);
    };
    let of_person = FACTS.len() + 1;
    let of_studio = of_person + person.width();
    let has_studio: bool = row.get(of_studio)?;
    Ok(Some(InFull {
        identity: Identity::read(&row)?,
        person: person.read_from(&row, of_person)?,
        organisation: has_studio
            .then(|| organisation.read_from(&row, of_studio + 1))
            .transpose()?,
    }))
}

fn select_identity(id: Uuid, jti: &str) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(FACTS.map(|column| ("person", column)))
        .expr(revoked(jti))
        .from("person")
        .and_where(Expr::col(("person", "id")).eq(id));
    select
}

impl Identity {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
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
    }
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
