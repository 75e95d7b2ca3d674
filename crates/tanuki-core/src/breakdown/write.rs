//! Writing casting links.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Value, json};
use tanuki_store::query::breakdown::{self, CastLink, Stage};
use tanuki_store::query::rows;
use tanuki_store::schema::ENTITY;
use tanuki_store::write::Values;
use tanuki_store::{Kind, Transaction, Value as Stored};
use uuid::Uuid;

use super::events::{CastingChange, asset_event};
use super::stages::OfKind;
use super::{CastAsset, Wanted};
use crate::events::Event;
use crate::resource::require_in_project;
use crate::{Breakdown, Caller, Result};

impl Breakdown<'_> {
    /// Replaces the casting of an entity. Assets that do not exist are ignored.
    /// Assets that are removed from an episode are removed from its shots too.
    pub(super) async fn replace_casting(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        wanted: Vec<Wanted>,
    ) -> Result<()> {
        let ids: Vec<Uuid> = wanted.iter().map(|cast| cast.asset_id).collect();
        let known = rows::existing(transaction, "entity", &ids).await?;
        let known: BTreeSet<Uuid> = known.into_iter().collect();
        let before = breakdown::links(&mut *transaction, stage.id).await?;
        let cast_before: BTreeSet<Uuid> = before.iter().map(|link| link.asset_id).collect();
        let added: Vec<Uuid> = known.difference(&cast_before).copied().collect();
        let removed: Vec<Uuid> = cast_before.difference(&known).copied().collect();
        require_castable(transaction, caller, stage, &added).await?;
        if stage.is(Kind::Episode) {
            self.remove_from_shots(transaction, caller, stage, &removed)
                .await?;
        }
        let links: Vec<Uuid> = before.iter().map(|link| link.id).collect();
        breakdown::remove_links(transaction, &links).await?;
        let wanted = wanted.iter().filter(|cast| known.contains(&cast.asset_id));
        let wanted: Vec<&Wanted> = wanted.collect();
        self.insert_links(transaction, caller, stage, &wanted)
            .await?;
        let change = CastingChange {
            added: &added,
            removed: &removed,
        };
        self.publish_casting(transaction, caller, stage, change)
            .await
    }

    /// Adds an asset to a casting, or updates the link that it has.
    pub(super) async fn cast_one(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        (asset_id, link): (Uuid, Option<CastLink>),
        cast: &CastAsset,
    ) -> Result<()> {
        let kept = link.as_ref();
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
        let wanted = Wanted::new(asset_id, nb_occurences.into(), label.into())?;
        let asset = [asset_id];
        let mut change = CastingChange::default();
        match link {
            Some(link) => {
                self.rewrite_link(transaction, caller, stage, (link.id, &wanted))
                    .await?;
            }
            None => {
                require_castable(transaction, caller, stage, &asset).await?;
                self.insert_links(transaction, caller, stage, &[&wanted])
                    .await?;
                change.added = &asset;
            }
        }
        self.publish_casting(transaction, caller, stage, change)
            .await
    }

    /// Removes one asset from a casting. With `below`, removing it from an
    /// episode also removes it from the episode's shots.
    pub(super) async fn uncast(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        link: &CastLink,
        below: bool,
    ) -> Result<()> {
        let removed = [link.asset_id];
        if below && stage.is(Kind::Episode) {
            self.remove_from_shots(transaction, caller, stage, &removed)
                .await?;
        }
        breakdown::remove_links(transaction, &[link.id]).await?;
        self.publish_casting(transaction, caller, stage, CastingChange::removed(&removed))
            .await
    }

    /// Creates the casting links of an entity. Of an asset that is listed twice
    /// the last entry counts, which is published as an update.
    async fn insert_links(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        wanted: &[&Wanted],
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        let mut joined = self
            .cast_in_episode(transaction, stage, wanted, now)
            .await?;
        let mut links = NewLinks::at(now);
        let mut events = Vec::new();
        for (place, cast) in (0..).zip(wanted) {
            if joined.remove(&cast.asset_id) {
                events.push(asset_event(stage.project_id, cast.asset_id));
            }
            let (id, is_new) = links.put(stage.id, cast, place);
            let event = if is_new {
                Event::named("entity-link:new")
                    .with("entity_link_id", id.to_string())
                    .with("entity_in_id", stage.id.to_string())
                    .with("entity_out_id", cast.asset_id.to_string())
            } else {
                Event::named("entity-link:update").with("entity_link_id", id.to_string())
            };
            let event = event.with("nb_occurences", cast.published_count.clone());
            events.push(event.in_project(Some(stage.project_id)));
            if stage.is(Kind::Episode) {
                events.push(asset_event(stage.project_id, cast.asset_id));
            }
        }
        breakdown::add_links(transaction, links.rows, &self.core.defaults()).await?;
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Updates the number of occurrences and the label of a casting link.
    async fn rewrite_link(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        (id, wanted): (Uuid, &Wanted),
    ) -> Result<()> {
        let values = [
            ("nb_occurences", wanted.nb_occurences.clone()),
            ("label", wanted.label.clone()),
            ("updated_at", self.core.clock().timestamp().into()),
        ];
        breakdown::update_link(transaction, id, values.into()).await?;
        let event = Event::named("entity-link:update")
            .with("entity_link_id", id.to_string())
            .with("nb_occurences", wanted.published_count.clone())
            .in_project(Some(stage.project_id));
        let mut events = vec![event];
        if stage.is(Kind::Episode) {
            events.push(asset_event(stage.project_id, wanted.asset_id));
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }
}

/// Casting links to insert together. Their times are a microsecond apart, in the
/// order of the request: an asset's link in the episode, then that in the shot.
pub(super) struct NewLinks {
    now: NaiveDateTime,
    pub rows: Vec<Values>,
    /// The ids and the places of the links in `rows`, by asset.
    made: HashMap<Uuid, (Uuid, usize)>,
}

impl NewLinks {
    pub fn at(now: NaiveDateTime) -> Self {
        Self {
            now,
            rows: Vec::new(),
            made: HashMap::new(),
        }
    }

    /// Adds a link, or changes the one that the asset has. Returns its id and
    /// whether it is new.
    pub fn put(&mut self, entity_id: Uuid, wanted: &Wanted, place: i64) -> (Uuid, bool) {
        let nb_occurences = wanted.nb_occurences.clone();
        if let Some((id, place)) = self.made.get(&wanted.asset_id) {
            if let Some(row) = self.rows.get_mut(*place) {
                row.insert("nb_occurences", nb_occurences);
                row.insert("label", wanted.label.clone());
            }
            return (*id, false);
        }
        let at = self.now + TimeDelta::microseconds(2 * place + 1);
        (self.push(entity_id, wanted, nb_occurences, None, at), true)
    }

    /// Adds a link of an episode that one of its shots needs.
    pub fn put_automatic(&mut self, episode: Uuid, wanted: &Wanted, place: i64) {
        let data = Some(json!({"auto": true}));
        let at = self.now + TimeDelta::microseconds(2 * place);
        self.push(episode, wanted, 1_i64.into(), data, at);
    }

    fn push(
        &mut self,
        entity_id: Uuid,
        wanted: &Wanted,
        nb_occurences: Stored,
        data: Option<Value>,
        created_at: NaiveDateTime,
    ) -> Uuid {
        let id = Uuid::new_v4();
        self.made.insert(wanted.asset_id, (id, self.rows.len()));
        self.rows.push(Values::from([
            ("id", id.into()),
            ("entity_in_id", entity_id.into()),
            ("entity_out_id", wanted.asset_id.into()),
            ("nb_occurences", nb_occurences),
            ("label", wanted.label.clone()),
            ("data", Stored::Json(data.map(Box::new))),
            ("created_at", created_at.into()),
        ]));
        id
    }
}

/// Checks that assets can be cast in an entity: each belongs to the same
/// project, is shared, or belongs to another project that the caller has access
/// to. `Invalid` otherwise.
async fn require_castable(
    transaction: &mut Transaction,
    caller: &Caller,
    stage: &Stage,
    assets: &[Uuid],
) -> Result<()> {
    let field = ("asset_id", &ENTITY);
    require_in_project(
        transaction.into(),
        caller,
        stage.project_id,
        field,
        (assets, true),
    )
    .await
}
