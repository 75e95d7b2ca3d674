//! Correcting what is stored of tasks about their comments.

use tanuki_store::query::{locks, tasks};
use uuid::Uuid;

use crate::events::Event;
use crate::{Admin, Comments, Result};

/// Tasks per transaction.
const BATCH_SIZE: usize = 50;

impl Comments<'_> {
    /// Recomputes status, dates, number of retakes and duration of the tasks of
    /// a project from their comments and the time spent on them, fifty in a
    /// transaction, and records `task:update` for those that were wrong. Calls
    /// `progress` with the number of tasks done and of all. Returns how many were
    /// wrong. Requires an admin.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn recount_tasks(
        self,
        admin: Admin<'_>,
        project_id: Uuid,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<usize> {
        let database = self.core.database();
        let all = tasks::of_project(database, project_id).await?;
        let (mut done, mut wrong) = (0, 0);
        for some in all.chunks(BATCH_SIZE) {
            let mut transaction = database.begin().await?;
            locks::tasks_by_id(&mut transaction, some).await?;
            let now = self.core.clock().timestamp();
            let mut events = Vec::new();
            for id in some {
                if tasks::correct(&mut transaction, *id, now).await? {
                    let event = Event::about("task", "update", *id);
                    events.push(event.in_project(Some(project_id)));
                }
            }
            wrong += events.len();
            self.core
                .record_all(&mut transaction, events, Some(admin.caller()))
                .await?;
            transaction.commit().await?;
            done += some.len();
            progress(done, all.len());
        }
        Ok(wrong)
    }
}
