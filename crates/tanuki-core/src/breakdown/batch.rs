//! Changes of castings. They are made in memory and written together, so that
//! the number of statements does not depend on how many castings and links
//! change.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::json;
use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::write::Values;
use tanuki_store::{Kind, Transaction, Value as Stored};
use uuid::Uuid;

use super::stages::OfKind;
use super::wanted::{CastAsset, Wanted};
use crate::Result;
use crate::events::Event;

/// Castings as they are in the database, with the changes to be written by
/// [`write_castings`](crate::Breakdown::write_castings).
#[derive(Debug)]
pub(crate) struct CastingBatch {
    now: NaiveDateTime,
    /// Links by entity and asset.
    links: HashMap<Uuid, BTreeMap<Uuid, Link>>,
    /// The shots of an episode that cast an asset, with their projects, by
    /// episode and asset.
    shots: HashMap<(Uuid, Uuid), BTreeMap<Uuid, Uuid>>,
    pub(super) removed: Vec<Uuid>,
    /// New links by their place in the order of creation.
    pub(super) added: BTreeMap<i64, Values>,
    next_place: i64,
    /// Number of occurrences and label of the links that are updated.
    pub(super) updated: BTreeMap<Uuid, [Stored; 2]>,
    /// The entities whose castings are recounted.
    pub(super) counted: BTreeSet<Uuid>,
    pub(super) events: Vec<CastingEvent>,
}

/// An event to record, or what it needs besides counts that are not known yet.
#[derive(Debug)]
pub(super) enum CastingEvent {
    Event(Event),
    /// The changed casting of an entity. Of a shot, the assets that are ready
    /// for its tasks are counted, with events before this one.
    Changed {
        stage: Stage,
        added: Vec<Uuid>,
        removed: Vec<Uuid>,
    },
    /// The counts of an entity, if they are others than before.
    Recounted(Stage),
}

#[derive(Debug)]
struct Link {
    id: Uuid,
    /// The place of a new link in `added`.
    place: Option<i64>,
    nb_occurences: Option<i64>,
    label: Option<String>,
    is_automatic: bool,
}

