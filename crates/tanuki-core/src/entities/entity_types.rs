//! The resource `/data/entity-types`.

use serde_json::Value;
use tanuki_store::query::entities::by_name;
use tanuki_store::schema::ENTITY_TYPE;

use crate::events::Event;
use crate::resource::{ChangeContext, CreateContext, Relations, Resource, full_projection, ready};
use crate::{ConstraintViolation, Error, Result};

/// `/data/entity-types`: asset types and the types of the other kinds. Readable
/// by every caller, changed by admins.
pub static ENTITY_TYPES: Resource = Resource {
    relations_on_update: Relations::With,
    unique_columns: &["name"],
    before_create: |creating| Box::pin(refuse_second_type(creating)),
    after_create: |written| Box::pin(refuse_simultaneous_type(written)),
    after_update: |ChangeContext { answer, .. }| {
        // The last key, as Zou appends it to the serialized row.
        if let Some(types) = answer.shift_remove("task_types") {
            answer.insert("task_types".into(), types);
        }
        ready(Ok(()))
    },
    event: |happened| {
        ready(Ok(Event::about(
            "asset_type",
            happened.action.as_str(),
            happened.id,
        )))
    },
    ..Resource::open_to_all(&ENTITY_TYPE, full_projection!(&ENTITY_TYPE))
};

/// Refuses a type whose name exists already, compared case-insensitively.
async fn refuse_second_type(creating: CreateContext<'_>) -> Result<()> {
    let name = match creating.data.get("name") {
        None => "",
        Some(Value::String(name)) => name,
        Some(Value::Null) => return Ok(()),
        Some(_) => return Err(Error::Constraint(ConstraintViolation::Format)),
    };
    let namesake = by_name::type_alike(creating.core.database(), name).await?;
    refuse_type(namesake.is_some())
}

/// Refuses the second of two concurrent requests that create a type of the same
/// name. Names are compared case-insensitively.
async fn refuse_simultaneous_type(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        transaction,
        id,
        answer,
        ..
    } = written;
    let Some(name) = answer.get("name").and_then(Value::as_str) else {
        return Ok(());
    };
    refuse_type(by_name::type_is_taken(transaction, name, id).await?)
}

fn refuse_type(is_taken: bool) -> Result<()> {
    if is_taken {
        return Err(Error::invalid("Entity type with this name already exists"));
    }
    Ok(())
}
