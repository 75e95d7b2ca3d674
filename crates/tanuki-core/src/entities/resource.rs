//! The resources `/data/entities`, `/data/entity-links` and
//! `/data/asset-instances`.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::query::breakdown::{self, EntityUpdate};
use tanuki_store::query::entities;
use tanuki_store::query::entities::deletion;
use tanuki_store::query::visibility;
use tanuki_store::schema::{ASSET_INSTANCE, ENTITY, ENTITY_LINK, ENTITY_STATUSES};
use tanuki_store::{Executor, Filter, Transaction};
use uuid::Uuid;

use super::load::kind_of;
use super::unique_names::{check_name, refuse_second_name};
use crate::access::{ProjectAccess, ensure};
use crate::events::Event;
use crate::fields::id_of;
use crate::masking::Mask;
use crate::resource::{
    Action, ChangeContext, CreateContext, DeleteContext, EventContext, ReadContext, Relations,
    Resource, UpdateContext, full_projection, managers_create, ready,
};
use crate::{Caller, Error, Result};

/// `/data/entities`. Lists are limited to the projects of the caller. Managers
/// of the project create, update and delete; the creator of an entity may
/// update and delete it, supervisors may update its metadata.
pub static ENTITIES: Resource = Resource {
    relations_on_update: Relations::With,
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            visibility::entities::visible_to(caller.id, caller.role)
        }
    },
    mask: Some(Mask::entity_row),
    may_list: |_| ready(Ok(())),
    unique_columns: &["name", "project_id", "entity_type_id", "parent_id"],
    lock_before: |transaction, _, id, data| Box::pin(lock_for_update(transaction, id, data)),
    may_create: managers_create,
    before_create: |creating| ready(before_create(creating)),
    after_create: |written| {
        Box::pin(async move {
            written.answer.insert("type".into(), ENTITY.object.into());
            refuse_second_name(written).await
        })
    },
    may_read: |reading| Box::pin(may_read(reading)),
    may_update: |updating| Box::pin(may_update(updating)),
    before_update: |updating| Box::pin(before_update(updating)),
    after_update: |written| Box::pin(after_update(written)),
    protected_on_update: &[
        "instance_casting",
        "entities_in",
        "entities_out",
        "type",
        "shotgun_id",
        "created_by",
    ],
    may_delete: |deleting| Box::pin(may_delete(deleting)),
    before_delete: |deleting| Box::pin(before_delete(deleting)),
    event: |happened| Box::pin(event(happened)),
    map_error: |action, error| match (action, error) {
        (Action::Update, Error::Constraint(reason)) => Error::InvalidFilter(reason),
        (Action::Update, error @ Error::WrongType { .. }) => {
            Error::Refused(error.to_string().into())
        }
        (_, error) => error,
    },
    ..Resource::plain(&ENTITY, |relations| {
        static LINKED: LazyLock<Projection> = LazyLock::new(|| {
            Projection::with_links(&ENTITY, &[]).computed_type(|_| entities::kind_name())
        });
        static PLAIN: LazyLock<Projection> = LazyLock::new(|| {
            Projection::all_columns(&ENTITY, &[]).computed_type(|_| entities::kind_name())
        });
        match relations {
            Relations::With => &LINKED,
            Relations::Without => &PLAIN,
        }
    })
};

/// Locks what an update affects besides the row of the entity, before that row.
async fn lock_for_update(
    transaction: &mut Transaction,
    id: Uuid,
    data: &Map<String, Value>,
) -> Result<()> {
    let id_in = |key: &str| data.contains_key(key).then(|| id_of(data, key));
    let update = EntityUpdate {
        parent_id: id_in("parent_id"),
        canceled: data.get("canceled").and_then(Value::as_bool),
        ready_for: id_in("ready_for"),
    };
    Ok(breakdown::lock_for_update(transaction, id, update).await?)
}

fn before_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
        caller,
        data,
        values,
        ..
    } = creating;
    check_status(data)?;
    data.remove("created_by");
    values.insert("created_by", caller.author().into());
    Ok(())
}

/// Refuses an unknown value of `status` with `Invalid`.
pub(super) fn check_status(data: &Map<String, Value>) -> Result<()> {
    let known = |status: &Value| {
        status
            .as_str()
            .is_some_and(|status| ENTITY_STATUSES.contains(&status))
    };
    match data.get("status") {
        Some(status) if !known(status) => Err(Error::invalid("Invalid status")),
        _ => Ok(()),
    }
}

