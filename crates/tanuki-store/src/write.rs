//! Inserts, updates and deletes rows of any described table.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDateTime;
use sea_query::{
    ArrayType, CaseStatement, Expr, ExprTrait, IntoCondition, OnConflict, Query as Sql, Value,
};
use uuid::Uuid;

use crate::schema::{ColumnType, Element, Fill, Link, Table, table};
use crate::{Connection, Error, Result, Transaction};

/// Values of a row by column name.
pub type Values = BTreeMap<&'static str, Value>;

/// Defaults for columns of new rows that the caller gives no value for.
#[derive(Debug, Clone)]
pub struct Defaults<'a> {
    pub now: NaiveDateTime,
    pub timezone: &'a str,
    pub locale: &'a str,
}

/// Inserts a row; columns missing in `values` get the default of the table's
/// description ([`Fill`]).
pub async fn insert(
    transaction: &mut Transaction,
    table: &'static Table,
    values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    insert_all(transaction, table, vec![values], defaults).await
}

/// Rows per statement.
const BATCH_SIZE: usize = 500;

/// Like [`insert`], with many rows per statement. All rows must have values for
/// the same columns.
pub async fn insert_all(
    transaction: &mut Transaction,
    table: &'static Table,
    rows: Vec<Values>,
    defaults: &Defaults<'_>,
) -> Result<()> {
    insert_rows(transaction, table, rows, defaults, None).await
}

/// Like [`insert_all`], of rows with values for different columns: one statement
/// for each set of columns.
pub async fn insert_by_columns(
    transaction: &mut Transaction,
    table: &'static Table,
    rows: Vec<Values>,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let mut by_columns: BTreeMap<Vec<&str>, Vec<Values>> = BTreeMap::new();
    for row in rows {
        let columns = row.keys().copied().collect();
        by_columns.entry(columns).or_default().push(row);
    }
    for rows in by_columns.into_values() {
        insert_all(transaction, table, rows, defaults).await?;
    }
    Ok(())
}

/// Like [`insert_all`], but skips rows that violate a unique constraint (`ON
/// CONFLICT DO NOTHING`). If a concurrent transaction inserts the same row,
/// waits until it ends.
pub async fn insert_new(
    transaction: &mut Transaction,
    table: &'static Table,
    rows: Vec<Values>,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let mut leave_out = OnConflict::new();
    leave_out.do_nothing();
    insert_rows(transaction, table, rows, defaults, Some(leave_out)).await
}

async fn insert_rows(
    transaction: &mut Transaction,
    table: &'static Table,
    mut rows: Vec<Values>,
    defaults: &Defaults<'_>,
    conflict: Option<OnConflict>,
) -> Result<()> {
    let dialect = transaction.dialect();
    for some in rows.chunks_mut(BATCH_SIZE) {
        let mut insert = Sql::insert();
        insert.into_table(table.name);
        let mut columns = Vec::new();
        for values in some {
            fill(values, table, defaults);
            let mut expressions = Vec::with_capacity(values.len());
            let names: Vec<&str> = values.keys().copied().collect();
            if columns.is_empty() {
                columns = names;
                insert.columns(columns.iter().copied());
            } else if columns != names {
                let table = table.name;
                return Err(Error::Database(format!(
                    "rows of {table} differ in columns"
                )));
            }
            for (name, value) in std::mem::take(values) {
                let column = table.column(name).ok_or_else(|| {
                    Error::Database(format!("{} has no column {name}", table.name))
                })?;
                expressions.push(dialect.assignable(column, value));
            }
            insert.values_panic(expressions);
        }
        if let Some(conflict) = &conflict {
            insert.on_conflict(conflict.clone());
        }
        transaction.execute(dialect.build(&insert)).await?;
    }
    Ok(())
}

/// Adds the defaults of columns without a value.
fn fill(values: &mut Values, table: &'static Table, defaults: &Defaults<'_>) {
    for column in table.columns {
        if let Some(fill) = column.fill {
            values
                .entry(column.name)
                .or_insert_with(|| filled(column.kind, fill, defaults));
        }
    }
}

