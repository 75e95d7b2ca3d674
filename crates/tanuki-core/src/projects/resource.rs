//! The resource `/data/projects`.

use serde_json::{Map, Value};
use tanuki_store::query::{projects, rows, visibility};
use tanuki_store::schema::{PREVIEW_BACKGROUND_FILE, PROJECT};
use tanuki_store::write::{self, Values};
use tanuki_store::{Connection, Filter, Transaction};
use uuid::Uuid;

use super::settings::check_settings;
use super::{LINKED, UNLINKED};
use crate::events::Event;
use crate::fields::id_of;
use crate::masking::Mask;
use crate::resource::{
    ChangeContext, CreateContext, DeleteContext, ReadContext, Relations, Resource, UpdateContext,
    managers_update_own, ready,
};
use crate::{Caller, Error, Projects, Result};

/// `/data/projects`. Everybody lists the open projects whose team they are in,
/// admins all projects.
pub static PROJECTS: Resource = Resource {
    scope: |caller| {
        if caller.is_admin() {
            Filter::all()
        } else {
            projects::is_open().and(visibility::projects::has_member(caller.id))
        }
    },
    mask: Some(Mask::project_row),
    may_list: |_| ready(Ok(())),
    virtual_fields: &[TEMPLATE],
    before_create: |creating| Box::pin(before_create(creating)),
    after_create: |written| Box::pin(after_create(written)),
    may_read: |reading| Box::pin(may_read(reading)),
    may_update: managers_update_own,
    protected_on_update: &["team"],
    before_update: |updating| Box::pin(before_update(updating)),
    after_update: |written| Box::pin(after_update(written)),
    may_delete: |deleting| Box::pin(may_delete(deleting)),
    before_delete: |deleting| Box::pin(before_delete(deleting)),
    undescribed_keys: &[
        "project_status_name",
        "task_types_priority",
        "task_type_links",
        "task_statuses_link",
        "descriptors",
        "first_episode_id",
    ],
    ..Resource::plain(&PROJECT, |relations| match relations {
        Relations::With => &LINKED,
        Relations::Without => &UNLINKED,
    })
};

/// The body field with the template of a new project. Not a column.
const TEMPLATE: &str = "project_template_id";

async fn before_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
        core, data, values, ..
    } = creating;
    check_settings(&core.settings().studio, data, &Map::new())?;
    let database = core.database();
    if !data.contains_key("project_status_id") {
        let open = projects::open_status(database, &core.defaults()).await?;
        values.insert("project_status_id", open.into());
    }
    let backgrounds = backgrounds(database, data).await?;
    if let Some(default) = data
        .get("default_preview_background_file_id")
        .filter(|id| !id.is_null())
        && !is_among(default, backgrounds.as_deref().unwrap_or_default())
    {
        return Err(Error::invalid("Invalid default_preview_background_file_id"));
    }
    core.projects().fill_from_template(data).await
}

/// Reads `preview_background_files` of a body; `None` if it is not given.
///
/// # Errors
///
/// [`Error::NotFound`] if one of them does not exist, [`Error::WrongType`] if
/// it is not a list.
async fn backgrounds(
    connection: impl Connection,
    data: &Map<String, Value>,
) -> Result<Option<Vec<Uuid>>> {
    let Some(given) = data.get("preview_background_files") else {
        return Ok(None);
    };
    let Some(given) = given.as_array() else {
        return Err(Error::WrongType {
            field: "preview_background_files",
            expected: "a list of ids",
        });
    };
    let ids: Vec<Uuid> = given
        .iter()
        .map(|id| {
            id.as_str()
                .and_then(|text| Uuid::try_parse(text).ok())
                .ok_or(Error::NotFound)
        })
        .collect::<Result<_>>()?;
    let there = rows::existing_in(connection, PREVIEW_BACKGROUND_FILE.name, &ids).await?;
    if there.len() < ids.len() {
        return Err(Error::NotFound);
    }
    Ok(Some(ids))
}

fn is_among(id: &Value, ids: &[Uuid]) -> bool {
    id.as_str()
        .is_some_and(|text| ids.iter().any(|id| id.to_string() == text))
}