/// Requires access to the project of the entity, and for vendors a task on the
/// entity. In SQL: `visibility::entities::visible_to`.
async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core,
        caller,
        row,
        id,
        ..
    } = reading;
    let database = core.database();
    let access = caller
        .require_project_access(database, id_of(row, "project_id"))
        .await?;
    caller.require_entity_reach(database, access, id).await
}

/// Requires a manager of the project, the creator of the entity, or a
/// supervisor who changes metadata only. Refuses a duplicate name.
async fn may_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        caller,
        transaction,
        row,
        data,
        ..
    } = updating;
    let project_id = id_of(row, "project_id").ok_or(Error::Denied)?;
    let access = caller
        .project_access(&mut *transaction, Some(project_id))
        .await?;
    let is_own = access.is_granted() && id_of(row, "created_by") == Some(caller.id);
    if !access.is_manager() && !is_own {
        supervises_fields(caller, transaction, access, project_id, (row, data)).await?;
    }
    // With the `project_id` of the body, although an update does not move the
    // entity to another project.
    check_name(transaction, updating.id, row, data).await
}

/// Checks that an update by a supervisor changes metadata only: any of it, or
/// only the columns of their departments if they have any.
async fn supervises_fields(
    caller: &Caller,
    transaction: &mut Transaction,
    access: ProjectAccess,
    project_id: Uuid,
    (row, data): (&Map<String, Value>, &Map<String, Value>),
) -> Result<()> {
    ensure(access.is_supervisor() && data.keys().all(|key| key == "data"))?;
    if !entities::has_departments(&mut *transaction, caller.id).await? {
        return Ok(());
    }
    let kind = row.get("type").and_then(Value::as_str).unwrap_or_default();
    ensure(matches!(kind, "Shot" | "Asset" | "Edit"))?;
    let fields = entities::fields_of_departments(transaction, caller.id, project_id, kind).await?;
    let changed = data.get("data").and_then(Value::as_object);
    ensure(changed.is_some_and(|changed| {
        !changed.is_empty() && changed.keys().all(|key| fields.contains(key))
    }))
}

async fn before_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        transaction,
        id,
        row,
        data,
        ..
    } = updating;
    check_parent(transaction, id, data).await?;
    join_metadata(row, data)?;
    check_status(data)?;
    if data.get("source_id").is_some_and(|id| id == "null") {
        data.insert("source_id".into(), Value::Null);
    }
    Ok(())
}

/// Merges the metadata of the body into that of the row. Null and an empty
/// array add nothing.
///
/// # Errors
///
/// `WrongType` if the metadata is not an object.
pub(super) fn join_metadata(row: &Map<String, Value>, data: &mut Map<String, Value>) -> Result<()> {
    let before = row.get("data").and_then(Value::as_object);
    let mut metadata = before.cloned().unwrap_or_default();
    match data.get_mut("data") {
        Some(Value::Null) if before.is_none() => return Ok(()),
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) if items.is_empty() => {}
        Some(Value::Object(changed)) => metadata.append(changed),
        Some(_) => {
            return Err(Error::WrongType {
                field: "data",
                expected: "an object",
            });
        }
    }
    data.insert("data".into(), metadata.into());
    Ok(())
}

/// Maximum depth of the chain of parents.
const MAX_NESTING: usize = 32;

/// Refuses a parent that is the entity itself or one of its descendants, with
/// `Invalid`.
pub(super) async fn check_parent(
    transaction: &mut Transaction,
    id: Uuid,
    data: &Map<String, Value>,
) -> Result<()> {
    let mut above = id_of(data, "parent_id");
    for _ in 0..MAX_NESTING {
        match above {
            None => return Ok(()),
            Some(parent) if parent == id => break,
            Some(parent) => above = entities::parent(&mut *transaction, parent).await?,
        }
    }
    Err(Error::invalid(
        "Invalid parent_id: an entity cannot be inside of itself.",
    ))
}

