//! Updates the castings of episodes when shots are moved from one to another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tanuki_store::query::breakdown;
use tanuki_store::query::entities::{self, kinds};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::batch::CastingBatch;
use super::wanted::Wanted;
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
            cast.entry(link.asset_id).or_insert(link.label);
        }
        let assets: Vec<Uuid> = cast.keys().copied().collect();
        let wanted = cast
            .into_iter()
            .map(|(asset, label)| Wanted::new(asset, 1.into(), label.into()))
            .collect::<Result<Vec<_>>>()?;
        let wanted: Vec<&Wanted> = wanted.iter().collect();
        let episodes: Vec<Uuid> = old.into_iter().chain(new).collect();
        let now = self.core.clock().timestamp();
        let mut batch = CastingBatch::load(transaction, now, (&[], &episodes), &assets).await?;
        if let Some(episode) = new {
            batch.join_episode(&moved, episode, &wanted);
        }
        if let Some(episode) = old {
            batch.leave_episode(&moved, episode, &assets);
        }
        self.write_castings(transaction, caller, batch).await
    }
}
