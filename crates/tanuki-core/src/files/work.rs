//! Working files, saved by artists, and output files, written by programs.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::Filter;
use tanuki_store::projection::Projection;
use tanuki_store::query::{access, rows, visibility};
use tanuki_store::schema::{OUTPUT_FILE, WORKING_FILE};
use uuid::Uuid;

use crate::access::ensure;
use crate::events::Event;
use crate::fields::id_of;
use crate::resource::{
    EventContext, ListContext, ReadContext, Resource, UpdateContext, full_projection, ready,
};
use crate::{Error, Result};

/// `/data/working-files`.
pub static WORKING_FILES: Resource = Resource {
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            visibility::files::working_files_visible_to(caller.id, caller.role)
        }
    },
    may_list: |asking| Box::pin(no_vendor(asking)),
    before_create: |creating| {
        ready(check_choice(
            creating.data,
            "validation_status",
            Null::Refused,
        ))
    },
    lenient_id_on_read: true,
    read_projection: Some(|_, _| {
        static PROJECTION: LazyLock<Projection> =
            LazyLock::new(|| Projection::with_links(&WORKING_FILE, &[]));
        &PROJECTION
    }),
    may_read: |reading| Box::pin(may_read_working_file(reading)),
    may_update: |updating| Box::pin(may_update_working_file(updating)),
    ownership_fields: &["person_id", "task_id", "entity_id"],
    before_update: |updating| {
        ready(check_choice(
            updating.data,
            "validation_status",
            Null::Refused,
        ))
    },
    ..Resource::plain(&WORKING_FILE, full_projection!(&WORKING_FILE))
};

/// `/data/output-files`.
pub static OUTPUT_FILES: Resource = Resource {
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            visibility::files::output_files_visible_to(caller.id, caller.role)
        }
    },
    may_list: |asking| Box::pin(no_vendor(asking)),
    before_create: |creating| ready(check_choice(creating.data, "quality", Null::Taken)),
    lenient_id_on_read: true,
    may_read: |reading| Box::pin(may_read_output_file(reading)),
    may_update: |updating| Box::pin(may_update_output_file(updating)),
    ownership_fields: &["person_id", "entity_id"],
    before_update: |updating| ready(check_choice(updating.data, "quality", Null::Taken)),
    event: |happened| Box::pin(output_file_event(happened)),
    ..Resource::plain(&OUTPUT_FILE, |_| {
        static PROJECTION: LazyLock<Projection> = LazyLock::new(|| {
            Projection::all_columns(&OUTPUT_FILE, &[]).embed_full(
                "source_file",
                "source_file_id",
                &WORKING_FILE,
                "source_file_id",
            )
        });
        &PROJECTION
    })
};

/// Denies the list to vendors who do not have another role in any team.
async fn no_vendor(asking: ListContext<'_>) -> Result<()> {
    let ListContext { core, caller, .. } = asking;
    if caller.role != Role::Vendor {
        return Ok(());
    }
    let places = access::memberships(core.database(), caller.id).await?;
    let is_vendor = |(_, place)| caller.project_access_of(Some(place)).is_vendor();
    ensure(!places.into_iter().all(is_vendor))
}

/// Whether `null` is a valid value of a field.
#[derive(PartialEq)]
enum Null {
    Taken,
    Refused,
}

fn check_choice(data: &Map<String, Value>, field: &str, null: Null) -> Result<()> {
    let choices = [&WORKING_FILE, &OUTPUT_FILE]
        .iter()
        .filter_map(|table| table.column(field))
        .map(|column| column.choices)
        .find(|choices| !choices.is_empty())
        .unwrap_or_default();
    match data.get(field) {
        None => Ok(()),
        Some(Value::Null) if null == Null::Taken => Ok(()),
        Some(Value::String(text)) if choices.contains(&text.as_str()) => Ok(()),
        Some(_) => Err(Error::invalid(format!("Invalid {field}"))),
    }
}

/// Permission to read: that of the task. In SQL:
/// `visibility::files::working_files_visible_to`, which leaves vendors out.
async fn may_read_working_file(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core, caller, row, ..
    } = reading;
    let database = core.database();
    let task_id = id_of(row, "task_id").ok_or(Error::NotFound)?;
    let on_task = caller.require_task_access(database.into(), task_id).await?;
    on_task.task.entity_id.ok_or(Error::NotFound)?;
    Ok(())
}

async fn may_update_working_file(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        caller,
        transaction,
        row,
        ..
    } = updating;
    let task_id = id_of(row, "task_id").ok_or(Error::NotFound)?;
    ensure(
        caller
            .task_access(transaction, task_id)
            .await?
            .can_publish(),
    )
}

/// Returns the entity of a row and the entity's project.
async fn entity_project(
    connection: impl tanuki_store::Connection,
    row: &Map<String, Value>,
) -> Result<(Uuid, Option<Uuid>)> {
    let entity_id = id_of(row, "entity_id").ok_or(Error::NotFound)?;
    let project_id = rows::project_of(connection, "entity", entity_id).await?;
    Ok((entity_id, project_id.ok_or(Error::NotFound)?))
}

/// Permission to read: that of the entity. In SQL:
/// `visibility::files::output_files_visible_to`, which leaves vendors out.
async fn may_read_output_file(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core, caller, row, ..
    } = reading;
    let database = core.database();
    let (entity_id, project_id) = entity_project(database, row).await?;
    let access = caller.require_project_access(database, project_id).await?;
    caller
        .require_entity_reach(database, access, entity_id)
        .await
}

/// Permission to update: managers of the project, and assignees of a task of
/// the entity.
async fn may_update_output_file(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        caller,
        transaction,
        row,
        ..
    } = updating;
    let (entity_id, project_id) = entity_project(&mut *transaction, row).await?;
    let access = caller.project_access(&mut *transaction, project_id).await?;
    if access.is_manager() {
        return Ok(());
    }
    ensure(access.is_granted())?;
    let worked_on = id_of(row, "temporal_entity_id").unwrap_or(entity_id);
    ensure(access::works_on_entity(transaction, caller.id, worked_on).await?)
}

async fn output_file_event(happened: EventContext<'_>) -> Result<Event> {
    let event = happened.event();
    let (_, project_id) = entity_project(happened.transaction, happened.row).await?;
    Ok(event.in_project(project_id))
}