/// Updates a row by id and returns whether it exists. Without values, returns
/// true and runs no statement.
pub async fn update(
    transaction: &mut Transaction,
    table: &'static Table,
    id: Uuid,
    values: Values,
) -> Result<bool> {
    if values.is_empty() {
        return Ok(true);
    }
    let dialect = transaction.dialect();
    let mut update = Sql::update();
    update.table(table.name).and_where(Expr::col("id").eq(id));
    for (name, value) in values {
        let column = table
            .column(name)
            .ok_or_else(|| Error::Database(format!("{} has no column {name}", table.name)))?;
        update.value(name, dialect.assignable(column, value));
    }
    Ok(transaction.execute(dialect.build(&update)).await? > 0)
}

/// Gives the rows with these ids the same values, in one statement. Returns how
/// many rows there are.
pub async fn update_many(
    transaction: &mut Transaction,
    table: &'static Table,
    ids: &[Uuid],
    values: Values,
) -> Result<u64> {
    if ids.is_empty() || values.is_empty() {
        return Ok(0);
    }
    let these = Expr::col("id").is_in(ids.iter().copied());
    update_where(transaction, table, values, these).await
}

/// Gives a column of each of the rows a value of its own, many rows per
/// statement, and all of them the same `values`. Of several values for a row the
/// last one counts.
pub async fn update_each(
    transaction: &mut Transaction,
    (table, column): (&'static Table, &'static str),
    rows: &[(Uuid, Value)],
    values: Values,
) -> Result<()> {
    let described = table
        .column(column)
        .ok_or_else(|| Error::Database(format!("{} has no column {column}", table.name)))?;
    let dialect = transaction.dialect();
    // By id, so that concurrent transactions lock the rows in one order.
    let rows: BTreeMap<Uuid, &Value> = rows.iter().map(|(id, value)| (*id, value)).collect();
    let rows: Vec<(Uuid, &Value)> = rows.into_iter().collect();
    for some in rows.chunks(BATCH_SIZE) {
        let mut case = CaseStatement::new();
        for (id, value) in some {
            let value = dialect.assignable(described, (*value).clone());
            case = case.case(Expr::col("id").eq(*id), value);
        }
        let mut update = Sql::update();
        update
            .table(table.name)
            .value(column, case)
            .and_where(Expr::col("id").is_in(some.iter().map(|(id, _)| *id)));
        for (name, value) in &values {
            let column = table
                .column(name)
                .ok_or_else(|| Error::Database(format!("{} has no column {name}", table.name)))?;
            update.value(*name, dialect.assignable(column, value.clone()));
        }
        transaction.execute(dialect.build(&update)).await?;
    }
    Ok(())
}

/// Deletes a row by id and returns whether it existed.
pub async fn delete(
    transaction: &mut Transaction,
    table: &'static Table,
    id: Uuid,
) -> Result<bool> {
    let mut delete = Sql::delete();
    delete
        .from_table(table.name)
        .and_where(Expr::col("id").eq(id));
    let query = transaction.dialect().build(&delete);
    Ok(transaction.execute(query).await? > 0)
}

/// Deletes the rows that match a condition and returns how many.
pub async fn delete_where(
    transaction: &mut Transaction,
    table: &'static str,
    condition: impl IntoCondition,
) -> Result<u64> {
    let mut delete = Sql::delete();
    delete
        .from_table(table)
        .cond_where(condition.into_condition());
    let query = transaction.dialect().build(&delete);
    transaction.execute(query).await
}

/// Updates columns of the rows that match a condition and returns how many
/// rows.
pub async fn update_where(
    transaction: &mut Transaction,
    table: &'static Table,
    values: Values,
    condition: impl IntoCondition,
) -> Result<u64> {
    let dialect = transaction.dialect();
    let mut update = Sql::update();
    update
        .table(table.name)
        .cond_where(condition.into_condition());
    for (name, value) in values {
        let column = table
            .column(name)
            .ok_or_else(|| Error::Database(format!("{} has no column {name}", table.name)))?;
        update.value(name, dialect.assignable(column, value));
    }
    transaction.execute(dialect.build(&update)).await
}

