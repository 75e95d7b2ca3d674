//! Finds the entities of one kind.

use std::collections::HashSet;

use serde_json::Value;
use tanuki_domain::search::{fold, pieces, typos_forgiven};
use tanuki_store::query::search::{self, Candidate, Searched, WordFilter};
use tanuki_store::query::{list_filters, visibility};
use tanuki_store::schema::ENTITY;
use tanuki_store::{Filter, Kind, view};
use uuid::Uuid;

use super::ranking::{Details, Names, fewer_and_fewer};
use crate::fields::id_of;
use crate::masking::Mask;
use crate::{Caller, Core, Result};

/// The most candidates that are compared with the words at a time, and those
/// whose descriptions and metadata are.
const CANDIDATES: u64 = 2000;
const DETAILED: u64 = 400;

/// The most sequences and episodes whose shots are found by their name.
const PARENTS: u64 = 500;

/// Where words are looked for, in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the name, and in those of the sequence and episode or asset type.
    Names,
    /// There, in the description or in the metadata.
    Details,
    /// In the names, with typos.
    NamesWithTypos,
}

/// The search for entities of a kind.
#[derive(Debug)]
pub(super) struct EntitySearch<'a> {
    core: &'a Core,
    caller: &'a Caller,
    kind: Kind,
    /// Ids and names of all entity types.
    types: &'a [(Uuid, String)],
    project: Option<Uuid>,
    mask: Option<&'a Mask>,
}

impl<'a> EntitySearch<'a> {
    /// Creates a search in all projects that hides no metadata. `types` are
    /// the ids and names of all entity types.
    pub fn new(
        core: &'a Core,
        caller: &'a Caller,
        kind: Kind,
        types: &'a [(Uuid, String)],
    ) -> Self {
        Self {
            core,
            caller,
            kind,
            types,
            project: None,
            mask: None,
        }
    }

    /// Restricts the search to a project.
    pub fn in_project(self, project: Option<Uuid>) -> Self {
        Self { project, ..self }
    }

    /// Hides metadata from the caller.
    pub fn masked(self, mask: Option<&'a Mask>) -> Self {
        Self { mask, ..self }
    }

