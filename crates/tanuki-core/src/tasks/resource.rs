//! The resource `/data/tasks`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tanuki_store::query::comments::notifications::{Notification, Subject};
use tanuki_store::query::{locks, tasks, visibility};
use tanuki_store::schema::TASK;
use tanuki_store::view::tasks::PLAIN;
use tanuki_store::write::Values;
use tanuki_store::{Filter, Kind};
use uuid::Uuid;

use super::creation::{assignee_ids, join_project_of_entity, may_create};
use crate::access::ensure;
use crate::events::Event;
use crate::fields::{column_value, hyphenated_id, id_of, is_hyphenated_id, is_truthy};
use crate::masking::Mask;
use crate::parameters::{Parameters, first};
use crate::resource::{
    Action, ChangeContext, CreateContext, DeleteContext, EventContext, ReadContext, Relations,
    Resource, UpdateContext, managers_delete, ready,
};
use crate::{Caller, ConstraintViolation, Error, Result};

/// `/data/tasks`.
pub static TASKS: Resource = Resource {
    mask: Some(Mask::task_row),
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            visibility::tasks::visible_to(caller.id, caller.role)
        }
    },
    list_params: in_episode,
    may_list: |_| ready(Ok(())),
    may_create: |creating| Box::pin(may_create(creating)),
    before_create: |creating| Box::pin(before_create(creating)),
    may_read: |reading| Box::pin(may_read(reading)),
    lock_before: |transaction, action, id, _| {
        Box::pin(async move {
            if action == Action::Delete {
                locks::entity_of(transaction, ("task", "id"), id).await?;
            }
            Ok(())
        })
    },
    may_update: |updating| Box::pin(may_update(updating)),
    before_update: |updating| Box::pin(before_update(updating)),
    after_update: |written| Box::pin(publish_assignments(written)),
    may_delete: managers_delete,
    before_delete: |deleting| Box::pin(before_delete(deleting)),
    event: |happened| ready(Ok(event(&happened))),
    map_error: |action, error| match (action, error) {
        (Action::New, Error::Constraint(reason)) if reason != ConstraintViolation::Format => {
            Error::Conflict("Task already exists.".into())
        }
        (_, error) => error,
    },
    defaults_on_create: &["name"],
    undescribed_keys: &["difficulty"],
    ..Resource::plain(&TASK, |relations| PLAIN.form(relations, false))
};

/// Filters by `episode_id`.
fn in_episode(parameters: &Parameters) -> Result<Filter> {
    let Some(text) = first(parameters, "episode_id") else {
        return Ok(Filter::all());
    };
    let malformed = || Error::invalid(format!("Invalid UUID format for episode_id: {text}"));
    let id = hyphenated_id(text).ok_or_else(malformed)?;
    Ok(tasks::in_episode(id))
}

async fn before_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
        core, data, values, ..
    } = creating;
    for field in ["task_type_id", "entity_id"] {
        let id = data.get(field).and_then(Value::as_str);
        if !id.is_some_and(is_hyphenated_id) {
            return Err(Error::invalid(format!("A valid {field} is required.")));
        }
    }
    let (Some(task_type_id), Some(entity_id)) =
        (id_of(data, "task_type_id"), id_of(data, "entity_id"))
    else {
        return Err(Error::NotFound);
    };
    if !data.get("name").is_some_and(|name| is_truthy(Some(name))) {
        data.insert("name".into(), "main".into());
    }
    if let Some(assignees) = data.get("assignees")
        && !assignees.is_array()
    {
        return Err(Error::invalid("assignees must be a list."));
    }
    let database = core.database();
    let (for_entity, entity_type) = tasks::kinds(database, task_type_id, entity_id).await?;
    let (Some(for_entity), Some(entity_type)) = (for_entity, entity_type) else {
        return Err(Error::NotFound);
    };
    let fits = match Kind::of_type(&entity_type) {
        Kind::Asset => for_entity == "Asset",
        kind => for_entity == kind.type_name(),
    };
    if !fits {
        return Err(Error::Refused(
            "Task type of the task does not match entity type.".into(),
        ));
    }
    join_project_of_entity(core, data, entity_id).await?;
    check_assignees(database, data).await?;
    if let Some(Value::Array(assignees)) = data.get_mut("assignees") {
        let mut seen = BTreeSet::new();
        assignees.retain(|id| seen.insert(id.to_string()));
    }
    keep_own_id(data, values)
}

/// Tasks are the only rows whose `id` and times may be set by the HTTP client.
fn keep_own_id(data: &Map<String, Value>, values: &mut Values) -> Result<()> {
    for field in ["id", "created_at", "updated_at"] {
        if let (Some(column), Some(json)) = (TASK.column(field), data.get(field))
            && !json.is_null()
        {
            values.insert(column.name, column_value(column, json)?);
        }
    }
    Ok(())
}