async fn after_create(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        data,
        answer,
        ..
    } = written;
    if let Some(template) = id_of(data, TEMPLATE) {
        core.projects()
            .apply_template(transaction, caller, template, id)
            .await?;
        if let Some(row) = rows::by_id(&mut *transaction, &LINKED, id).await? {
            *answer = row;
        }
    }
    core.projects()
        .add_first_episode(transaction, caller, id, answer)
        .await?;
    core.projects()
        .copy_descriptors(transaction, caller, id)
        .await
}

async fn before_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        core,
        transaction,
        row,
        data,
        ..
    } = updating;
    check_settings(&core.settings().studio, data, row)?;
    let given = backgrounds(&mut *transaction, data).await?;
    if let Some(id) = data
        .get("preview_background_file_id")
        .filter(|id| !id.is_null())
    {
        let of_row = || {
            let linked = row
                .get("preview_background_files")
                .and_then(Value::as_array);
            linked.is_some_and(|linked| linked.contains(id))
        };
        if !given.map_or_else(of_row, |given| is_among(id, &given)) {
            return Err(Error::invalid("Invalid preview_background_file_id"));
        }
    }
    Ok(())
}

async fn after_update(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        answer,
        ..
    } = written;
    core.projects()
        .add_first_episode(transaction, caller, id, answer)
        .await
}

async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core,
        caller,
        id,
        relations,
        row,
        ..
    } = reading;
    caller
        .require_project_access(core.database(), Some(id))
        .await?;
    if relations == Relations::With {
        core.projects().embed(caller, id, row).await?;
    }
    let status = projects::status_name(core.database(), id).await?;
    row.insert("project_status_name".into(), status.into());
    Ok(())
}

/// Requires an admin, and a project that is closed.
async fn may_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let status = projects::status_name(&mut *deleting.transaction, deleting.id).await?;
    if status.as_deref() == Some("Open") {
        return Err(Error::Refused("Only closed projects can be deleted".into()));
    }
    deleting.caller.require_admin()
}

async fn before_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        id,
        force,
        ..
    } = deleting;
    if force {
        core.projects().empty_project(transaction, id).await?;
    }
    core.people()
        .remove_preview_account(transaction, caller, id)
        .await
}

impl Projects<'_> {
    /// Creates the first episode of a TV show that has none, and adds
    /// `first_episode_id` to the response.
    async fn add_first_episode(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
        answer: &mut Map<String, Value>,
    ) -> Result<()> {
        if answer
            .get("production_type")
            .is_none_or(|kind| kind != "tvshow")
        {
            return Ok(());
        }
        let first = projects::first_episode_by_name(&mut *transaction, id).await?;
        let episode = match first {
            Some(episode) => episode,
            None => self.create_episode(transaction, caller, id).await?,
        };
        answer.insert("first_episode_id".into(), episode.to_string().into());
        Ok(())
    }

    /// Inserts the episode `E01` and records `episode:new`.
    async fn create_episode(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<Uuid> {
        let entity_type = tanuki_store::query::entities::type_named(
            transaction,
            "Episode",
            &self.core.defaults(),
        )
        .await?;
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("name", "E01".into()),
            ("status", "running".into()),
            ("description", "".into()),
            ("data", serde_json::json!({}).into()),
            ("project_id", project_id.into()),
            ("entity_type_id", entity_type.into()),
            ("created_by", caller.author().into()),
        ]);
        let table = &tanuki_store::schema::ENTITY;
        write::insert(transaction, table, values, &self.core.defaults()).await?;
        let event = Event::about("episode", "new", id).in_project(Some(project_id));
        self.core.record(transaction, event, Some(caller)).await?;
        Ok(id)
    }

    /// Fills in fields from the template where the body has no value.
    async fn fill_from_template(self, data: &mut Map<String, Value>) -> Result<()> {
        let Some(template) = data.get(TEMPLATE) else {
            return Ok(());
        };
        if !crate::fields::is_truthy(Some(template)) {
            data.remove(TEMPLATE);
            return Ok(());
        }
        let id = id_of(data, TEMPLATE).ok_or(Error::NotFound)?;
        let template = self.template_settings(id).await?.ok_or(Error::NotFound)?;
        for (field, value) in template {
            let given = data.get(&field).filter(|value| !value.is_null());
            if given.is_none() && !value.is_null() {
                data.insert(field, value);
            }
        }
        Ok(())
    }
}
