//! Authentication tokens: the person a token identifies, revocation of tokens
//! and generations of sessions.

use chrono::NaiveDateTime;
use sea_query::{
    Asterisk, Expr, ExprTrait, Func, JoinType, OnConflict, Query, SelectStatement, SimpleExpr,
    UnionType,
};
use uuid::Uuid;

use crate::database::Row;
use crate::dialect::{Dialect, Prepared};
use crate::projection::{Projection, Style};
use crate::{Connection, Database, Result};

const REVOKED: &str = "tanuki_revoked_token";

const GENERATION: &str = "tanuki_token_generation";

/// The person that a token identifies: the columns that every request needs.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: Uuid,
    pub role: String,
    pub active: bool,
    pub is_bot: bool,
    /// Id of the current API token; any other API token of the person or bot
    /// is refused.
    pub jti: Option<String>,
    pub preview_project_id: Option<Uuid>,
    pub preview_opened_at: Option<NaiveDateTime>,
    pub preview_open_until: Option<NaiveDateTime>,
    /// Whether the token of the request is revoked.
    pub revoked: bool,
    /// Which session tokens are valid.
    pub generation: Generation,
}

/// Decides which session tokens of an account are valid. A change of the
/// password starts a new generation, which invalidates the tokens of earlier
/// ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generation {
    /// 0 until the first change of the password.
    pub number: i64,
    /// When the generation started; `None` for generation 0.
    pub started_at: Option<NaiveDateTime>,
    /// The session that remains valid although its tokens are of an earlier
    /// generation: the `jti` of its refresh token.
    pub kept_session: Option<String>,
}

/// Columns of `person` in the order that [`Identity::read`] expects.
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

/// The ids by which a token is revoked.
#[derive(Debug, Clone, Copy)]
pub struct TokenIds<'a> {
    pub jti: &'a str,
    /// The [`session_mark`] of its session.
    pub session: &'a str,
}

/// Returns what is stored to revoke all tokens of a session: its id with a
/// mark, because a logout revokes the refresh token alone by that id.
pub fn session_mark(id: &str) -> String {
    format!("session:{id}")
}

static IDENTITY: Prepared = Prepared::new();

/// Returns the person with that id and whether the token or its session is
/// revoked, in one query. `None` if there is no such person.
pub async fn identity(
    database: &Database,
    id: Uuid,
    token: TokenIds<'_>,
) -> Result<Option<Identity>> {
    let values = vec![token.jti.into(), token.session.into(), id.into()];
    let query = IDENTITY.query(database.dialect(), values, || select_identity(id, token));
    let row = database.fetch_optional(query).await?;
    row.map(|row| Identity::read(&row, 0)).transpose()
}

/// Maximum number of tokens in one call of [`identities`].
pub const MAX_BATCH: usize = 100;

