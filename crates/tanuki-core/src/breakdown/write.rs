//! Writes a batch of changed castings with the counts that depend on them, and
//! records their events.

use std::collections::HashMap;

use tanuki_store::query::breakdown::{self, Stage, counts};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::batch::{CastingBatch, CastingEvent};
use super::stages::OfKind;
use crate::events::Event;
use crate::{Breakdown, Caller, Result};

/// The assets that were added to a casting and removed from it.
#[derive(Debug, Clone, Copy, Default)]
struct CastingChange<'a> {
    added: &'a [Uuid],
    removed: &'a [Uuid],
}

impl Breakdown<'_> {
    /// Writes changed castings with the counts that depend on them, and
    /// records their events: `task:update-casting-stats` of the tasks of a shot
    /// before the `casting-update` of the shot.
    pub(crate) async fn write_castings(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        batch: CastingBatch,
    ) -> Result<()> {
        let now = self.core.clock().timestamp();
        if !batch.removed.is_empty() {
            breakdown::remove_links(transaction, &batch.removed).await?;
        }
        let added = batch.added.into_values().collect();
        breakdown::add_links(transaction, added, &self.core.defaults()).await?;
        let updated: Vec<_> = batch.updated.into_iter().collect();
        breakdown::update_links(transaction, &updated, now).await?;
        let counted: Vec<Uuid> = batch.counted.into_iter().collect();
        let counts = if counted.is_empty() {
            HashMap::new()
        } else {
            counts::recount(transaction, &counted, now).await?
        };
        let shots = batch.events.iter().filter_map(with_ready_assets);
        let shots: Vec<&Stage> = shots.collect();
        let mut of_tasks = self.count_ready_assets(transaction, &shots).await?;
        let mut events = Vec::new();
        for event in batch.events {
            match event {
                CastingEvent::Event(event) => events.push(event),
                CastingEvent::Changed {
                    stage,
                    added,
                    removed,
                } => {
                    events.extend(of_tasks.remove(&stage.id).into_iter().flatten());
                    let live = counts.get(&stage.id).map_or(0, |count| count.live);
                    let (added, removed) = (added.as_slice(), removed.as_slice());
                    let change = CastingChange { added, removed };
                    events.push(casting_event(&stage, stage.kind(), live, change));
                }
                CastingEvent::Recounted(stage) => {
                    let kind = match stage.kind() {
                        kind @ (Kind::Asset | Kind::Episode) => kind,
                        _ => Kind::Shot,
                    };
                    if let Some(count) = counts.get(&stage.id).filter(|count| count.has_changed) {
                        let none = CastingChange::default();
                        events.push(casting_event(&stage, kind, count.live, none));
                    }
                    events.extend(of_tasks.remove(&stage.id).into_iter().flatten());
                }
            }
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }
}

/// The entity of an event if the assets that are ready for its tasks are counted.
fn with_ready_assets(event: &CastingEvent) -> Option<&Stage> {
    match event {
        CastingEvent::Changed { stage, .. } => Some(stage).filter(|stage| stage.is(Kind::Shot)),
        CastingEvent::Recounted(stage) => {
            Some(stage).filter(|stage| !matches!(stage.kind(), Kind::Asset | Kind::Episode))
        }
        CastingEvent::Event(_) => None,
    }
}

/// Returns the event of a changed casting (`shot:casting-update`) with the ids
/// of the added and removed assets and their new number.
fn casting_event(stage: &Stage, kind: Kind, live: i64, change: CastingChange<'_>) -> Event {
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
