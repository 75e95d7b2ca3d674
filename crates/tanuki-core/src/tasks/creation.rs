//! Permission check and project of tasks created with `POST /data/tasks`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tanuki_store::query::{rows, tasks::assignments};
use tanuki_store::schema::ENTITY;
use uuid::Uuid;

use crate::access::{ProjectAccess, ensure};
use crate::fields::{hyphenated_id, id_of};
use crate::resource::CreateContext;
use crate::{Caller, ConstraintViolation, Core, Error, Result};

/// Requires the permissions of `POST /data/entities/ID/tasks`: access to the
/// project of the entity, not as a client or vendor; and permission to assign
/// each of the assignees. A body without a valid entity passes and is refused
/// by the validation of its fields.
pub(super) async fn may_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
        core, caller, data, ..
    } = creating;
    let entity_id = data.get("entity_id").and_then(Value::as_str);
    let Some(entity_id) = entity_id.and_then(hyphenated_id) else {
        return Ok(());
    };
    let found = rows::project_of(core.database(), ENTITY.name, entity_id).await?;
    let Some(project_id) = found else {
        return Ok(());
    };
    let access = caller
        .require_project_access(core.database(), project_id)
        .await?;
    access.deny_guests()?;
    if access.is_manager() {
        return Ok(());
    }
    may_assign_all(core, caller, access, data).await
}

/// Permission to assign: supervisors assign people with whom they share a
/// department, everybody themselves, both to tasks of their departments.
async fn may_assign_all(
    core: &Core,
    caller: &Caller,
    access: ProjectAccess,
    data: &Map<String, Value>,
) -> Result<()> {
    let assignees = assignee_ids(data);
    if assignees.is_empty() {
        return Ok(());
    }
    let task_type_id = id_of(data, "task_type_id");
    let database = core.database();
    let departments = assignments::departments(database, caller.id, None).await?;
    let ties = departments.ties(task_type_id);
    if access.is_supervisor() && ties.free {
        return Ok(());
    }
    ensure(ties.of_type)?;
    let others: Vec<Uuid> = assignees
        .into_iter()
        .filter(|id| *id != caller.id)
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    ensure(access.is_supervisor())?;
    ensure(assignments::share_departments(database, caller.id, &others).await?)
}

/// Reads the ids in `assignees` of a body: strings, or objects with an `id`.
pub(super) fn assignee_ids(data: &Map<String, Value>) -> BTreeSet<Uuid> {
    let items = data.get("assignees").and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().or_else(|| item.get("id")?.as_str()))
        .filter_map(|text| Uuid::try_parse(text).ok())
        .collect()
}

/// Sets `project_id` to the project of the entity.
///
/// # Errors
///
/// [`Error::Invalid`] if the body names another project, [`Error::NotFound`] if
/// the entity does not exist.
pub(super) async fn join_project_of_entity(
    core: &Core,
    data: &mut Map<String, Value>,
    entity_id: Uuid,
) -> Result<()> {
    let project_id = rows::project_of(core.database(), ENTITY.name, entity_id).await?;
    let project_id = project_id.flatten().ok_or(Error::NotFound)?;
    let is_given = data.get("project_id").is_some_and(|id| !id.is_null());
    let given = id_of(data, "project_id");
    if is_given && given.is_none() {
        return Err(Error::Constraint(ConstraintViolation::Format));
    }
    if given.is_some_and(|given| given != project_id) {
        return Err(Error::invalid(
            "project_id must be the production of the entity.",
        ));
    }
    data.insert("project_id".into(), project_id.to_string().into());
    Ok(())
}
