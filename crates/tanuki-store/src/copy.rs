//! Copies a whole database into an empty one, of the same or the other dialect.

use futures_util::StreamExt;
use sea_query::{Expr, Query as Sql, SelectStatement};
use tanuki_domain::Clock;

use crate::database::Row;
use crate::dialect::Query;
use crate::schema::{ColumnType, TABLES, Table};
use crate::{
    Connection, Database, Error, Result, Transaction, Value, check, migrate, storable, tables,
};

/// Rows per statement: PostgreSQL takes 65,535 parameters, SQLite 32,766, and
/// the widest table has 60 columns.
const BATCH: usize = 500;

/// Progress of a copy.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub table: &'static str,
    /// Rows copied so far, in all tables.
    pub rows: u64,
    /// Rows to copy, in all tables.
    pub total: u64,
}

/// Copies all rows in one transaction of the target, compares the counts, and
/// returns the number of rows. Memory is bounded, because rows are streamed in
/// batches.
///
/// # Errors
///
/// [`Error::Refused`] if the target has rows, if a row cannot be stored in it,
/// or if the source was written to meanwhile.
pub async fn copy(
    from: &Database,
    to: &Database,
    clock: &dyn Clock,
    mut report: impl FnMut(Progress),
) -> Result<u64> {
    migrate::require_studio(from).await?;
    migrate::create_empty(to, clock).await?;
    refuse_rows(to).await?;
    let copied = copied_tables(from).await?;
    let mut total = 0;
    for table in &copied {
        total += check::count(from, table.name).await?;
    }
    let mut transaction = to.begin().await?;
    suspend_foreign_keys(&mut transaction).await?;
    let mut rows = 0;
    for table in copied {
        rows += copy_table(from, &mut transaction, table, |so_far| {
            report(Progress {
                table: table.name,
                rows: rows + so_far,
                total,
            });
        })
        .await?;
    }
    restore_foreign_keys(&mut transaction).await?;
    transaction.commit().await?;
    compare(from, to).await?;
    Ok(rows)
}

/// Returns the tables to copy: all of Zou's, and those of Tanuki's own that the
/// source has, except the record of migrations.
async fn copied_tables(from: &Database) -> Result<Vec<&'static Table>> {
    let there = migrate::names_of_tables(from).await?;
    let own = tables::MIGRATIONS
        .iter()
        .flat_map(|migration| migration.tables.iter().copied())
        .filter(|table| table.name != "tanuki_migration" && there.contains(table.name));
    Ok(TABLES.iter().copied().chain(own).collect())
}

async fn refuse_rows(to: &Database) -> Result<()> {
    for table in TABLES {
        let count = check::count(to, table.name).await?;
        if count > 0 {
            return Err(Error::Refused(format!(
                "the target already holds rows ({count} in `{}`): copy into an empty database",
                table.name
            )));
        }
    }
    Ok(())
}

async fn compare(from: &Database, to: &Database) -> Result<()> {
    for table in copied_tables(from).await? {
        let (source, target) = (
            check::count(from, table.name).await?,
            check::count(to, table.name).await?,
        );
        if source != target {
            return Err(Error::Refused(format!(
                "`{}` has {source} rows in the source and {target} in the target: the source \
                 was written to during the copy; stop its servers and copy again into an empty \
                 database",
                table.name
            )));
        }
    }
    Ok(())
}

async fn suspend_foreign_keys(transaction: &mut Transaction) -> Result<()> {
    for statement in transaction.dialect().suspend_foreign_keys(TABLES) {
        transaction.execute(statement).await?;
    }
    Ok(())
}

async fn restore_foreign_keys(transaction: &mut Transaction) -> Result<()> {
    for statement in transaction.dialect().restore_foreign_keys(TABLES) {
        transaction.execute(statement).await?;
    }
    Ok(())
}

