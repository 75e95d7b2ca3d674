//! Refuses entities with the name of another one.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::entities::by_name::{self, AssetPlace, NameScope};
use uuid::Uuid;

use super::Kind;
use super::load::kind_of;
use crate::fields::id_of;
use crate::resource::ChangeContext;
use crate::{ConstraintViolation, Error, Result};

/// Checks that the name remains unique among the entities of one type and
/// parent. The unique constraint of the database does not apply to rows without
/// a parent, since SQL treats nulls as distinct.
pub(super) async fn check_name(
    transaction: &mut Transaction,
    id: Uuid,
    row: &Map<String, Value>,
    data: &Map<String, Value>,
) -> Result<()> {
    let after = |field: &str| data.get(field).or_else(|| row.get(field));
    let parent = after("parent_id").filter(|id| !id.is_null() && **id != "" && **id != "null");
    let before = row.get("parent_id").filter(|id| !id.is_null());
    let is_moved = ["name", "project_id", "entity_type_id"]
        .iter()
        .any(|field| after(field) != row.get(*field))
        || parent != before;
    if !is_moved {
        return Ok(());
    }
    let malformed = || Error::Constraint(ConstraintViolation::Format);
    let id_in = |json: &Value| {
        let text = json.as_str().ok_or_else(malformed)?;
        Uuid::try_parse(text).map_err(|_| malformed())
    };
    let (Some(name), Some(project), Some(entity_type)) =
        (after("name"), after("project_id"), after("entity_type_id"))
    else {
        return Ok(());
    };
    if [name, project, entity_type]
        .iter()
        .any(|value| value.is_null())
    {
        // Null is not equal to anything, so that the name cannot be a
        // duplicate.
        return Ok(());
    }
    let name = name.as_str().ok_or_else(malformed)?;
    let (project_id, entity_type_id) = (id_in(project)?, id_in(entity_type)?);
    let scope = NameScope {
        project_id,
        entity_type_id,
        parent_id: parent.map(id_in).transpose()?,
    };
    if !by_name::name_is_taken(transaction, id, name, scope).await? {
        return Ok(());
    }
    let parent = parent.and_then(Value::as_str).unwrap_or("None");
    Err(Error::invalid(format!(
        "An entity with name '{name}', project_id '{project_id}', entity_type_id \
         '{entity_type_id}', and parent_id '{parent}' already exists. The combination of these \
         fields must be unique."
    )))
}

/// Refuses a second entity of the same name, type and project without a parent.
/// The unique constraint of the database does not apply to these, since SQL
/// treats nulls as distinct.
pub(super) async fn refuse_second_name(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        transaction,
        id,
        answer,
        ..
    } = written;
    let parent_id = id_of(answer, "parent_id");
    let (Some(project_id), Some(entity_type_id), Some(name), None) = (
        id_of(answer, "project_id"),
        id_of(answer, "entity_type_id"),
        answer.get("name").and_then(Value::as_str),
        parent_id,
    ) else {
        return Ok(());
    };
    let is_taken = if kind_of(&mut *transaction, answer).await? == Kind::Asset {
        let place = AssetPlace {
            project_id,
            entity_type_id,
            source_id: id_of(answer, "source_id"),
        };
        let namesake = by_name::asset_named(transaction, name, place, Some(id)).await?;
        answer["canceled"] != true && namesake.is_some()
    } else {
        let scope = NameScope {
            project_id,
            entity_type_id,
            parent_id: None,
        };
        by_name::name_is_taken(transaction, id, name, scope).await?
    };
    if is_taken {
        return Err(Error::Constraint(ConstraintViolation::Duplicate));
    }
    Ok(())
}