/// Like [`identity`] for several pairs of person id and token in one
/// statement. The results are in the order of `asked`.
pub async fn identities(
    database: &Database,
    asked: &[(Uuid, TokenIds<'_>)],
) -> Result<Vec<Option<Identity>>> {
    let mut found = vec![None; asked.len()];
    let numbered = asked.iter().enumerate().map(|(number, (id, token))| {
        let mut select = select_identity(*id, *token);
        select.expr(Expr::val(number as i64));
        select
    });
    let Some(all) = numbered.reduce(|mut all, one| {
        all.union(UnionType::All, one);
        all
    }) else {
        return Ok(found);
    };
    let query = database.dialect().build(&all);
    let rows = database.fetch_all(query).await?;
    for row in rows {
        let number: i64 = row.get(Identity::WIDTH)?;
        if let Some(place) = usize::try_from(number)
            .ok()
            .and_then(|at| found.get_mut(at))
        {
            *place = Some(Identity::read(&row, 0)?);
        }
    }
    Ok(found)
}

/// A prepared query for the current user: the identity with the rows of person
/// and organisation.
#[derive(Debug)]
pub struct CurrentUserQuery {
    person: Projection,
    /// The keys before those that only admins see, those, and the keys after
    /// them.
    organisation: [Projection; 3],
    text: Prepared,
}

impl CurrentUserQuery {
    /// `organisation` has three projections: the keys before those that only
    /// admins see, those, and the keys after them.
    pub fn new(person: Projection, organisation: [Projection; 3]) -> Self {
        Self {
            person,
            organisation,
            text: Prepared::new(),
        }
    }

    /// Like [`identity`], with the rows of person and organisation in the same
    /// query.
    pub async fn identity(
        &'static self,
        database: &Database,
        id: Uuid,
        token: TokenIds<'_>,
    ) -> Result<Option<IdentityWithRows>> {
        let dialect = database.dialect();
        let values = vec![token.jti.into(), token.session.into(), id.into()];
        let query = (self.text).query(dialect, values, || self.select(dialect, id, token));
        let Some(row) = database.fetch_optional(query).await? else {
            return Ok(None);
        };
        let has_studio = row.get(Identity::WIDTH + self.person.width())?;
        Ok(Some(IdentityWithRows {
            identity: Identity::read(&row, 0)?,
            has_studio,
            row,
            mirror: self,
        }))
    }

    fn select(&self, dialect: Dialect, id: Uuid, token: TokenIds<'_>) -> SelectStatement {
        let studio = self.organisation[0].table.name;
        let mut first = Query::select();
        // The table `organisation` has one row.
        first.column(Asterisk).from(studio).limit(1);
        let mut select = select_identity(id, token);
        self.person.add_to(&mut select, dialect);
        select
            .join_subquery(JoinType::LeftJoin, first, studio, Expr::cust("TRUE"))
            .expr(Expr::col((studio, "id")).is_not_null());
        for part in &self.organisation {
            part.add_to(&mut select, dialect);
        }
        select
    }
}

/// An identity with the rows of its person and of the organisation.
#[derive(Debug)]
pub struct IdentityWithRows {
    pub identity: Identity,
    /// `false` in a new database: the row is created by the first request that
    /// reads the organisation.
    pub has_studio: bool,
    row: Row,
    mirror: &'static CurrentUserQuery,
}

impl IdentityWithRows {
    /// Appends the person's JSON to `out`.
    pub fn write_person(&self, out: &mut Vec<u8>) -> Result<()> {
        let mut place = Identity::WIDTH;
        self.mirror.person.write_from(&self.row, &mut place, out)
    }

    /// Appends the organisation's JSON to `out`; `with_secrets` includes the
    /// keys that only admins see.
    pub fn write_organisation(&self, with_secrets: bool, out: &mut Vec<u8>) -> Result<()> {
        let mut place = Identity::WIDTH + 1 + self.mirror.person.width();
        let [before, secrets, behind] = &self.mirror.organisation;
        let row = std::slice::from_ref(&self.row);
        out.push(b'{');
        before.write_fields(row, &mut place, Style::OBJECT, out)?;
        if with_secrets {
            out.push(b',');
            secrets.write_fields(row, &mut place, Style::OBJECT, out)?;
        } else {
            place += secrets.width();
        }
        out.push(b',');
        behind.write_fields(row, &mut place, Style::OBJECT, out)?;
        out.push(b'}');
        Ok(())
    }
}

fn select_identity(id: Uuid, token: TokenIds<'_>) -> SelectStatement {
    let mut select = Query::select();
    add_identity(&mut select, token);
    select
        .from("person")
        .and_where(Expr::col(("person", "id")).eq(id));
    select
}

/// Adds to a query on `person` the columns that [`Identity::read`] expects.
pub(crate) fn add_identity(select: &mut SelectStatement, token: TokenIds<'_>) {
    let generation = |column| Expr::col((GENERATION, column));
    select
        .columns(FACTS.map(|column| ("person", column)))
        .expr(revoked(token))
        .columns(["generation", "started_at", "kept_session"].map(|column| (GENERATION, column)))
        .left_join(GENERATION, generation("person_id").equals(("person", "id")));
}

/// Expression for the current token generation of the `person` of a query; 0
/// if their password was never changed.
pub(crate) fn generation_of_person() -> SimpleExpr {
    let mut select = Query::select();
    select
        .column((GENERATION, "generation"))
        .from(GENERATION)
        .and_where(Expr::col((GENERATION, "person_id")).equals(("person", "id")));
    Expr::expr(Func::coalesce([
        SimpleExpr::SubQuery(None, Box::new(select.into())),
        Expr::val(0),
    ]))
}

/// Starts a new token generation: invalidates all session tokens of the
/// person, except those of the session `kept_session` (the `jti` of its
/// refresh token).
pub async fn start_generation(
    connection: impl Connection,
    person_id: Uuid,
    kept_session: Option<&str>,
    now: NaiveDateTime,
) -> Result<()> {
    let mut insert = Query::insert();
    insert
        .into_table(GENERATION)
        .columns(["person_id", "generation", "started_at", "kept_session"])
        .values_panic([
            person_id.into(),
            1.into(),
            now.into(),
            kept_session.map(str::to_owned).into(),
        ])
        .on_conflict(
            OnConflict::column("person_id")
                .value("generation", Expr::col((GENERATION, "generation")).add(1))
                .update_columns(["started_at", "kept_session"])
                .to_owned(),
        );
    let query = connection.dialect().build(&insert);
    connection.execute(query).await?;
    Ok(())
}

/// Deletes the token generation of a person who is deleted.
pub async fn forget_generation(connection: impl Connection, person_id: Uuid) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table(GENERATION)
        .and_where(Expr::col("person_id").eq(person_id));
    let query = connection.dialect().build(&delete);
    connection.execute(query).await?;
    Ok(())
}

impl Identity {
    /// Number of selected columns.
    pub(crate) const WIDTH: usize = FACTS.len() + 4;

    /// Reads the identity from the columns that start at index `place`.
    pub(crate) fn read(row: &Row, place: usize) -> Result<Self> {
        Ok(Self {
            id: row.get(place)?,
            role: row.get(place + 1)?,
            active: row.get::<Option<bool>>(place + 2)?.unwrap_or(false),
            is_bot: row.get(place + 3)?,
            jti: row.get(place + 4)?,
            preview_project_id: row.get(place + 5)?,
            preview_opened_at: row.get(place + 6)?,
            preview_open_until: row.get(place + 7)?,
            revoked: row.get(place + 8)?,
            generation: Generation {
                number: row.get::<Option<i64>>(place + 9)?.unwrap_or(0),
                started_at: row.get(place + 10)?,
                kept_session: row.get(place + 11)?,
            },
        })
    }
}

/// Returns whether the token or its session is revoked; for tokens whose person
/// does not exist.
pub async fn is_revoked(database: &Database, token: TokenIds<'_>) -> Result<bool> {
    let mut select = Query::select();
    select.expr(revoked(token));
    Ok(database.scalar(&select).await?.unwrap_or(false))
}

fn revoked(token: TokenIds<'_>) -> SimpleExpr {
    let mut select = Query::select();
    select
        .expr(Expr::cust("1"))
        .from(REVOKED)
        .and_where(Expr::col((REVOKED, "jti")).is_in([token.jti, token.session]));
    Expr::exists(select)
}

/// Revokes tokens, given as pairs of `jti` and expiry. Entries of tokens that
/// have expired are deleted, as expiry alone refuses these.
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
            .on_conflict(OnConflict::column("jti").do_nothing().to_owned());
        transaction.execute(dialect.build(&insert)).await?;
    }
    transaction.commit().await
}
