//! The events of changed castings, and the counts that depend on them.

use tanuki_store::query::breakdown::{Stage, counts};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::stages::OfKind;
use crate::events::Event;
use crate::{Breakdown, Caller, Result};

/// The assets that were added to a casting and removed from it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CastingChange<'a> {
    pub added: &'a [Uuid],
    pub removed: &'a [Uuid],
}

impl<'a> CastingChange<'a> {
    /// A change that only removes assets.
    pub fn removed(removed: &'a [Uuid]) -> Self {
        Self {
            added: &[],
            removed,
        }
    }
}

impl Breakdown<'_> {
    /// Recounts a casting and returns the number of its assets.
    pub(super) async fn count_casting(
        self,
        transaction: &mut Transaction,
        id: Uuid,
    ) -> Result<i64> {
        let now = self.core.clock().timestamp();
        let counts = counts::recount(transaction, &[id], now).await?;
        Ok(counts.get(&id).map_or(0, |count| count.live))
    }

    /// Updates the counts that depend on a casting, records the event of its
    /// change, and removes automatic links from the episode of a shot.
    pub(super) async fn publish_casting(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        change: CastingChange<'_>,
    ) -> Result<()> {
        let live = self.count_casting(transaction, stage.id).await?;
        let mut events = Vec::new();
        if stage.is(Kind::Shot) {
            let of_tasks = self.count_ready_assets(transaction, &[stage]).await?;
            events.extend(of_tasks.into_values().flatten());
        }
        events.push(casting_event(stage, stage.kind(), live, change));
        self.core
            .record_all(transaction, events, Some(caller))
            .await?;
        match stage.episode_id {
            Some(episode) if stage.is(Kind::Shot) => {
                self.leave_episode(transaction, caller, stage, (episode, change.removed))
                    .await
            }
            _ => Ok(()),
        }
    }
}

/// Returns the event of a changed casting (`shot:casting-update`) with the ids
/// of the added and removed assets and their new number.
pub(crate) fn casting_event(
    stage: &Stage,
    kind: Kind,
    live: i64,
    change: CastingChange<'_>,
) -> Event {
    // The event exists for shots, episodes and assets; other kinds use the
    // name of assets.
    let name = match kind {
        Kind::Shot | Kind::Episode => kind.table_name(),
        _ => Kind::Asset.table_name(),
    };
    let texts = |ids: &[Uuid]| -> Vec<String> { ids.iter().map(Uuid::to_string).collect() };
    Event::named(&format!("{name}:casting-update"))
        .with(&format!("{name}_id"), stage.id.to_string())
        .with("nb_entities_out", live)
        .with("added_asset_ids", texts(change.added))
        .with("removed_asset_ids", texts(change.removed))
        .in_project(Some(stage.project_id))
}

/// The event `asset:update`: the web client derives the list of an episode's
/// assets from the episode's casting.
pub(super) fn asset_event(project_id: Uuid, asset_id: Uuid) -> Event {
    Event::about("asset", "update", asset_id).in_project(Some(project_id))
}