async fn copy_table(
    from: &Database,
    to: &mut Transaction,
    table: &'static Table,
    mut report: impl FnMut(u64),
) -> Result<u64> {
    let dialect = from.dialect();
    let mut source = from.stream_rows(dialect.build(&select_all(from, table)));
    let mut batch: Vec<(String, Vec<Value>)> = Vec::with_capacity(BATCH);
    let mut done = 0;
    loop {
        let row = source.next().await.transpose()?;
        let ended = row.is_none();
        if let Some(row) = row {
            let key = key(&row, table);
            let values = read(&row, table).map_err(|error| at(table, &key, &error))?;
            batch.push((key, values));
        }
        if batch.len() == BATCH || (ended && !batch.is_empty()) {
            done += batch.len() as u64;
            insert(to, table, std::mem::take(&mut batch)).await?;
            report(done);
        }
        if ended {
            return Ok(done);
        }
    }
}

fn select_all(from: &Database, table: &'static Table) -> SelectStatement {
    let mut select = Sql::select();
    select.from(table.name);
    for column in table.columns {
        let value = Expr::col((table.name, column.name));
        select.expr(from.dialect().readable(column, value));
    }
    select
}

fn read(row: &Row, table: &'static Table) -> Result<Vec<Value>> {
    table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let value = row.value(index, column);
            value.map_err(|error| error.at(|| format!("column `{}`", column.name)))
        })
        .collect()
}

/// Returns the row's id, or its primary key, for error messages.
fn key(row: &Row, table: &'static Table) -> String {
    let id: &[&str] = &["id"];
    let names = if table.column("id").is_some() {
        id
    } else {
        table.primary_key
    };
    let of_column = |name: &&str| {
        let index = table
            .columns
            .iter()
            .position(|column| column.name == *name)?;
        let id = row.get::<uuid::Uuid>(index).map(|id| id.to_string());
        id.or_else(|_| row.get::<String>(index)).ok()
    };
    let key: Vec<String> = names.iter().filter_map(of_column).collect();
    key.join(", ")
}

/// The error for a row that cannot be copied.
fn at(table: &'static Table, key: &str, error: &Error) -> Error {
    Error::Refused(format!(
        "the row {key} of `{}` cannot be copied: {error}; nothing was copied",
        table.name
    ))
}

/// Inserts a batch. If the database refuses it, the rows are inserted one by
/// one to find and name the one at fault.
async fn insert(
    to: &mut Transaction,
    table: &'static Table,
    batch: Vec<(String, Vec<Value>)>,
) -> Result<()> {
    to.execute(Query::plain("SAVEPOINT batch")).await?;
    let rows = batch.iter().map(|(_, row)| row.clone()).collect();
    let Err(error) = insert_together(to, table, rows).await else {
        to.execute(Query::plain("RELEASE SAVEPOINT batch")).await?;
        return Ok(());
    };
    to.execute(Query::plain("ROLLBACK TO SAVEPOINT batch"))
        .await?;
    for (key, row) in batch {
        let column = unusable_column(table, &row);
        if let Err(error) = insert_together(to, table, vec![row]).await {
            let error = match column {
                Some((column, reason)) => Error::Value(format!("column `{column}`: {reason}")),
                None => error,
            };
            return Err(at(table, &key, &error));
        }
    }
    Err(error)
}

/// Returns the first column with a value that one of the databases cannot
/// store, and the reason; `None` if there is none.
fn unusable_column(table: &'static Table, row: &[Value]) -> Option<(&'static str, Error)> {
    table.columns.iter().zip(row).find_map(|(column, value)| {
        let mut value = value.clone();
        if let (ColumnType::Json, Value::String(Some(text))) = (column.kind, &value) {
            match serde_json::from_str(text) {
                Ok(json) => value = Value::Json(Some(Box::new(json))),
                Err(error) => return Some((column.name, Error::unreadable(error))),
            }
        }
        let error = storable::prepare(&mut [value]).err()?;
        Some((column.name, error))
    })
}

async fn insert_together(
    to: &mut Transaction,
    table: &'static Table,
    batch: Vec<Vec<Value>>,
) -> Result<()> {
    let dialect = to.dialect();
    let mut insert = Sql::insert();
    insert
        .into_table(table.name)
        .columns(table.columns.iter().map(|column| column.name));
    for row in batch {
        insert.values_panic(
            table
                .columns
                .iter()
                .zip(row)
                .map(|(column, value)| dialect.assignable(column, value)),
        );
    }
    to.execute(dialect.build(&insert)).await?;
    Ok(())
}
