//! Counts of cast assets: how many are in a casting (`nb_entities_out`), and
//! how many of them are ready for a task (`nb_assets_ready`).

use serde_json::json;
use tanuki_store::query::breakdown;
use tanuki_store::query::entities::{self, Cast};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::events::CastingChange;
use crate::events::Event;
use crate::{Caller, Core, Result};

impl Core {
    /// Recounts every casting that contains an asset. Locks the entities and
    /// their tasks first, so that transactions cannot deadlock.
    pub(crate) async fn recount_castings(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        asset_id: Uuid,
        project_id: Uuid,
    ) -> Result<()> {
        breakdown::lock_with_castings(transaction, asset_id).await?;
        let stages = entities::cast_in(transaction, asset_id).await?;
        self.recount_stages(transaction, caller, &stages, project_id)
            .await
    }

    /// Recounts the castings of shots, episodes and assets of a project.
    /// Records `casting-update` for those whose count has changed.
    pub(crate) async fn recount_stages(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        ids: &[Uuid],
        project_id: Uuid,
    ) -> Result<()> {
        for stage in breakdown::stages(&mut *transaction, ids).await? {
            let kind = Kind::of_type(&stage.type_name);
            if !matches!(kind, Kind::Asset | Kind::Episode) {
                self.recount_casting(transaction, caller, stage.id, project_id)
                    .await?;
                continue;
            }
            let now = self.clock().timestamp();
            let live = entities::recount_casting(transaction, stage.id, now).await?;
            if live.is_some() {
                let event = self
                    .casting_event(transaction, kind, stage.id, CastingChange::default())
                    .await?
                    .in_project(Some(stage.project_id));
                self.record(transaction, event, Some(caller)).await?;
            }
        }
        Ok(())
    }

    /// Recounts the casting of a shot and the assets that are ready for each of
    /// its tasks. Publishes `task:update-casting-stats` for every task.
    pub(crate) async fn recount_casting(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        shot_id: Uuid,
        project_id: Uuid,
    ) -> Result<()> {
        let now = self.clock().timestamp();
        if let Some(live) = entities::recount_casting(transaction, shot_id, now).await? {
            let event = Event::named("shot:casting-update")
                .with("shot_id", shot_id.to_string())
                .with("nb_entities_out", live)
                .with("added_asset_ids", json!([]))
                .with("removed_asset_ids", json!([]))
                .in_project(Some(project_id));
            self.record(transaction, event, Some(caller)).await?;
        }
        let casting = entities::casting(transaction, shot_id, project_id).await?;
        for (task, priority) in entities::task_priorities(transaction, shot_id, project_id).await? {
            let is_ready = |cast: &&Cast| is_ready(cast, priority, project_id);
            let ready = casting.iter().filter(is_ready).count();
            let ready = i64::try_from(ready).unwrap_or(i64::MAX);
            entities::set_ready_assets(transaction, task, ready, now).await?;
            let event = Event::named("task:update-casting-stats")
                .with("task_id", task.to_string())
                .with("nb_assets_ready", ready)
                .in_project(Some(project_id));
            self.publish(transaction, event);
        }
        Ok(())
    }
}

/// Returns whether an asset is ready for a task. A shared asset of another
/// project always is; any other is for task types up to the one in its
/// `ready_for`, by priority. Canceled assets never are.
fn is_ready(cast: &Cast, task_priority: Option<i64>, project_id: Uuid) -> bool {
    if cast.canceled == Some(true) {
        return false;
    }
    if cast.is_shared && cast.project_id != project_id {
        return true;
    }
    // A missing priority and a priority of zero are equivalent.
    let given = |priority: Option<i64>, none| priority.filter(|at| *at != 0).unwrap_or(none);
    cast.is_ready_for_any && given(task_priority, 0) <= given(cast.ready_priority, -1)
}
