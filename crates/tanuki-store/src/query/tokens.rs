//! Who a token speaks for, and which tokens are revoked.

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
    /// Which session tokens the account accepts.
    pub generation: Generation,
}

/// Which session tokens an account accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generation {
    /// 0 until the first change of the password.
    pub number: i64,
    /// When it began; none for 0.
    pub started_at: Option<NaiveDateTime>,
    /// The session that goes on although it is of an earlier generation.
    pub kept_session: Option<String>,
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

/// There is one studio.
const ONE: u64 = 1;

static IDENTITY: Prepared = Prepared::new();

/// The person of that id and whether the token `jti` is revoked, in one query.
pub async fn identity(database: &Database, id: Uuid, jti: &str) -> Result<Option<Identity>> {
    let values = vec![jti.into(), id.into()];
    let query = IDENTITY.query(database.dialect(), values, || select_identity(id, jti));
    let row = database.fetch_optional(query).await?;
    row.map(|row| Identity::read(&row, 0)).transpose()
}

/// How many tokens [`identities`] asks about in one statement.
pub const MAX_BATCH: usize = 100;

/// Like [`identity`] for several people and tokens in one statement: what is
/// found of each, in their order.
pub async fn identities(
    database: &Database,
    asked: &[(Uuid, &str)],
) -> Result<Vec<Option<Identity>>> {
    let mut found = vec![None; asked.len()];
    let numbered = asked.iter().enumerate().map(|(number, (id, jti))| {
        let mut select = select_identity(*id, jti);
        select.expr(Expr::val(number as i64));
        select
    });
    let Some(all) = numbered.reduce(|mut all, one| {
        all.union(UnionType::All, one);
        all
    }) else {
        return Ok(found);
    };
    let rows = database.fetch_all(database.dialect().build(&all)).await?;
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

/// How somebody is shown to themselves, with their studio.
#[derive(Debug)]
pub struct CurrentUserQuery {
    person: Projection,
    /// What comes before that which only admins see, that, and what follows.
    organisation: [Projection; 3],
    text: Prepared,
}

impl CurrentUserQuery {
    /// `organisation` is what comes before that which only admins see, that, and
    /// what follows.
    pub fn new(person: Projection, organisation: [Projection; 3]) -> Self {
        Self {
            person,
            organisation,
            text: Prepared::new(),
        }
    }

    /// Like [`identity`], with these rows, in one query all the same.
    pub async fn identity(
        &'static self,
        database: &Database,
        id: Uuid,
        jti: &str,
    ) -> Result<Option<IdentityWithRows>> {
        let dialect = database.dialect();
        let values = vec![jti.into(), ONE.into(), id.into()];
        let query = (self.text).query(dialect, values, || self.select(dialect, id, jti));
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

    fn select(&self, dialect: Dialect, id: Uuid, jti: &str) -> SelectStatement {
        let studio = self.organisation[0].table.name;
        let mut first = Query::select();
        first.column(Asterisk).from(studio).limit(ONE);
        let mut select = select_identity(id, jti);
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

/// An identity with its person's row and the studio's.
#[derive(Debug)]
pub struct IdentityWithRows {
    pub identity: Identity,
    /// A database that nobody has asked for its studio yet has none.
    pub has_studio: bool,
    row: Row,
    mirror: &'static CurrentUserQuery,
}

impl IdentityWithRows {
    /// Appends the person's JSON.
    pub fn write_person(&self, out: &mut Vec<u8>) -> Result<()> {
        let mut place = Identity::WIDTH;
        self.mirror.person.write_from(&self.row, &mut place, out)
    }

    /// Appends the studio's JSON.
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

fn select_identity(id: Uuid, jti: &str) -> SelectStatement {
    let mut select = Query::select();
    add_identity(&mut select, jti);
    select
        .from("person")
        .and_where(Expr::col(("person", "id")).eq(id));
    select
}

/// Adds what [`Identity::read`] reads of the `person` of a query.
pub(crate) fn add_identity(select: &mut SelectStatement, jti: &str) {
    let generation = |column| Expr::col((GENERATION, column));
    select
        .columns(FACTS.map(|column| ("person", column)))
        .expr(revoked(jti))
        .columns(["generation", "started_at", "kept_session"].map(|column| (GENERATION, column)))
        .left_join(GENERATION, generation("person_id").equals(("person", "id")));
}

/// The generation of session tokens that the `person` of a query is in.
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

/// Refuses every session token that the person was given before, but those of
/// the session that is named: the `jti` of its refresh token.
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

/// Forgets the generation of a person who is deleted.
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
    /// How many columns it is.
    pub(crate) const WIDTH: usize = FACTS.len() + 4;

    /// From that place of the select list on.
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
        .expr(Expr::cust("1"))
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
            .on_conflict(OnConflict::column("jti").do_nothing().to_owned());
        transaction.execute(dialect.build(&insert)).await?;
    }
    transaction.commit().await
}