/// Refuses preview accounts of projects as assignees.
///
/// # Errors
///
/// [`Error::Invalid`] if one of the assignees is a preview account.
async fn check_assignees(
    connection: impl tanuki_store::Connection,
    data: &Map<String, Value>,
) -> Result<()> {
    let ids: Vec<Uuid> = assignee_ids(data).into_iter().collect();
    if !ids.is_empty() && tasks::any_preview_account(connection, &ids).await? {
        return Err(Error::invalid("A preview account can't be assigned"));
    }
    Ok(())
}

/// Requires access to the project of the task, and for vendors a task of its
/// entity. In SQL: `visibility::tasks::visible_to`.
async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core, caller, row, ..
    } = reading;
    let database = core.database();
    let access = caller
        .require_project_access(database, id_of(row, "project_id"))
        .await?;
    if let Some(entity_id) = id_of(row, "entity_id") {
        caller
            .require_entity_reach(database, access, entity_id)
            .await?;
    }
    Ok(())
}

/// Fields that supervisors may update on tasks of their departments.
const SUPERVISED: [&str; 6] = [
    "priority",
    "start_date",
    "due_date",
    "estimation",
    "difficulty",
    "data",
];

async fn may_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        caller,
        transaction,
        row,
        data,
        ..
    } = updating;
    let access = caller
        .project_access(&mut *transaction, id_of(row, "project_id"))
        .await?;
    if access.is_manager() {
        return Ok(());
    }
    ensure(data.keys().all(|key| SUPERVISED.contains(&key.as_str())))?;
    let task_type_id = id_of(row, "task_type_id").ok_or(Error::Denied)?;
    ensure(
        caller
            .supervises_task_type(transaction, access, task_type_id)
            .await?,
    )
}

async fn before_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        transaction,
        row,
        data,
        ..
    } = updating;
    check_assignees(&mut *transaction, data).await?;
    // Merge new metadata into the existing.
    if let Some(given) = data.get_mut("data") {
        match given {
            Value::Object(fields) => {
                let mut all = row
                    .get("data")
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default();
                if !fields.is_empty() {
                    all.append(fields);
                    *fields = all;
                }
            }
            given if !is_truthy(Some(given)) => {}
            _ => {
                return Err(Error::WrongType {
                    field: "data",
                    expected: "an object",
                });
            }
        }
    }
    Ok(())
}

/// Records `task:assign` and `task:unassign` for changed assignees, and
/// notifies new ones.
async fn publish_assignments(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        before,
        data,
        ..
    } = written;
    if !data.contains_key("assignees") {
        return Ok(());
    }
    let now =
        tanuki_store::query::rows::by_id(&mut *transaction, PLAIN.form(Relations::With, false), id)
            .await?
            .unwrap_or_default();
    let (before, now_assigned) = (assignees(before), assignees(&now));
    let project_id = id_of(&now, "project_id");
    let told = |action, person: &Uuid| {
        Event::about("task", action, id)
            .with("person_id", person.to_string())
            .in_project(project_id)
    };
    let new = now_assigned.difference(&before);
    let notifications: Vec<Notification> = new
        .clone()
        .filter_map(|person| assignment(caller, id, *person))
        .collect();
    let mut notified = core
        .create_notifications(transaction, &notifications, |_| project_id)
        .await?
        .into_iter();
    let mut events = Vec::new();
    for person in new {
        events.push(told("assign", person));
        if *person != caller.id {
            events.extend(notified.next());
        }
    }
    let gone = before.difference(&now_assigned);
    events.extend(gone.map(|person| told("unassign", person)));
    core.record_all(transaction, events, Some(caller)).await
}

/// The notification of a new assignee; `None` if they assigned themselves.
pub(super) fn assignment(caller: &Caller, task_id: Uuid, person_id: Uuid) -> Option<Notification> {
    (caller.id != person_id).then_some(Notification {
        person_id,
        author_id: caller.id,
        subject: Subject::Task(task_id),
        comment_id: None,
        kind: "assignation",
        reply_id: None,
        change: false,
        created_at: None,
    })
}

/// Reads the ids in `assignees` of a row.
pub(super) fn assignees(row: &Map<String, Value>) -> BTreeSet<Uuid> {
    let ids = row.get("assignees").and_then(Value::as_array);
    ids.into_iter()
        .flatten()
        .filter_map(|id| Uuid::try_parse(id.as_str()?).ok())
        .collect()
}

async fn before_delete(deleting: DeleteContext<'_>) -> Result<()> {
    if !deleting.force {
        return Ok(());
    }
    deleting
        .core
        .cascade()
        .empty_tasks(deleting.transaction, deleting.caller, &[deleting.id])
        .await
}

fn event(happened: &EventContext<'_>) -> Event {
    let event = happened.event();
    if happened.action != Action::Delete {
        return event;
    }
    let part = |key: &str| happened.row.get(key).cloned().unwrap_or(json!(null));
    event
        .with("entity_id", part("entity_id"))
        .with("task_type_id", part("task_type_id"))
}
