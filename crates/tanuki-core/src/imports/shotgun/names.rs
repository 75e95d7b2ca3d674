//! What the rows of a list refer to, looked up once for the whole list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use tanuki_store::query::entities::kinds;
use tanuki_store::query::{names, shotgun, uniqueness};
use tanuki_store::schema::{DEPARTMENT, ENTITY_TYPE, PROJECT_STATUS, Table};
use tanuki_store::write::{self, Values};
use tanuki_store::{Filter, Kind, Transaction};
use uuid::Uuid;

use super::keys::{Key, Of};
use crate::events::Event;
use crate::fields::column_value;
use crate::{Caller, Imports, Result};

/// The ids of what rows refer to.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<(Of, Key), Uuid>);

impl Names {
    /// Looks up ids in ShotGrid and names.
    pub async fn load(transaction: &mut Transaction, keys: Vec<(Of, Key)>) -> Result<Self> {
        let mut by_kind: HashMap<Of, (BTreeSet<i32>, BTreeSet<String>)> = HashMap::new();
        for (of, key) in keys {
            let (ids, texts) = by_kind.entry(of).or_default();
            match key {
                Key::Id(id) => ids.insert(id),
                Key::Text(text) => texts.insert(text),
            };
        }
        let mut names = Self::default();
        for (of, (ids, texts)) in by_kind {
            if !ids.is_empty() {
                let ids: Vec<i32> = ids.into_iter().collect();
                let which = match of {
                    Of::Entity(kind) => kinds::of_kind(kind.is()),
                    _ => Filter::all(),
                };
                let table = table_of(of);
                let found = shotgun::by_shotgun_id(transaction, table, &ids, which).await?;
                for (id, row) in found {
                    names.add(of, Key::Id(id), row);
                }
            }
            if let (Some(column), false) = (text_column(of), texts.is_empty()) {
                let texts: Vec<String> = texts.into_iter().collect();
                let column = (table_of(of), column);
                for (text, row) in shotgun::by_text(&mut *transaction, column, &texts).await? {
                    names.add(of, Key::Text(text), row);
                }
            }
        }
        Ok(names)
    }

    fn add(&mut self, of: Of, key: Key, id: Uuid) {
        self.0.entry((of, key)).or_insert(id);
    }

    /// Returns the id of the row that a key refers to; `None` if there is none.
    pub fn get(&self, of: Of, key: &Key) -> Option<Uuid> {
        self.0.get(&(of, key.clone())).copied()
    }

    /// Returns the ids of all projects that were looked up.
    pub fn projects(&self) -> Vec<Uuid> {
        let is_project = |of: &Of| matches!(of, Of::Project | Of::ProjectNamed);
        let found = self.0.iter().filter(|((of, _), _)| is_project(of));
        let ids: BTreeSet<Uuid> = found.map(|(_, id)| *id).collect();
        ids.into_iter().collect()
    }

    /// Returns the id of what has that name.
    pub fn named(&self, of: Of, name: &str) -> Option<Uuid> {
        self.get(of, &Key::Text(name.to_owned()))
    }
}

fn table_of(of: Of) -> &'static str {
    match of {
        Of::Project | Of::ProjectNamed => "project",
        Of::ProjectStatus => "project_status",
        Of::Person => "person",
        Of::Department => "department",
        Of::AssetType => "entity_type",
        Of::TaskType => "task_type",
        Of::TaskStatus => "task_status",
        Of::Task => "task",
        Of::Entity(_) | Of::AnyEntity => "entity",
    }
}

/// The column with what rows call it, unless it is created where it is missing.
fn text_column(of: Of) -> Option<&'static str> {
    match of {
        Of::ProjectNamed => Some("name"),
        Of::TaskStatus => Some("short_name"),
        _ => None,
    }
}

/// Something of the studio that is created if there is none of that name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Creates {
    pub of: Of,
    /// The key of a row that has the name.
    pub key: &'static str,
}

impl Creates {
    fn table(self) -> &'static Table {
        match self.of {
            Of::ProjectStatus => &PROJECT_STATUS,
            Of::Department => &DEPARTMENT,
            _ => &ENTITY_TYPE,
        }
    }

    /// Checks a name.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn check(self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            return Err("A name is expected.".into());
        }
        if self.of == Of::AssetType && Kind::of_type(name) != Kind::Asset {
            return Err(format!("{name} is not an asset type"));
        }
        let Some(column) = self.table().column("name") else {
            return Ok(());
        };
        let value = column_value(column, &json!(name));
        value.map(|_| ()).map_err(|error| error.to_string())
    }
}

impl Imports<'_> {
    /// Finds what has these names, in any case, and creates what there is not.
    /// `names`: each with a colour for what is created.
    pub(super) async fn find_or_create(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        creates: Creates,
        wanted: BTreeMap<String, String>,
        found: &mut Names,
    ) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let table = creates.table();
        uniqueness::lock(transaction, table, None).await?;
        let called: BTreeSet<&str> = wanted.keys().map(String::as_str).collect();
        let all = Filter::all();
        let known = names::all_called(&mut *transaction, table.name, &called, all, &[]).await?;
        let mut created: BTreeMap<String, Uuid> = BTreeMap::new();
        let mut rows = Vec::new();
        let mut events = Vec::new();
        for (name, color) in &wanted {
            let lowered = names::lowered(name);
            let id = known
                .meant(name, &[])
                .or_else(|| created.get(&lowered).copied());
            let id = id.unwrap_or_else(|| {
                let id = Uuid::new_v4();
                created.insert(lowered, id);
                let mut row = Values::from([("id", id.into()), ("name", name.as_str().into())]);
                if table.column("color").is_some() {
                    row.insert("color", color.as_str().into());
                }
                rows.push(row);
                events.push(created_event(creates.of, id));
                id
            });
            found.add(creates.of, Key::Text(name.clone()), id);
        }
        write::insert_all(transaction, table, rows, &self.core.defaults()).await?;
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }
}

fn created_event(of: Of, id: Uuid) -> Event {
    let table = match of {
        Of::ProjectStatus => "project_status",
        Of::Department => "department",
        _ => "asset_type",
    };
    Event::about(table, "new", id)
}

/// Reads a colour of ShotGrid, such as `10,200,30`, as `#0ac81e`.
///
/// # Errors
///
/// What is expected instead.
pub(super) fn color(value: Option<&Value>) -> Result<String, &'static str> {
    const EXPECTED: &str = "Three numbers from 0 to 255 are expected: red,green,blue.";
    let text = match value {
        None | Some(Value::Null) => "0,0,0",
        Some(value) => value.as_str().ok_or(EXPECTED)?,
    };
    let parts: Result<Vec<u8>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match parts.as_deref() {
        Ok([red, green, blue]) => Ok(format!("#{red:02x}{green:02x}{blue:02x}")),
        _ => Err(EXPECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_read_as_the_web_writes_them() {
        let read = |text: &str| color(Some(&json!(text)));
        assert_eq!(read("10,200,30").as_deref(), Ok("#0ac81e"));
        assert_eq!(color(None).as_deref(), Ok("#000000"));
        for wrong in ["red", "1,2", "1,2,3,4", "1,2,256", "-1,2,3", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(color(Some(&json!(5))).is_err());
    }
}