impl CastingBatch {
    /// Without castings: for recounts and events.
    pub fn new(now: NaiveDateTime) -> Self {
        Self {
            now,
            links: HashMap::new(),
            shots: HashMap::new(),
            removed: Vec::new(),
            added: BTreeMap::new(),
            next_place: 0,
            updated: BTreeMap::new(),
            counted: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// Loads the castings of entities and of episodes, and of the shots of the
    /// episodes the links to `assets` and to what the entities cast.
    pub async fn load(
        transaction: &mut Transaction,
        now: NaiveDateTime,
        (entities, episodes): (&[Uuid], &[Uuid]),
        assets: &[Uuid],
    ) -> Result<Self> {
        let mut batch = Self::new(now);
        let all: BTreeSet<Uuid> = entities.iter().chain(episodes).copied().collect();
        let all: Vec<Uuid> = all.into_iter().collect();
        let entities: HashSet<Uuid> = entities.iter().copied().collect();
        let mut assets: BTreeSet<Uuid> = assets.iter().copied().collect();
        for link in breakdown::links_of(&mut *transaction, &all).await? {
            if entities.contains(&link.entity_id) {
                assets.insert(link.asset_id);
            }
            let loaded = Link {
                id: link.id,
                place: None,
                nb_occurences: link.nb_occurences,
                label: link.label,
                is_automatic: link.is_automatic,
            };
            batch.insert(link.entity_id, link.asset_id, loaded);
        }
        if episodes.is_empty() || assets.is_empty() {
            return Ok(batch);
        }
        let assets: Vec<Uuid> = assets.into_iter().collect();
        for link in breakdown::links_below(transaction, episodes, &assets).await? {
            let of_asset = batch.shots.entry((link.episode_id, link.asset_id));
            of_asset.or_default().insert(link.shot_id, link.project_id);
            let loaded = Link {
                id: link.id,
                place: None,
                nb_occurences: None,
                label: None,
                is_automatic: false,
            };
            let links = batch.links.entry(link.shot_id).or_default();
            links.entry(link.asset_id).or_insert(loaded);
        }
        Ok(batch)
    }

    /// Adds an event after those of the changes so far.
    pub fn push_event(&mut self, event: Event) {
        self.events.push(CastingEvent::Event(event));
    }

    /// Recounts castings that have changed in another way.
    pub fn recount(&mut self, stages: impl IntoIterator<Item = Stage>) {
        for stage in stages {
            self.counted.insert(stage.id);
            self.events.push(CastingEvent::Recounted(stage));
        }
    }

    /// Replaces the casting of an entity. Assets that are removed from an
    /// episode are removed from its shots too. Of an asset that is listed twice
    /// the last entry counts, which is published as an update.
    pub fn replace(&mut self, stage: &Stage, wanted: &[&Wanted]) {
        let before = self.assets_of(stage.id);
        let after: BTreeSet<Uuid> = wanted.iter().map(|cast| cast.asset_id).collect();
        let added = after.difference(&before).copied().collect();
        let removed: Vec<Uuid> = before.difference(&after).copied().collect();
        if stage.is(Kind::Episode) {
            self.remove_from_shots(stage, &removed);
        }
        for asset in before {
            self.take(stage.id, stage.episode(), asset);
        }
        self.put_all(stage, wanted);
        self.publish(stage, added, removed);
    }

    /// Adds an asset to a casting, or updates the link that it has.
    pub fn cast(&mut self, stage: &Stage, asset_id: Uuid, cast: &CastAsset) -> Result<()> {
        let kept = self.link(stage.id, asset_id);
        let nb_occurences = match (cast.nb_occurences, kept) {
            (Some(given), _) => Some(given),
            (None, Some(link)) => link.nb_occurences,
            (None, None) => Some(1),
        };
        let label = match (&cast.label, kept) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(link)) => link.label.clone(),
            (None, None) => Some(String::new()),
        };
        let is_new = kept.is_none();
        let wanted = Wanted::new(asset_id, nb_occurences.into(), label.into())?;
        let mut added = Vec::new();
        if is_new {
            self.put_all(stage, &[&wanted]);
            added.push(asset_id);
        } else {
            self.put(stage, &wanted, self.next_place);
        }
        self.publish(stage, added, Vec::new());
        Ok(())
    }

    /// Whether the asset is cast in the entity.
    pub fn casts(&self, entity_id: Uuid, asset_id: Uuid) -> bool {
        self.link(entity_id, asset_id).is_some()
    }

    /// Removes one asset from a casting, if it is cast there. With `below`,
    /// removing it from an episode also removes it from the episode's shots.
    pub fn remove(&mut self, stage: &Stage, asset_id: Uuid, below: bool) {
        if self.link(stage.id, asset_id).is_none() {
            return;
        }
        if below && stage.is(Kind::Episode) {
            self.remove_from_shots(stage, &[asset_id]);
        }
        self.take(stage.id, stage.episode(), asset_id);
        self.publish(stage, Vec::new(), vec![asset_id]);
    }

    /// Empties the casting of an entity that is deleted, without an event for
    /// it. Assets of a shot leave its episode.
    pub fn empty(&mut self, stage: &Stage) {
        let assets: Vec<Uuid> = self.assets_of(stage.id).into_iter().collect();
        for asset in &assets {
            self.take(stage.id, stage.episode(), *asset);
        }
        self.counted.remove(&stage.id);
        if let Some(episode) = stage.episode() {
            self.leave_episode(stage, episode, &assets);
        }
    }

    /// Casts the assets of moved shots in their new episode, unless they are
    /// cast there already.
    pub fn join_episode(&mut self, moved: &Stage, episode: Uuid, wanted: &[&Wanted]) {
        let added = self.cast_automatically(episode, wanted);
        self.next_place += i64::try_from(wanted.len()).unwrap_or_default();
        if added.is_empty() {
            return;
        }
        let assets = added.clone();
        self.publish(&in_place_of(moved, episode), added, Vec::new());
        for asset in assets {
            self.push_event(asset_event(moved.project_id, asset));
        }
    }

