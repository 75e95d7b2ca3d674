//! Sessions of the API, which are listed so that they can be ended. A token is
//! valid without its row: what ends a session is that its id is revoked.

use chrono::NaiveDateTime;
use sea_query::{Expr, ExprTrait, OnConflict, Query};
use uuid::Uuid;

use crate::projection::Projection;
use crate::schema::TANUKI_SESSION;
use crate::{Connection, Database, Filter, ListQuery, Result, Transaction};

/// A session that begins.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The `jti` of its refresh token.
    pub id: Uuid,
    pub person_id: Uuid,
    pub method: &'a str,
    pub ip_address: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub now: NaiveDateTime,
    pub expires_at: NaiveDateTime,
}

/// Inserts a session, and deletes expired ones.
pub async fn record(database: &Database, session: &NewSession<'_>) -> Result<()> {
    let dialect = database.dialect();
    let mut expired = Query::delete();
    expired
        .from_table(TANUKI_SESSION.name)
        .and_where(Expr::col("expires_at").lte(session.now));
    let mut insert = Query::insert();
    insert
        .into_table(TANUKI_SESSION.name)
        .columns([
            "id",
            "person_id",
            "method",
            "ip_address",
            "user_agent",
            "created_at",
            "expires_at",
        ])
        .values_panic([
            session.id.into(),
            session.person_id.into(),
            session.method.into(),
            session.ip_address.map(str::to_owned).into(),
            session.user_agent.map(str::to_owned).into(),
            session.now.into(),
            session.expires_at.into(),
        ])
        .on_conflict(OnConflict::column("id").do_nothing().to_owned());
    let mut transaction = database.begin().await?;
    transaction.execute(dialect.build(&expired)).await?;
    transaction.execute(dialect.build(&insert)).await?;
    transaction.commit().await
}

/// Notes that a session got a new access token.
pub async fn renew(database: &Database, id: Uuid, now: NaiveDateTime) -> Result<()> {
    let mut update = Query::update();
    update
        .table(TANUKI_SESSION.name)
        .value("renewed_at", now)
        .and_where(Expr::col("id").eq(id));
    database.execute(database.dialect().build(&update)).await?;
    Ok(())
}

/// Condition on `tanuki_session`: of the person, and not expired.
fn is_open(person_id: Uuid, now: NaiveDateTime) -> Filter {
    let is_of = Expr::col((TANUKI_SESSION.name, "person_id")).eq(person_id);
    Filter::from(is_of).and(Expr::col((TANUKI_SESSION.name, "expires_at")).gt(now))
}

/// Returns the open sessions of a person, newest first.
pub fn of_person(
    projection: &'static Projection,
    person_id: Uuid,
    now: NaiveDateTime,
) -> ListQuery {
    ListQuery::new(projection)
        .filter(is_open(person_id, now))
        .descending("created_at")
}

/// Returns the id of the person of a session; `None` if there is no such
/// session or it has expired.
pub async fn person_of(database: &Database, id: Uuid, now: NaiveDateTime) -> Result<Option<Uuid>> {
    let mut select = Query::select();
    select
        .column("person_id")
        .from(TANUKI_SESSION.name)
        .and_where(Expr::col("id").eq(id))
        .and_where(Expr::col("expires_at").gt(now));
    database.scalar(&select).await
}

/// Deletes the row of a session that has ended.
pub async fn forget(database: &Database, id: Uuid) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table(TANUKI_SESSION.name)
        .and_where(Expr::col("id").eq(id));
    database.execute(database.dialect().build(&delete)).await?;
    Ok(())
}

/// Deletes the rows of all sessions of a person but one.
pub async fn forget_all(
    transaction: &mut Transaction,
    person_id: Uuid,
    except: Option<Uuid>,
) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table(TANUKI_SESSION.name)
        .and_where(Expr::col("person_id").eq(person_id));
    if let Some(id) = except {
        delete.and_where(Expr::col("id").ne(id));
    }
    let query = transaction.dialect().build(&delete);
    transaction.execute(query).await?;
    Ok(())
}
