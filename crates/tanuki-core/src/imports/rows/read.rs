//! Reads the rows of a list.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::{imports, rows};
use tanuki_store::schema::{ColumnType, Fill, Link};
use tanuki_store::write::Values;
use uuid::Uuid;

use super::adapt::Surroundings;
use super::faults::Faults;
use super::{MatchedBy, Row, RowImport, casting_of};
use crate::fields::{by_id, column_value, id_of};
use crate::{ConstraintViolation, Error, JsonRow, Result};

/// A row as it was sent.
#[derive(Debug)]
pub(in crate::imports) struct Sent {
    index: usize,
    /// `None` if it has none and is found by its casting.
    id: Option<Uuid>,
    casting: Option<(Uuid, Uuid)>,
    data: JsonRow,
}

impl Sent {
    /// A row whose id is known, and the row's place in the list.
    pub fn new(index: usize, id: Uuid, data: JsonRow) -> Self {
        Self {
            index,
            id: Some(id),
            casting: None,
            data,
        }
    }
}

/// Reads the ids of the rows.
///
/// # Errors
///
/// [`Error::Invalid`] for rows that are no objects, have no id, or are there
/// twice.
pub(super) fn sent(import: &RowImport, list: &[Value]) -> Result<Vec<Sent>> {
    let mut faults = Faults::default();
    let mut ids = HashSet::new();
    let mut castings = HashSet::new();
    let mut rows = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let Value::Object(data) = item else {
            faults.row(index, (None, "A row must be a JSON object.".into()));
            continue;
        };
        let is_casting = import.matched_by == MatchedBy::Casting;
        let id = match data.get("id") {
            None | Some(Value::Null) if is_casting => None,
            None => {
                faults.field(index, "id", ConstraintViolation::Missing.to_string());
                continue;
            }
            Some(_) => match id_of(data, "id") {
                None => {
                    faults.field(index, "id", ConstraintViolation::Format.to_string());
                    continue;
                }
                id => id,
            },
        };
        let casting = if is_casting { casting_of(data) } else { None };
        if is_casting && casting.is_none() {
            for end in ["entity_in_id", "entity_out_id"] {
                if id_of(data, end).is_none() {
                    faults.field(index, end, "The id of an entity is expected.");
                }
            }
            continue;
        }
        if id.is_some_and(|id| !ids.insert(id)) {
            faults.field(index, "id", "The list has another row with this id.");
        }
        if casting.is_some_and(|casting| !castings.insert(casting)) {
            let message = "The list has another row with this casting.";
            faults.field(index, "entity_out_id", message);
        }
        rows.push(Sent {
            index,
            id,
            casting,
            data: data.clone(),
        });
    }
    faults.check()?;
    Ok(rows)
}

/// The rows that exist already.
#[derive(Debug)]
pub(super) struct Existing {
    by_id: HashMap<Uuid, JsonRow>,
    by_casting: HashMap<(Uuid, Uuid), Uuid>,
}

impl Existing {
    /// Returns the id of the existing row that a sent row updates, if any.
    fn find(&self, import: &RowImport, sent: &Sent) -> Option<Uuid> {
        match import.matched_by {
            MatchedBy::Id => sent.id.filter(|id| self.by_id.contains_key(id)),
            MatchedBy::Casting => self.by_casting.get(&sent.casting?).copied(),
        }
    }
}

/// Finds the rows that exist already.
pub(super) async fn existing(
    transaction: &mut Transaction,
    import: &RowImport,
    sent: &[Sent],
) -> Result<Existing> {
    let projection = (import.projection)();
    let ids: Vec<Uuid> = sent.iter().filter_map(|row| row.id).collect();
    let mut found = rows::by_ids(&mut *transaction, projection, &ids).await?;
    let into: HashSet<Uuid> = sent
        .iter()
        .filter_map(|row| row.casting)
        .map(|(into, _)| into)
        .collect();
    if !into.is_empty() {
        let into: Vec<Uuid> = into.into_iter().collect();
        found.extend(imports::castings_into(transaction, projection, &into).await?);
    }
    let castings = found
        .iter()
        .filter_map(|row| Some((casting_of(row)?, id_of(row, "id")?)));
    Ok(Existing {
        by_casting: castings.collect(),
        by_id: by_id(found),
    })
}

