//! Assets that are cast in other assets, their parents in ShotGrid.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use tanuki_store::query::entities::kinds;
use tanuki_store::query::{rows, shotgun};
use tanuki_store::schema::ENTITY;
use tanuki_store::{Kind, Transaction, view, write};
use uuid::Uuid;

use super::Translated;
use super::keys::shotgun_id;
use crate::events::Event;
use crate::fields::{by_id, id_of};
use crate::imports::rows::faults::Faults;
use crate::{Caller, Imports, JsonRow, Result};

/// The key of the rows.
const KEY: &str = "parents";

/// The most parents of one asset.
const MAX_PARENTS: usize = 1000;

/// The parents of the assets of a list, all by their ids in ShotGrid.
#[derive(Debug, Default)]
pub(super) struct Parents {
    /// For each parent its assets, with their places in the list.
    children: BTreeMap<i32, Vec<(usize, i32)>>,
}

impl Parents {
    /// Reads the parents of rows; the key may be missing.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) with all that is wrong.
    pub fn read(rows: &[Translated<'_>]) -> Result<Self> {
        let mut parents = Self::default();
        let mut faults = Faults::default();
        for Translated { sent, .. } in rows {
            let items = match sent.data.get(KEY) {
                None | Some(Value::Null) => continue,
                Some(Value::Array(items)) if items.len() <= MAX_PARENTS => items,
                Some(_) => {
                    faults.field(sent.index, KEY, "A list of objects is expected.");
                    continue;
                }
            };
            for item in items {
                match shotgun_id(item) {
                    Some(id) => {
                        let children = parents.children.entry(id).or_default();
                        children.push((sent.index, sent.shotgun_id));
                    }
                    None => faults.field(sent.index, KEY, "An object with an id is expected."),
                }
            }
        }
        faults.check()?;
        Ok(parents)
    }
}

impl Imports<'_> {
    /// Replaces the castings of parents by the assets of a list that have them.
    /// Parents that do not exist are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) for a parent of another
    /// production, and for an asset that is its own parent.
    pub(super) async fn cast_in_parents(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        parents: Parents,
        written: &HashMap<Uuid, JsonRow>,
    ) -> Result<()> {
        let Some(link) = ENTITY
            .link("entities_out")
            .filter(|_| !parents.children.is_empty())
        else {
            return Ok(());
        };
        let assets: HashMap<i64, &JsonRow> = written
            .values()
            .filter_map(|row| Some((row.get("shotgun_id")?.as_i64()?, row)))
            .collect();
        let ids: Vec<i32> = parents.children.keys().copied().collect();
        let which = kinds::of_kind(Kind::Asset.is());
        let found = shotgun::by_shotgun_id(transaction, ENTITY.name, &ids, which).await?;
        let found_ids: Vec<Uuid> = found.iter().map(|(_, id)| *id).collect();
        let stored = rows::by_ids(&mut *transaction, &view::entities::PLAIN, &found_ids).await?;
        let stored = by_id(stored);
        let mut known: BTreeMap<i32, Uuid> = BTreeMap::new();
        for (shotgun_id, id) in found {
            known.entry(shotgun_id).or_insert(id);
        }
        let mut faults = Faults::default();
        let mut castings: Vec<(Uuid, Vec<Uuid>)> = Vec::new();
        let mut events = Vec::new();
        for (shotgun_id, parent) in known {
            let project = stored.get(&parent).and_then(|row| id_of(row, "project_id"));
            let (mut cast, mut is_cast) = (Vec::new(), HashSet::new());
            for (index, child) in parents.children.get(&shotgun_id).into_iter().flatten() {
                let Some(row) = assets.get(&i64::from(*child)) else {
                    continue;
                };
                let id = id_of(row, "id");
                if id_of(row, "project_id") != project {
                    faults.field(*index, KEY, "It is of another production.");
                } else if id == Some(parent) {
                    faults.field(*index, KEY, "An asset cannot be its own parent.");
                } else {
                    cast.extend(id.filter(|id| is_cast.insert(*id)));
                }
            }
            castings.push((parent, cast));
            events.push(Event::about("asset", "update", parent).in_project(project));
        }
        faults.check()?;
        write::remove_other_links(transaction, link, &castings).await?;
        write::add_links(transaction, link, &castings, &self.core.defaults()).await?;
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }
}
