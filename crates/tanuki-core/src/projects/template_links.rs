//! Links of project templates: task types, task statuses, asset types, status
//! automations, preview backgrounds, and metadata descriptors. Managers may
//! read, admins change them.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::rows;
use tanuki_store::schema::{
    PROJECT_TEMPLATE, PROJECT_TEMPLATE_TASK_STATUS_LINK, PROJECT_TEMPLATE_TASK_TYPE_LINK,
};
use tanuki_store::view::templates::listed;
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Transaction};
use uuid::Uuid;

use super::links::{by_target, in_places};
use super::settings::check_inherited_bitrates;
use super::templates::{PROJECT_TEMPLATES, plainly};
use crate::access::ensure;
use crate::events::Event;
use crate::fields::{check_places, id_of, is_truthy, values};
use crate::resource::Relations;
use crate::slug::small_slug;
use crate::{
    Admin, Caller, ConstraintViolation, Error, JsonRow, MalformedId, MaybeId, Projects, Result,
};

pub use tanuki_store::query::projects::template_links::TemplatePart;

const NO_TEMPLATE: Error = Error::Missing("Project template not found");

/// Projection of the response when a link is added: the link if it has columns
/// of its own, otherwise the linked row.
pub(super) fn added(part: TemplatePart) -> &'static Projection {
    static TASK_TYPES: LazyLock<Projection> =
        LazyLock::new(|| Projection::all_columns(&PROJECT_TEMPLATE_TASK_TYPE_LINK, &[]));
    static TASK_STATUSES: LazyLock<Projection> =
        LazyLock::new(|| Projection::all_columns(&PROJECT_TEMPLATE_TASK_STATUS_LINK, &[]));
    match part {
        TemplatePart::TaskTypes => &TASK_TYPES,
        TemplatePart::TaskStatuses => &TASK_STATUSES,
        part => listed(part),
    }
}

/// Name of the kind of row, for error messages.
fn label(part: TemplatePart) -> &'static str {
    match part {
        TemplatePart::TaskTypes => "Task type",
        TemplatePart::TaskStatuses => "Task status",
        TemplatePart::AssetTypes => "Asset type",
        TemplatePart::StatusAutomations => "Status automation",
        TemplatePart::PreviewBackgrounds => "Preview background file",
    }
}

