//! Updates the castings of episodes when shots are moved from one to another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tanuki_store::query::breakdown::{self, CastLink, Stage};
use tanuki_store::query::entities::{self, kinds};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::Wanted;
use super::events::{CastingChange, asset_event, casting_event};
use crate::fields::id_of;
use crate::{Breakdown, Caller, Result};

impl Breakdown<'_> {
    /// Updates the castings of the episodes that a shot, or the shots of a
    /// sequence, were moved between, after the move was written: what the shots
    /// cast leaves the old episode, unless another shot there casts it or it
    /// was cast by hand, and is cast in the new one. Does nothing if the episode
    /// is the same.
    pub(crate) async fn move_castings(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
        (before, after): (&Map<String, Value>, &Map<String, Value>),
    ) -> Result<()> {
        let [old, new] = [before, after].map(|row| id_of(row, "parent_id"));
        if old == new {
            return Ok(());
        }
        let Some(moved) = breakdown::stages(&mut *transaction, &[id]).await?.pop() else {
            return Ok(());
        };
        let (shots, old, new) = match Kind::of_type(&moved.type_name) {
            Kind::Shot => {
                let episode = match old {
                    Some(sequence) => entities::parent(&mut *transaction, sequence).await?,
                    None => None,
                };
                (vec![id], episode, moved.episode_id)
            }
            Kind::Sequence => {
                let shots = kinds::children(transaction, id, Kind::Shot.is()).await?;
                (shots, old, new)
            }
            _ => return Ok(()),
        };
        if old == new || shots.is_empty() {
            return Ok(());
        }
        let mut cast = BTreeMap::new();
        for link in breakdown::links_of(&mut *transaction, &shots).await? {
            cast.entry(link.asset_id).or_insert(link);
        }
        if let Some(episode) = new {
            let links = cast.values();
            self.join_episode(transaction, caller, (episode, &moved), links)
                .await?;
        }
        if let Some(episode) = old {
            let assets: Vec<Uuid> = cast.into_keys().collect();
            self.leave_episode(transaction, caller, &moved, (episode, &assets))
                .await?;
        }
        Ok(())
    }

    /// Casts assets in an episode, marked as automatic, unless they are cast
    /// there already.
    async fn join_episode(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (episode, moved): (Uuid, &Stage),
        cast: impl Iterator<Item = &CastLink> + Send,
    ) -> Result<()> {
        let wanted = cast
            .map(|link| Wanted::new(link.asset_id, 1.into(), link.label.clone().into()))
            .collect::<Result<Vec<_>>>()?;
        let wanted: Vec<&Wanted> = wanted.iter().collect();
        let (added, live) = self
            .cast_automatically(transaction, episode, &wanted, self.core.clock().timestamp())
            .await?;
        if added.is_empty() {
            return Ok(());
        }
        let episode = Stage {
            id: episode,
            ..moved.clone()
        };
        let change = CastingChange {
            added: &added,
            removed: &[],
        };
        let mut events = vec![casting_event(&episode, Kind::Episode, live, change)];
        let assets = added.iter().copied();
        events.extend(assets.map(|asset| asset_event(moved.project_id, asset)));
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }
}
