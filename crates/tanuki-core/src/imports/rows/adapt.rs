//! What differs between a row as another server sends it and as it is stored.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tanuki_store::Kind;
use tanuki_store::query::imports::Named;
use uuid::Uuid;

use super::faults::RowFault;
use crate::settings::Settings;
use crate::{JsonRow, projects};

/// What the rows of an import are read with.
#[derive(Debug)]
pub(in crate::imports) struct Surroundings<'a> {
    pub settings: &'a Settings,
    /// The names of the entity types; empty unless the rows are entities.
    pub entity_types: HashMap<Uuid, String>,
}

impl<'a> Surroundings<'a> {
    /// Creates them from the settings and the stored entity types.
    pub fn new(settings: &'a Settings, entity_types: Vec<Named>) -> Self {
        let entity_types = entity_types.into_iter();
        Self {
            settings,
            entity_types: entity_types.map(|kind| (kind.id, kind.name)).collect(),
        }
    }

    /// Returns the kind of the entities of a type.
    pub fn kind(&self, entity_type_id: Option<Uuid>) -> Kind {
        let name = entity_type_id.and_then(|id| self.entity_types.get(&id));
        Kind::of_type(name.map_or("", String::as_str))
    }

    fn entity_type(&self, name: &str) -> Option<Uuid> {
        let mut types = self.entity_types.iter();
        let found = types.find(|(_, known)| *known == name);
        found.map(|(id, _)| *id)
    }
}

/// Changes a row that was sent, beside the one that exists already.
pub(in crate::imports) type Adapt =
    fn(&Surroundings<'_>, Option<&JsonRow>, &mut JsonRow) -> Result<(), RowFault>;

/// The row is stored as it is.
pub(super) fn unchanged(
    _: &Surroundings<'_>,
    _: Option<&JsonRow>,
    _: &mut JsonRow,
) -> Result<(), RowFault> {
    Ok(())
}

/// Kinds of entities whose `type` says which entity type they have.
const TYPED: [Kind; 4] = [Kind::Shot, Kind::Sequence, Kind::Episode, Kind::Edit];

/// Keys of shots that are stored in `data`.
const IN_DATA: [&str; 3] = ["frame_in", "frame_out", "fps"];

/// Entities: the lists of shots and assets have other names for some columns.
pub(super) fn entity(
    surroundings: &Surroundings<'_>,
    existing: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    for (sent, column) in [
        ("asset_type_id", "entity_type_id"),
        ("sequence_id", "parent_id"),
    ] {
        if let Some(id) = row.remove(sent) {
            row.insert(column.into(), id);
        }
    }
    let is_empty = |value: &Value| value.is_null() || value.as_str() == Some("");
    if row.get("preview_file_id").is_some_and(is_empty) {
        row.remove("preview_file_id");
    }
    let moved: Vec<(&str, Value)> = IN_DATA
        .into_iter()
        .filter_map(|key| Some((key, row.remove(key)?)))
        .collect();
    if !moved.is_empty() {
        let data = data_of(existing, row)?;
        data.extend(
            moved
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value)),
        );
    }
    let name = row.remove("type");
    let name = name.as_ref().and_then(Value::as_str);
    let mut kind = TYPED
        .into_iter()
        .find(|kind| Some(kind.type_name()) == name);
    if name.is_none() && existing.is_none() && !row.contains_key("entity_type_id") {
        kind = Some(Kind::Shot);
    }
    if let Some(kind) = kind {
        let name = kind.type_name();
        let id = surroundings.entity_type(name);
        let id = id.ok_or_else(|| (Some("type"), format!("There is no entity type {name}.")))?;
        row.insert("entity_type_id".into(), id.to_string().into());
    }
    Ok(())
}

/// Returns the `data` that is sent, or else a copy of the one that is stored.
fn data_of<'a>(
    existing: Option<&JsonRow>,
    row: &'a mut JsonRow,
) -> Result<&'a mut Map<String, Value>, RowFault> {
    if row.get("data").is_none_or(Value::is_null) {
        let stored = existing.and_then(|row| row.get("data"));
        let stored = stored.filter(|data| data.is_object()).cloned();
        row.insert("data".into(), stored.unwrap_or_else(|| json!({})));
    }
    let data = row.get_mut("data").and_then(Value::as_object_mut);
    data.ok_or_else(|| (Some("data"), "data must be an object".to_owned()))
}

/// Projects: their settings have the limits of the studio.
pub(super) fn project(
    surroundings: &Surroundings<'_>,
    existing: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    let none = Map::new();
    let before = existing.unwrap_or(&none);
    projects::check_settings(&surroundings.settings.studio, row, before)
        .map_err(|error| (None, error.to_string()))
}

/// Tasks: `assignees` has words besides ids.
pub(super) fn task(
    _: &Surroundings<'_>,
    _: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    if let Some(Value::Array(people)) = row.get_mut("assignees") {
        let is_word = |person: &Value| {
            person
                .as_str()
                .is_some_and(|id| Uuid::try_parse(id).is_err())
        };
        people.retain(|person| !is_word(person));
    }
    Ok(())
}

/// Comments: none is without a checklist.
pub(super) fn comment(
    _: &Surroundings<'_>,
    _: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    if let Some(checklist) = row.get_mut("checklist").filter(|list| list.is_null()) {
        *checklist = json!([]);
    }
    Ok(())
}

/// Previews: their files are not sent, and `data` says so.
pub(super) fn preview_file(
    _: &Surroundings<'_>,
    existing: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    data_of(existing, row)?.insert("imported_only".into(), true.into());
    if row.get("status").is_none_or(Value::is_null) {
        row.insert("status".into(), "ready".into());
    }
    Ok(())
}

/// Notifications: their column `type` has another name in JSON.
pub(super) fn notification(
    _: &Surroundings<'_>,
    _: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    row.remove("type");
    if let Some(kind) = row.remove("notification_type") {
        row.insert("type".into(), kind);
    }
    Ok(())
}

/// The columns of news that are taken from a row.
const NEWS: [&str; 7] = [
    "id",
    "created_at",
    "change",
    "author_id",
    "comment_id",
    "preview_file_id",
    "task_id",
];

/// News: they were last changed when they were created.
pub(super) fn news(
    _: &Surroundings<'_>,
    _: Option<&JsonRow>,
    row: &mut JsonRow,
) -> Result<(), RowFault> {
    row.retain(|key, _| NEWS.contains(&key.as_str()));
    if let Some(created_at) = row.get("created_at").cloned() {
        row.insert("updated_at".into(), created_at);
    }
    Ok(())
}
