//! Updates castings when entities are deleted.

use std::collections::HashMap;

use tanuki_store::Transaction;
use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::entities;
use uuid::Uuid;

use super::batch::CastingBatch;
use super::stages::OfKind;
use crate::events::Event;
use crate::{Breakdown, Result};

/// The castings of entities that are about to be deleted.
#[derive(Debug)]
pub(crate) struct LeftCastings {
    stages: HashMap<Uuid, Stage>,
    /// The entities that the deleted entities are cast in.
    cast_in: HashMap<Uuid, Vec<Stage>>,
    batch: CastingBatch,
}

impl LeftCastings {
    /// Recounts the entities that a canceled asset is cast in.
    pub fn recount(&mut self, id: Uuid) {
        self.batch
            .recount(self.cast_in.remove(&id).unwrap_or_default());
    }

    /// Updates the castings that a deleted entity was part of: recounts the
    /// entities that it was cast in, and removes the assets of a shot from its
    /// episode unless another shot casts them or they were cast in the episode
    /// by hand.
    pub fn leave(&mut self, id: Uuid) {
        self.recount(id);
        if let Some(stage) = self.stages.get(&id) {
            self.batch.empty(stage);
        }
    }

    /// Adds events after those of the castings that were left so far.
    pub fn push_events(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.batch.push_event(event);
        }
    }

    /// Returns what [`Breakdown::write_castings`] writes, after the links of the
    /// entities have been deleted.
    pub fn into_batch(self) -> CastingBatch {
        self.batch
    }
}

impl Breakdown<'_> {
    /// Reads the castings of entities. Call it before their links are deleted.
    pub(crate) async fn castings_to_leave(
        self,
        transaction: &mut Transaction,
        ids: &[Uuid],
    ) -> Result<LeftCastings> {
        let mut cast_in_ids = entities::cast_in(transaction, ids).await?;
        let mut all = ids.to_vec();
        all.extend(cast_in_ids.values().flatten());
        let all = breakdown::stages(&mut *transaction, &all).await?;
        let mut stages: HashMap<Uuid, Stage> =
            all.into_iter().map(|stage| (stage.id, stage)).collect();
        let mut cast_in = HashMap::new();
        for id in ids {
            let those = cast_in_ids.remove(id).unwrap_or_default();
            let those = those.iter().filter_map(|id| stages.get(id).cloned());
            cast_in.insert(*id, those.collect());
        }
        stages.retain(|id, _| cast_in.contains_key(id));
        let episodes: Vec<Uuid> = stages.values().filter_map(OfKind::episode).collect();
        let now = self.core.clock().timestamp();
        let batch = CastingBatch::load(transaction, now, (ids, &episodes), &[]).await?;
        Ok(LeftCastings {
            stages,
            cast_in,
            batch,
        })
    }
}
