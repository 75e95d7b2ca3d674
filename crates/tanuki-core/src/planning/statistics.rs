//! How the episodes of a series come along.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tanuki_store::query::rows;
use tanuki_store::query::statistics::{self, ByRetakes, ByStatus, Counted};
use uuid::Uuid;

use crate::access::ensure;
use crate::blocking::off_worker;
use crate::resource::Relations;
use crate::{Caller, Core, Error, Result};

/// So many takes are told apart at most. How often a task was retaken is what
/// a client says.
const MAX_TAKES: i64 = 500;

/// What stands for all episodes, and for all task types.
const ALL: &str = "all";

/// By episode, then by task type.
type ByEpisode<T> = BTreeMap<String, BTreeMap<String, T>>;

/// Tasks, and the frames and drawings of them.
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

/// Tasks with one status.
#[derive(Debug, Serialize)]
pub struct StatusCount {
    name: Option<String>,
    color: Option<String>,
    #[serde(flatten)]
    count: Count,
}

/// Tasks that are done, that are to be retaken, and the rest.
#[derive(Debug, Default, Serialize)]
pub struct TakeCounts {
    done: Count,
    retake: Count,
    other: Count,
}

/// How tasks stand, and how they stood at each of their takes.
#[derive(Debug, Default, Serialize)]
pub struct RetakeCounts {
    max_retake_count: i64,
    evolution: BTreeMap<String, TakeCounts>,
    #[serde(flatten)]
    now: TakeCounts,
}

impl Core {
    /// Tasks by episode, task type and status. Vendors count their own;
    /// clients count where the production lets them.
    pub async fn episode_stats(
        &self,
        caller: &Caller,
        project: &str,
    ) -> Result<ByEpisode<BTreeMap<String, StatusCount>>> {
        let (project_id, access) = self.require_project(caller, project).await?;
        if access.is_client() {
            ensure(self.shows_clients_stats(project_id).await?)?;
        }
        let assignee = access.is_vendor().then_some(caller.id);
        let rows = statistics::by_status(self.database(), project_id, assignee).await?;
        off_worker(move || status_counts(rows)).await
    }

    /// Tasks by episode and task type, and how often they were retaken. Not
    /// for clients; vendors count their own.
    pub async fn episode_retake_stats(
        &self,
        caller: &Caller,
        project: &str,
    ) -> Result<ByEpisode<RetakeCounts>> {
        let (project_id, access) = self.require_project(caller, project).await?;
        ensure(!access.is_client())?;
        let assignee = access.is_vendor().then_some(caller.id);
        let rows = statistics::by_retakes(self.database(), project_id, assignee).await?;
        off_worker(move || retake_counts(&rows)).await
    }

    async fn shows_clients_stats(&self, project_id: Uuid) -> Result<bool> {
        let projection = (crate::projects::PROJECTS.projection)(Relations::Without);
        let row = rows::by_id(self.database(), projection, project_id).await?;
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
    // How often was the most is known only now.
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

/// Where tasks of an episode and of a type are counted.
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
    /// What is done counts as done, whether it is to be retaken or not.
    fn add_now(&mut self, row: &ByRetakes) {
        self.max_retake_count = self.max_retake_count.max(row.retakes);
        let count = match (row.is_done, row.is_retake) {
            (true, _) => &mut self.now.done,
            (false, true) => &mut self.now.retake,
            (false, false) => &mut self.now.other,
        };
        count.add(row.counted);
    }

    /// At its first takes a task was retaken, after them it stands as now.
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
