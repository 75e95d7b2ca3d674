//! Rows of ShotGrid, as programs that follow a site send them. They are found
//! again by their ids there, which are kept in the columns `shotgun_id`.
//!
//! [`kinds`] describes the rows; one engine reads them, and hands them to the
//! one that writes the rows of another server ([`rows`](super::rows)).

mod complete;
mod errors;
mod fields;
mod keys;
mod kinds;
mod known;
mod members;
mod names;
mod parents;
mod people;
mod removal;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use tanuki_store::query::entities::{kinds as entity_kinds, type_named};
use tanuki_store::query::{locks, uniqueness};
use tanuki_store::schema::ENTITY;
use tanuki_store::{Filter, Kind, Transaction};
use uuid::Uuid;

use self::complete::step_department;
use self::fields::{SentRow, references, sent_rows, store};
use self::kinds::{RowsOf, What};
use self::known::{Known, Settled};
use self::names::{Creates, Names};
use self::parents::Parents;
use super::rows::faults::Faults;
use super::rows::{Pace, Sent, in_order};
use crate::fields::check_changes;
use crate::{Admin, Caller, Error, Imports, JsonRow, Result};

pub use errors::shotgun_error_shape;
pub use kinds::{SHOTGUN_IMPORTS, ShotgunImport};
pub use removal::{SHOTGUN_REMOVALS, ShotgunRemoval, removal_shape};

/// A row of a list with the columns to store.
#[derive(Debug)]
struct Translated<'a> {
    sent: SentRow<'a>,
    row: JsonRow,
}

impl Imports<'_> {
    /// Creates or updates the rows of a list of ShotGrid. Returns them in the
    /// order of the list, without links; those that are not imported are left
    /// out. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a body that is no list or too long, and with the
    /// place in the list and the key of everything that is wrong. Nothing is
    /// written then.
    pub async fn shotgun_rows(
        self,
        admin: Admin<'_>,
        import: &'static ShotgunImport,
        sent: Value,
    ) -> Result<Vec<JsonRow>> {
        let Value::Array(sent) = sent else {
            return Err(Error::invalid("A list of entities is expected."));
        };
        check_changes("The list", &sent)?;
        let sent = sent_rows(&sent)?;
        match &import.what {
            What::Rows(rows) => {
                match self.write_rows_of(admin, rows, &sent, Pace::Together).await {
                    Err(Error::Constraint(_)) => {
                        self.write_rows_of(admin, rows, &sent, Pace::OneByOne).await
                    }
                    written => written,
                }
            }
            What::People => self.shotgun_people(admin, &sent).await,
            What::Members => self.shotgun_members(admin, &sent).await,
        }
    }

    /// Writes the rows in one transaction.
    async fn write_rows_of(
        self,
        admin: Admin<'_>,
        rows: &'static RowsOf,
        sent: &[SentRow<'_>],
        pace: Pace,
    ) -> Result<Vec<JsonRow>> {
        let caller = admin.caller();
        let import = &rows.import;
        let mut transaction = self.core.database().begin().await?;
        // Two requests with the same rows create them once.
        uniqueness::lock(&mut transaction, import.table, None).await?;
        let translated = self.translate(&mut transaction, caller, rows, sent).await?;
        let parents = match rows.entities {
            Some(Kind::Asset) => Some(Parents::read(&translated)?),
            _ => None,
        };
        let (sent, order) = settle(&mut transaction, caller, rows, translated).await?;
        let written = self
            .write_sent(&mut transaction, Some(caller), import, sent, pace)
            .await?;
        if let Some(parents) = parents {
            self.cast_in_parents(&mut transaction, caller, parents, &written.rows)
                .await?;
        }
        let answer = in_order(&order, &written.rows)?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Reads the columns of the rows.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with all that is wrong.
    async fn translate<'a>(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        rows: &RowsOf,
        sent: &[SentRow<'a>],
    ) -> Result<Vec<Translated<'a>>> {
        let mut faults = Faults::default();
        let keys = references(rows.fields, sent, &mut faults);
        let wanted = rows
            .creates
            .map(|creates| wanted(creates, sent, &mut faults));
        faults.check()?;
        let mut names = Names::load(transaction, keys).await?;
        if rows.entities.is_some() {
            // Serializes creations of entities in a project, as elsewhere: names
            // are unique.
            locks::projects(transaction, &names.projects()).await?;
        }
        if let (Some(creates), Some(wanted)) = (rows.creates, wanted) {
            self.find_or_create(transaction, caller, creates, wanted, &mut names)
                .await?;
        }
        let entity_type = match rows.entities {
            None | Some(Kind::Asset) => None,
            Some(kind) => {
                let defaults = self.core.defaults();
                Some(type_named(transaction, kind.type_name(), &defaults).await?)
            }
        };
        let mut translated = Vec::with_capacity(sent.len());
        for sent in sent {
            let mut row = JsonRow::new();
            row.insert("shotgun_id".into(), sent.shotgun_id.into());
            if let Some(id) = entity_type {
                row.insert("entity_type_id".into(), id.to_string().into());
            }
            if !store(rows.fields, *sent, &names, &mut row, &mut faults) {
                continue;
            }
            match (rows.complete)(&names, sent.data, &mut row) {
                Ok(()) => translated.push(Translated { sent: *sent, row }),
                Err(fault) => faults.row(sent.index, fault),
            }
        }
        faults.check()?;
        Ok(translated)
    }
}

