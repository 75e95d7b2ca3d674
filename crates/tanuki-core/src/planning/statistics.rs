//! Statistics of the tasks of a project by episode.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tanuki_store::query::planning::statistics::{self, ByRetakes, ByStatus, Counted};
use tanuki_store::query::rows;
use uuid::Uuid;

use crate::access::ensure;
use crate::blocking::off_worker;
use crate::resource::Relations;
use crate::{Caller, Error, Planning, Result};

/// Maximum number of takes in a response. The HTTP client controls the retake
/// count of a task.
const MAX_TAKES: i64 = 500;

/// Key of the sums over all episodes, and over all task types.
const ALL: &str = "all";

/// JSON: an object by episode, then by task type. Keys are ids or [`ALL`].
type ByEpisode<T> = BTreeMap<String, BTreeMap<String, T>>;

/// Number of tasks, with the sums of their frames and drawings.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Count {
    count: i64,
    frames: i64,
    drawings: i64,
}

impl Count {
    fn add(&mut self, counted: Counted) {
        self.count += counted.tasks;
        self.frames += counted.frames;
        self.drawings += counted.drawings;
    }
}

/// Count of the tasks with a status, with the status's short name and color.
#[derive(Debug, Serialize)]
pub struct StatusCount {
    name: Option<String>,
    color: Option<String>,
    #[serde(flatten)]
    count: Count,
}

/// Counts of tasks that are done, that are to be retaken, and of all others.
#[derive(Debug, Default, Serialize)]
pub struct TakeCounts {
    done: Count,
    retake: Count,
    other: Count,
}

/// Counts of tasks by their current status, and by their status at each take
/// (`evolution`).
#[derive(Debug, Default, Serialize)]
pub struct RetakeCounts {
    max_retake_count: i64,
    evolution: BTreeMap<String, TakeCounts>,
    #[serde(flatten)]
    now: TakeCounts,
}

impl Planning<'_> {
    /// Counts tasks by episode, task type and status. Requires access to the
    /// project. Vendors count the tasks assigned to them; clients are refused
    /// if the project hides statistics from clients.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` without access.
    pub async fn episode_stats(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<ByEpisode<BTreeMap<String, StatusCount>>> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        if access.is_client() {
            ensure(self.shows_clients_stats(project_id).await?)?;
        }
        let assignee = access.is_vendor().then_some(caller.id);
        let rows = statistics::by_status(self.core.database(), project_id, assignee).await?;
        off_worker(move || status_counts(rows)).await
    }

    /// Counts tasks by episode, task type and retakes. Requires access to the
    /// project; not for clients. Vendors count the tasks assigned to them.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist, `Denied` for clients and
    /// without access.
    pub async fn episode_retake_stats(
        self,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<ByEpisode<RetakeCounts>> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        ensure(!access.is_client())?;
        let assignee = access.is_vendor().then_some(caller.id);
        let rows = statistics::by_retakes(self.core.database(), project_id, assignee).await?;
        off_worker(move || retake_counts(&rows)).await
    }

    /// Returns whether the project shows statistics to clients, which is the
    /// default.
    async fn shows_clients_stats(self, project_id: Uuid) -> Result<bool> {
        let projection = (crate::projects::PROJECTS.projection)(Relations::Without);
        let row = rows::by_id(self.core.database(), projection, project_id).await?;
        let row = row.ok_or(Error::NotFound)?;
        Ok(row.get("is_client_stats_visible") != Some(&Value::Bool(false)))
    }
}

fn status_counts(rows: Vec<ByStatus>) -> ByEpisode<BTreeMap<String, StatusCount>> {
    let mut stats: ByEpisode<BTreeMap<String, StatusCount>> = BTreeMap::new();
    for row in rows {
        for (episode, task_type) in places(row.episode_id, row.task_type_id) {
            let of_type = stats.entry(episode).or_default();
            let of_status = of_type.entry(task_type).or_default();
            of_status
                .entry(row.task_status_id.to_string())
                .or_insert_with(|| StatusCount {
                    name: row.name.clone(),
                    color: row.color.clone(),
                    count: Count::default(),
                })
                .count
                .add(row.counted);
        }
    }
    stats
}

fn retake_counts(rows: &[ByRetakes]) -> ByEpisode<RetakeCounts> {
    let mut stats: ByEpisode<RetakeCounts> = BTreeMap::new();
    stats
        .entry(ALL.into())
        .or_default()
        .entry(ALL.into())
        .or_default();
    for row in rows {
        for (episode, task_type) in places(row.episode_id, row.task_type_id) {
            let of_type = stats.entry(episode).or_default();
            of_type.entry(task_type).or_default().add_now(row);
        }
    }
    // A second pass: the maximum retake count is known only after the first.
    for row in rows {
        for (episode, task_type) in places(row.episode_id, row.task_type_id) {
            let of_type = stats.entry(episode.clone()).or_default();
            if episode != ALL {
                of_type.entry(task_type).or_default().add_takes(row);
            }
        }
    }
    stats
}

/// Returns the keys that a task counts in, by episode and task type.
fn places(episode: Uuid, task_type: Uuid) -> [(String, String); 4] {
    let (episode, task_type) = (episode.to_string(), task_type.to_string());
    [
        (ALL.into(), ALL.into()),
        (ALL.into(), task_type.clone()),
        (episode.clone(), ALL.into()),
        (episode, task_type),
    ]
}

impl RetakeCounts {
    /// Adds the current status. Done takes precedence over retake.
    fn add_now(&mut self, row: &ByRetakes) {
        self.max_retake_count = self.max_retake_count.max(row.retakes);
        let count = match (row.is_done, row.is_retake) {
            (true, _) => &mut self.now.done,
            (false, true) => &mut self.now.retake,
            (false, false) => &mut self.now.other,
        };
        count.add(row.counted);
    }

    /// Adds the status at each take: retake up to the task's retake count, then
    /// its current status.
    fn add_takes(&mut self, row: &ByRetakes) {
        for take in 1..=self.max_retake_count.min(MAX_TAKES) {
            let counts = self.evolution.entry(take.to_string()).or_default();
            let count = if take <= row.retakes {
                &mut counts.retake
            } else if row.is_done {
                &mut counts.done
            } else {
                &mut counts.other
            };
            count.add(row.counted);
        }
    }
}
