//! Project templates: the resource, and applying a template to a new project.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::query::{projects::descriptors, projects::templates, rows};
use tanuki_store::schema::PROJECT_TEMPLATE;
use uuid::Uuid;

use super::descriptors::{DescriptorDetails, NewDescriptor};
use super::settings::{check_bitrates, check_frame_rate};
use crate::access::ensure;
use crate::events::Event;
use crate::fields::is_truthy;
use crate::resource::{CreateContext, Relations, Resource, UpdateContext, full_projection, ready};
use crate::{Caller, ConstraintViolation, Error, MaybeId, Projects, Result};

/// Columns that a project copies from its template.
pub(super) const SETTINGS: [&str; 19] = [
    "fps",
    "ratio",
    "resolution",
    "production_type",
    "production_style",
    "max_retakes",
    "is_clients_isolated",
    "is_preview_download_allowed",
    "is_set_preview_automated",
    "is_publish_default_for_artists",
    "homepage",
    "hd_bitrate_compression",
    "ld_bitrate_compression",
    "is_client_stats_visible",
    "is_client_task_list_visible",
    "is_client_task_panel_visible",
    "file_tree",
    "data",
    "default_preview_background_file_id",
];

/// `/data/project-templates`.
pub static PROJECT_TEMPLATES: Resource = Resource {
    relations_on_create: Relations::Without,
    may_list: |asking| ready(ensure(asking.caller.manages())),
    may_read: |reading| ready(ensure(reading.caller.manages())),
    before_create: |creating| ready(before_create(creating)),
    pre_authorize: Caller::require_admin,
    lenient_id_on_update: true,
    lenient_id_on_delete: true,
    not_found: || Error::Missing("Project template not found"),
    protected_on_update: &[
        "type",
        "task_types",
        "task_statuses",
        "asset_types",
        "status_automations",
    ],
    before_update: |updating| ready(before_update(updating)),
    map_error: |_, error| match error {
        Error::Constraint(reason) if reason != ConstraintViolation::Format => {
            Error::Conflict("A project template with this name already exists".into())
        }
        error => error,
    },
    ..Resource::plain(&PROJECT_TEMPLATE, full_projection!(&PROJECT_TEMPLATE))
};

fn before_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext { core, data, .. } = creating;
    if !is_truthy(data.get("name")) {
        return Err(Error::Conflict("name is required".into()));
    }
    check_frame_rate(data).map_err(plainly)?;
    check_bitrates(&core.settings().studio, data, &Map::new()).map_err(plainly)?;
    let given = ["name", "description", "metadata_descriptors"];
    data.retain(|field, _| {
        let is_setting = SETTINGS[..18].contains(&field.as_str());
        is_setting || given.contains(&field.as_str())
    });
    Ok(())
}

fn before_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        core, row, data, ..
    } = updating;
    check_frame_rate(data).map_err(plainly)?;
    check_bitrates(&core.settings().studio, data, row).map_err(plainly)
}

/// Converts validation errors to the form of template endpoints, whose response
/// has a message only.
pub(super) fn plainly(error: Error) -> Error {
    match error {
        Error::Invalid { message, .. } => Error::Conflict(message.into()),
        error => error,
    }
}

impl Projects<'_> {
    /// Returns the settings of a template; `None` if it does not exist.
    pub(super) async fn template_settings(self, id: Uuid) -> Result<Option<Map<String, Value>>> {
        static PROJECTION: LazyLock<Projection> =
            LazyLock::new(|| Projection::only(&PROJECT_TEMPLATE, &SETTINGS));
        Ok(rows::by_id(self.core.database(), &PROJECTION, id).await?)
    }

    /// Adds the template's task types, task statuses, asset types, status
    /// automations, backgrounds and metadata descriptors to a project. Existing
    /// links and descriptors are left unchanged.
    pub(super) async fn apply_template(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        template: Uuid,
        project_id: Uuid,
    ) -> Result<()> {
        templates::copy_links(transaction, template, project_id, &self.core.defaults()).await?;
        static SNAPSHOT: LazyLock<Projection> =
            LazyLock::new(|| Projection::only(&PROJECT_TEMPLATE, &["metadata_descriptors"]));
        let row = rows::by_id(&mut *transaction, &SNAPSHOT, template).await?;
        let fields = row.and_then(|mut row| row.remove("metadata_descriptors"));
        for field in fields
            .as_ref()
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(field) = field.as_object() {
                self.add_from_snapshot(transaction, caller, project_id, field)
                    .await?;
            }
        }
        let event = Event::named("project:update").in_project(Some(project_id));
        self.core.record(transaction, event, Some(caller)).await
    }

    async fn add_from_snapshot(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        field: &Map<String, Value>,
    ) -> Result<()> {
        let text = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, entity_type) = (text("name"), text("entity_type"));
        let task_type = field.get("task_type_id").and_then(Value::as_str);
        let task_type = task_type.map(|id| MaybeId::from(id.to_owned()));
        let is_whole = !name.is_empty() && !entity_type.is_empty();
        if !is_whole || (entity_type == "Task" && task_type.is_none()) {
            return Ok(());
        }
        let task_type_id = task_type.as_ref().and_then(MaybeId::id);
        if descriptors::exists(transaction, project_id, (entity_type, name), task_type_id).await? {
            return Ok(());
        }
        let new = NewDescriptor {
            entity_type,
            task_type_id: task_type.as_ref(),
            details: &DescriptorDetails::of(field),
        };
        self.add_descriptor(transaction, caller, project_id, &new)
            .await?;
        Ok(())
    }
}