    /// Returns the ids of the entities that match the words, the best first, at
    /// least `wanted` if there are as many.
    pub async fn find(&self, words: &[String], wanted: usize) -> Result<Vec<Uuid>> {
        let searched = self.searched(&[self.kind]);
        if words.is_empty() || searched.types.is_empty() {
            return Ok(Vec::new());
        }
        let database = self.core.database();
        let prefix = format!(" {}", words.join(" "));
        let mut found = search::by_prefix(database, &searched, &prefix, wanted as u64).await?;
        let mut known: HashSet<Uuid> = found.iter().copied().collect();
        for (round, words) in fewer_and_fewer(words).enumerate() {
            // With fewer words there is much to find in names alone.
            let places: &[Place] = match round {
                0 => &[Place::Names, Place::Details, Place::NamesWithTypos],
                _ => &[Place::Names],
            };
            for place in places {
                if found.len() >= wanted {
                    return Ok(found);
                }
                for id in self.find_in(*place, words, &searched).await? {
                    if known.insert(id) {
                        found.push(id);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Returns the rows of what was found, with `matched_terms`.
    pub async fn hits(&self, words: &[String], ids: &[Uuid]) -> Result<Vec<Value>> {
        let projection = view::search::projection(self.kind);
        let search = self.core.search();
        let mut hits = search.rows(&ENTITY, projection, ids).await?;
        for hit in &mut hits {
            self.hide_metadata(hit);
            let text = |key: &&str| hit.get(*key).and_then(Value::as_str);
            let above = ["asset_type_name", "sequence_name", "episode"];
            let names = Names::new(
                text(&"name").unwrap_or_default(),
                above.iter().filter_map(text),
            );
            let terms = self.details(hit).matched_terms(&names, words);
            hit.insert("matched_terms".into(), terms.into());
        }
        Ok(hits.into_iter().map(Value::from).collect())
    }

    fn hide_metadata(&self, row: &mut crate::JsonRow) {
        if let (Some(mask), Some(project_id)) = (self.mask, id_of(row, "project_id")) {
            mask.entity(project_id, self.kind.type_name(), row);
        }
    }

    fn details(&self, row: &crate::JsonRow) -> Details {
        Details::of(row, self.kind == Kind::Shot)
    }

    /// Which entities of these kinds the caller may find. All of them have the
    /// visibility of the first.
    fn searched(&self, kinds: &[Kind]) -> Searched {
        let caller = self.caller;
        let person = (!caller.is_admin()).then_some((caller.id, caller.role));
        let types = self.types.iter();
        let visible = kinds.iter().fold(None::<Filter>, |visible, kind| {
            let filter = visibility::entities::searched_by(*kind, person);
            Some(match visible {
                Some(visible) => visible.or(filter),
                None => filter,
            })
        });
        let project = self.project.map(|id| list_filters::of_project(&ENTITY, id));
        Searched {
            types: types
                .filter(|(_, name)| kinds.contains(&Kind::of_type(name)))
                .map(|(id, _)| *id)
                .collect(),
            visible: visible.unwrap_or_else(Filter::none).and_option(project),
        }
    }

    /// Returns the entities that have all words in a place, the best first.
    async fn find_in(
        &self,
        place: Place,
        words: &[String],
        searched: &Searched,
    ) -> Result<Vec<Uuid>> {
        let with_typos = place == Place::NamesWithTypos;
        if with_typos && words.iter().all(|word| typos_forgiven(word) == 0) {
            return Ok(Vec::new());
        }
        let mut filters = Vec::with_capacity(words.len());
        for word in words {
            let mut filter = self.filter(word, with_typos).await?;
            filter.in_details = (place == Place::Details).then(|| word.clone());
            filters.push(filter);
        }
        let most = match place {
            Place::Details => DETAILED,
            _ => CANDIDATES,
        };
        let database = self.core.database();
        let candidates = search::candidates(database, searched, &filters, most).await?;
        let named = candidates.into_iter().map(|candidate| {
            let names = self.names(&candidate);
            (candidate, names)
        });
        let mut found: Vec<(u32, String, Uuid)> = match place {
            Place::Details => self.in_details(named.collect(), words).await?,
            _ => named
                .filter_map(|(candidate, names)| {
                    let mismatch = names.mismatch_all(words, with_typos)?;
                    Some((mismatch, fold(&candidate.name), candidate.id))
                })
                .collect(),
        };
        found.sort();
        Ok(found.into_iter().map(|(.., id)| id).collect())
    }

    /// Compares the words with descriptions and metadata, as far as the caller
    /// sees them.
    async fn in_details(
        &self,
        candidates: Vec<(Candidate, Names)>,
        words: &[String],
    ) -> Result<Vec<(u32, String, Uuid)>> {
        let ids: Vec<Uuid> = candidates
            .iter()
            .map(|(candidate, _)| candidate.id)
            .collect();
        let projection = view::search::projection(self.kind);
        let rows = self.core.search().rows(&ENTITY, projection, &ids).await?;
        let mut rows = rows.into_iter().peekable();
        let mut found = Vec::new();
        for (candidate, names) in candidates {
            let is_its = |row: &crate::JsonRow| id_of(row, "id") == Some(candidate.id);
            let Some(mut row) = rows.next_if(is_its) else {
                continue;
            };
            self.hide_metadata(&mut row);
            if let Some(mismatch) = self.details(&row).mismatch_all(&names, words) {
                found.push((mismatch, fold(&candidate.name), candidate.id));
            }
        }
        Ok(found)
    }

    fn names(&self, candidate: &Candidate) -> Names {
        let of_type =
            |(id, name): &'a (Uuid, String)| (*id == candidate.type_id).then_some(name.as_str());
        match self.kind {
            Kind::Asset => Names::new(&candidate.name, self.types.iter().find_map(of_type)),
            _ => Names::new(&candidate.name, candidate.above.iter().map(String::as_str)),
        }
    }

    /// Where a word is looked for in names: in those of the entities, of asset
    /// types, and of sequences and episodes.
    async fn filter(&self, word: &str, with_typos: bool) -> Result<WordFilter> {
        let mut filter = WordFilter {
            in_name: vec![word.to_owned()],
            ..WordFilter::default()
        };
        if with_typos {
            filter.in_name.extend(pieces(word));
        }
        let parents: &[Kind] = match self.kind {
            Kind::Asset => {
                let is_found = |name: &str| Names::new(name, []).mismatch(word, with_typos);
                let types = self.types.iter().filter(|(_, name)| {
                    Kind::of_type(name) == Kind::Asset && is_found(name).is_some()
                });
                filter.types = types.map(|(id, _)| *id).collect();
                return Ok(filter);
            }
            Kind::Shot => &[Kind::Sequence, Kind::Episode],
            Kind::Sequence | Kind::Edit => &[Kind::Episode],
            _ => return Ok(filter),
        };
        filter.parents = self.parents(parents, &filter, word, with_typos).await?;
        Ok(filter)
    }

    /// Returns the sequences and episodes with a word in their name, and the
    /// sequences of such episodes.
    async fn parents(
        &self,
        kinds: &[Kind],
        filter: &WordFilter,
        word: &str,
        with_typos: bool,
    ) -> Result<Vec<Uuid>> {
        let searched = self.searched(kinds);
        if searched.types.is_empty() {
            return Ok(Vec::new());
        }
        let database = self.core.database();
        let filters = std::slice::from_ref(filter);
        let mut parents = search::candidates(database, &searched, filters, PARENTS).await?;
        parents.retain(|parent| {
            let names = Names::new(&parent.name, []);
            names.mismatch(word, with_typos).is_some()
        });
        let mut ids: Vec<Uuid> = parents.iter().map(|parent| parent.id).collect();
        let sequence = self.searched(&[Kind::Sequence]).types.first().copied();
        let episodes: Vec<Uuid> = parents
            .iter()
            .filter(|parent| Some(parent.type_id) != sequence)
            .map(|parent| parent.id)
            .collect();
        if let (Kind::Shot, Some(sequence), false) = (self.kind, sequence, episodes.is_empty()) {
            ids.extend(search::children(database, sequence, &episodes, PARENTS).await?);
        }
        Ok(ids)
    }
}
