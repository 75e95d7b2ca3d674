//! Creations, updates and deletions, each in one transaction.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::{rows, uniqueness};
use tanuki_store::schema::{ColumnType, Link, Table};
use tanuki_store::write::{self as store_write, Values};
use uuid::Uuid;

use super::{
    Action, ChangeContext, CreateContext, DeleteContext, EventContext, Relations, RequestBody,
    Resource, UpdateContext, id_in_path, references,
};
use crate::events::{Event, row_audience};
use crate::fields::column_value;
use crate::{Caller, ConstraintViolation, Error, JsonRow, MaybeId, Resources, Result};

/// Fields of a body that are always ignored.
const PROTECTED: &[&str] = &["id", "created_at", "updated_at"];

impl Resources<'_> {
    /// Creates a row from a request's body and returns its JSON
    /// ([`Resource::projection`]).
    ///
    /// # Errors
    /// [`Error::Denied`] if the caller may not create it;
    /// [`Error::UnknownField`], [`Error::WrongType`] and [`Error::NotAChoice`]
    /// for invalid fields; [`Error::Constraint`] for missing values and
    /// violated constraints.
    pub async fn create(
        self,
        resource: &'static Resource,
        caller: &Caller,
        data: RequestBody,
    ) -> Result<JsonRow> {
        self.create_as(resource, caller, Uuid::new_v4(), data).await
    }

    /// Like [`Resources::create`], with an id that the caller chose, so that a retry
    /// is refused as a duplicate instead of creating a second row.
    pub(crate) async fn create_as(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: Uuid,
        sent: RequestBody,
    ) -> Result<JsonRow> {
        let created = self.insert(resource, caller, id, sent).await;
        created.map_err(|error| (resource.map_error)(Action::New, error))
    }

    async fn insert(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: Uuid,
        sent: RequestBody,
    ) -> Result<JsonRow> {
        let table = resource.table;
        let (mut data, malformed) = opened(sent);
        let mut values = Values::from([("id", id.into())]);
        for check in [resource.may_create, resource.before_create] {
            let allowed = check(CreateContext {
                core: self.core,
                caller,
                data: &mut data,
                values: &mut values,
            })
            .await;
            match (&malformed, allowed) {
                (Some(kind), Ok(()) | Err(Error::Constraint(_))) => return Err(no_object(kind)),
                (_, allowed) => allowed?,
            }
        }
        remove(&mut data, PROTECTED);
        remove(&mut data, resource.protected_on_create);
        for (field, json) in &data {
            if let Some(column) = table.column(field) {
                // Null means the column's default, except in a JSON column,
                // where it is a value.
                let is_filled =
                    json.is_null() && column.fill.is_some() && column.kind != ColumnType::Json;
                if !is_filled && !values.contains_key(column.name) {
                    values.insert(column.name, column_value(column, json)?);
                }
            } else if table.link(field).is_none()
                && !resource.virtual_fields.contains(&field.as_str())
            {
                return Err(Error::UnknownField {
                    field: field.clone(),
                    object: table.object,
                });
            }
        }
        require_columns(table, &values)?;
        let id = match values.get("id") {
            Some(tanuki_store::Value::Uuid(Some(id))) => *id,
            _ => id,
        };
        let mut transaction = self.core.database().begin().await?;
        if !resource.unique_columns.is_empty() {
            let project_id = match values.get("project_id") {
                Some(tanuki_store::Value::Uuid(id)) => *id,
                _ => None,
            };
            uniqueness::lock(&mut transaction, table, project_id).await?;
        }
        store_write::insert(&mut transaction, table, values, &self.core.defaults()).await?;
        references::check_insert(&mut transaction, caller, (table, id), &data).await?;
        let change = ResourceChange {
            resource,
            caller,
            transaction,
            id,
            before: &Map::new(),
            data: &data,
        };
        self.finish(change, Action::New).await
    }

    /// Updates a row by id with a request's body and returns its JSON
    /// ([`Resource::projection`]). Unknown fields are ignored.
    ///
    /// # Errors
    /// [`Resource::not_found`] if there is no such row; [`Error::Denied`] if
    /// the caller may not change it; [`Error::Invalid`], [`Error::WrongType`]
    /// and [`Error::NotAChoice`] for invalid fields; [`Error::Constraint`] for
    /// violated constraints.
    pub async fn update(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: &MaybeId,
        sent: RequestBody,
    ) -> Result<JsonRow> {
        let updated = self.change(resource, caller, id, sent).await;
        updated.map_err(|error| (resource.map_error)(Action::Update, error))
    }

    async fn change(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: &MaybeId,
        sent: RequestBody,
    ) -> Result<JsonRow> {
        let table = resource.table;
        let (mut data, malformed) = opened(sent);
        (resource.pre_authorize)(caller)?;
        let id = id_in_path(id, resource.lenient_id_on_update, resource.not_found)?;
        let mut transaction = self.core.database().begin().await?;
        let unique = resource.unique_columns;
        if unique.iter().any(|column| data.contains_key(*column)) {
            uniqueness::lock_for_row(&mut transaction, table, id).await?;
        }
        (resource.lock_before)(&mut transaction, Action::Update, id, &data).await?;
        let projection = (resource.projection)(Relations::With);
        let row = rows::locked(&mut transaction, projection, id)
            .await?
            .ok_or_else(resource.not_found)?;
        (resource.may_update)(UpdateContext {
            core: self.core,
            caller,
            transaction: &mut transaction,
            id,
            row: &row,
            data: &mut data,
        })
        .await?;
        if let Some(kind) = malformed {
            return Err(no_object(kind));
        }
        remove(&mut data, PROTECTED);
        remove(&mut data, &["project_id"]);
        remove(&mut data, resource.protected_on_update);
        if !caller.is_admin() {
            let own_id = Value::from(caller.id.to_string());
            let claims = |field: &str, value: &Value| {
                *value == own_id && row.get(field).is_some_and(Value::is_null)
            };
            data.retain(|field, value| {
                !resource.ownership_fields.contains(&field.as_str()) || claims(field, value)
            });
        }
        references::check_update(&mut transaction, caller, (table, id), &row, &mut data).await?;
        check_dates(table, &data)?;
        (resource.before_update)(UpdateContext {
            core: self.core,
            caller,
            transaction: &mut transaction,
            id,
            row: &row,
            data: &mut data,
        })
        .await?;
        let mut values = Values::new();
        for (field, json) in &data {
            if let Some(column) = table.column(field) {
                values.insert(column.name, column_value(column, json)?);
            }
        }
        values.insert("updated_at", self.core.clock().timestamp().into());
        store_write::update(&mut transaction, table, id, values).await?;
        let change = ResourceChange {
            resource,
            caller,
            transaction,
            id,
            before: &row,
            data: &data,
        };
        self.finish(change, Action::Update).await
    }

    /// The end of creations and updates: writes the links, reads the row for
    /// the response, runs the `after_…` hook, records the event, commits.
    async fn finish(self, change: ResourceChange<'_>, action: Action) -> Result<JsonRow> {
        let ResourceChange {
            resource,
            caller,
            mut transaction,
            id,
            before,
            data,
        } = change;
        let table = resource.table;
        self.write_links(&mut transaction, table, id, data).await?;
        let (relations, follow) = match action {
            Action::New => (resource.relations_on_create, resource.after_create),
            _ => (resource.relations_on_update, resource.after_update),
        };
        let projection = (resource.projection)(relations);
        let mut answer = rows::by_id(&mut transaction, projection, id)
            .await?
            .ok_or(Error::NotFound)?;
        follow(ChangeContext {
            core: self.core,
            caller,
            transaction: &mut transaction,
            id,
            before,
            data,
            answer: &mut answer,
        })
        .await?;
        let event = (resource.event)(EventContext {
            transaction: &mut transaction,
            table,
            action,
            id,
            row: &answer,
        })
        .await?;
        let event = publish_change(event, &mut transaction, table, &answer).await?;
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        if let Some((apply, mask)) = self.mask_of(resource, caller).await? {
            apply(&mask, &mut answer);
        }
        Ok(answer)
    }

    /// Deletes a row by id; `force` cascades to the rows that it owns.
    ///
    /// # Errors
    /// [`Resource::not_found`] if there is no such row; [`Error::Denied`] if
    /// the caller may not delete it; [`Error::Constraint`] if other rows refer
    /// to it.
    pub async fn delete(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: &MaybeId,
        force: bool,
    ) -> Result<()> {
        let deleted = self.remove(resource, caller, id, force).await;
        deleted.map_err(|error| (resource.map_error)(Action::Delete, error))
    }

    async fn remove(
        self,
        resource: &'static Resource,
        caller: &Caller,
        id: &MaybeId,
        force: bool,
    ) -> Result<()> {
        (resource.pre_authorize)(caller)?;
        let id = id_in_path(id, resource.lenient_id_on_delete, resource.not_found)?;
        let mut transaction = self.core.database().begin().await?;
        (resource.lock_before)(&mut transaction, Action::Delete, id, &Map::new()).await?;
        let projection = (resource.projection)(Relations::Without);
        let row = rows::locked(&mut transaction, projection, id)
            .await?
            .ok_or_else(resource.not_found)?;
        let mut deleting = DeleteContext {
            core: self.core,
            caller,
            transaction: &mut transaction,
            id,
            row: &row,
            force,
        };
        (resource.may_delete)(deleting.reborrow()).await?;
        self.delete_row(resource, deleting).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a locked row, with its event. The caller of this function checks
    /// who may.
    ///
    /// # Errors
    /// [`Error::Constraint`] if other rows refer to it, and those of the
    /// resource's hooks.
    pub(crate) async fn delete_row(
        self,
        resource: &'static Resource,
        mut deleting: DeleteContext<'_>,
    ) -> Result<()> {
        (resource.before_delete)(deleting.reborrow()).await?;
        let table = resource.table;
        let DeleteContext {
            caller,
            ref mut transaction,
            id,
            row,
            ..
        } = deleting;
        for link in table.links {
            let defaults = self.core.defaults();
            store_write::replace_links(transaction, link, id, &[], &defaults).await?;
        }
        store_write::delete(transaction, table, id).await?;
        let event = (resource.event)(EventContext {
            transaction,
            table,
            action: Action::Delete,
            id,
            row,
        })
        .await?;
        let event = publish_change(event, transaction, table, row).await?;
        self.core.record(transaction, event, Some(caller)).await?;
        (resource.after_delete)(deleting).await
    }

    /// Replaces the row's links with the lists of ids in a body; ids of rows
    /// that do not exist are skipped.
    async fn write_links(
        self,
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
            store_write::replace_links(transaction, link, id, &ids, &self.core.defaults()).await?;
        }
        Ok(())
    }
}

