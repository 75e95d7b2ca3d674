//! Imports of castings: which assets are in which shots, assets and episodes.

use std::collections::HashMap;

use serde_json::Value;
use tanuki_store::query::entities::kinds;
use tanuki_store::query::imports::{self, KnownEntity};
use tanuki_store::query::uniqueness;
use tanuki_store::schema::ENTITY;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::catalog::type_names;
use super::cells::{Row, integer};
use super::error::{ImportError, RowErrors};
use super::file::Sheet;
use super::{ImportOptions, MAIN_PACK, read_rows, sheet};
use crate::access::ManagedProject;
use crate::blocking::off_worker;
use crate::breakdown::ImportedCast;
use crate::files::Upload;
use crate::slug::small_slug;
use crate::{Imports, Result};

/// The columns that a file of castings has, besides `Episode` and `Label`.
const COLUMNS: [&str; 5] = ["Parent", "Name", "Asset Type", "Asset", "Occurences"];

/// What the column `Parent` calls the parent of an episode.
const EPISODE: &str = "episode";

impl Imports<'_> {
    /// Casts the assets of a CSV file in the shots, assets and episodes that it
    /// names, in a project that the caller manages. Links that exist get the
    /// number of occurrences and the label of the file; none is removed. Returns
    /// null for each row of the file.
    ///
    /// # Errors
    ///
    /// [`ImportError::File`] for a file that cannot be read,
    /// [`ImportError::Rows`] for wrong cells and names of nothing. Nothing is
    /// written then.
    pub async fn casting(
        self,
        project: ManagedProject<'_>,
        file: Upload,
        options: ImportOptions,
    ) -> Result<Vec<Value>, ImportError> {
        let sheet = sheet(file).await?;
        let ManagedProject { caller, project_id } = project;
        let mut transaction = self.core.database().begin().await?;
        uniqueness::lock(&mut transaction, &ENTITY, Some(project_id)).await?;
        let names = CastNames::load(&mut transaction, project_id).await?;
        let casts = off_worker(move || names.read(&sheet)).await??;
        let breakdown = self.core.breakdown();
        breakdown
            .cast_imported(&mut transaction, caller, project_id, &casts)
            .await?;
        if !options.is_dry_run {
            transaction.commit().await?;
        }
        Ok(vec![Value::Null; casts.len()])
    }
}

/// The entities of a production by the names that a file gives them: as written,
/// and as slugs, for names that a spreadsheet has changed a little.
struct CastNames {
    is_tv_show: bool,
    /// By asset type and name.
    assets: HashMap<[String; 2], Uuid>,
    /// By episode (empty in productions that are no TV shows), sequence and name.
    shots: HashMap<[String; 3], Uuid>,
    episodes: HashMap<[String; 1], Uuid>,
}

impl CastNames {
    async fn load(transaction: &mut Transaction, project_id: Uuid) -> Result<Self> {
        let is_tv_show = imports::is_tv_show(&mut *transaction, project_id).await?;
        let types = type_names(transaction).await?;
        let mut which = kinds::of_kind(Kind::Asset.is());
        for kind in [Kind::Shot, Kind::Sequence, Kind::Episode] {
            which = which.or(kinds::of_kind(kind.is()));
        }
        let known = imports::entities(transaction, project_id, which).await?;
        let by_id: HashMap<Uuid, &KnownEntity> =
            known.iter().map(|entity| (entity.id, entity)).collect();
        let above = |entity: &KnownEntity| by_id.get(&entity.parent_id?).copied();
        let mut names = Self {
            is_tv_show,
            assets: HashMap::new(),
            shots: HashMap::new(),
            episodes: HashMap::new(),
        };
        for entity in &known {
            let name = entity.name.as_str();
            let type_name = types.get(&entity.entity_type_id);
            let type_name = type_name.map_or("", String::as_str);
            match Kind::of_type(type_name) {
                Kind::Asset => add(&mut names.assets, [type_name, name], entity.id),
                Kind::Episode => add(&mut names.episodes, [name], entity.id),
                Kind::Shot => {
                    let sequence = above(entity);
                    let episode = sequence.filter(|_| is_tv_show).and_then(above);
                    let [episode, sequence] =
                        [episode, sequence].map(|entity| entity.map_or("", |one| &one.name));
                    add(&mut names.shots, [episode, sequence, name], entity.id);
                }
                _ => {}
            }
        }
        Ok(names)
    }