impl Projects<'_> {
    /// Lists the rows of one kind that a template is linked to. Requires the
    /// role of a manager or admin.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the template does not exist, [`Error::Denied`]
    /// without the role.
    pub async fn template_parts(
        self,
        caller: &Caller,
        template: &MaybeId,
        part: TemplatePart,
    ) -> Result<JsonChunks> {
        ensure(caller.manages())?;
        let id = self.template_id(template).await?;
        let parts = part.of_template(ListQuery::new(listed(part)), id);
        Ok(self.core.database().stream_list(parts))
    }

    async fn template_id(self, template: &MaybeId) -> Result<Uuid> {
        let id = template.id().ok_or(NO_TEMPLATE)?;
        let there = rows::existing_in(self.core.database(), PROJECT_TEMPLATE.name, &[id]).await?;
        there.first().copied().ok_or(NO_TEMPLATE)
    }

    /// Adds a link to a template, or updates the fields of an existing one
    /// (upsert). Returns the link or the linked row. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the template does not exist, [`Error::Conflict`]
    /// if the linked row does not exist or a bit rate is invalid.
    pub async fn add_to_template(
        self,
        admin: Admin<'_>,
        template: &MaybeId,
        part: TemplatePart,
        target: &MaybeId,
        fields: JsonRow,
    ) -> Result<JsonRow> {
        let caller = admin.caller();
        let mut transaction = self.core.database().begin().await?;
        let (id, row) = self
            .put_into_template(&mut transaction, template, part, target, fields)
            .await?;
        self.publish_template(&mut transaction, caller, "update", id)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    async fn put_into_template(
        self,
        transaction: &mut Transaction,
        template: &MaybeId,
        part: TemplatePart,
        target: &MaybeId,
        fields: JsonRow,
    ) -> Result<(Uuid, JsonRow)> {
        let target = target_id(transaction, part, target).await?;
        let (id, template) = locked(transaction, template).await?;
        if part == TemplatePart::TaskTypes && fields.contains_key("hd_bitrate_compression") {
            let inherited = template
                .get("hd_bitrate_compression")
                .and_then(Value::as_i64);
            let studio = &self.core.settings().studio;
            check_inherited_bitrates(studio, &fields, &Map::new(), inherited).map_err(plainly)?;
        }
        let columns = fields.into_iter().filter_map(|(name, value)| {
            let column = part.links().column(&name)?;
            Some((column.name, value))
        });
        let values = values(part.links(), columns)?;
        part.put(transaction, id, target, values, &self.core.defaults())
            .await?;
        let projection = added(part);
        let row = if part.is_ordered() {
            part.row(transaction, projection, id, target).await?
        } else {
            rows::by_id(transaction, projection, target).await?
        };
        Ok((id, row.ok_or(Error::NotFound)?))
    }

    /// Removes a link from a template. Idempotent. A removed background is also
    /// removed as the template's default. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the template does not exist, except for task types
    /// and statuses.
    pub async fn remove_from_template(
        self,
        admin: Admin<'_>,
        template: &MaybeId,
        part: TemplatePart,
        target: &MaybeId,
    ) -> Result<()> {
        let caller = admin.caller();
        let mut transaction = self.core.database().begin().await?;
        let (id, row) = match locked(&mut transaction, template).await {
            // A missing template has no links to remove.
            Err(Error::Missing(_)) if part.is_ordered() && template.is_hyphenated() => {
                return Ok(());
            }
            found => found?,
        };
        if let Some(target) = target.id() {
            part.remove(&mut transaction, id, target).await?;
            let default = id_of(&row, DEFAULT_BACKGROUND);
            if part == TemplatePart::PreviewBackgrounds && default == Some(target) {
                let none = tanuki_store::Value::Uuid(None);
                self.change_template(&mut transaction, id, (DEFAULT_BACKGROUND, none))
                    .await?;
            }
        }
        self.publish_template(&mut transaction, caller, "update", id)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Sets the priorities of task types or statuses of a template in the order
    /// of the ids, starting at 1; missing links are added. Returns the links.
    /// Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the template does not exist, [`Error::Invalid`]
    /// if a linked row does not exist.
    pub async fn order_template(
        self,
        admin: Admin<'_>,
        template: &MaybeId,
        part: TemplatePart,
        targets: &[MaybeId],
    ) -> Result<Vec<JsonRow>> {
        let caller = admin.caller();
        let field = match part {
            TemplatePart::TaskTypes => "task_type_ids",
            _ => "task_status_ids",
        };
        check_places(field, targets)?;
        let Some(first) = targets.first() else {
            return Ok(Vec::new());
        };
        let mut transaction = self.core.database().begin().await?;
        let sent: Vec<Uuid> = targets.iter().filter_map(MaybeId::id).collect();
        let there = rows::existing_in(&mut transaction, part.table().name, &sent).await?;
        let there: HashSet<Uuid> = there.into_iter().collect();
        let existing = |target| existing_target(part, target, &there).map_err(in_general);
        existing(first)?;
        let (id, _) = locked(&mut transaction, template)
            .await
            .map_err(in_general)?;
        let targets = targets.iter().map(existing).collect::<Result<Vec<_>>>()?;
        let ordered = self
            .place_targets(&mut transaction, id, part, &targets)
            .await?;
        let event = |_| Event::about("project_template", "update", id);
        let events = targets.iter().map(event).collect();
        self.core
            .record_all(&mut transaction, events, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(ordered)
    }

    /// Sets the priorities of the links to these targets in their order, starting
    /// at 1; missing links are added. Returns a row for each place.
    async fn place_targets(
        self,
        transaction: &mut Transaction,
        template: Uuid,
        part: TemplatePart,
        targets: &[Uuid],
    ) -> Result<Vec<JsonRow>> {
        let places: Vec<(Uuid, i32)> = targets.iter().copied().zip(1..).collect();
        let linked = part.rows(&mut *transaction, added(part), template, targets);
        let linked = by_target(part.target(), linked.await?);
        let new = targets.iter().filter(|target| !linked.contains_key(target));
        let new: BTreeSet<Uuid> = new.copied().collect();
        let new: Vec<Uuid> = new.into_iter().collect();
        part.add(&mut *transaction, template, &new, &self.core.defaults())
            .await?;
        let links = part.rows(&mut *transaction, added(part), template, targets);
        let links = by_target(part.target(), links.await?);
        self.set_priorities(transaction, part.links(), &links, &places)
            .await?;
        let links = part.rows(transaction, added(part), template, targets);
        Ok(in_places(&by_target(part.target(), links.await?), &places))
    }

    /// Sets the default background of a template, one of its linked
    /// backgrounds; `None` removes it. Returns the template. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the template does not exist, [`Error::Conflict`]
    /// if the background is not linked to it.
    pub async fn set_template_background(
        self,
        admin: Admin<'_>,
        template: &MaybeId,
        background: Option<&MaybeId>,
    ) -> Result<JsonRow> {
        let caller = admin.caller();
        let mut transaction = self.core.database().begin().await?;
        let (id, _) = locked(&mut transaction, template).await?;
        let mut chosen = None;
        if let Some(given) = background {
            let background = given.id().filter(|_| given.is_hyphenated());
            let part = TemplatePart::PreviewBackgrounds;
            let is_linked = match background {
                Some(background) => part.is_linked(&mut transaction, id, background).await?,
                None => false,
            };
            if !is_linked {
                return Err(Error::Conflict(
                    "Preview background file is not linked to this template".into(),
                ));
            }
            chosen = background;
        }
        let change = (DEFAULT_BACKGROUND, chosen.into());
        self.change_template(&mut transaction, id, change).await?;
        self.finish_template(transaction, caller, id).await
    }

    /// Replaces the metadata descriptors of a template. Returns the template.
    /// Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the template does not exist, [`Error::Conflict`]
    /// if a descriptor is not an object.
    pub async fn set_template_descriptors(
        self,
        admin: Admin<'_>,
        template: &MaybeId,
        descriptors: &[Value],
    ) -> Result<JsonRow> {
        let caller = admin.caller();
        let mut transaction = self.core.database().begin().await?;
        let (id, _) = locked(&mut transaction, template).await?;
        let kept = descriptors
            .iter()
            .map(cleaned)
            .collect::<Result<Vec<Value>>>()?;
        let change = ("metadata_descriptors", Value::from(kept).into());
        self.change_template(&mut transaction, id, change).await?;
        self.finish_template(transaction, caller, id).await
    }

    async fn change_template(
        self,
        transaction: &mut Transaction,
        id: Uuid,
        change: (&'static str, tanuki_store::Value),
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        let values = Values::from([change, ("updated_at", now.into())]);
        write::update(transaction, &PROJECT_TEMPLATE, id, values).await?;
        Ok(())
    }

    async fn finish_template(
        self,
        mut transaction: Transaction,
        caller: &Caller,
        id: Uuid,
    ) -> Result<JsonRow> {
        self.publish_template(&mut transaction, caller, "update", id)
            .await?;
        let projection = (PROJECT_TEMPLATES.projection)(Relations::Without);
        let row = rows::by_id(&mut transaction, projection, id).await?;
        transaction.commit().await?;
        row.ok_or(NO_TEMPLATE)
    }

    /// Records `project_template:{action}`.
    pub(super) async fn publish_template(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        action: &str,
        id: Uuid,
    ) -> Result<()> {
        let event = Event::about("project_template", action, id);
        self.core.record(transaction, event, Some(caller)).await
    }
}

const DEFAULT_BACKGROUND: &str = "default_preview_background_file_id";

/// Reads a template and locks its row until the end of the transaction.
async fn locked(transaction: &mut Transaction, template: &MaybeId) -> Result<(Uuid, JsonRow)> {
    let id = template.id().ok_or(NO_TEMPLATE)?;
    let projection = (PROJECT_TEMPLATES.projection)(Relations::Without);
    let row = rows::locked(transaction, projection, id).await?;
    Ok((id, row.ok_or(NO_TEMPLATE)?))
}

/// Parses the id of a row to link and checks that it exists.
///
/// # Errors
///
/// [`Error::Conflict`] if it is malformed or does not exist.
async fn target_id(
    transaction: &mut Transaction,
    part: TemplatePart,
    target: &MaybeId,
) -> Result<Uuid> {
    let sent: Vec<Uuid> = target.id().into_iter().collect();
    let there = rows::existing_in(transaction, part.table().name, &sent).await?;
    existing_target(part, target, &there.into_iter().collect())
}

/// As [`target_id`], of the rows that are there.
fn existing_target(part: TemplatePart, target: &MaybeId, there: &HashSet<Uuid>) -> Result<Uuid> {
    let Some(id) = target.id().filter(|_| target.is_hyphenated()) else {
        let field = part.target();
        return Err(Error::Conflict(
            MalformedId::Required(field).to_string().into(),
        ));
    };
    if !there.contains(&id) {
        let label = label(part);
        return Err(Error::Conflict(
            format!("{label} {} does not exist", target.as_str()).into(),
        ));
    }
    Ok(id)
}

/// Converts the errors of template endpoints to those of other endpoints.
fn in_general(error: Error) -> Error {
    match error {
        Error::Conflict(message) => Error::invalid(message),
        Error::Missing(_) => Error::NotFound,
        error => error,
    }
}

/// Normalizes a metadata descriptor to the form stored in templates.
fn cleaned(field: &Value) -> Result<Value> {
    let Some(field) = field.as_object() else {
        return Err(Error::Conflict(
            "Each metadata descriptor must be an object".into(),
        ));
    };
    let given = |key: &str| field.get(key).filter(|value| is_truthy(Some(*value)));
    let list = |key: &str| match given(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(_) => Err(Error::Constraint(ConstraintViolation::Format)),
    };
    let name = match field.get("name") {
        None => "",
        Some(Value::String(name)) => name,
        Some(_) => return Err(Error::Constraint(ConstraintViolation::Format)),
    };
    let field_name = given("field_name")
        .cloned()
        .unwrap_or_else(|| small_slug(name).into());
    let departments = list("departments")?
        .into_iter()
        .filter(|id| !matches!(id, Value::Null))
        .collect::<Vec<_>>();
    Ok(json!({
        "name": name,
        "field_name": field_name,
        "entity_type": field.get("entity_type"),
        "task_type_id": given("task_type_id"),
        "data_type": field.get("data_type"),
        "choices": list("choices")?,
        "for_client": given("for_client").is_some(),
        "departments": departments,
        "position": field.get("position"),
    }))
}
