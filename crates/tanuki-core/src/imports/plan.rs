//! What an import of entities is going to write: the rows of a file, read and
//! checked as a whole before anything is written.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use tanuki_store::Kind;
use uuid::Uuid;

use super::catalog::Catalog;
use super::cells::{Row, Titles};
use super::error::{ImportError, RowErrors};
use super::file::Sheet;
use super::metadata;
use super::task_columns::{TaskCells, TaskColumns};
use crate::Result;

/// The most letters of the name of an entity.
pub(super) const MAX_NAME: usize = 160;

/// What an import is going to write.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Asset types to create: id and name.
    pub new_asset_types: Vec<(Uuid, String)>,
    /// Asset types to add to the production.
    pub new_links: Vec<Uuid>,
    /// Episodes and sequences to create, parents first.
    pub folders: Vec<Folder>,
    /// Each entity of the file once.
    pub entities: Vec<Planned>,
    /// For each row of the file the place of its entity in `entities`.
    pub rows: Vec<usize>,
}

/// An episode or sequence to create.
#[derive(Debug)]
pub(super) struct Folder {
    pub id: Uuid,
    pub kind: Kind,
    pub entity_type_id: Uuid,
    pub name: String,
    pub parent_id: Option<Uuid>,
}

/// An entity of the file.
#[derive(Debug)]
pub(super) struct Planned {
    pub id: Uuid,
    pub is_new: bool,
    /// Whether the cells of the file are written: the entity is new, or existing
    /// ones are updated.
    pub is_written: bool,
    pub place: Place,
    /// The values of columns that the file has.
    pub fields: BTreeMap<&'static str, Value>,
    /// The metadata that the file has.
    pub data: Map<String, Value>,
    pub tasks: Vec<TaskCells>,
}

/// Where an entity belongs, and so which one it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub name: String,
    pub entity_type_id: Uuid,
    /// The sequence of a shot, the episode of an edit.
    pub parent_id: Option<Uuid>,
}

/// Reads the rows of a file.
#[derive(Debug)]
pub(super) struct Planner {
    pub catalog: Catalog,
    pub plan: Plan,
    pub errors: RowErrors,
    updates: bool,
    /// Existing and new episodes and sequences, by kind, parent and name.
    folders: HashMap<(Kind, Option<Uuid>, String), Uuid>,
    existing: HashMap<Place, Uuid>,
    planned: HashMap<Place, usize>,
}

impl Planner {
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the studio lacks the types of episodes, sequences
    /// or shots.
    pub fn new(catalog: Catalog, updates: bool) -> Result<Self> {
        let mut folders = HashMap::new();
        let mut existing = HashMap::new();
        let is_asset = catalog.import.kind() == Kind::Asset;
        let types =
            [Kind::Episode, Kind::Sequence].map(|kind| (kind, catalog.types.of_kind(kind).ok()));
        for entity in &catalog.known {
            let name = entity.name.trim().to_owned();
            let folder = types
                .iter()
                .find(|(_, id)| *id == Some(entity.entity_type_id));
            if let Some((kind, _)) = folder {
                // Names of episodes are unique in the project.
                let parent = entity.parent_id.filter(|_| *kind == Kind::Sequence);
                folders.entry((*kind, parent, name)).or_insert(entity.id);
                continue;
            }
            let place = Place {
                name,
                entity_type_id: entity.entity_type_id,
                parent_id: entity.parent_id.filter(|_| !is_asset),
            };
            existing.entry(place).or_insert(entity.id);
        }
        Ok(Self {
            catalog,
            plan: Plan::default(),
            errors: RowErrors::default(),
            updates,
            folders,
            existing,
            planned: HashMap::new(),
        })
    }

    /// Reads all rows of a file.
    ///
    /// # Errors
    ///
    /// [`ImportError::Rows`] if any row is wrong.
    pub fn read(mut self, sheet: &Sheet) -> Result<(Plan, Catalog), ImportError> {
        let titles = Titles::new(&sheet.titles);
        super::check_columns(sheet, &titles, &self.required_columns())?;
        let columns = TaskColumns::new(&titles, &self.catalog.task_types);
        for row in &sheet.rows {
            let row = Row {
                titles: &titles,
                row,
            };
            self.read_row(row, &columns)?;
            if self.errors.is_full() {
                break;
            }
        }
        self.errors.check()?;
        Ok((self.plan, self.catalog))
    }