/// Sets a column to null in the rows that match a condition and returns how
/// many rows.
pub async fn clear(
    transaction: &mut Transaction,
    (table, column): (&'static str, &'static str),
    condition: impl IntoCondition,
) -> Result<u64> {
    let mut update = Sql::update();
    update
        .table(table)
        .value(column, Expr::null())
        .cond_where(condition.into_condition());
    let query = transaction.dialect().build(&update);
    transaction.execute(query).await
}

/// Replaces the linked rows of `owner` with `ids`. Links that exist already are
/// not touched, so the other columns of their rows do not change.
pub async fn replace_links(
    transaction: &mut Transaction,
    link: &Link,
    owner: Uuid,
    ids: &[Uuid],
    defaults: &Defaults<'_>,
) -> Result<()> {
    let is_owned = Expr::col(link.owner).eq(owner);
    if link.is_of_rows() {
        let gone = is_owned.and(Expr::col("id").is_not_in(ids.iter().copied()));
        clear(transaction, (link.table, link.owner), gone).await?;
        let mut update = Sql::update();
        update
            .table(link.table)
            .value(link.owner, owner)
            .and_where(Expr::col("id").is_in(ids.iter().copied()));
        let query = transaction.dialect().build(&update);
        transaction.execute(query).await?;
        return Ok(());
    }
    let gone = is_owned
        .clone()
        .and(Expr::col(link.target).is_not_in(ids.iter().copied()));
    delete_where(transaction, link.table, gone).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let mut select = Sql::select();
    select
        .column(link.target)
        .from(link.table)
        .and_where(is_owned);
    let there: HashSet<Uuid> = transaction.ids(&select).await?.into_iter().collect();
    let table = table(link.table)
        .ok_or_else(|| Error::Database(format!("there is no table {}", link.table)))?;
    let new = ids.iter().filter(|id| !there.contains(id));
    let links =
        new.map(|id| Values::from([(link.owner, owner.into()), (link.target, (*id).into())]));
    insert_all(transaction, table, links.collect(), defaults).await
}

/// The ids that rows are linked to, each with the row that owns the links.
pub type LinkLists = [(Uuid, Vec<Uuid>)];

/// Removes the links of the rows to others than the given ids.
pub async fn remove_other_links(
    transaction: &mut Transaction,
    link: &Link,
    lists: &LinkLists,
) -> Result<()> {
    if link.is_of_rows() {
        let kept = pairs_of(lists).into_iter().map(|(_, id)| id);
        let gone = Expr::col(link.owner)
            .is_in(owners_of(lists))
            .and(Expr::col("id").is_not_in(kept));
        clear(transaction, (link.table, link.owner), gone).await?;
        return Ok(());
    }
    let mut there = links_of(transaction, link, owners_of(lists)).await?;
    for (owner, ids) in lists {
        let Some(mut gone) = there.remove(owner) else {
            continue;
        };
        for id in ids {
            gone.remove(id);
        }
        if !gone.is_empty() {
            let gone = Expr::col(link.owner)
                .eq(*owner)
                .and(Expr::col(link.target).is_in(gone));
            delete_where(transaction, link.table, gone).await?;
        }
    }
    Ok(())
}

/// Links the rows to the given ids as well. Links that exist already are not
/// touched.
pub async fn add_links(
    transaction: &mut Transaction,
    link: &Link,
    lists: &LinkLists,
    defaults: &Defaults<'_>,
) -> Result<()> {
    let table = table(link.table)
        .ok_or_else(|| Error::Database(format!("there is no table {}", link.table)))?;
    let pairs = pairs_of(lists).into_iter();
    if link.is_of_rows() {
        let owners: Vec<(Uuid, Value)> = pairs.map(|(owner, id)| (id, owner.into())).collect();
        return update_each(transaction, (table, link.owner), &owners, Values::new()).await;
    }
    let there = links_of(transaction, link, owners_of(lists)).await?;
    let new = pairs.filter(|(owner, id)| !there.get(owner).is_some_and(|ids| ids.contains(id)));
    let rows =
        new.map(|(owner, id)| Values::from([(link.owner, owner.into()), (link.target, id.into())]));
    insert_all(transaction, table, rows.collect(), defaults).await
}

