//! `/data/playlists`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tanuki_domain::Role;
use tanuki_store::query::{playlists, visibility};
use tanuki_store::schema::{ENTITY, PLAYLIST};
use tanuki_store::{Connection, Filter};
use uuid::Uuid;

use super::builds;
use crate::access::{ProjectAccess, access_of_new_row, ensure};
use crate::events::Event;
use crate::fields::{hyphenated_id, id_of, is_hyphenated_id};
use crate::resource::{
    ChangeContext, CreateContext, DeleteContext, HookFuture, ReadContext, Resource, UpdateContext,
    full_projection, ready, refuse_duplicate, require_in_project,
};
use crate::{Caller, Error, Result};

/// Valid values of `for_entity`.
const KINDS: &[&str] = &["shot", "asset", "sequence", "edit", "episode"];

/// `/data/playlists`. Clients see those with `for_client`, vendors none.
/// Managers and supervisors of the project create them.
pub static PLAYLISTS: Resource = Resource {
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            visibility::playlists::visible_to(caller.id, caller.role)
        }
    },
    may_list: |asking| ready(ensure(asking.caller.role != Role::Vendor)),
    may_create: |creating| {
        Box::pin(async move {
            let access = access_of_new_row(creating.core, creating.caller, creating.data).await?;
            ensure(access.is_manager() || access.is_supervisor())
        })
    },
    unique_columns: &["name", "project_id", "episode_id"],
    before_create: |creating| Box::pin(complete(creating)),
    may_read: |reading| Box::pin(may_read(reading)),
    may_update: |updating| {
        let UpdateContext {
            caller,
            transaction,
            row,
            ..
        } = updating;
        may_change(caller, transaction, row)
    },
    ownership_fields: &["created_by"],
    before_update: |updating| Box::pin(tidy(updating)),
    after_create: |written| Box::pin(check_entries(written)),
    after_update: |written| Box::pin(check_entries(written)),
    may_delete: |deleting| {
        let DeleteContext {
            caller,
            transaction,
            row,
            ..
        } = deleting;
        may_change(caller, transaction, row)
    },
    before_delete: |deleting| Box::pin(remove_dependents(deleting)),
    ..Resource::plain(&PLAYLIST, full_projection!(&PLAYLIST))
};

/// Requires access to the project; clients read what is shared with them, and
/// vendors nothing. In SQL: `visibility::playlists::visible_to`.
async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    require_readable(reading.caller, reading.core.database(), reading.row).await
}

/// As `may_read`, for the row of a playlist.
pub(super) async fn require_readable(
    caller: &Caller,
    connection: impl Connection,
    row: &Map<String, Value>,
) -> Result<()> {
    let project_id = id_of(row, "project_id");
    let access = caller
        .require_project_access(connection, project_id)
        .await?;
    require_read(access, row)
}

/// Denies vendors, and clients unless the playlist is shared with them.
pub(super) fn require_read(access: ProjectAccess, row: &Map<String, Value>) -> Result<()> {
    access.require_playlist_read(row.get("for_client") == Some(&Value::Bool(true)))
}

fn may_change<'a>(
    caller: &'a Caller,
    transaction: &'a mut tanuki_store::Transaction,
    row: &'a Map<String, Value>,
) -> HookFuture<'a> {
    Box::pin(require_change(caller, transaction, row))
}

/// Requires a manager of the project, or the supervisor who created the
/// playlist.
pub(super) async fn require_change(
    caller: &Caller,
    connection: impl Connection,
    row: &Map<String, Value>,
) -> Result<()> {
    let project_id = id_of(row, "project_id");
    let access = caller.project_access(connection, project_id).await?;
    let made_by = id_of(row, "created_by");
    let is_own = made_by.is_none() || made_by == Some(caller.id);
    ensure(access.is_manager() || (access.is_supervisor() && is_own))
}

async fn complete(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
        core,
        caller,
        data,
        values,
    } = creating;
    check_kind(data)?;
    if matches!(
        data.get("episode_id").and_then(Value::as_str),
        Some("all" | "main")
    ) {
        data.insert("episode_id".into(), Value::Null);
    }
    if let Some(task_type) = data.get_mut("task_type_id")
        && !task_type.as_str().is_some_and(is_hyphenated_id)
    {
        *task_type = Value::Null;
    }
    if let Some(Value::Array(shots)) = data.get_mut("shots") {
        unpin_foreign_previews(core.database(), shots).await?;
    }
    data.remove("created_by");
    values.insert("created_by", caller.id.into());
    Ok(())
}