/// Returns the names that rows need, each with the colour of what is created.
fn wanted(creates: Creates, sent: &[SentRow<'_>], faults: &mut Faults) -> BTreeMap<String, String> {
    let mut wanted = BTreeMap::new();
    for row in sent {
        let is_step = creates.of == keys::Of::Department;
        let name = if is_step {
            step_department(row.data)
        } else {
            let name = row.data.get(creates.key).and_then(Value::as_str);
            name.map(str::to_owned)
        };
        let Some(name) = name else { continue };
        if let Err(message) = creates.check(&name) {
            faults.field(row.index, creates.key, message);
        }
        let color = row.data.get("color").filter(|_| is_step);
        // A wrong colour is named where it is read.
        let color = names::color(color).unwrap_or_default();
        wanted.entry(name).or_insert(color);
    }
    wanted
}

/// Decides which stored row each row is. Returns the rows to write, each once,
/// and the ids of all rows in the order of the list.
async fn settle(
    transaction: &mut Transaction,
    caller: &Caller,
    rows: &'static RowsOf,
    translated: Vec<Translated<'_>>,
) -> Result<(Vec<Sent>, Vec<Uuid>)> {
    let which = rows
        .entities
        .map_or_else(Filter::all, |kind| entity_kinds::of_kind(kind.is()));
    let keyed: Vec<(i32, &JsonRow)> = translated
        .iter()
        .map(|row| (row.sent.shotgun_id, &row.row))
        .collect();
    let projection = (rows.import.projection)();
    let also = rows.also.as_ref();
    let mut known = Known::load(transaction, projection, also, &keyed, which).await?;
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    let mut changes: Vec<(usize, Uuid, JsonRow)> = Vec::new();
    let mut order = Vec::with_capacity(translated.len());
    for Translated { sent, mut row } in translated {
        let found = known.find(sent.shotgun_id, &row);
        let id = match (rows.settle)(found, &mut row) {
            Settled::LeftOut => continue,
            Settled::Row(id) => id,
            Settled::New => {
                if rows.import.table.name == ENTITY.name {
                    let author = caller.author().map(|id| id.to_string());
                    row.insert("created_by".into(), json!(author));
                }
                Uuid::new_v4()
            }
        };
        order.push(id);
        known.put(id, row.clone());
        if let Some(place) = places.get(&id) {
            changes[*place].2.extend(row);
        } else {
            places.insert(id, changes.len());
            changes.push((sent.index, id, row));
        }
    }
    let sent = changes
        .into_iter()
        .map(|(index, id, row)| Sent::new(index, id, row));
    Ok((sent.collect(), order))
}
