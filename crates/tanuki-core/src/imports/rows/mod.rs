//! Rows of another server, as its API shows them: with the same ids. So a studio
//! moves single productions from a Zou, with its command `zou sync-push`.
//!
//! One engine writes the rows of every table; [`RowImport`] says where a table
//! differs.

mod adapt;
mod check;
pub(super) mod events;
pub(super) mod faults;
mod read;
mod tables;

use std::collections::HashMap;

use serde_json::Value;
use tanuki_store::query::{imports, rows};
use tanuki_store::schema::{ENTITY, Link};
use tanuki_store::write::{self, Values};
use tanuki_store::{Shape, Transaction};
use uuid::Uuid;

use self::adapt::Surroundings;
use self::events::Imported;
use self::faults::refusal_of_row;
use self::tables::MatchedBy;
use crate::events::{Event, row_audience};
use crate::fields::{by_id, check_changes, id_of};
use crate::{Admin, Caller, ConstraintViolation, Error, Imports, JsonRow, Result};

pub(super) use read::Sent;
pub use tables::{KITSU_IMPORTS, RowImport};
pub(super) use tables::{Linking, plain};

/// A row of a list, read and ready to be written.
#[derive(Debug)]
struct Row {
    /// Its place in the list.
    index: usize,
    id: Uuid,
    /// The id of the row that it changes; `None` if it is new.
    existing: Option<Uuid>,
    values: Values,
    /// The lists of linked ids that it has.
    links: Vec<(&'static Link, Linking, Vec<Uuid>)>,
}

impl Row {
    /// What its event calls the change: `new` or `update`.
    fn action(&self) -> &'static str {
        match self.existing {
            Some(_) => "update",
            None => "new",
        }
    }
}

/// A link, how its ids are written, and the linked ids of each row.
type LinkedRows = (&'static Link, Linking, Vec<(Uuid, Vec<Uuid>)>);

/// How the rows of a list are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Many rows per statement.
    Together,
    /// A statement for each row, which tells the one that cannot be written.
    OneByOne,
}

/// The rows of an import after it.
#[derive(Debug)]
pub(super) struct Written {
    /// The ids of the rows that were sent, in the order of the list.
    pub ids: Vec<Uuid>,
    pub rows: HashMap<Uuid, JsonRow>,
}

impl RowImport {
    /// The shape of the response: the rows as they are stored, without links.
    pub fn shape(&self) -> Shape {
        (self.projection)().shape().list()
    }
}