/// Stores a version of a changed shot. Recounts castings if `ready_for` or
/// `canceled` of an asset has changed, or any entity was restored.
async fn after_update(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        before,
        data,
        answer,
    } = written;
    let kind = answer.get("type").and_then(Value::as_str);
    if kind == Some("Shot") {
        core.entities()
            .store_version(transaction, caller, id, (before, answer))
            .await?;
    }
    let is_ready_for_others =
        data.contains_key("ready_for") && before["ready_for"] != data["ready_for"];
    if kind == Some("Asset") && (is_ready_for_others || before["canceled"] != answer["canceled"]) {
        core.breakdown()
            .recount_castings(transaction, caller, id)
            .await?;
    }
    update_castings(ChangeContext {
        core,
        caller,
        transaction,
        id,
        before,
        data,
        answer,
    })
    .await
}

/// Updates the castings of the episodes that an entity was moved between, and
/// recounts the casting of an entity that was restored: counts are not updated
/// while it is canceled.
pub(super) async fn update_castings(written: ChangeContext<'_>) -> Result<()> {
    let moved = (written.before, &*written.answer);
    let transaction = &mut *written.transaction;
    written
        .core
        .breakdown()
        .move_castings(transaction, written.caller, written.id, moved)
        .await?;
    let is_restored = written.before["canceled"] == true && written.answer["canceled"] != true;
    if !is_restored {
        return Ok(());
    }
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        ..
    } = written;
    core.breakdown()
        .recount_stages(transaction, caller, &[id])
        .await
}

/// Requires a manager of the project, or its creator if they are in the team.
async fn may_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        caller,
        transaction,
        row,
        ..
    } = deleting;
    let access = caller
        .require_project_access(transaction, id_of(row, "project_id"))
        .await?;
    if id_of(row, "created_by") == Some(caller.id) {
        return Ok(());
    }
    access.require_manager()
}

/// Deletes the links of the entity and updates the castings that they belonged
/// to.
async fn before_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        id,
        row,
        ..
    } = deleting;
    if row.get("type").is_some_and(|kind| kind == "Sequence") {
        entities::remove_subscriptions(transaction, id).await?;
    }
    deletion::candidates(transaction, &[id]).await?;
    let mut left = core
        .breakdown()
        .castings_to_leave(transaction, &[id])
        .await?;
    entities::remove_links(transaction, &[id]).await?;
    left.leave(id);
    core.breakdown()
        .write_castings(transaction, caller, left.into_batch())
        .await
}

/// Returns the event of the entity's kind: `asset:update`, `shot:update`, …
async fn event(happened: EventContext<'_>) -> Result<Event> {
    let EventContext {
        transaction,
        action,
        id,
        row,
        ..
    } = happened;
    let kind = kind_of(transaction, row).await?;
    Ok(Event::about(kind.table_name(), action.as_str(), id).in_project(id_of(row, "project_id")))
}

/// `/data/entity-links`: casting links.
pub static ENTITY_LINKS: Resource = Resource::plain(&ENTITY_LINK, full_projection!(&ENTITY_LINK));

/// `/data/asset-instances`: numbered copies of an asset in a scene or asset.
pub static ASSET_INSTANCES: Resource = Resource {
    may_read: |reading| {
        let ReadContext {
            core, caller, row, ..
        } = reading;
        Box::pin(async move {
            reaches_asset(core.database().into(), caller, row).await?;
            Ok(())
        })
    },
    may_update: |updating| {
        let UpdateContext {
            caller,
            transaction,
            row,
            ..
        } = updating;
        Box::pin(async move {
            match reaches_asset(transaction.into(), caller, row).await? {
                Some(access) => access.deny_clients(),
                None => Ok(()),
            }
        })
    },
    protected_on_update: &["number"],
    ..Resource::plain(&ASSET_INSTANCE, full_projection!(&ASSET_INSTANCE))
};

/// Checks access to the project of an instance's asset, and for vendors to the
/// asset. Returns the caller's access, `None` for admins.
async fn reaches_asset(
    mut connection: Executor<'_>,
    caller: &Caller,
    instance: &Map<String, Value>,
) -> Result<Option<ProjectAccess>> {
    if caller.is_admin() {
        return Ok(None);
    }
    let asset_id = id_of(instance, "asset_id").ok_or(Error::NotFound)?;
    let project_id = entities::project_of_asset(connection.reborrow(), asset_id)
        .await?
        .ok_or(Error::NotFound)?;
    let access = caller
        .require_project_access(connection.reborrow(), Some(project_id))
        .await?;
    caller
        .require_entity_reach(connection, access, asset_id)
        .await?;
    Ok(Some(access))
}
