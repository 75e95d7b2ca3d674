//! Who hears of an event that names no production.

use serde_json::{Map, Value};
use tanuki_store::database::Audience;
use tanuki_store::query::rows;
use tanuki_store::schema::Table;
use tanuki_store::{Result, Transaction};

use super::Event;
use crate::fields::id_of;

/// Who of the studio hears of an event of no production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Everybody.
    All,
    /// Everybody but vendors.
    NoVendors,
    /// Those who manage productions.
    Managers,
}

/// The objects of studio-wide events, and who hears of them: those who may read
/// the rows. Whatever is neither here nor of a production is for admins.
const STUDIO_WIDE: [(&str, Readers); 15] = [
    ("asset-type", Readers::All),
    ("custom-action", Readers::NoVendors),
    ("department", Readers::All),
    ("file-status", Readers::All),
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

/// Tables whose rows belong to one person, who alone hears of them.
const PERSONAL: [&str; 5] = [
    "day_off",
    "notification",
    "search_filter",
    "search_filter_group",
    "subscription",
];

/// Who of the studio hears of events of that name; `None` if it is not
/// studio-wide.
pub(crate) fn readers(name: &str) -> Option<Readers> {
    let (object, _) = name.split_once(':')?;
    let found = STUDIO_WIDE.iter().find(|(known, _)| *known == object);
    found.map(|(_, readers)| *readers)
}

/// Who hears of the change of a row, if its event does not say: its owner, or
/// the team of the production that the row is in, found by way of its task, its
/// entity, its comment and so on.
pub(crate) async fn row_audience(
    transaction: &mut Transaction,
    table: &'static Table,
    row: &Map<String, Value>,
    event: &Event,
) -> Result<Option<Audience>> {
    if PERSONAL.contains(&table.name) {
        return Ok(id_of(row, "person_id").map(Audience::Person));
    }
    if event.audience.is_some() || event.project_id.is_some() || readers(&event.name).is_some() {
        return Ok(event.audience);
    }
    let found = rows::production_of(transaction, table, |column| id_of(row, column)).await?;
    Ok(found.map(Audience::Project))
}
