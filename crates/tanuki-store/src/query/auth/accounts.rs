//! Credentials of people, lockout after failed logins, and the login log.

use chrono::NaiveDateTime;
use sea_query::{Cond, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use crate::database::Row;
use crate::query::{auth::tokens, names, people};
use crate::{Connection, Database, Result, Transaction};

/// The columns of a person that a login needs.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: Uuid,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub role: String,
    pub active: bool,
    pub password: Option<Vec<u8>>,
    pub desktop_login: Option<String>,
    /// The account is of somebody in the directory (LDAP).
    pub is_from_directory: bool,
    pub failed_attempts: i64,
    pub last_failed: Option<NaiveDateTime>,
    pub totp_enabled: bool,
    pub email_otp_enabled: bool,
    pub fido_enabled: bool,
    pub preferred_two_factor: Option<String>,
    pub preview_project_id: Option<Uuid>,
    pub preview_open_until: Option<NaiveDateTime>,
    pub locale: Option<String>,
    /// The current generation of session tokens; tokens of earlier ones are
    /// invalid.
    pub token_generation: i64,
}

impl Account {
    /// Returns first and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned()
    }
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            "id",
            "email",
            "first_name",
            "last_name",
            "role",
            "active",
            "password",
            "desktop_login",
            "is_generated_from_ldap",
            "login_failed_attemps",
            "last_login_failed",
            "totp_enabled",
            "email_otp_enabled",
            "fido_enabled",
            "preferred_two_factor_authentication",
            "preview_project_id",
            "preview_open_until",
            "locale",
        ])
        .expr_as(tokens::generation_of_person(), "generation")
        .from("person");
    select
}

fn read(row: &Row) -> Result<Account> {
    let flag =
        |column: &str| Ok::<_, crate::Error>(row.get::<Option<bool>>(column)?.unwrap_or(false));
    Ok(Account {
        id: row.get("id")?,
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        role: row.get("role")?,
        active: flag("active")?,
        password: row.get("password")?,
        desktop_login: row.get("desktop_login")?,
        is_from_directory: flag("is_generated_from_ldap")?,
        failed_attempts: row.get::<Option<i64>>("login_failed_attemps")?.unwrap_or(0),
        last_failed: row.get("last_login_failed")?,
        totp_enabled: flag("totp_enabled")?,
        email_otp_enabled: flag("email_otp_enabled")?,
        fido_enabled: flag("fido_enabled")?,
        preferred_two_factor: row.get("preferred_two_factor_authentication")?,
        preview_project_id: row.get("preview_project_id")?,
        preview_open_until: row.get("preview_open_until")?,
        locale: row.get("locale")?,
        token_generation: row.get("generation")?,
    })
}

/// Finds an account by email address, ignoring case. Bots are excluded.
/// Returns `None` for an empty address, because many accounts have one.
pub async fn by_email(connection: impl Connection, email: &str) -> Result<Option<Account>> {
    if email.is_empty() {
        return Ok(None);
    }
    by(connection, names::is_called(Expr::col("email"), email)).await
}

/// Finds an account by desktop login. Bots are excluded. Returns `None` for an
/// empty login.
async fn by_desktop_login(connection: impl Connection, login: &str) -> Result<Option<Account>> {
    if login.is_empty() {
        return Ok(None);
    }
    by(connection, Expr::col("desktop_login").eq(login)).await
}

/// Finds an account by email address, or else by desktop login.
pub async fn by_login(database: &Database, login: &str) -> Result<Option<Account>> {
    match by_email(database, login).await? {
        Some(account) => Ok(Some(account)),
        None => by_desktop_login(database, login).await,
    }
}

async fn by(connection: impl Connection, condition: SimpleExpr) -> Result<Option<Account>> {
    let is_of_directory = Func::coalesce([Expr::col("is_generated_from_ldap"), Expr::val(false)]);
    let mut query = select();
    query
        .and_where(condition)
        .and_where(Expr::col("is_bot").eq(false))
        // Logins are not unique: that of the directory comes first.
        .order_by_expr(is_of_directory.into(), Order::Desc)
        .order_by("created_at", Order::Asc)
        .limit(1);
    first(connection, &query).await
}

/// Finds an account by person id. Unlike the other lookups, it includes bots.
pub async fn by_id(connection: impl Connection, id: Uuid) -> Result<Option<Account>> {
    let mut query = select();
    query.and_where(Expr::col("id").eq(id));
    first(connection, &query).await
}

async fn first(connection: impl Connection, query: &SelectStatement) -> Result<Option<Account>> {
    connection.fetch_one(query, read).await
}

/// The limit on failed logins, after which an account is locked.
#[derive(Debug)]
pub struct Attempts {
    /// Number of failures that locks the account.
    pub max: i64,
    pub now: NaiveDateTime,
    /// The account is unlocked again if the last failure was at this time or
    /// earlier.
    pub reopened_by: NaiveDateTime,
}

