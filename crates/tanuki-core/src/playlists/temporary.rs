//! Playlists that are not stored: tasks to look at.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use tanuki_store::query::playlists::{self, PlaylistTask};
use uuid::Uuid;

use crate::access::ensure;
use crate::{Caller, Error, JsonRow, MaybeId, Playlists, Result};

/// The maximum number of entries.
const MAX_ENTRIES: usize = 1000;

/// Types of entities that have places in time. Everything else is an asset.
const TEMPORAL: [&str; 5] = ["Shot", "Scene", "Sequence", "Episode", "Edit"];

/// The tasks of a playlist that is not stored.
#[derive(Debug, Default)]
pub struct TemporaryPlaylist {
    pub task_ids: Vec<Uuid>,
    /// Entities: for each, the task with the latest comment of those that have
    /// a preview is added. Entities without previews are left out.
    pub entity_ids: Vec<Uuid>,
    /// Whether the entries are sorted by episode, sequence, asset type and
    /// name, rather than in the order of the tasks.
    pub is_sorted: bool,
}

impl Playlists<'_> {
    /// Requires access to a project, so that a request is refused before its
    /// body is validated. Admins pass even if there is no such project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`]
    /// without access.
    pub async fn may_read_project(self, caller: &Caller, project_id: &MaybeId) -> Result<()> {
        if !caller.is_admin() {
            let project_id = project_id.found()?;
            self.core.require_project(caller, project_id).await?;
        }
        Ok(())
    }

    /// Returns tasks as the entries of a playlist, each with its entity, the
    /// previews of that, and the last preview of the task in
    /// `preview_file_…`; if it has none, the last of the production's first
    /// task type that has one. Requires access to the project and to every
    /// task; vendors may read the tasks of entities that they work on.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project or task,
    /// [`Error::Denied`] without access, [`Error::Invalid`] for more than 1000
    /// entries.
    pub async fn temporary_playlist(
        self,
        caller: &Caller,
        project_id: &MaybeId,
        asked: &TemporaryPlaylist,
    ) -> Result<Vec<JsonRow>> {
        self.may_read_project(caller, project_id).await?;
        if asked.task_ids.len() + asked.entity_ids.len() > MAX_ENTRIES {
            return Err(Error::invalid(format!(
                "task_ids and entity_ids have at most {MAX_ENTRIES} ids together."
            )));
        }
        let ids = self.tasks_of(asked).await?;
        self.require_tasks(caller, &ids).await?;
        let tasks = playlists::playlist_tasks(self.core.database(), &ids).await?;
        let found = ids.iter().map(|id| Some((*id, tasks.get(id)?)));
        let entries: Option<Vec<_>> = found.collect();
        let entries = entries.ok_or(Error::NotFound)?;
        let Some((_, first)) = entries.first() else {
            return Ok(Vec::new());
        };
        let kind = first.entity_type.1.as_str();
        let kind = if TEMPORAL.contains(&kind) {
            kind
        } else {
            "Asset"
        };
        let by_priority =
            playlists::task_types_by_priority(self.core.database(), first.project_id, kind).await?;
        let entities: HashSet<Uuid> = entries.iter().map(|(_, task)| task.entity.0).collect();
        let entities: Vec<Uuid> = entities.into_iter().collect();
        let previews = self.core.entities().previews_of_entities(&entities).await?;
        let mut entries: Vec<JsonRow> = entries
            .into_iter()
            .map(|(id, task)| entry(id, task, &by_priority, &previews))
            .collect();
        if asked.is_sorted {
            entries.sort_by_cached_key(sort_key);
        }
        Ok(entries)
    }

    /// Returns the tasks that are asked for, and those of the entities.
    async fn tasks_of(self, asked: &TemporaryPlaylist) -> Result<Vec<Uuid>> {
        let mut tasks = asked.task_ids.clone();
        if !asked.entity_ids.is_empty() {
            let database = self.core.database();
            let last = playlists::last_reviewed(database, &asked.entity_ids).await?;
            let of_entities = asked.entity_ids.iter().filter_map(|id| last.get(id));
            tasks.extend(of_entities.copied());
        }
        Ok(tasks)
    }

    /// Requires that the caller may read every one of the tasks.
    async fn require_tasks(self, caller: &Caller, ids: &[Uuid]) -> Result<()> {
        let mut checked = HashSet::new();
        let mut entities = HashSet::new();
        for id in ids.iter().filter(|id| checked.insert(**id)) {
            let database = self.core.database();
            let on_task = caller.task_access(database, *id).await?;
            ensure(on_task.access.is_granted())?;
            // Of several tasks of an entity one tells for all.
            if on_task.task.entity_id.is_none_or(|id| entities.insert(id)) {
                on_task.require_read(database, caller).await?;
            }
        }
        Ok(())
    }
}

/// Builds the entry of a task.
fn entry(
    id: Uuid,
    task: &PlaylistTask,
    by_priority: &[Uuid],
    previews: &HashMap<Uuid, JsonRow>,
) -> JsonRow {
    let mut entry = described(id, task);
    let of_entity = previews.get(&task.entity.0).cloned().unwrap_or_default();
    let mut types = [&task.task_type_id].into_iter().chain(by_priority);
    let shown = types.find_map(|task_type| of_entity.get(&task_type.to_string())?.get(0));
    if let Some(preview) = shown {
        for key in [
            "id",
            "extension",
            "width",
            "height",
            "duration",
            "revision",
            "status",
            "annotations",
            "previews",
        ] {
            let value = match preview.get(key) {
                Some(Value::Null) | None if key == "annotations" => json!([]),
                value => value.cloned().unwrap_or_default(),
            };
            entry.insert(format!("preview_file_{key}"), value);
        }
    }
    entry.insert("preview_files".into(), of_entity.into());
    entry
}

/// The keys of an entry that name its entity and what that belongs to; empty
/// where they do not apply.
fn described(id: Uuid, task: &PlaylistTask) -> JsonRow {
    let kind = task.entity_type.1.as_str();
    let owner = match kind {
        "Shot" | "Scene" | "Sequence" | "Edit" => task.parent.as_ref(),
        "Episode" => None,
        _ => Some(&task.entity_type),
    };
    let named = |is_it: bool| owner.filter(|_| is_it);
    let in_time = TEMPORAL.contains(&kind);
    let in_sequence = matches!(kind, "Shot" | "Scene");
    let owner_id = |is_it| named(is_it).map_or(String::new(), |(id, _)| id.to_string());
    let owner_name = |is_it| named(is_it).map_or(String::new(), |(_, name)| name.clone());
    let in_episode = in_time && !in_sequence;
    let keys = [
        ("id", task.entity.0.to_string()),
        ("name", task.entity.1.clone()),
        ("preview_file_task_id", id.to_string()),
        ("parent_name", owner_name(true)),
        ("episode_id", owner_id(in_episode)),
        ("episode_name", owner_name(in_episode)),
        ("sequence_id", owner_id(in_sequence)),
        ("sequence_name", owner_name(in_sequence)),
        ("asset_type_id", owner_id(!in_time)),
        ("asset_type_name", owner_name(!in_time)),
    ];
    keys.map(|(key, value)| (key.to_owned(), value.into()))
        .into_iter()
        .collect()
}

/// What entries are sorted by.
fn sort_key(entry: &JsonRow) -> [String; 4] {
    ["episode_name", "sequence_name", "asset_type_name", "name"].map(|key| {
        let text = entry.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    })
}
