//! Creating, updating and deleting rows, each in one transaction.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::rows;
use tanuki_store::schema::{Link, Table};
use tanuki_store::write::{self as store_write, Values};
use uuid::Uuid;

use super::{Creating, Deleting, Relations, Resource, Updating, Written, parse_id};
use crate::events::Event;
use crate::fields::column_value;
use crate::{Caller, Core, Error, Result, Unstorable};

/// Fields of a body that no client sets.
const PROTECTED: &[&str] = &["id", "created_at", "updated_at"];

impl Core {
    /// Creates a row from a client's fields and returns its JSON.
    pub async fn create(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        data: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        self.create_as(resource, caller, Uuid::new_v4(), data).await
    }

    /// Like [`Core::create`], with an id that was chosen before: a second row
    /// of that id is a duplicate.
    pub(crate) async fn create_as(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        id: Uuid,
        mut data: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let table = resource.table;
        (resource.may_create)(caller)?;
        let mut values = Values::from([("id", id.into())]);
        (resource.before_create)(Creating {
            core: self,
            caller,
            data: &mut data,
            values: &mut values,
        })
        .await?;
        remove(&mut data, PROTECTED);
        remove(&mut data, resource.protected_on_create);
        for (field, json) in &data {
            if let Some(column) = table.column(field) {
                // Null asks for what a row gets that says nothing.
                let is_filled = json.is_null() && column.fill.is_some();
                if !is_filled && !values.contains_key(column.name) {
                    values.insert(column.name, column_value(column, json)?);
                }
            } else if table.link(field).is_none() {
                return Err(Error::UnknownField {
                    field: field.clone(),
                    object: table.object,
                });
            }
        }
        require_columns(table, &values)?;
        let mut transaction = self.database().begin().await?;
        store_write::insert(&mut transaction, table, values, &self.defaults()).await?;
        let change = Change {
            resource,
            caller,
            transaction,
            id,
            data: &data,
        };
        self.finish(change, Action::Create).await
    }

    /// Updates the row of an id with a client's fields; fields that are none
    /// of the table's are ignored.
    pub async fn update(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        id: &str,
        mut data: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let table = resource.table;
        let id = parse_id(id)?;
        let mut transaction = self.database().begin().await?;
        if rows::existing(&mut transaction, table.name, &[id])
            .await?
            .is_empty()
        {
            return Err(Error::NotFound);
        }
        (resource.may_update)(caller, id)?;
        remove(&mut data, PROTECTED);
        remove(&mut data, resource.protected_on_update);
        check_dates(table, &data)?;
        (resource.before_update)(Updating {
            core: self,
            caller,
            transaction: &mut transaction,
            id,
            data: &mut data,
        })
        .await?;
        let mut values = Values::new();
        for (field, json) in &data {
            if let Some(column) = table.column(field) {
                values.insert(column.name, column_value(column, json)?);
            }
        }
        values.insert("updated_at", self.clock().timestamp().into());
        store_write::update(&mut transaction, table, id, values).await?;
        let change = Change {
            resource,
            caller,
            transaction,
            id,
            data: &data,
        };
        self.finish(change, Action::Update).await
    }