fn check_kind(data: &Map<String, Value>) -> Result<()> {
    let Some(kind) = data.get("for_entity").filter(|kind| !kind.is_null()) else {
        return Ok(());
    };
    if kind.as_str().is_some_and(|kind| KINDS.contains(&kind)) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "for_entity must be one of {}",
        KINDS.join(", ")
    )))
}

async fn tidy(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        transaction, data, ..
    } = updating;
    check_kind(data)?;
    // A client that read null of a playlist without entries sends it back: no
    // change.
    data.retain(|field, value| field != "shots" || !value.is_null());
    let Some(shots) = data.get_mut("shots") else {
        return Ok(());
    };
    let entries = match shots {
        Value::Array(entries) => std::mem::take(entries),
        _ => {
            return Err(Error::WrongType {
                field: "shots",
                expected: "a list",
            });
        }
    };
    // Entries without an entity are dropped; of the others only the entity and
    // the preview (the revision to show) are stored.
    let mut kept: Vec<Value> = entries
        .iter()
        .filter_map(|entry| {
            let entity = ["entity_id", "id"]
                .iter()
                .find_map(|key| entry.get(key).filter(|id| is_given(id)))?;
            let preview = entry.get("preview_file_id").unwrap_or(&Value::Null);
            Some(json!({"entity_id": entity, "preview_file_id": preview}))
        })
        .collect();
    unpin_foreign_previews(transaction, &mut kept).await?;
    *shots = kept.into();
    Ok(())
}

/// Requires that added entities belong to the playlist's project, are shared,
/// or belong to a project that the caller has access to; and that no other
/// playlist of the project has the same name.
async fn check_entries(written: ChangeContext<'_>) -> Result<()> {
    let known = entities_of(written.before.get("shots"));
    let sent = entities_of(written.data.get("shots"));
    let added: Vec<Uuid> = sent.difference(&known).copied().collect();
    if let Some(project_id) = id_of(written.answer, "project_id") {
        let connection = (&mut *written.transaction).into();
        let shots = ("shots", &ENTITY);
        require_in_project(
            connection,
            written.caller,
            project_id,
            shots,
            (&added, true),
        )
        .await?;
    }
    refuse_duplicate(written, &PLAYLIST).await
}

/// Returns the entity ids of a playlist's entries.
pub(crate) fn entities_of(shots: Option<&Value>) -> BTreeSet<Uuid> {
    let entries = shots.and_then(Value::as_array);
    let entity = |entry: &Value| {
        let entry = entry.as_object()?;
        id_of(entry, "entity_id").or_else(|| id_of(entry, "id"))
    };
    entries.into_iter().flatten().filter_map(entity).collect()
}

fn is_given(value: &Value) -> bool {
    !value.is_null() && value != ""
}

async fn remove_dependents(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        id,
        row,
        ..
    } = deleting;
    for job in playlists::remove_dependents(transaction, &[id]).await? {
        builds::discard_film(core, transaction, job).await?;
        let event = Event::about("build_job", "delete", job)
            .with("playlist_id", id.to_string())
            .in_project(id_of(row, "project_id"));
        core.record(transaction, event, Some(caller)).await?;
    }
    Ok(())
}

/// Sets `preview_file_id` to null in entries whose preview is not of the
/// entry's entity.
async fn unpin_foreign_previews(connection: impl Connection, shots: &mut [Value]) -> Result<()> {
    let pinned = |shot: &Value| hyphenated_id(shot.get("preview_file_id")?.as_str()?);
    let ids: Vec<Uuid> = shots.iter().filter_map(pinned).collect();
    let owners = playlists::entities_of_previews(connection, &ids).await?;
    for shot in shots {
        let preview = pinned(shot);
        let Some(entry) = shot.as_object_mut() else {
            continue;
        };
        if !entry.get("preview_file_id").is_some_and(is_given) {
            continue;
        }
        let entity = id_of(entry, "entity_id").or_else(|| id_of(entry, "id"));
        let owner = preview.and_then(|preview| owners.get(&preview).copied());
        let kept = preview
            .filter(|_| owner.is_some() && owner == entity)
            .map_or(Value::Null, |id| id.to_string().into());
        entry.insert("preview_file_id".into(), kept);
    }
    Ok(())
}