/// Expression for the number of failed attempts; NULL counts as 0.
fn failures() -> SimpleExpr {
    Expr::expr(Func::coalesce([
        Expr::col("login_failed_attemps"),
        Expr::val(0),
    ]))
}

/// Counts a login attempt before the password is checked. Returns `false` if
/// the account is locked. The check and the increment are one statement, so
/// that concurrent attempts cannot exceed the limit.
pub async fn claim_attempt(database: &Database, id: Uuid, attempts: &Attempts) -> Result<bool> {
    let counted = sea_query::CaseStatement::new()
        .case(failures().gte(attempts.max), 1)
        .finally(failures().add(1));
    let mut update = Query::update();
    update
        .table("person")
        .value("login_failed_attemps", counted)
        .value("last_login_failed", attempts.now)
        .and_where(Expr::col("id").eq(id))
        .cond_where(
            Cond::any()
                .add(failures().lt(attempts.max))
                .add(Expr::col("last_login_failed").is_null())
                .add(Expr::col("last_login_failed").lte(attempts.reopened_by)),
        );
    let claimed = database.execute(database.dialect().build(&update)).await?;
    Ok(claimed == 1)
}

/// Undoes [`claim_attempt`] after a successful login; `account` was read
/// before the attempt.
pub async fn return_attempt(database: &Database, account: &Account) -> Result<()> {
    let mut update = Query::update();
    update
        .table("person")
        .value(
            "login_failed_attemps",
            Expr::col("login_failed_attemps").sub(1),
        )
        .value("last_login_failed", account.last_failed)
        .and_where(Expr::col("id").eq(account.id))
        .and_where(Expr::col("login_failed_attemps").gt(0));
    database.execute(database.dialect().build(&update)).await?;
    Ok(())
}

/// Sets `updated_at` of a person.
pub async fn touch(database: &Database, id: Uuid, now: NaiveDateTime) -> Result<()> {
    let update = people::change(id, now);
    database.execute(database.dialect().build(&update)).await?;
    Ok(())
}

/// Resets the number of failed attempts, which unlocks the account.
pub async fn clear_failures(database: &Database, id: Uuid, now: NaiveDateTime) -> Result<()> {
    let mut update = people::change(id, now);
    update.value("login_failed_attemps", 0);
    database.execute(database.dialect().build(&update)).await?;
    Ok(())
}

/// Stores a new password hash.
pub async fn set_password(
    connection: impl Connection,
    id: Uuid,
    hash: Vec<u8>,
    now: NaiveDateTime,
) -> Result<()> {
    let mut update = people::change(id, now);
    update.value("password", hash);
    let query = connection.dialect().build(&update);
    connection.execute(query).await?;
    Ok(())
}

/// Removes a person's password, so that nobody logs in with one.
pub async fn remove_password(
    connection: impl Connection,
    id: Uuid,
    now: NaiveDateTime,
) -> Result<()> {
    let mut update = people::change(id, now);
    update.value("password", Expr::null());
    let query = connection.dialect().build(&update);
    connection.execute(query).await?;
    Ok(())
}

/// Inserts a row into the login log; `origin` is `web` or `script`.
pub async fn log_login(
    database: &Database,
    person_id: Uuid,
    ip_address: Option<&str>,
    origin: &str,
    now: NaiveDateTime,
) -> Result<()> {
    let mut insert = Query::insert();
    insert
        .into_table("login_log")
        .columns([
            "id",
            "person_id",
            "ip_address",
            "origin",
            "created_at",
            "updated_at",
        ])
        .values_panic([
            Uuid::new_v4().into(),
            person_id.into(),
            ip_address.map(str::to_owned).into(),
            origin.into(),
            now.into(),
            now.into(),
        ]);
    database.execute(database.dialect().build(&insert)).await?;
    Ok(())
}

/// Switches off the second factors of a person and deletes their secrets and
/// recovery codes. Returns false if the person has none.
pub async fn disable_two_factor(
    transaction: &mut Transaction,
    id: Uuid,
    now: NaiveDateTime,
) -> Result<bool> {
    let enabled = ["totp_enabled", "email_otp_enabled", "fido_enabled"];
    let is_on = enabled.into_iter().fold(Cond::any(), |any, column| {
        any.add(Expr::col(column).eq(true))
    });
    let which = Cond::all().add(Expr::col("id").eq(id)).add(is_on);
    let mut update = Query::update();
    update
        .table("person")
        .values(enabled.map(|column| (column, false.into())))
        .value("updated_at", now)
        .cond_where(which);
    for column in [
        "totp_secret",
        "email_otp_secret",
        "fido_credentials",
        "otp_recovery_codes",
        "preferred_two_factor_authentication",
    ] {
        update.value(column, Expr::null());
    }
    let query = transaction.dialect().build(&update);
    Ok(transaction.execute(query).await? > 0)
}
