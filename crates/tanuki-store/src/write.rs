//! Inserting, updating and deleting rows of any described table.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use sea_query::{ArrayType, Expr, ExprTrait, Query as Sql, Value};
use uuid::Uuid;

use crate::schema::{Element, Fill, Kind, Link, Table};
use crate::{Connection, Error, Result, Transaction};

/// Values of a row by column name.
pub type Values = BTreeMap<&'static str, Value>;

/// What rows that are created get where their creator says nothing.
#[derive(Debug, Clone)]
pub struct Defaults<'a> {
    pub now: NaiveDateTime,
    pub timezone: &'a str,
    pub locale: &'a str,
}

/// Inserts a row; columns that `values` leaves out are filled as the table's
/// description says.
pub async fn insert(
    transaction: &mut Transaction,
    table: &'static Table,
    mut values: Values,
    defaults: &Defaults<'_>,
) -> Result<()> {
    for column in table.columns {
        if let Some(fill) = column.fill {
            values
                .entry(column.name)
                .or_insert_with(|| filled(column.kind, fill, defaults));
        }
    }
    let dialect = transaction.dialect();
    let mut insert = Sql::insert();
    insert.into_table(table.name);
    let mut expressions = Vec::with_capacity(values.len());
    let mut columns = Vec::with_capacity(values.len());
    for (name, value) in values {
        let column = table
            .column(name)
            .ok_or_else(|| Error::Value(format!("{} has no column {name}", table.name)))?;
        columns.push(name);
        expressions.push(dialect.assignable(column, value));
    }
    insert.columns(columns).values_panic(expressions);
    transaction.execute(dialect.build(&insert)).await?;
    Ok(())
}

/// Updates the row of that id and returns whether there was one.
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
            .ok_or_else(|| Error::Value(format!("{} has no column {name}", table.name)))?;
        update.value(name, dialect.assignable(column, value));
    }
    Ok(transaction.execute(dialect.build(&update)).await? > 0)
}

/// Deletes the row of that id and returns whether there was one.
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

/// Makes `ids` the linked rows of `owner`, in place of those before.
pub async fn replace_links(
    transaction: &mut Transaction,
    link: &Link,
    owner: Uuid,
    ids: &[Uuid],
) -> Result<()> {
    let dialect = transaction.dialect();
    let mut delete = Sql::delete();
    delete
        .from_table(link.table)
        .and_where(Expr::col(link.owner).eq(owner));
    transaction.execute(dialect.build(&delete)).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::insert();
    insert
        .into_table(link.table)
        .columns([link.owner, link.target]);
    for id in ids {
        insert.values_panic([Expr::val(owner), Expr::val(*id)]);
    }
    transaction.execute(dialect.build(&insert)).await?;
    Ok(())
}

/// NULL of the type that a column has.
pub fn null(kind: Kind) -> Value {
    match kind {
        Kind::Uuid => Value::Uuid(None),
        Kind::Varchar(_) | Kind::Locale | Kind::Text | Kind::ImportSource => Value::String(None),
        Kind::Integer => Value::Int(None),
        Kind::BigInt => Value::BigInt(None),
        Kind::Double => Value::Double(None),
        Kind::Boolean => Value::Bool(None),
        Kind::Date => Value::ChronoDate(None),
        Kind::Timestamp => Value::ChronoDateTime(None),
        Kind::Json => Value::Json(None),
        Kind::Bytes => Value::Bytes(None),
        Kind::Array(element) => Value::Array(array_type(element), None),
    }
}

fn array_type(element: Element) -> ArrayType {
    match element {
        Element::Varchar(_) => ArrayType::String,
        Element::Json => ArrayType::Json,
        Element::Bytes => ArrayType::Bytes,
    }
}

fn filled(kind: Kind, fill: Fill, defaults: &Defaults<'_>) -> Value {
    match (fill, kind) {
        (Fill::NewId, _) => Uuid::new_v4().into(),
        (Fill::Now, _) => defaults.now.into(),
        (Fill::Bool(value), _) => value.into(),
        (Fill::Int(value), Kind::Double) => Value::Double(Some(value as f64)),
        (Fill::Int(value), Kind::BigInt) => value.into(),
        (Fill::Int(value), _) => i32::try_from(value).unwrap_or_default().into(),
        (Fill::Text(value), _) => value.into(),
        (Fill::Timezone, _) => defaults.timezone.into(),
        (Fill::Locale, _) => defaults.locale.into(),
        (Fill::EmptyList, Kind::Array(element)) => {
            Value::Array(array_type(element), Some(Box::default()))
        }
        (Fill::EmptyList, _) => serde_json::json!([]).into(),
        (Fill::TextList(items), Kind::Array(element)) => Value::Array(
            array_type(element),
            Some(Box::new(items.iter().map(|item| (*item).into()).collect())),
        ),
        (Fill::TextList(items), _) => serde_json::json!(items).into(),
    }
}