    /// Removes from an episode those assets that none of its shots casts any
    /// more, unless they were cast in the episode by hand.
    pub fn leave_episode(&mut self, shot: &Stage, episode: Uuid, removed: &[Uuid]) {
        for asset in removed {
            let is_used = self.shots.get(&(episode, *asset));
            let is_used = is_used.is_some_and(|shots| !shots.is_empty());
            let is_automatic = self
                .link(episode, *asset)
                .is_some_and(|link| link.is_automatic);
            if is_automatic && !is_used {
                self.take(episode, None, *asset);
                self.publish(&in_place_of(shot, episode), Vec::new(), vec![*asset]);
                self.push_event(asset_event(shot.project_id, *asset));
            }
        }
    }

    /// Removes assets from the shots of an episode that they were removed from.
    fn remove_from_shots(&mut self, episode: &Stage, assets: &[Uuid]) {
        let mut links = Vec::new();
        for asset in assets {
            let shots = self.shots.get(&(episode.id, *asset)).into_iter().flatten();
            let shot = |(id, project_id): (&Uuid, &Uuid)| Stage {
                id: *id,
                project_id: *project_id,
                type_name: Kind::Shot.type_name().to_owned(),
                episode_id: Some(episode.id),
            };
            links.extend(shots.map(shot).map(|shot| (shot, *asset)));
        }
        let mut shots = BTreeMap::new();
        for (shot, asset) in &links {
            self.take(shot.id, Some(episode.id), *asset);
            shots.insert(shot.id, shot.clone());
        }
        self.recount(shots.into_values());
        for (stage, asset) in links {
            let (added, removed) = (Vec::new(), vec![asset]);
            self.events.push(CastingEvent::Changed {
                stage,
                added,
                removed,
            });
        }
    }

    /// Adds links to a casting or updates those that the assets have, and casts
    /// the assets of a shot in its episode.
    fn put_all(&mut self, stage: &Stage, wanted: &[&Wanted]) {
        let joined = stage
            .episode()
            .map(|episode| self.cast_automatically(episode, wanted));
        let mut joined: BTreeSet<Uuid> = joined.unwrap_or_default().into_iter().collect();
        for cast in wanted {
            if joined.remove(&cast.asset_id) {
                self.push_event(asset_event(stage.project_id, cast.asset_id));
            }
            self.put(stage, cast, self.next_place);
            self.next_place += 1;
        }
    }

    /// Adds a link to a casting or updates the one that the asset has.
    fn put(&mut self, stage: &Stage, cast: &Wanted, place: i64) {
        let event = match self.update(stage.id, cast) {
            Some(id) => Event::named("entity-link:update").with("entity_link_id", id.to_string()),
            None => {
                let id = self.add(stage.id, cast, 2 * place + 1, false);
                if let Some(episode) = stage.episode() {
                    let shots = self.shots.entry((episode, cast.asset_id)).or_default();
                    shots.insert(stage.id, stage.project_id);
                }
                Event::named("entity-link:new")
                    .with("entity_link_id", id.to_string())
                    .with("entity_in_id", stage.id.to_string())
                    .with("entity_out_id", cast.asset_id.to_string())
            }
        };
        let event = event.with("nb_occurences", cast.published_count.clone());
        self.push_event(event.in_project(Some(stage.project_id)));
        if stage.is(Kind::Episode) {
            self.push_event(asset_event(stage.project_id, cast.asset_id));
        }
    }

    /// Casts assets in an episode because its shots cast them, unless they are
    /// cast there already, and returns those that were not. The links are marked
    /// `auto` in their `data`.
    fn cast_automatically(&mut self, episode: Uuid, wanted: &[&Wanted]) -> Vec<Uuid> {
        let mut added = Vec::new();
        for (place, cast) in (self.next_place..).zip(wanted) {
            if self.link(episode, cast.asset_id).is_none() {
                self.add(episode, cast, 2 * place, true);
                added.push(cast.asset_id);
            }
        }
        added
    }

