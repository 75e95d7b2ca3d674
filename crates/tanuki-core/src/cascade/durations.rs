//! Durations of tasks, which are sums.

use tanuki_store::Transaction;
use tanuki_store::query::tasks;
use uuid::Uuid;

use crate::events::Event;
use crate::{Caller, Core, Result};

/// Sets the duration of tasks to the sum of the time spent on them and records
/// `task:update` for each.
pub(crate) async fn sum_durations(
    core: &Core,
    caller: &Caller,
    transaction: &mut Transaction,
    tasks: &[Uuid],
) -> Result<()> {
    let summed = tasks::sum_durations(transaction, tasks, core.clock().timestamp()).await?;
    let event = |(id, project_id)| Event::about("task", "update", id).in_project(project_id);
    let events = summed.into_iter().map(event).collect();
    core.record_all(transaction, events, Some(caller)).await
}
