//! Metadata descriptors: columns that a project adds to its entities, to its
//! tasks or to itself.

mod changes;
mod everywhere;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::query::{projects::descriptors, rows, visibility};
use tanuki_store::schema::{DESCRIPTOR_TYPES, METADATA_DESCRIPTOR, Table};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::links::values_of;
use crate::events::Event;
use crate::resource::{Relations, Resource, ready};
use crate::slug::small_slug;
use crate::{Caller, ConstraintViolation, Error, JsonRow, MaybeId, Projects, Result};

static LINKED: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&METADATA_DESCRIPTOR, &[]));
static PLAIN: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&METADATA_DESCRIPTOR, &[]));

/// `/data/metadata-descriptors`. Team members list the descriptors that their
/// role in each project may see.
pub static METADATA_DESCRIPTORS: Resource = Resource {
    // A list without query parameters includes the links.
    list_projection: Some(|_, relations, parameters| {
        if parameters.is_empty() {
            return &LINKED;
        }
        projection(relations)
    }),
    relations_on_update: Relations::With,
    scope: |caller| {
        if caller.is_admin() {
            tanuki_store::Filter::all()
        } else {
            visibility::descriptors::visible_to(caller.id, caller.role)
        }
    },
    may_list: |_| ready(Ok(())),
    before_create: |creating| ready(check_type(creating.data)),
    before_update: |updating| ready(check_type(updating.data)),
    ..Resource::plain(&METADATA_DESCRIPTOR, projection)
};

fn projection(relations: Relations) -> &'static Projection {
    match relations {
        Relations::With => &LINKED,
        Relations::Without => &PLAIN,
    }
}

fn check_type(data: &Map<String, Value>) -> Result<()> {
    let known = |kind: &Value| {
        kind.as_str()
            .is_some_and(|kind| DESCRIPTOR_TYPES.contains(&kind))
    };
    match data.get("data_type") {
        Some(kind) if !known(kind) => Err(Error::invalid("Invalid data_type")),
        _ => Ok(()),
    }
}

/// A metadata descriptor to add to projects.
#[derive(Debug)]
pub struct NewDescriptor<'a> {
    pub entity_type: &'a str,
    /// Required for descriptors of tasks, `None` for others.
    pub task_type_id: Option<&'a MaybeId>,
    pub details: &'a DescriptorDetails,
}

/// The fields of a metadata descriptor that can be changed.
#[derive(Debug)]
pub struct DescriptorDetails {
    /// On update, `None` or an empty string leaves the name unchanged.
    pub name: Option<String>,
    pub data_type: Option<String>,
    pub for_client: Option<bool>,
    pub choices: Vec<Value>,
    /// Ids of the departments that see the descriptor; empty for all.
    pub departments: Vec<MaybeId>,
}

impl DescriptorDetails {
    /// Reads the details from a descriptor's JSON, to copy it.
    pub(super) fn of(row: &Map<String, Value>) -> Self {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let list = |key: &str| row.get(key).and_then(Value::as_array);
        let departments = list("departments").into_iter().flatten();
        let departments = departments.filter_map(Value::as_str);
        Self {
            name: text("name"),
            data_type: text("data_type"),
            for_client: row.get("for_client").and_then(Value::as_bool),
            choices: list("choices").cloned().unwrap_or_default(),
            departments: departments
                .map(|id| MaybeId::from(id.to_owned()))
                .filter(|id| id.id().is_some())
                .collect(),
        }
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn check_type(&self) -> Result<()> {
        match &self.data_type {
            Some(kind) if DESCRIPTOR_TYPES.contains(&kind.as_str()) => Ok(()),
            _ => Err(Error::invalid("Invalid data_type")),
        }
    }

    fn department_ids(&self) -> Result<Vec<Uuid>> {
        self.departments.iter().map(MaybeId::found).collect()
    }

    /// The column values of these details.
    fn values(&self) -> Result<Values> {
        let fields = [
            ("data_type", self.data_type.clone().into()),
            ("for_client", self.for_client.into()),
            ("choices", self.choices.clone().into()),
        ];
        values_of(&METADATA_DESCRIPTOR, &fields)
    }
}

/// Checks that the name and the key derived from it fit into their columns.
///
/// # Errors
///
/// [`Error::Invalid`] if one of them is longer than 120.
fn check_length(name: &str, key: &str) -> Result<()> {
    const MAX_DESCRIPTORS: usize = 120;
    if name.chars().count() <= MAX_DESCRIPTORS && key.len() <= MAX_DESCRIPTORS {
        return Ok(());
    }
    Err(Error::invalid("Metadata descriptor name is too long."))
}

/// The error for a name that another descriptor has.
fn taken() -> Error {
    Error::invalid("Metadata descriptor already exists.")
}

impl Projects<'_> {
    /// Copies the descriptors of the entity type `Project` from the open
    /// projects to a new one, so that its cells can be filled in at once.
    pub(super) async fn copy_descriptors(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<()> {
        let mut own: BTreeSet<String> = descriptors::fields_of_project(transaction, project_id)
            .await?
            .into_iter()
            .collect();
        let others = descriptors::of_open_projects(transaction, &LINKED, project_id).await?;
        for descriptor in others {
            let field = descriptor.get("field_name").and_then(Value::as_str);
            if field.is_none_or(|field| !own.insert(field.to_owned())) {
                continue;
            }
            let new = NewDescriptor {
                entity_type: "Project",
                task_type_id: None,
                details: &DescriptorDetails::of(&descriptor),
            };
            self.add_descriptor(transaction, caller, project_id, &new)
                .await?;
        }
        Ok(())
    }

    /// Inserts a metadata descriptor and records the event. Departments that do
    /// not exist are ignored. Returns the row.
    pub(super) async fn add_descriptor(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        new: &NewDescriptor<'_>,
    ) -> Result<JsonRow> {
        let table: &'static Table = &METADATA_DESCRIPTOR;
        let details = new.details;
        let departments = details.department_ids()?;
        let (name, key) = (details.name(), small_slug(details.name()));
        check_length(name, &key)?;
        let malformed = || Error::Constraint(ConstraintViolation::Format);
        let task_type = new.task_type_id.map(|id| id.id().ok_or_else(malformed));
        let task_type = task_type.transpose()?;
        let id = Uuid::new_v4();
        let mut values = details.values()?;
        values.extend([
            ("id", id.into()),
            ("project_id", project_id.into()),
            ("entity_type", new.entity_type.into()),
            ("name", name.into()),
            ("field_name", key.into()),
            ("task_type_id", task_type.into()),
            ("for_client", details.for_client.unwrap_or(false).into()),
        ]);
        let inserted = write::insert(transaction, table, values, &self.core.defaults()).await;
        inserted.map_err(|error| match error.into() {
            Error::Constraint(ConstraintViolation::Duplicate) => taken(),
            error => error,
        })?;
        self.link_departments(transaction, id, &departments).await?;
        let event = Event::about(table.name, "new", id).in_project(Some(project_id));
        self.core.record(transaction, event, Some(caller)).await?;
        rows::by_id(transaction, &LINKED, id)
            .await?
            .ok_or(Error::NotFound)
    }

    async fn link_departments(
        self,
        transaction: &mut Transaction,
        id: Uuid,
        departments: &[Uuid],
    ) -> Result<()> {
        let there = rows::existing(transaction, "department", departments).await?;
        if let Some(link) = METADATA_DESCRIPTOR.link("departments") {
            write::replace_links(transaction, link, id, &there, &self.core.defaults()).await?;
        }
        Ok(())
    }
}