/// Sets the audience of a row's event.
async fn publish_change(
    mut event: Event,
    transaction: &mut Transaction,
    table: &'static Table,
    row: &Map<String, Value>,
) -> Result<Event> {
    event.audience = row_audience(transaction, table, row, &event).await?;
    Ok(event)
}

/// A row that was written in a transaction that is not committed yet.
struct ResourceChange<'a> {
    resource: &'static Resource,
    caller: &'a Caller,
    transaction: Transaction,
    id: Uuid,
    before: &'a Map<String, Value>,
    data: &'a Map<String, Value>,
}

/// Returns the fields of a body; for another JSON type none, and its
/// description.
fn opened(sent: RequestBody) -> (JsonRow, Option<&'static str>) {
    match sent {
        RequestBody::Object(data) => (data, None),
        RequestBody::Other(kind) => (Map::new(), Some(kind)),
    }
}

fn no_object(kind: &str) -> Error {
    Error::invalid(format!("The body must be a JSON object, not {kind}."))
}

fn remove(data: &mut Map<String, Value>, fields: &[&str]) {
    data.retain(|field, _| !fields.contains(&field.as_str()));
}

/// Refuses a row without a value for a required column.
fn require_columns(table: &Table, values: &Values) -> Result<()> {
    let missing = table
        .columns
        .iter()
        .any(|column| column.is_required() && !values.contains_key(column.name));
    if missing {
        return Err(Error::Constraint(ConstraintViolation::Missing));
    }
    Ok(())
}

/// Refuses strings for date columns that are not ISO 8601.
fn check_dates(table: &Table, data: &Map<String, Value>) -> Result<()> {
    for (field, json) in data {
        let is_date = table
            .column(field)
            .is_some_and(|column| matches!(column.kind, ColumnType::Date | ColumnType::Timestamp));
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

/// Parses a link's ids: an array of ids, or of objects with an `id`.
fn link_ids(link: &Link, json: &Value) -> Result<Vec<Uuid>> {
    let items = match json {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        Value::Object(object) if object.is_empty() => return Ok(Vec::new()),
        Value::Object(_) | Value::String(_) => {
            return Err(Error::Constraint(ConstraintViolation::Format));
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
                .ok_or(Error::Constraint(ConstraintViolation::Format))
        })
        .collect()
}
