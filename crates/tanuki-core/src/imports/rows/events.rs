//! The events of imported rows.

use tanuki_store::schema::Table;
use uuid::Uuid;

use super::adapt::Surroundings;
use crate::JsonRow;
use crate::events::Event;
use crate::fields::id_of;

/// A row that was imported.
#[derive(Debug)]
pub(in crate::imports) struct Imported<'a> {
    pub table: &'static Table,
    /// `new` or `update`.
    pub action: &'static str,
    pub id: Uuid,
    pub row: &'a JsonRow,
    pub project_id: Option<Uuid>,
    pub surroundings: &'a Surroundings<'a>,
}

/// Makes the event of an imported row.
pub(in crate::imports) type MakeEvent = fn(&Imported<'_>) -> Event;

/// An event with the row's id, in its project.
pub(in crate::imports) fn of_row(imported: &Imported<'_>) -> Event {
    Event::about(imported.table.name, imported.action, imported.id).in_project(imported.project_id)
}

/// An event with the project's id.
pub(in crate::imports) fn of_project(imported: &Imported<'_>) -> Event {
    Event::named(&format!("project:{}", imported.action)).in_project(Some(imported.id))
}

/// An event of the kind that the entity is of: `shot:new`.
pub(in crate::imports) fn of_entity(imported: &Imported<'_>) -> Event {
    let kind = imported
        .surroundings
        .kind(id_of(imported.row, "entity_type_id"));
    Event::about(kind.table_name(), imported.action, imported.id).in_project(imported.project_id)
}

/// An event that says whose comment it is, and whether it is for clients.
pub(in crate::imports) fn of_comment(imported: &Imported<'_>) -> Event {
    let part = |key: &str| imported.row.get(key).cloned().unwrap_or_default();
    Event::about("comment", imported.action, imported.id)
        .with("task_id", part("object_id"))
        .with("person_id", part("person_id"))
        .with("for_client", part("for_client"))
        .in_project(imported.project_id)
}
