//! Metadata fields of a production's entities, tasks and of productions
//! themselves.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::Transaction;
use tanuki_store::query::{descriptors, rows};
use tanuki_store::schema::{DESCRIPTOR_TYPES, METADATA_DESCRIPTOR, Table};
use tanuki_store::shape::Shape;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::events::Event;
use crate::fields::{column_value, is_truthy};
use crate::resource::{Relations, Resource, at_once};
use crate::{Caller, Core, Error, Result};

static LINKED: LazyLock<Shape> = LazyLock::new(|| Shape::linked(&METADATA_DESCRIPTOR, &[]));
static PLAIN: LazyLock<Shape> = LazyLock::new(|| Shape::of(&METADATA_DESCRIPTOR, &[]));

/// `/data/metadata-descriptors`. The team of a production lists those that its
/// role there may see.
pub static METADATA_DESCRIPTORS: Resource = Resource {
    // A list that nothing was asked of has its links.
    list_shape: Some(|_, relations, parameters| {
        if parameters.is_empty() {
            return &LINKED;
        }
        shape(relations)
    }),
    updated: Relations::With,
    scope: |caller| {
        if caller.is_admin() {
            sea_query::Condition::all()
        } else {
            descriptors::shown_to(caller.id, caller.role)
        }
    },
    may_list: |_| at_once(Ok(())),
    before_create: |creating| at_once(check_type(creating.data)),
    before_update: |updating| at_once(check_type(updating.data)),
    ..Resource::plain(&METADATA_DESCRIPTOR, shape)
};

fn shape(relations: Relations) -> &'static Shape {
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

/// A metadata field to be added to a production.
pub(super) struct NewDescriptor<'a> {
    pub entity_type: &'a str,
    pub name: &'a str,
    pub task_type_id: Option<&'a str>,
    /// The fields of a descriptor's JSON that are taken as they are.
    pub rest: &'a Map<String, Value>,
}

impl Core {
    /// Gives a new production the fields of productions that the open ones
    /// have, so that its cells can be filled in at once.
    pub(super) async fn copy_descriptors(
        &self,
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
            let text = |key: &str| descriptor.get(key).and_then(Value::as_str);
            let (Some(field), Some(name)) = (text("field_name"), text("name")) else {
                continue;
            };
            if !own.insert(field.to_owned()) {
                continue;
            }
            let new = NewDescriptor {
                entity_type: "Project",
                name,
                task_type_id: None,
                rest: &descriptor,
            };
            self.add_descriptor(transaction, caller, project_id, new)
                .await?;
        }
        Ok(())
    }

    /// Adds a metadata field to a production.
    pub(super) async fn add_descriptor(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        new: NewDescriptor<'_>,
    ) -> Result<()> {
        let table: &'static Table = &METADATA_DESCRIPTOR;
        let id = Uuid::new_v4();
        let field_name = slug::slugify(new.name).replace('-', "_");
        let mut values = Values::from([
            ("id", id.into()),
            ("project_id", project_id.into()),
            ("entity_type", new.entity_type.into()),
            ("name", new.name.into()),
            ("field_name", field_name.into()),
        ]);
        let mut take = |name: &str, json: &Value| -> Result<()> {
            if let Some(column) = table.column(name).filter(|_| !json.is_null()) {
                values.insert(column.name, column_value(column, json)?);
            }
            Ok(())
        };
        for name in ["data_type", "for_client"] {
            take(name, new.rest.get(name).unwrap_or(&Value::Null))?;
        }
        let choices = new.rest.get("choices").filter(|list| is_truthy(Some(list)));
        take("choices", choices.unwrap_or(&json!([])))?;
        if let Some(task_type) = new.task_type_id {
            take("task_type_id", &task_type.into())?;
        }
        write::insert(transaction, table, values, &self.defaults()).await?;
        let departments: Vec<Uuid> = new
            .rest
            .get("departments")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| Uuid::try_parse(id.as_str()?).ok())
            .collect();
        let departments = rows::existing(transaction, "department", &departments).await?;
        if let Some(link) = table.link("departments") {
            write::replace_links(transaction, link, id, &departments, &self.defaults()).await?;
        }
        let event = Event::about(table.name, "new", id).in_project(Some(project_id));
        self.record(transaction, event, Some(caller)).await
    }
}
