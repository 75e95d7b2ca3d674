//! Migrations: creates the schema in an empty database, checks the revision of
//! an existing one, and refuses any other.

use std::collections::BTreeSet;

use sea_query::{Expr, Func, Query as Sql};
use tanuki_domain::Clock;

use crate::dialect::Query;
use crate::schema::{REVISION, REVISION_TABLE, TABLES};
use crate::{Connection, Database, Error, Result, Transaction, initial, search_index, tables};

/// The state in which [`prepare`] found the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Empty: schema and initial rows were created.
    Empty,
    /// A database of Zou or Tanuki of the supported revision.
    Studio,
}

/// Creates or checks the schema, and migrates Tanuki's own tables. Takes a
/// lock, so that several processes may start at once.
///
/// # Errors
///
/// [`Error::Refused`] if the database is not one of Zou or of another revision.
pub async fn prepare(database: &Database, clock: &dyn Clock) -> Result<Found> {
    let mut transaction = database.begin().await?;
    lock(&mut transaction).await?;
    let found = inspect(&mut transaction).await?;
    if found == Found::Empty {
        create(&mut transaction).await?;
        initial::insert_all(&mut transaction, clock).await?;
    }
    add_own_tables(&mut transaction, clock).await?;
    search_index::create(&mut transaction).await?;
    transaction.commit().await?;
    Ok(found)
}

/// Creates the schema without rows except the revision, as the target of a
/// copy.
pub async fn create_empty(database: &Database, clock: &dyn Clock) -> Result<()> {
    let mut transaction = database.begin().await?;
    lock(&mut transaction).await?;
    if inspect(&mut transaction).await? == Found::Empty {
        create(&mut transaction).await?;
    }
    add_own_tables(&mut transaction, clock).await?;
    search_index::create(&mut transaction).await?;
    transaction.commit().await
}

/// Checks that the database has the schema of the supported revision.
///
/// # Errors
///
/// [`Error::Refused`] if not, with what to do about it.
pub async fn require_studio(database: &Database) -> Result<()> {
    let mut transaction = database.begin().await?;
    match inspect(&mut transaction).await? {
        Found::Studio => Ok(()),
        Found::Empty => Err(Error::Refused(
            "the database is empty: start `tanuki serve` on it once to create the schema".into(),
        )),
    }
}

async fn lock(transaction: &mut Transaction) -> Result<()> {
    transaction.lift_statement_limit().await?;
    transaction.lift_lock_limit().await?;
    if let Some(lock) = transaction.dialect().lock_schema() {
        transaction.fetch_all(lock).await?;
    }
    Ok(())
}

async fn inspect(transaction: &mut Transaction) -> Result<Found> {
    let names = table_names(transaction).await?;
    let foreign: Vec<&String> = names
        .iter()
        .filter(|name| !name.starts_with(tables::PREFIX))
        .collect();
    if foreign.is_empty() {
        return Ok(Found::Empty);
    }
    if !names.contains(REVISION_TABLE) || !names.contains("person") {
        return Err(Error::Refused(format!(
            "the database is not one of Zou: it holds tables such as `{}` but no \
             `{REVISION_TABLE}`; choose an empty database or a Zou {} one",
            foreign[0],
            tanuki_domain::API_VERSION
        )));
    }
    let revision: Option<String> = transaction
        .fetch_optional(Query::plain(format!(
            "SELECT version_num FROM {REVISION_TABLE}"
        )))
        .await?
        .map(|row| row.get(0))
        .transpose()?;
    match revision {
        Some(revision) if revision == REVISION => Ok(Found::Studio),
        other => Err(Error::Refused(format!(
            "the database is at revision {}, this version works on {REVISION} (Zou {}): bring it \
             there with `zou upgrade-db` of that version of Zou, then start again",
            other.as_deref().unwrap_or("<none>"),
            tanuki_domain::API_VERSION
        ))),
    }
}

/// Returns the names of the tables that exist.
pub(crate) async fn names_of_tables(database: &Database) -> Result<BTreeSet<String>> {
    let rows = database.fetch_all(database.dialect().table_names()).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

async fn table_names(transaction: &mut Transaction) -> Result<BTreeSet<String>> {
    let query = transaction.dialect().table_names();
    let rows = transaction.fetch_all(query).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

async fn create(transaction: &mut Transaction) -> Result<()> {
    for statement in transaction.dialect().create_schema(TABLES) {
        transaction.execute(Query::plain(statement)).await?;
    }
    transaction
        .execute(Query::plain(format!(
            "INSERT INTO {REVISION_TABLE} (version_num) VALUES ('{REVISION}')"
        )))
        .await?;
    Ok(())
}

async fn add_own_tables(transaction: &mut Transaction, clock: &dyn Clock) -> Result<()> {
    let dialect = transaction.dialect();
    let names = table_names(transaction).await?;
    let done = if names.contains("tanuki_migration") {
        let mut last = Sql::select();
        last.expr(Func::coalesce([
            Func::max(Expr::col("version")).into(),
            Expr::val(0),
        ]))
        .from("tanuki_migration");
        transaction.scalar::<i64>(&last).await?.unwrap_or_default()
    } else {
        0
    };
    for (number, migration) in (1i64..).zip(tables::MIGRATIONS) {
        if number <= done {
            continue;
        }
        for statement in dialect.migrate(migration) {
            transaction.execute(Query::plain(statement)).await?;
        }
        let mut record = Sql::insert();
        record
            .into_table("tanuki_migration")
            .columns(["version", "applied_at"])
            .values_panic([
                Expr::val(i32::try_from(number).unwrap_or(i32::MAX)),
                clock.timestamp().into(),
            ]);
        transaction.execute(dialect.build(&record)).await?;
    }
    Ok(())
}