/// Reads the columns and links of the rows.
///
/// # Errors
///
/// [`Error::Invalid`] with all that is wrong.
pub(super) fn rows(
    import: &RowImport,
    surroundings: &Surroundings<'_>,
    sent: Vec<Sent>,
    existing: &Existing,
) -> Result<Vec<Row>> {
    let mut faults = Faults::default();
    let mut rows = Vec::with_capacity(sent.len());
    for mut row in sent {
        let found = existing.find(import, &row);
        let id = row.id.or(found).unwrap_or_else(Uuid::new_v4);
        let is_taken = found != Some(id) && existing.by_id.contains_key(&id);
        if is_taken {
            let message = "The id is that of another casting.";
            faults.field(row.index, "id", message);
            continue;
        }
        let before = found.and_then(|id| existing.by_id.get(&id));
        let adapted = (import.adapt)(surroundings, before, &mut row.data);
        if let Err(fault) = adapted {
            faults.row(row.index, fault);
            continue;
        }
        let mut read = Row {
            index: row.index,
            id,
            existing: found,
            values: Values::from([("id", id.into())]),
            links: Vec::new(),
        };
        read_fields(import, &row.data, &mut read, &mut faults);
        rows.push(read);
    }
    faults.check()?;
    Ok(rows)
}

fn read_fields(import: &RowImport, data: &JsonRow, row: &mut Row, faults: &mut Faults) {
    let table = import.table;
    let is_new = row.existing.is_none();
    for (field, json) in data {
        if field == "id" || import.ignored.contains(&field.as_str()) {
            continue;
        }
        let link = import.links.iter().find(|(name, _)| name == field);
        if let Some(column) = table.column(field) {
            // When null, the row gets what a row without a value gets.
            let is_time = matches!(column.fill, Some(Fill::Now));
            let is_filled = is_new && column.fill.is_some() && column.kind != ColumnType::Json;
            if json.is_null() && (is_time || is_filled) {
                continue;
            }
            if import.sets_updated_at && field == "updated_at" {
                continue;
            }
            match column_value(column, json) {
                Ok(value) => {
                    row.values.insert(column.name, value);
                }
                Err(error) => faults.field(row.index, import.sent_as(field), error.to_string()),
            }
        } else if let Some((link, linking)) =
            link.and_then(|(name, linking)| Some((table.link(name)?, *linking)))
        {
            match link_ids(link, json) {
                Ok(Some(ids)) => row.links.push((link, linking, ids)),
                Ok(None) => {}
                Err(error) => faults.field(row.index, field, error.to_string()),
            }
        } else if is_new {
            let error = Error::UnknownField {
                field: field.clone(),
                object: table.object,
            };
            faults.field(row.index, field, error.to_string());
        }
    }
    if is_new {
        require(import, data, row, faults);
    }
}

/// Adds a fault for each required column that a new row has no value for. One
/// with a wrong value has a fault already.
fn require(import: &RowImport, data: &JsonRow, row: &Row, faults: &mut Faults) {
    let columns = import.table.columns.iter();
    for column in columns.filter(|column| column.is_required()) {
        if !row.values.contains_key(column.name) && !data.contains_key(column.name) {
            let message = ConstraintViolation::Missing.to_string();
            faults.field(row.index, import.sent_as(column.name), message);
        }
    }
}

/// The most ids in a list of one row.
const MAX_LINKS: usize = 10_000;

/// Reads a list of ids, or of objects with an `id`; `None` if it is null.
fn link_ids(link: &Link, json: &Value) -> Result<Option<Vec<Uuid>>> {
    let items = match json {
        Value::Null => return Ok(None),
        Value::Array(items) if items.len() <= MAX_LINKS => items,
        _ => {
            return Err(Error::WrongType {
                field: link.field,
                expected: "a list of ids",
            });
        }
    };
    let mut ids = Vec::with_capacity(items.len());
    let mut known = HashSet::with_capacity(items.len());
    for item in items {
        let text = item.as_str().or_else(|| item.get("id")?.as_str());
        let id = text.and_then(|text| Uuid::try_parse(text).ok());
        let id = id.ok_or(Error::Constraint(ConstraintViolation::Format))?;
        if known.insert(id) {
            ids.push(id);
        }
    }
    Ok(Some(ids))
}