    /// What creations and updates end with: links, the answer, what follows
    /// from the change, its event, the commit.
    async fn finish(&self, change: Change<'_>, action: Action) -> Result<Map<String, Value>> {
        let Change {
            resource,
            caller,
            mut transaction,
            id,
            data,
        } = change;
        let table = resource.table;
        write_links(&mut transaction, table, id, data).await?;
        let (relations, follow, name) = match action {
            Action::Create => (Relations::With, resource.after_create, "new"),
            Action::Update => (Relations::Without, resource.after_update, "update"),
        };
        let shape = (resource.shape)(relations);
        let mut answer = rows::by_id(&mut transaction, shape, id)
            .await?
            .ok_or(Error::NotFound)?;
        follow(Written {
            core: self,
            caller,
            transaction: &mut transaction,
            id,
            data,
            answer: &mut answer,
        })
        .await?;
        let event = Event::about(table.name, name, id).in_project(project_of(&answer));
        self.record(&mut transaction, event, Some(caller)).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Deletes the row of an id; `force` takes along what it owns.
    pub async fn delete(
        &self,
        resource: &'static Resource,
        caller: &Caller,
        id: &str,
        force: bool,
    ) -> Result<()> {
        let table = resource.table;
        let id = parse_id(id)?;
        let mut transaction = self.database().begin().await?;
        let shape = (resource.shape)(Relations::Without);
        let row = rows::by_id(&mut transaction, shape, id)
            .await?
            .ok_or(Error::NotFound)?;
        (resource.may_delete)(caller, id)?;
        (resource.before_delete)(Deleting {
            core: self,
            caller,
            transaction: &mut transaction,
            id,
            force,
        })
        .await?;
        for link in table.links.iter().filter(|link| is_own(table, link)) {
            store_write::replace_links(&mut transaction, link, id, &[]).await?;
        }
        match store_write::delete(&mut transaction, table, id).await {
            Err(tanuki_store::Error::ForeignKey(_)) if resource.in_use.is_some() => {
                return Err(Error::InUse(resource.in_use.unwrap_or_default()));
            }
            deleted => deleted?,
        };
        let event = Event::about(table.name, "delete", id).in_project(project_of(&row));
        self.record(&mut transaction, event, Some(caller)).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// A row that stands in its table, in a transaction that is still open.
struct Change<'a> {
    resource: &'static Resource,
    caller: &'a Caller,
    transaction: Transaction,
    id: Uuid,
    data: &'a Map<String, Value>,
}

#[derive(Clone, Copy)]
enum Action {
    Create,
    Update,
}

fn remove(data: &mut Map<String, Value>, fields: &[&str]) {
    data.retain(|field, _| !fields.contains(&field.as_str()));
}

/// A required column that nothing fills is an error of the client.
fn require_columns(table: &Table, values: &Values) -> Result<()> {
    let missing = table.columns.iter().any(|column| {
        !column.nullable
            && column.fill.is_none()
            && column.default.is_none()
            && !values.contains_key(column.name)
    });
    if missing {
        return Err(Error::Unstorable(Unstorable::Missing));
    }
    Ok(())
}

/// Texts for date columns must be ISO 8601.
fn check_dates(table: &Table, data: &Map<String, Value>) -> Result<()> {
    use tanuki_store::schema::Kind;
    for (field, json) in data {
        let is_date = table
            .column(field)
            .is_some_and(|column| matches!(column.kind, Kind::Date | Kind::Timestamp));
        if let (true, Some(text)) = (is_date, json.as_str())
            && !text.is_empty()
            && !crate::fields::is_iso_date(text)
        {
            return Err(Error::invalid(format!(
                "Invalid date format for '{field}': '{text}'. \
                 Expected an ISO 8601 date or datetime."
            )));
        }
    }
    Ok(())
}

/// Whether the link's rows exist only for this table's sake.
fn is_own(table: &Table, link: &Link) -> bool {
    link.table != link.of && link.table != table.name
}

/// Makes the lists of ids in a body the row's links; ids of rows that are not
/// there are left out.
async fn write_links(
    transaction: &mut Transaction,
    table: &'static Table,
    id: Uuid,
    data: &Map<String, Value>,
) -> Result<()> {
    for link in table.links {
        let Some(json) = data.get(link.field) else {
            continue;
        };
        let ids = link_ids(link, json)?;
        let ids = rows::existing(&mut *transaction, link.of, &ids).await?;
        store_write::replace_links(transaction, link, id, &ids).await?;
    }
    Ok(())
}

/// The ids of a list of ids, or of objects that have one.
fn link_ids(link: &Link, json: &Value) -> Result<Vec<Uuid>> {
    let items = match json {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        Value::Object(object) if object.is_empty() => return Ok(Vec::new()),
        Value::Object(_) | Value::String(_) => {
            return Err(Error::Unstorable(Unstorable::Format));
        }
        _ => {
            return Err(Error::WrongType {
                field: link.field,
                expected: "a list of ids",
            });
        }
    };
    items
        .iter()
        .filter(|item| !item.is_null())
        .map(|item| {
            item.as_str()
                .or_else(|| item.get("id").and_then(Value::as_str))
                .and_then(|text| Uuid::try_parse(text).ok())
                .ok_or(Error::Unstorable(Unstorable::Format))
        })
        .collect()
}

fn project_of(row: &Map<String, Value>) -> Option<Uuid> {
    let id = row.get("project_id")?.as_str()?;
    Uuid::try_parse(id).ok()
}
