//! The columns of assets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::MAIN_PACK;
use super::cells::Row;
use super::plan::{Found, Place, Planner};

/// The most letters of the name of an asset type.
const MAX_TYPE_NAME: usize = 30;

impl Planner {
    /// Reads the columns of an asset. `None` if it cannot be said which asset it
    /// is; errors are added.
    pub(super) fn asset(
        &mut self,
        row: Row<'_>,
        fields: &mut BTreeMap<&'static str, Value>,
        data: &mut Map<String, Value>,
    ) -> Found {
        if row.cell("Episode").is_some() {
            let name = row.trimmed("Episode");
            let is_main_pack =
                self.catalog.is_tv_show && name == MAIN_PACK && !self.has_episode(name);
            let episode = if is_main_pack {
                None
            } else {
                self.episode(row)?
            };
            if self.catalog.is_tv_show {
                let id = episode.map(|id| id.to_string());
                fields.insert("source_id", id.into());
            }
        }
        if let Some(text) = row.cell("Resolution") {
            data.insert("resolution".into(), text.into());
        }
        self.read_stage(row, fields);
        let entity_type_id = self.asset_type(row);
        let name = self.name(row, "Name");
        let place = name.zip(entity_type_id);
        Ok(place.map(|(name, entity_type_id)| Place {
            name,
            entity_type_id,
            parent_id: None,
        }))
    }

    /// Reads the task type of shots that an asset is ready for.
    fn read_stage(&mut self, row: Row<'_>, fields: &mut BTreeMap<&'static str, Value>) {
        const COLUMN: &str = "Ready for";
        if row.cell(COLUMN).is_none() {
            return;
        }
        let name = row.trimmed(COLUMN);
        if name.is_empty() {
            fields.insert("ready_for", Value::Null);
            return;
        }
        let lowered = name.to_lowercase();
        let stages = &self.catalog.stages;
        let exact = stages.iter().find(|stage| stage.name == name);
        let found = exact.or_else(|| {
            let mut stages = stages.iter();
            stages.find(|stage| stage.name.to_lowercase() == lowered)
        });
        match found {
            Some(stage) => {
                fields.insert("ready_for", stage.id.to_string().into());
            }
            None => {
                let message = format!("Task type not found for {name}");
                self.errors.cell(row.line(), COLUMN, message);
            }
        }
    }

    /// Returns the asset type of a row. A production with a list of asset types
    /// gets those of the studio that are not in it; one without a list gets new
    /// ones as well.
    fn asset_type(&mut self, row: Row<'_>) -> Option<Uuid> {
        const COLUMN: &str = "Type";
        let name = row.trimmed(COLUMN);
        let types = &self.catalog.types;
        let has_list = !types.of_production.is_empty();
        let refusal = if name.is_empty() {
            "An asset type is required in the Type column".to_owned()
        } else if types.is_temporal(name) {
            format!("{name} is not an asset type")
        } else if let Some(id) = types.asset_type(name) {
            if has_list && !types.of_production.contains(&id) {
                self.plan.new_links.push(id);
                self.catalog.types.of_production.insert(id);
            }
            return Some(id);
        } else if has_list {
            format!("Asset type {name} is not configured for this project")
        } else {
            self.check_length(row, (COLUMN, name), MAX_TYPE_NAME)?;
            let id = Uuid::new_v4();
            self.plan.new_asset_types.push((id, name.to_owned()));
            self.catalog.types.add(name, id);
            return Some(id);
        };
        self.errors.cell(row.line(), COLUMN, refusal);
        None
    }
}
