//! Creating templates from projects, and applying templates to existing
//! projects.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::Value as Stored;
use tanuki_store::projection::Projection;
use tanuki_store::query::{list_filters, projects::templates, rows};
use tanuki_store::schema::{METADATA_DESCRIPTOR, PROJECT, PROJECT_TEMPLATE};
use tanuki_store::write;
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

use super::templates::{PROJECT_TEMPLATES, SETTINGS};
use super::{METADATA_DESCRIPTORS, UNLINKED};
use crate::fields::{is_truthy, values};
use crate::resource::{Action, Relations};
use crate::{Admin, Caller, Error, JsonRow, MaybeId, Projects, Result};

const NO_PROJECT: Error = Error::Missing("Project not found");
const DEFAULT_BACKGROUND: &str = "default_preview_background_file_id";

impl Projects<'_> {
    /// Creates a template from a project: its settings, links and metadata
    /// descriptors. Returns the template. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the project does not exist, [`Error::Conflict`] if
    /// the name is taken.
    pub async fn create_template_from(
        self,
        admin: Admin<'_>,
        project: &MaybeId,
        name: String,
        description: Option<String>,
    ) -> Result<JsonRow> {
        let caller = admin.caller();
        let created = self.snapshot(caller, project, name, description).await;
        created.map_err(|error| (PROJECT_TEMPLATES.map_error)(Action::New, error))
    }

    async fn snapshot(
        self,
        caller: &Caller,
        project: &MaybeId,
        name: String,
        description: Option<String>,
    ) -> Result<Map<String, Value>> {
        let mut transaction = self.core.database().begin().await?;
        let (project_id, mut settings) = locked(&mut transaction, project).await?;
        for empty in ["file_tree", "data"] {
            if !is_truthy(settings.get(empty)) {
                settings.remove(empty);
            }
        }
        let fields = self
            .descriptor_snapshot(&mut transaction, project_id)
            .await?;
        settings.insert("metadata_descriptors".into(), fields.into());
        settings.insert("name".into(), name.into());
        settings.insert("description".into(), description.into());
        let id = Uuid::new_v4();
        let mut values = values(&PROJECT_TEMPLATE, given(settings))?;
        values.insert("id", id.into());
        let defaults = self.core.defaults();
        write::insert(&mut transaction, &PROJECT_TEMPLATE, values, &defaults).await?;
        templates::import_links(&mut transaction, project_id, id, &defaults).await?;
        self.publish_template(&mut transaction, caller, "new", id)
            .await?;
        let projection = (PROJECT_TEMPLATES.projection)(Relations::Without);
        let row = rows::by_id(&mut transaction, projection, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Returns the metadata descriptors of a project as stored in templates.
    async fn descriptor_snapshot(
        self,
        transaction: &mut Transaction,
        project_id: Uuid,
    ) -> Result<Vec<Value>> {
        let projection = (METADATA_DESCRIPTORS.projection)(Relations::With);
        let found = ListQuery::new(projection)
            .filter(list_filters::of_project(&METADATA_DESCRIPTOR, project_id))
            .rows(transaction)
            .await?;
        let kept = found.into_iter().map(|row| {
            json!({
                "name": row.get("name"),
                "field_name": row.get("field_name"),
                "entity_type": row.get("entity_type"),
                "task_type_id": row.get("task_type_id"),
                "data_type": row.get("data_type"),
                "choices": row.get("choices").filter(|list| is_truthy(Some(*list))).unwrap_or(&json!([])),
                "for_client": is_truthy(row.get("for_client")),
                "departments": row.get("departments"),
                "position": row.get("position"),
            })
        });
        Ok(kept.collect())
    }

    /// Applies a template to a project: overwrites the project's settings with
    /// those that the template has, and adds missing links and descriptors.
    /// Returns the project's row. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the project or the template does not exist.
    pub async fn apply_template_to(
        self,
        admin: Admin<'_>,
        project: &MaybeId,
        template: &MaybeId,
    ) -> Result<JsonRow> {
        let caller = admin.caller();
        let template_id = template.id().unwrap_or_default();
        let template = self.template_settings(template_id).await?;
        let mut transaction = self.core.database().begin().await?;
        let (project_id, current) = locked(&mut transaction, project).await?;
        let mut settings = template.ok_or(Error::Missing("Project template not found"))?;
        if current.get(DEFAULT_BACKGROUND) != Some(&Value::Null) {
            settings.remove(DEFAULT_BACKGROUND);
        }
        let mut values = values(&PROJECT, given(settings))?;
        values.insert("updated_at", Stored::from(self.core.clock().timestamp()));
        write::update(&mut transaction, &PROJECT, project_id, values).await?;
        self.apply_template(&mut transaction, caller, template_id, project_id)
            .await?;
        let row = rows::by_id(&mut transaction, &UNLINKED, project_id).await?;
        transaction.commit().await?;
        row.ok_or(NO_PROJECT)
    }
}

/// Reads the settings of a project and locks its row.
async fn locked(transaction: &mut Transaction, project: &MaybeId) -> Result<(Uuid, JsonRow)> {
    static PROJECTION: LazyLock<Projection> =
        LazyLock::new(|| Projection::only(&PROJECT, &SETTINGS));
    let id = project.id().ok_or(NO_PROJECT)?;
    let row = rows::locked(transaction, &PROJECTION, id).await?;
    Ok((id, row.ok_or(NO_PROJECT)?))
}

/// The settings that are not null, by column.
fn given(settings: JsonRow) -> impl Iterator<Item = (&'static str, Value)> {
    settings.into_iter().filter_map(|(field, value)| {
        let column = PROJECT_TEMPLATE.column(&field)?;
        (!matches!(value, Value::Null)).then_some((column.name, value))
    })
}