impl Imports<'_> {
    /// Creates or updates the rows of a list, which keep their ids. Returns them
    /// in the order of the list, without links. A row that exists changes in the
    /// columns that are sent. `is_silent`: no events.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a body that is no list or too long, and with the
    /// place in the list and the field of everything that is wrong: values that
    /// the columns do not take, ids of nothing, and rows of another production.
    /// Nothing is written then.
    pub async fn rows(
        self,
        admin: Admin<'_>,
        import: &'static RowImport,
        sent: Value,
        is_silent: bool,
    ) -> Result<Vec<JsonRow>> {
        let Value::Array(sent) = sent else {
            return Err(Error::invalid("A list of entities is expected."));
        };
        check_changes("The list", &sent)?;
        let caller = (!is_silent).then_some(admin.caller());
        match self.write_rows(caller, import, &sent, Pace::Together).await {
            Err(Error::Constraint(_)) => {
                self.write_rows(caller, import, &sent, Pace::OneByOne).await
            }
            written => written,
        }
    }

    /// Writes the rows in one transaction. `caller`: whose events are recorded.
    async fn write_rows(
        self,
        caller: Option<&Caller>,
        import: &'static RowImport,
        sent: &[Value],
        pace: Pace,
    ) -> Result<Vec<JsonRow>> {
        let mut transaction = self.core.database().begin().await?;
        let sent = read::sent(import, sent)?;
        let written = self.write_sent(&mut transaction, caller, import, sent, pace);
        let Written { ids, mut rows } = written.await?;
        let answer = ids.iter().map(|id| rows.remove(id).ok_or(Error::NotFound));
        let answer = answer.collect::<Result<_>>()?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Checks rows whose ids are known, writes them and records their events.
    /// `caller`: whose events are recorded.
    ///
    /// # Errors
    ///
    /// Those of [`rows`](Self::rows).
    pub(super) async fn write_sent(
        self,
        transaction: &mut Transaction,
        caller: Option<&Caller>,
        import: &'static RowImport,
        sent: Vec<Sent>,
        pace: Pace,
    ) -> Result<Written> {
        let types = if import.table.name == ENTITY.name {
            imports::entity_types(&mut *transaction).await?
        } else {
            Vec::new()
        };
        let surroundings = Surroundings::new(self.core.settings(), types);
        let existing = read::existing(transaction, import, &sent).await?;
        let mut rows = read::rows(import, &surroundings, sent, &existing)?;
        check::references(transaction, import, &mut rows).await?;
        check::preview_accounts(transaction, &rows).await?;
        let changed: Vec<Uuid> = rows.iter().filter_map(|row| row.existing).collect();
        let before = check::projects(transaction, import, &changed).await?;
        self.write_columns(transaction, import, &rows, pace).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let projects = check::projects(transaction, import, &ids).await?;
        check::isolation(transaction, import, &rows, (&before, &projects)).await?;
        self.write_links(transaction, &rows).await?;
        let written = rows::by_ids(&mut *transaction, (import.projection)(), &ids).await?;
        let written = by_id(written);
        if let Some(caller) = caller {
            let mut events = Vec::with_capacity(rows.len());
            for row in &rows {
                let imported = Imported {
                    table: import.table,
                    action: row.action(),
                    id: row.id,
                    row: written.get(&row.id).ok_or(Error::NotFound)?,
                    project_id: projects.get(&row.id).copied(),
                    surroundings: &surroundings,
                };
                events.push(event(transaction, import, &imported).await?);
            }
            self.core
                .record_all(transaction, events, Some(caller))
                .await?;
        }
        let rows = written;
        Ok(Written { ids, rows })
    }

    /// Writes the columns: new rows in the order of the list, since one may refer
    /// to one before it, then changes, by id.
    async fn write_columns(
        self,
        transaction: &mut Transaction,
        import: &'static RowImport,
        rows: &[Row],
        pace: Pace,
    ) -> Result<()> {
        let defaults = self.core.defaults();
        let new: Vec<&Row> = rows.iter().filter(|row| row.existing.is_none()).collect();
        for run in runs(&new, pace) {
            let values = run.iter().map(|row| row.values.clone()).collect();
            let written = write::insert_all(transaction, import.table, values, &defaults).await;
            written.map_err(|error| at(run[0], pace, error.into()))?;
        }
        let mut changed: Vec<(Uuid, &Row)> = rows
            .iter()
            .filter_map(|row| Some((row.existing?, row)))
            .collect();
        changed.sort_by_key(|(id, _)| *id);
        for (id, row) in changed {
            let mut values = row.values.clone();
            values
                .entry("updated_at")
                .or_insert_with(|| defaults.now.into());
            let written = write::update(transaction, import.table, id, values).await;
            if !written.map_err(|error| at(row, pace, error.into()))? {
                let message = "The row was deleted at the same time.";
                return Err(refusal_of_row(row.index, message.to_owned()));
            }
        }
        Ok(())
    }

    /// Writes the links of the rows, with as many statements for many rows as
    /// for one.
    async fn write_links(self, transaction: &mut Transaction, rows: &[Row]) -> Result<()> {
        let mut by_link: HashMap<&str, LinkedRows> = HashMap::new();
        for row in rows {
            for (link, linking, ids) in &row.links {
                let linked = by_link.entry(link.field);
                let linked = linked.or_insert_with(|| (*link, *linking, Vec::new()));
                linked.2.push((row.id, ids.clone()));
            }
        }
        let defaults = self.core.defaults();
        for (link, linking, lists) in by_link.into_values() {
            if linking == Linking::Replace {
                write::remove_other_links(transaction, link, &lists).await?;
            }
            write::add_links(transaction, link, &lists, &defaults).await?;
        }
        Ok(())
    }
}

/// Returns rows in the order of their ids, one of which may be there several
/// times.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no row with an id.
pub(super) fn in_order(ids: &[Uuid], rows: &HashMap<Uuid, JsonRow>) -> Result<Vec<JsonRow>> {
    let rows = ids.iter().map(|id| rows.get(id).cloned());
    rows.map(|row| row.ok_or(Error::NotFound)).collect()
}

/// Returns the event of a written row, with who may receive it.
async fn event(
    transaction: &mut Transaction,
    import: &RowImport,
    imported: &Imported<'_>,
) -> Result<Event> {
    let mut event = (import.event)(imported);
    event.audience = row_audience(transaction, import.table, imported.row, &event).await?;
    Ok(event)
}

/// Returns the rows in groups that a statement inserts: neighbours with the same
/// columns.
fn runs<'a>(rows: &'a [&'a Row], pace: Pace) -> Vec<&'a [&'a Row]> {
    let alike = |one: &&Row, other: &&Row| {
        pace == Pace::Together && one.values.keys().eq(other.values.keys())
    };
    rows.chunk_by(alike).collect()
}

/// Names the row that a constraint of the database refuses, if it is known.
fn at(row: &Row, pace: Pace, error: Error) -> Error {
    match error {
        Error::Constraint(violation)
            if pace == Pace::OneByOne && violation != ConstraintViolation::Referenced =>
        {
            refusal_of_row(row.index, violation.to_string())
        }
        error => error,
    }
}

/// Returns the two ends of a casting.
fn casting_of(row: &JsonRow) -> Option<(Uuid, Uuid)> {
    Some((id_of(row, "entity_in_id")?, id_of(row, "entity_out_id")?))
}
