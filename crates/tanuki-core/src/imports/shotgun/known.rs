//! Which stored row a row of ShotGrid is.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use tanuki_store::projection::Projection;
use tanuki_store::query::names::lowered;
use tanuki_store::query::shotgun::{self, KnownBy};
use tanuki_store::{Filter, Transaction};
use uuid::Uuid;

use crate::fields::id_of;
use crate::{JsonRow, Result};

/// Columns that tell a row apart from others, besides its id in ShotGrid.
#[derive(Debug)]
pub(super) struct Also {
    /// The column by which candidates are found.
    pub column: AlsoColumn,
    /// A row with the same values in these is the same.
    pub same: &'static [&'static str],
    /// Columns whose values no two rows have together.
    pub unique: &'static [&'static str],
}

/// The column of candidates, by what it holds.
#[derive(Debug)]
pub(super) enum AlsoColumn {
    Id(&'static str),
    Text(&'static str),
    /// Texts are equal in any case.
    TextInAnyCase(&'static str),
}

impl Also {
    fn known_by<'a>(&self, rows: impl Iterator<Item = &'a JsonRow>) -> KnownBy {
        let texts = |column: &str| {
            let values = rows.filter_map(|row| row.get(column)?.as_str());
            values.collect::<BTreeSet<&str>>().into_iter()
        };
        match self.column {
            AlsoColumn::Id(column) => {
                let ids = texts(column).filter_map(|id| Uuid::try_parse(id).ok());
                KnownBy::Id(column, ids.collect())
            }
            AlsoColumn::Text(column) => {
                KnownBy::Text(column, texts(column).map(str::to_owned).collect())
            }
            AlsoColumn::TextInAnyCase(column) => {
                KnownBy::TextInAnyCase(column, texts(column).map(str::to_owned).collect())
            }
        }
    }

    /// Returns the values of columns as one text.
    fn key(&self, row: &JsonRow, columns: &[&str]) -> String {
        let values = columns.iter().map(|column| match row.get(*column) {
            Some(Value::String(text)) if self.ignores_case() => lowered(text),
            Some(value) => value.to_string(),
            None => Value::Null.to_string(),
        });
        // No value has the separator as a text of JSON.
        values.collect::<Vec<String>>().join("\n")
    }

    fn ignores_case(&self) -> bool {
        matches!(self.column, AlsoColumn::TextInAnyCase(_))
    }
}

/// The stored rows that a list may be about, and those that it creates.
#[derive(Debug)]
pub(super) struct Known {
    also: Option<&'static Also>,
    rows: HashMap<Uuid, JsonRow>,
    by_shotgun_id: HashMap<i32, Uuid>,
    same: HashMap<String, Uuid>,
    unique: HashMap<String, Uuid>,
}

/// The stored rows that a row of a list may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The one with its id in ShotGrid.
    pub by_id: Option<Uuid>,
    /// The one that has the same values in the columns of [`Also::same`].
    pub same: Option<Uuid>,
    /// Whether one has its values in the columns of [`Also::unique`].
    pub is_taken: bool,
}

/// Whether a row of a list is inserted, updates a stored row, or is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    New,
    /// It updates that row.
    Row(Uuid),
    LeftOut,
}

impl Known {
    /// Loads the rows that those of a list may be.
    pub async fn load(
        transaction: &mut Transaction,
        projection: &Projection,
        also: Option<&'static Also>,
        rows: &[(i32, &JsonRow)],
        which: Filter,
    ) -> Result<Self> {
        let ids: Vec<i32> = rows.iter().map(|(id, _)| *id).collect();
        let known_by = also.map(|also| also.known_by(rows.iter().map(|(_, row)| *row)));
        let stored = shotgun::known(transaction, projection, &ids, known_by, which).await?;
        let mut known = Self {
            also,
            rows: HashMap::new(),
            by_shotgun_id: HashMap::new(),
            same: HashMap::new(),
            unique: HashMap::new(),
        };
        for row in stored {
            if let Some(id) = id_of(&row, "id") {
                known.put(id, row);
            }
        }
        Ok(known)
    }

    /// Returns the stored rows that match a row of a list, by its id in ShotGrid
    /// and by its columns.
    pub fn find(&self, shotgun_id: i32, row: &JsonRow) -> Found {
        let same = self
            .also
            .and_then(|also| self.same.get(&also.key(row, also.same)));
        let is_taken = self
            .also
            .filter(|also| !also.unique.is_empty())
            .is_some_and(|also| self.unique.contains_key(&also.key(row, also.unique)));
        Found {
            by_id: self.by_shotgun_id.get(&shotgun_id).copied(),
            same: same.copied(),
            is_taken,
        }
    }

    /// Changes columns of a row, or adds it. Of rows that are the same the first
    /// one is found.
    pub fn put(&mut self, id: Uuid, columns: JsonRow) {
        let row = self.rows.entry(id).or_default();
        let shotgun_id = |row: &JsonRow| {
            let number = row.get("shotgun_id").and_then(Value::as_i64)?;
            i32::try_from(number).ok()
        };
        let keys = |row: &JsonRow| {
            self.also
                .map(|also| (also.key(row, also.same), also.key(row, also.unique)))
        };
        if !row.is_empty() {
            if let Some(old) = shotgun_id(row) {
                forget(&mut self.by_shotgun_id, &old, id);
            }
            if let Some((same, unique)) = keys(row) {
                forget(&mut self.same, &same, id);
                forget(&mut self.unique, &unique, id);
            }
        }
        row.extend(columns);
        if let Some(new) = shotgun_id(row) {
            self.by_shotgun_id.entry(new).or_insert(id);
        }
        if let Some((same, unique)) = keys(row) {
            self.same.entry(same).or_insert(id);
            self.unique.entry(unique).or_insert(id);
        }
    }
}

fn forget<K: std::hash::Hash + Eq>(ids: &mut HashMap<K, Uuid>, key: &K, id: Uuid) {
    if ids.get(key) == Some(&id) {
        ids.remove(key);
    }
}
