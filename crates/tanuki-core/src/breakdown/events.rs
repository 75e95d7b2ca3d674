//! The events of changed castings, and the counts that depend on them.

use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::entities;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::stages::OfKind;
use crate::events::Event;
use crate::{Caller, Core, Result};

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

impl Core {
    /// Updates the counts that depend on a casting, records the event of its
    /// change, and removes automatic links from the episode of a shot.
    pub(super) async fn publish_casting(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        change: CastingChange<'_>,
    ) -> Result<()> {
        entities::recount_casting(transaction, stage.id, self.clock().timestamp()).await?;
        let kind = stage.kind();
        if kind == Kind::Shot {
            self.recount_casting(transaction, caller, stage.id, stage.project_id)
                .await?;
        }
        let event = self
            .casting_event(transaction, kind, stage.id, change)
            .await?
            .in_project(Some(stage.project_id));
        self.record(transaction, event, Some(caller)).await?;
        match stage.episode_id {
            Some(episode) if kind == Kind::Shot => {
                self.leave_episode(transaction, caller, stage, (episode, change.removed))
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Returns the event of a changed casting (`shot:casting-update`) with the
    /// ids of the added and removed assets and their new number.
    pub(crate) async fn casting_event(
        &self,
        transaction: &mut Transaction,
        kind: Kind,
        id: Uuid,
        change: CastingChange<'_>,
    ) -> Result<Event> {
        // The event exists for shots, episodes and assets; other kinds use the
        // name of assets.
        let name = match kind {
            Kind::Shot | Kind::Episode => kind.table_name(),
            _ => Kind::Asset.table_name(),
        };
        let texts = |ids: &[Uuid]| -> Vec<String> { ids.iter().map(Uuid::to_string).collect() };
        let count = breakdown::count(transaction, id).await?;
        Ok(Event::named(&format!("{name}:casting-update"))
            .with(&format!("{name}_id"), id.to_string())
            .with("nb_entities_out", count)
            .with("added_asset_ids", texts(change.added))
            .with("removed_asset_ids", texts(change.removed)))
    }

    /// Records `asset:update`: the web client derives the list of an episode's
    /// assets from the episode's casting.
    pub(super) async fn publish_asset(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        asset_id: Uuid,
    ) -> Result<()> {
        let event = Event::about("asset", "update", asset_id).in_project(Some(project_id));
        self.record(transaction, event, Some(caller)).await
    }
}
