//! Counts of cast assets: how many are in a casting (`nb_entities_out`), and
//! how many of them are ready for a task (`nb_assets_ready`).

use std::collections::HashMap;

use tanuki_store::Transaction;
use tanuki_store::query::breakdown::counts::{self, Cast};
use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::entities;
use uuid::Uuid;

use super::batch::CastingBatch;
use crate::events::Event;
use crate::{Admin, Breakdown, Caller, Result};

/// Entities per transaction of [`Breakdown::recount_project`].
const BATCH_SIZE: usize = 50;

impl Breakdown<'_> {
    /// Recounts every casting that contains an asset. Locks the entities and
    /// their tasks first, so that transactions cannot deadlock.
    pub(crate) async fn recount_castings(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        asset_id: Uuid,
    ) -> Result<()> {
        breakdown::lock_with_castings(transaction, asset_id).await?;
        let mut cast_in = entities::cast_in(transaction, &[asset_id]).await?;
        let stages = cast_in.remove(&asset_id).unwrap_or_default();
        self.recount_stages(transaction, caller, &stages).await
    }

    /// Recounts the castings of shots, episodes and assets, and for all but
    /// assets and episodes the assets that are ready for each of their tasks.
    /// Records `casting-update` for entities whose count has changed, and
    /// `task:update-casting-stats` for every task.
    pub(crate) async fn recount_stages(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<()> {
        let mut batch = CastingBatch::new(self.core.clock().timestamp());
        batch.recount(breakdown::stages(&mut *transaction, ids).await?);
        self.write_castings(transaction, caller, batch).await
    }

    /// Recounts all castings of a project, fifty entities in a transaction. Calls
    /// `progress` with the number of entities done and of all, and returns how
    /// many they are. Requires an admin.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn recount_project(
        self,
        admin: Admin<'_>,
        project_id: Uuid,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<usize> {
        let database = self.core.database();
        let all = counts::with_casting(database, project_id).await?;
        let mut done = 0;
        for some in all.chunks(BATCH_SIZE) {
            let mut transaction = database.begin().await?;
            self.recount_stages(&mut transaction, admin.caller(), some)
                .await?;
            transaction.commit().await?;
            done += some.len();
            progress(done, all.len());
        }
        Ok(done)
    }

    /// Counts the assets that are ready for each task of shots. Returns the
    /// events by shot.
    pub(crate) async fn count_ready_assets(
        self,
        transaction: &mut Transaction,
        shots: &[&Stage],
    ) -> Result<HashMap<Uuid, Vec<Event>>> {
        if shots.is_empty() {
            return Ok(HashMap::new());
        }
        let projects: HashMap<Uuid, Uuid> = shots
            .iter()
            .map(|shot| (shot.id, shot.project_id))
            .collect();
        let ids: Vec<Uuid> = projects.keys().copied().collect();
        let castings = counts::castings(transaction, &ids).await?;
        let mut counted = Vec::new();
        let mut events: HashMap<Uuid, Vec<Event>> = HashMap::new();
        for task in counts::tasks(transaction, &ids).await? {
            let Some(project_id) = projects.get(&task.entity_id).copied() else {
                continue;
            };
            let casting = castings.get(&task.entity_id).into_iter().flatten();
            let ready = casting.filter(|cast| is_ready(cast, task.priority, project_id));
            let ready = i64::try_from(ready.count()).unwrap_or(i64::MAX);
            counted.push((task.id, ready));
            let event = Event::named("task:update-casting-stats")
                .with("task_id", task.id.to_string())
                .with("nb_assets_ready", ready)
                .in_project(Some(project_id))
                .not_recorded();
            events.entry(task.entity_id).or_default().push(event);
        }
        let now = self.core.clock().timestamp();
        counts::set_ready_assets(transaction, &counted, now).await?;
        Ok(events)
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
