//! The castings of episodes, which follow those of their shots.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDateTime;
use tanuki_store::query::breakdown::{self, CastLink, Stage};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::Wanted;
use super::events::{CastingChange, asset_event, casting_event};
use super::stages::OfKind;
use super::write::NewLinks;
use crate::{Breakdown, Caller, Result};

impl Breakdown<'_> {
    /// Casts the assets that are added to a shot in the shot's episode too,
    /// unless they are cast there already, and returns those that were not. The
    /// links are marked `auto` in their `data`.
    pub(super) async fn cast_in_episode(
        self,
        transaction: &mut Transaction,
        stage: &Stage,
        wanted: &[&Wanted],
        now: NaiveDateTime,
    ) -> Result<BTreeSet<Uuid>> {
        match stage.episode_id.filter(|_| stage.is(Kind::Shot)) {
            Some(episode) => {
                let (joined, _) = self
                    .cast_automatically(transaction, episode, wanted, now)
                    .await?;
                Ok(joined.into_iter().collect())
            }
            None => Ok(BTreeSet::new()),
        }
    }

    /// Casts assets in an episode because its shots cast them, unless they are
    /// cast there already. Returns those that were not, and the number of
    /// assets that are cast in the episode now; 0 if nothing was added.
    pub(super) async fn cast_automatically(
        self,
        transaction: &mut Transaction,
        episode: Uuid,
        wanted: &[&Wanted],
        now: NaiveDateTime,
    ) -> Result<(Vec<Uuid>, i64)> {
        let known = breakdown::links(&mut *transaction, episode).await?;
        let mut known: HashSet<Uuid> = known.into_iter().map(|link| link.asset_id).collect();
        let mut links = NewLinks::at(now);
        let mut added = Vec::new();
        for (place, cast) in (0..).zip(wanted) {
            if known.insert(cast.asset_id) {
                links.put_automatic(episode, cast, place);
                added.push(cast.asset_id);
            }
        }
        if added.is_empty() {
            return Ok((added, 0));
        }
        breakdown::add_links(transaction, links.rows, &self.core.defaults()).await?;
        let live = self.count_casting(transaction, episode).await?;
        Ok((added, live))
    }

    /// Removes assets from the shots of an episode that they were removed from.
    pub(super) async fn remove_from_shots(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        episode: &Stage,
        assets: &[Uuid],
    ) -> Result<()> {
        let links = breakdown::links_below(transaction, episode.id, assets).await?;
        let ids: Vec<Uuid> = links.iter().map(|link| link.id).collect();
        breakdown::remove_links(transaction, &ids).await?;
        let shots: BTreeSet<Uuid> = links.iter().map(|link| link.shot_id).collect();
        let shots: Vec<Uuid> = shots.into_iter().collect();
        let shots = breakdown::stages(&mut *transaction, &shots).await?;
        let (mut events, counts) = self.recount(transaction, &shots).await?;
        let shots: HashMap<Uuid, Stage> = shots.into_iter().map(|shot| (shot.id, shot)).collect();
        for link in links {
            if let (Some(shot), Some(count)) = (shots.get(&link.shot_id), counts.get(&link.shot_id))
            {
                let assets = [link.asset_id];
                let change = CastingChange::removed(&assets);
                events.push(casting_event(shot, Kind::Shot, count.live, change));
            }
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Removes from an episode those assets that none of its shots casts any
    /// more, unless they were cast in the episode by hand.
    pub(super) async fn leave_episode(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        shot: &Stage,
        (episode, removed): (Uuid, &[Uuid]),
    ) -> Result<()> {
        if removed.is_empty() {
            return Ok(());
        }
        let used = breakdown::links_below(transaction, episode, removed).await?;
        let used: HashSet<Uuid> = used.into_iter().map(|link| link.asset_id).collect();
        let links = breakdown::links(&mut *transaction, episode).await?;
        let links: HashMap<Uuid, CastLink> = links
            .into_iter()
            .filter(|link| link.is_automatic && !used.contains(&link.asset_id))
            .map(|link| (link.asset_id, link))
            .collect();
        let gone = removed.iter().filter_map(|asset| links.get(asset));
        let gone: Vec<&CastLink> = gone.collect();
        if gone.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = gone.iter().map(|link| link.id).collect();
        breakdown::remove_links(transaction, &ids).await?;
        let live = self.count_casting(transaction, episode).await?;
        let episode = Stage {
            id: episode,
            ..shot.clone()
        };
        let mut events = Vec::with_capacity(gone.len() * 2);
        for link in gone {
            let assets = [link.asset_id];
            let change = CastingChange::removed(&assets);
            events.push(casting_event(&episode, Kind::Episode, live, change));
            events.push(asset_event(shot.project_id, link.asset_id));
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }
}