    fn read(&self, sheet: &Sheet) -> Result<Vec<ImportedCast>, ImportError> {
        let mut casts = Vec::with_capacity(sheet.rows.len());
        read_rows(sheet, &COLUMNS, |row, errors| {
            casts.extend(self.cast(row, errors));
        })?;
        Ok(casts)
    }

    fn cast(&self, row: Row<'_>, errors: &mut RowErrors) -> Option<ImportedCast> {
        let [parent, name, asset_type, asset, occurences] =
            COLUMNS.map(|column| row.trimmed(column));
        let entity_id = self.target(row.trimmed("Episode"), parent, name);
        if entity_id.is_none() {
            let message = format!("Entity '{name}' with parent '{parent}' not found");
            errors.cell(row.line(), "Name", message);
        }
        let asset_id = find(&self.assets, [asset_type, asset]);
        if asset_id.is_none() {
            let message = format!("Asset '{asset}' of type '{asset_type}' not found");
            errors.cell(row.line(), "Asset", message);
        }
        let number = match occurences {
            "" => Some(1),
            text => integer(text).filter(|number| (0..=i64::from(i32::MAX)).contains(number)),
        };
        if number.is_none() {
            let message = format!("Occurences must be a positive integer, got '{occurences}'");
            errors.cell(row.line(), "Occurences", message);
        }
        Some(ImportedCast {
            entity_id: entity_id?,
            asset_id: asset_id?,
            nb_occurences: number?,
            label: row
                .cell("Label")
                .map(|label| small_slug(label).replace('_', "-")),
        })
    }

    /// Finds the shot, the asset or the episode that a row names.
    fn target(&self, episode: &str, parent: &str, name: &str) -> Option<Uuid> {
        let episode = match episode {
            MAIN_PACK => "",
            _ if !self.is_tv_show => "",
            episode => episode,
        };
        find(&self.shots, [episode, parent, name])
            .or_else(|| find(&self.assets, [parent, name]))
            .or_else(|| {
                let is_episode = parent.eq_ignore_ascii_case(EPISODE);
                find(&self.episodes, [name]).filter(|_| is_episode)
            })
    }
}

/// Adds an entity under its names and under the slugs of these. Of several the
/// first one stays.
pub(super) fn add<const N: usize>(
    entities: &mut HashMap<[String; N], Uuid>,
    names: [&str; N],
    id: Uuid,
) {
    let exact = names.map(|name| name.trim().to_owned());
    entities.entry(exact).or_insert(id);
    entities.entry(slugs(names)).or_insert(id);
}

pub(super) fn find<const N: usize>(
    entities: &HashMap<[String; N], Uuid>,
    names: [&str; N],
) -> Option<Uuid> {
    let exact = names.map(|name| name.trim().to_owned());
    let found = entities.get(&exact);
    found.or_else(|| entities.get(&slugs(names))).copied()
}

/// Slugs, marked so that none is taken for a name as it is written.
fn slugs<const N: usize>(names: [&str; N]) -> [String; N] {
    names.map(|name| format!("\0{}", small_slug(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pairs_and_not_glued_together() {
        let ids = [1, 2].map(Uuid::from_u128);
        let mut entities = HashMap::new();
        add(&mut entities, ["SQ1", "0A"], ids[0]);
        add(&mut entities, ["SQ10", "A"], ids[1]);
        assert_eq!(find(&entities, ["SQ1", "0A"]), Some(ids[0]));
        assert_eq!(find(&entities, ["sq10", "a "]), Some(ids[1]));
        assert_eq!(find(&entities, ["SQ", "10A"]), None);
    }
}