    /// Updates the link of an asset and returns its id; `None` if it has none.
    fn update(&mut self, entity_id: Uuid, wanted: &Wanted) -> Option<Uuid> {
        let link = self.links.get_mut(&entity_id)?.get_mut(&wanted.asset_id)?;
        let new = [wanted.nb_occurences.clone(), wanted.label.clone()];
        let row = link.place.and_then(|place| self.added.get_mut(&place));
        match (row, new) {
            (Some(row), [nb_occurences, label]) => {
                row.insert("nb_occurences", nb_occurences);
                row.insert("label", label);
            }
            (None, new) => {
                self.updated.insert(link.id, new);
            }
        }
        Some(link.id)
    }

    /// Adds a link. Links are created a microsecond apart, in the order of the
    /// request: an asset's link in the episode, then that in the shot.
    fn add(&mut self, entity_id: Uuid, wanted: &Wanted, place: i64, is_automatic: bool) -> Uuid {
        let id = Uuid::new_v4();
        let (nb_occurences, data) = match is_automatic {
            true => (1_i64.into(), Some(Box::new(json!({"auto": true})))),
            false => (wanted.nb_occurences.clone(), None),
        };
        let created_at = self.now + TimeDelta::microseconds(place);
        let row = Values::from([
            ("id", id.into()),
            ("entity_in_id", entity_id.into()),
            ("entity_out_id", wanted.asset_id.into()),
            ("nb_occurences", nb_occurences),
            ("label", wanted.label.clone()),
            ("data", Stored::Json(data)),
            ("created_at", created_at.into()),
        ]);
        self.added.insert(place, row);
        let link = Link {
            id,
            place: Some(place),
            nb_occurences: wanted.published_count.as_i64(),
            label: None,
            is_automatic,
        };
        self.insert(entity_id, wanted.asset_id, link);
        self.counted.insert(entity_id);
        id
    }

    /// Removes a link. `episode` is that of a shot.
    fn take(&mut self, entity_id: Uuid, episode: Option<Uuid>, asset_id: Uuid) {
        let links = self.links.get_mut(&entity_id);
        let Some(link) = links.and_then(|links| links.remove(&asset_id)) else {
            return;
        };
        match link.place {
            Some(place) => drop(self.added.remove(&place)),
            None => self.removed.push(link.id),
        }
        self.updated.remove(&link.id);
        self.counted.insert(entity_id);
        if let Some(shots) = episode.and_then(|episode| self.shots.get_mut(&(episode, asset_id))) {
            shots.remove(&entity_id);
        }
    }

    fn publish(&mut self, stage: &Stage, added: Vec<Uuid>, removed: Vec<Uuid>) {
        self.counted.insert(stage.id);
        let stage = stage.clone();
        let left = removed.clone();
        self.events.push(CastingEvent::Changed {
            stage: stage.clone(),
            added,
            removed,
        });
        if let Some(episode) = stage.episode() {
            self.leave_episode(&stage, episode, &left);
        }
    }

    fn insert(&mut self, entity_id: Uuid, asset_id: Uuid, link: Link) {
        self.links
            .entry(entity_id)
            .or_default()
            .insert(asset_id, link);
    }

    fn link(&self, entity_id: Uuid, asset_id: Uuid) -> Option<&Link> {
        self.links.get(&entity_id)?.get(&asset_id)
    }

    fn assets_of(&self, entity_id: Uuid) -> BTreeSet<Uuid> {
        let links = self.links.get(&entity_id).into_iter().flatten();
        links.map(|(asset, _)| *asset).collect()
    }
}

/// An episode in the project of one of its shots.
fn in_place_of(shot: &Stage, episode: Uuid) -> Stage {
    Stage {
        id: episode,
        project_id: shot.project_id,
        type_name: Kind::Episode.type_name().to_owned(),
        episode_id: None,
    }
}

/// The event `asset:update`: the web client derives the list of an episode's
/// assets from the episode's casting.
fn asset_event(project_id: Uuid, asset_id: Uuid) -> Event {
    Event::about("asset", "update", asset_id).in_project(Some(project_id))
}