fn owners_of(lists: &LinkLists) -> Vec<Uuid> {
    lists.iter().map(|(owner, _)| *owner).collect()
}

fn pairs_of(lists: &LinkLists) -> Vec<(Uuid, Uuid)> {
    let pairs = lists.iter();
    pairs
        .flat_map(|(owner, ids)| ids.iter().map(move |id| (*owner, *id)))
        .collect()
}

/// Returns the ids that the rows are linked to, by row.
async fn links_of(
    transaction: &mut Transaction,
    link: &Link,
    owners: Vec<Uuid>,
) -> Result<HashMap<Uuid, HashSet<Uuid>>> {
    let mut select = Sql::select();
    select
        .columns([link.owner, link.target])
        .from(link.table)
        .and_where(Expr::col(link.owner).is_in(owners));
    let pairs = transaction.fetch(&select, |row| {
        Ok((row.get::<Uuid>(link.owner)?, row.get::<Uuid>(link.target)?))
    });
    let mut found: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for (owner, id) in pairs.await? {
        found.entry(owner).or_default().insert(id);
    }
    Ok(found)
}

/// Returns null of the type of a column.
pub fn null(kind: ColumnType) -> Value {
    match kind {
        ColumnType::Uuid => Value::Uuid(None),
        ColumnType::Varchar(_)
        | ColumnType::Locale
        | ColumnType::Text
        | ColumnType::ImportSource => Value::String(None),
        ColumnType::Integer => Value::Int(None),
        ColumnType::BigInt => Value::BigInt(None),
        ColumnType::Double => Value::Double(None),
        ColumnType::Boolean => Value::Bool(None),
        ColumnType::Date => Value::ChronoDate(None),
        ColumnType::Timestamp => Value::ChronoDateTime(None),
        ColumnType::Json => Value::Json(None),
        ColumnType::Bytes => Value::Bytes(None),
        ColumnType::Array(element) => Value::Array(array_type(element), None),
    }
}

fn array_type(element: Element) -> ArrayType {
    match element {
        Element::Varchar(_) => ArrayType::String,
        Element::Json => ArrayType::Json,
        Element::Bytes => ArrayType::Bytes,
    }
}

fn filled(kind: ColumnType, fill: Fill, defaults: &Defaults<'_>) -> Value {
    match (fill, kind) {
        (Fill::NewId, _) => Uuid::new_v4().into(),
        (Fill::Now, _) => defaults.now.into(),
        (Fill::Bool(value), _) => value.into(),
        (Fill::Int(value), ColumnType::Double) => Value::Double(Some(value as f64)),
        (Fill::Int(value), ColumnType::BigInt) => value.into(),
        (Fill::Int(value), _) => i32::try_from(value).unwrap_or_default().into(),
        (Fill::Text(value), _) => value.into(),
        (Fill::Timezone, _) => defaults.timezone.into(),
        (Fill::Locale, _) => defaults.locale.into(),
        (Fill::EmptyList, ColumnType::Array(element)) => {
            Value::Array(array_type(element), Some(Box::default()))
        }
        (Fill::EmptyList, _) => serde_json::json!([]).into(),
        (Fill::TextList(items), ColumnType::Array(element)) => Value::Array(
            array_type(element),
            Some(Box::new(items.iter().map(|item| (*item).into()).collect())),
        ),
        (Fill::TextList(items), _) => serde_json::json!(items).into(),
    }
}

/// The value of an array column, whose elements are `items`.
pub fn array_value(element: Element, items: Vec<Value>) -> Value {
    let kind = match element {
        Element::Varchar(_) => ArrayType::String,
        Element::Json => ArrayType::Json,
        Element::Bytes => ArrayType::Bytes,
    };
    Value::Array(kind, Some(Box::new(items)))
}