    fn required_columns(&self) -> Vec<&'static str> {
        use super::EntityImport::{Assets, Edits, Shots};
        match self.catalog.import {
            Assets => vec!["Name", "Type"],
            Shots if self.catalog.is_tv_show => vec!["Episode", "Sequence", "Name"],
            Shots => vec!["Sequence", "Name"],
            Edits => vec!["Name"],
        }
    }

    fn read_row(&mut self, row: Row<'_>, columns: &TaskColumns) -> Result<()> {
        use super::EntityImport::{Assets, Edits, Shots};
        let mut fields = BTreeMap::new();
        if let Some(text) = row.cell("Description") {
            fields.insert("description", text.into());
        }
        let mut data = Map::new();
        let place = match self.catalog.import {
            Assets => self.asset(row, &mut fields, &mut data)?,
            Shots => self.shot(row, &mut fields, &mut data)?,
            Edits => self.edit(row)?,
        };
        let catalog = &self.catalog;
        let cells = (&mut data, &mut self.errors);
        metadata::read(&catalog.metadata, &catalog.people, row, cells);
        let tasks = columns.read(row, &self.catalog, &mut self.errors);
        if let Some(place) = place {
            self.put(place, fields, data, tasks);
        }
        Ok(())
    }

    /// Adds the entity of a row, or what the row adds to an entity of a row
    /// before.
    pub(super) fn put(
        &mut self,
        place: Place,
        fields: BTreeMap<&'static str, Value>,
        data: Map<String, Value>,
        tasks: Vec<TaskCells>,
    ) {
        if let Some(at) = self.planned.get(&place).copied() {
            self.plan.rows.push(at);
            if self.updates {
                let entity = &mut self.plan.entities[at];
                entity.fields.extend(fields);
                entity.data.extend(data);
                entity.tasks.extend(tasks);
            }
            return;
        }
        let existing = self.existing.get(&place).copied();
        let at = self.plan.entities.len();
        self.planned.insert(place.clone(), at);
        self.plan.rows.push(at);
        self.plan.entities.push(Planned {
            id: existing.unwrap_or_else(Uuid::new_v4),
            is_new: existing.is_none(),
            is_written: existing.is_none() || self.updates,
            place,
            fields,
            data,
            tasks,
        });
    }

    /// Adds a row about an entity of a row before. Returns whether there is one.
    pub(super) fn repeat(&mut self, place: &Place) -> bool {
        let Some(at) = self.planned.get(place) else {
            return false;
        };
        self.plan.rows.push(*at);
        true
    }

    /// Reads the name of an entity; `None` if it is missing or too long.
    pub fn name(&mut self, row: Row<'_>, column: &str) -> Option<String> {
        let name = row.trimmed(column);
        if name.is_empty() {
            let message = format!("{column} cannot be empty");
            self.errors.cell(row.line(), column, message);
            return None;
        }
        self.check_length(row, (column, name), MAX_NAME)?;
        Some(name.to_owned())
    }

    /// `None` if the text of a cell is too long.
    pub fn check_length(
        &mut self,
        row: Row<'_>,
        (column, text): (&str, &str),
        most: usize,
    ) -> Option<()> {
        if text.chars().count() > most {
            let message = format!("{column} may have {most} letters");
            self.errors.cell(row.line(), column, message);
            return None;
        }
        Some(())
    }

    /// Returns the episode of a row, which is created if it is new; `None` if the
    /// cell is empty. In a production that is no TV show the cell has to be empty:
    /// an error is added otherwise.
    pub fn episode(&mut self, row: Row<'_>) -> Result<Option<Uuid>> {
        let name = row.trimmed("Episode");
        if name.is_empty() {
            return Ok(None);
        }
        if !self.catalog.is_tv_show {
            let message = "An episode column is present for a production that isn't a TV Show";
            self.errors.cell(row.line(), "Episode", message);
            return Ok(None);
        }
        if self
            .check_length(row, ("Episode", name), MAX_NAME)
            .is_none()
        {
            return Ok(None);
        }
        self.folder(Kind::Episode, None, name).map(Some)
    }

    /// Whether the production has the episode, or the import creates it.
    pub fn has_episode(&self, name: &str) -> bool {
        let key = (Kind::Episode, None, name.to_owned());
        self.folders.contains_key(&key)
    }

    /// Returns the id of an episode or sequence, which is created if it is new.
    pub fn folder(&mut self, kind: Kind, parent_id: Option<Uuid>, name: &str) -> Result<Uuid> {
        let entity_type_id = self.catalog.types.of_kind(kind)?;
        let key = (kind, parent_id, name.to_owned());
        if let Some(id) = self.folders.get(&key) {
            return Ok(*id);
        }
        let id = Uuid::new_v4();
        self.folders.insert(key, id);
        self.plan.folders.push(Folder {
            id,
            kind,
            entity_type_id,
            name: name.to_owned(),
            parent_id,
        });
        Ok(id)
    }
}

/// The place in the plan of an entity that a row names.
pub(super) type Found = Result<Option<Place>>;
