//! The audience of events without a project.

use serde_json::{Map, Value};
use tanuki_store::database::Audience;
use tanuki_store::query::rows;
use tanuki_store::schema::{PROJECT, Table};
use tanuki_store::{Result, Transaction};

use super::Event;
use crate::fields::id_of;

/// Which roles receive a studio-wide event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// All roles.
    All,
    /// All roles but vendors.
    NoVendors,
    /// Admins and managers.
    Managers,
}

/// The objects of studio-wide events, and the roles that receive them: those
/// that may read the rows. Events that are neither listed here nor of a project
/// are for admins.
const STUDIO_WIDE: [(&str, Readers); 16] = [
    ("asset-type", Readers::All),
    ("custom-action", Readers::NoVendors),
    ("department", Readers::All),
    ("file-status", Readers::All),
    // `main:test`, which says that events arrive.
    ("main", Readers::All),
    ("organisation", Readers::All),
    ("output-type", Readers::All),
    ("person", Readers::All),
    ("preview-background-file", Readers::All),
    ("project-status", Readers::All),
    ("project-template", Readers::Managers),
    ("software", Readers::All),
    ("status-automation", Readers::NoVendors),
    ("studio", Readers::All),
    ("task-status", Readers::All),
    ("task-type", Readers::All),
];

/// Tables whose rows belong to one person; only they and admins receive the
/// events.
const PERSONAL: [&str; 5] = [
    "day_off",
    "notification",
    "search_filter",
    "search_filter_group",
    "subscription",
];

/// Returns which roles receive a studio-wide event; `None` if the event is not
/// studio-wide.
pub(crate) fn readers(name: &str) -> Option<Readers> {
    let (object, _) = name.split_once(':')?;
    let found = STUDIO_WIDE.iter().find(|(known, _)| *known == object);
    found.map(|(_, readers)| *readers)
}

/// Returns the audience for the event of a row, if the event does not have one:
/// the row's owner, or the team of the row's project, which is found through
/// its task, entity, comment and so on. `None` if there is no project.
pub(crate) async fn row_audience(
    transaction: &mut Transaction,
    table: &'static Table,
    row: &Map<String, Value>,
    event: &Event,
) -> Result<Option<Audience>> {
    if PERSONAL.contains(&table.name) {
        return Ok(id_of(row, "person_id").map(Audience::Person));
    }
    if table.name == PROJECT.name {
        return Ok(id_of(row, "id").map(Audience::Project));
    }
    if event.audience.is_some() || event.project_id.is_some() || readers(&event.name).is_some() {
        return Ok(event.audience);
    }
    let found = rows::production_of(transaction, table, |column| id_of(row, column)).await?;
    Ok(found.map(Audience::Project))
}
