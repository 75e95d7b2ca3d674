//! Tables of a production: its assets, shots and edits with their tasks, and its
//! castings.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_store::database::JsonChunks;
use tanuki_store::query::imports::{self, MetadataColumn};
use tanuki_store::query::tables::productions::{self, CastingPart, TaskTypeColumn};
use uuid::Uuid;

use super::StreamedTable;
use crate::access::{ProjectAccess, ensure};
use crate::blocking::off_worker;
use crate::entities::{ASSETS, BoardKind, EDITS, SHOTS};
use crate::fields::{as_python, hyphenated_id};
use crate::parameters::{Parameters, first, is_true};
use crate::slug::small_slug;
use crate::{Caller, ClientEtags, Conditional, Error, Result, Tables};

/// A table of a production's entities.
#[derive(Debug)]
pub struct EntityTable {
    /// The name of its file without extension: letters, digits and underscores.
    pub name: String,
    pub rows: Vec<Vec<String>>,
}

/// Which entities a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityTableKind {
    Assets,
    Shots,
    Edits,
}

impl EntityTableKind {
    fn board(self) -> &'static BoardKind {
        match self {
            Self::Assets => &ASSETS,
            Self::Shots => &SHOTS,
            Self::Edits => &EDITS,
        }
    }

    /// The name of the entities in metadata descriptors.
    fn described(self) -> &'static str {
        match self {
            Self::Assets => "Asset",
            Self::Shots => "Shot",
            Self::Edits => "Edit",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Assets => "assets",
            Self::Shots => "shots",
            Self::Edits => "edits",
        }
    }

    /// The query parameters that filter its rows.
    fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Edits => &[],
            _ => &["id", "episode_id", "assigned_to"],
        }
    }

    fn titles(self) -> &'static [&'static str] {
        match self {
            Self::Assets => &["Project", "Type", "Name", "Description", "Time Spent"],
            Self::Shots => &[
                "Project",
                "Episode",
                "Sequence",
                "Name",
                "Description",
                "Time Spent",
                "Frames",
                "Frame In",
                "Frame Out",
                "FPS",
            ],
            Self::Edits => &["Project", "Episode", "Name", "Description", "Time Spent"],
        }
    }
}

impl Tables<'_> {
    /// Returns the assets, shots or edits of a project with their metadata and
    /// the status and assignees of their tasks. `id`, `episode_id` and
    /// `assigned_to` in the query string select assets and shots, as on their
    /// boards. Requires access to the project; vendors are refused, and clients
    /// get the metadata that is for them, and no time spent.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`] without
    /// permission, [`Error::Invalid`] for a malformed id.
    pub async fn entities(
        self,
        caller: &Caller,
        project_id: Uuid,
        kind: EntityTableKind,
        parameters: &Parameters,
    ) -> Result<EntityTable> {
        let access = self.may_export(caller, project_id).await?;
        let database = self.core.database();
        let mut filters = vec![("project_id".to_owned(), project_id.to_string())];
        for name in kind.filters() {
            if let Some(value) = first(parameters, name) {
                filters.push(((*name).to_owned(), value.to_owned()));
            }
        }
        let entities = self.core.entities();
        let none = ClientEtags::none();
        let board = entities.board(caller, kind.board(), &filters, &none);
        let Conditional::Modified((board, _), _) = board.await? else {
            return Err(Error::NotFound);
        };
        let project = productions::project_name(database, project_id).await?;
        let project = project.ok_or(Error::NotFound)?;
        let names = Names {
            metadata: imports::metadata_columns(
                database,
                project_id,
                kind.described(),
                None,
                access.is_client(),
            )
            .await?,
            task_types: productions::task_type_columns(database).await?,
            statuses: by_id(productions::status_names(database).await?),
            people: by_id(productions::people_names(database).await?),
            project,
        };
        let name = small_slug(&format!("kitsu {} {}", names.project, kind.file()));
        let board = whole(board).await?;
        let rows = off_worker(move || rows(&board, kind, &names)).await??;
        Ok(EntityTable { name, rows })
    }

    /// Returns castings of a project: of assets, or with `is_shot_casting=true`
    /// of shots. `episode_id` selects those of an episode of a TV show; `main`
    /// the assets of no episode, `all` the castings of the episodes themselves.
    /// Requires access to the project; vendors are refused.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`] without
    /// permission, [`Error::Invalid`] for a malformed id in a TV show.
    pub async fn casting(
        self,
        caller: &Caller,
        project_id: Uuid,
        parameters: &Parameters,
    ) -> Result<StreamedTable> {
        self.may_export(caller, project_id).await?;
        let database = self.core.database();
        let project = productions::project_name(database, project_id).await?;
        let project = project.ok_or(Error::NotFound)?;
        let is_tv_show = imports::is_tv_show(database, project_id).await?;
        let is_of_shots = first(parameters, "is_shot_casting").is_some_and(is_true);
        let episode = first(parameters, "episode_id");
        let part = match episode {
            Some("main") => CastingPart::MainPack,
            Some("all") => CastingPart::Episodes,
            _ => {
                let one = match episode.filter(|_| is_tv_show) {
                    Some(text) => Some(hyphenated_id(text).ok_or_else(|| {
                        let message = format!("Invalid UUID format for episode_id: {text}");
                        Error::invalid(message)
                    })?),
                    None => None,
                };
                match is_of_shots {
                    true => CastingPart::Shots(one),
                    false => CastingPart::Others(one),
                }
            }
        };
        let table = productions::casting(project_id, part, is_tv_show);
        Ok(self.stream(&format!("kitsu {project} casting"), &table))
    }

    /// Returns the caller's access to a project whose tables they may read.
    async fn may_export(self, caller: &Caller, project_id: Uuid) -> Result<ProjectAccess> {
        let (_, access) = self.core.require_project(caller, project_id).await?;
        ensure(!access.is_vendor())?;
        Ok(access)
    }
}

/// The names behind the ids on a board.
struct Names {
    project: String,
    metadata: Vec<MetadataColumn>,
    task_types: Vec<TaskTypeColumn>,
    statuses: HashMap<String, String>,
    people: HashMap<String, String>,
}

fn by_id(names: Vec<(Uuid, String)>) -> HashMap<String, String> {
    let names = names.into_iter();
    names.map(|(id, name)| (id.to_string(), name)).collect()
}

/// An entity on its board.
#[derive(Debug, Deserialize)]
struct BoardRow {
    name: String,
    description: Option<String>,
    asset_type_name: Option<String>,
    episode_name: Option<String>,
    sequence_name: Option<String>,
    nb_frames: Option<i64>,
    data: Option<Map<String, Value>>,
    tasks: Vec<BoardTask>,
}

/// A task on a board. Of several tasks of one type the last one counts.
#[derive(Debug, Deserialize)]
struct BoardTask {
    task_type_id: Option<String>,
    task_status_id: Option<String>,
    duration: Option<f64>,
    #[serde(default)]
    assignees: Vec<String>,
}

/// Reads a stream as a whole.
async fn whole(mut chunks: JsonChunks) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    while let Some(chunk) = chunks.next().await {
        text.extend_from_slice(&chunk?);
    }
    Ok(text)
}

/// Makes the rows of a table, the titles first, by name.
fn rows(board: &[u8], kind: EntityTableKind, names: &Names) -> Result<Vec<Vec<String>>> {
    let mut entities: Vec<BoardRow> = serde_json::from_slice(board)
        .map_err(|error| Error::Failed(format!("a board cannot be read: {error}")))?;
    entities.sort_by(|one, other| order(one).cmp(&order(other)));
    let used: BTreeSet<&str> = entities
        .iter()
        .flat_map(|entity| &entity.tasks)
        .filter_map(|task| task.task_type_id.as_deref())
        .collect();
    let mut columns: Vec<&TaskTypeColumn> = names
        .task_types
        .iter()
        .filter(|column| used.contains(column.id.to_string().as_str()))
        .collect();
    columns.sort();
    // Task types of the same name, for other kinds of entities, share a column.
    let mut seen = HashSet::new();
    columns.retain(|column| seen.insert(column.name.as_str()));
    let type_names: HashMap<String, &str> = names
        .task_types
        .iter()
        .map(|column| (column.id.to_string(), column.name.as_str()))
        .collect();
    let mut titles: Vec<String> = kind.titles().iter().map(|title| (*title).into()).collect();
    titles.extend(names.metadata.iter().map(|column| column.name.clone()));
    for column in &columns {
        titles.extend([column.name.clone(), "Assignations".to_owned()]);
    }
    let mut rows = vec![titles];
    for entity in &entities {
        let mut cells = leading_cells(entity, kind, &names.project);
        let cell = |column| metadata_cell(entity, column);
        cells.extend(names.metadata.iter().map(cell));
        let tasks: HashMap<&str, &BoardTask> = entity
            .tasks
            .iter()
            .filter_map(|task| Some((*type_names.get(task.task_type_id.as_ref()?)?, task)))
            .collect();
        for column in &columns {
            cells.extend(task_cells(tasks.get(column.name.as_str()).copied(), names));
        }
        rows.push(cells);
    }
    Ok(rows)
}

/// The cells that entities of a kind are sorted by.
fn order(entity: &BoardRow) -> [&str; 4] {
    [
        entity.asset_type_name.as_deref().unwrap_or_default(),
        entity.episode_name.as_deref().unwrap_or_default(),
        entity.sequence_name.as_deref().unwrap_or_default(),
        &entity.name,
    ]
}

fn leading_cells(entity: &BoardRow, kind: EntityTableKind, project: &str) -> Vec<String> {
    let [asset_type, episode, sequence, name] = order(entity).map(str::to_owned);
    let description = entity.description.clone().unwrap_or_default();
    let mut cells = vec![project.to_owned()];
    match kind {
        EntityTableKind::Assets => cells.push(asset_type),
        EntityTableKind::Shots => cells.extend([episode, sequence]),
        EntityTableKind::Edits => cells.push(episode),
    }
    cells.extend([name, description, days_spent(&entity.tasks)]);
    if kind == EntityTableKind::Shots {
        let frames = entity.nb_frames.map(|frames| frames.to_string());
        cells.push(frames.unwrap_or_default());
        cells.extend(["frame_in", "frame_out", "fps"].map(|key| data_cell(entity, key)));
    }
    cells
}

/// The time spent on tasks in days of eight hours; durations are in minutes.
fn days_spent(tasks: &[BoardTask]) -> String {
    let minutes: f64 = tasks.iter().filter_map(|task| task.duration).sum();
    let days = if minutes > 0.0 {
        minutes / 8.0 / 60.0
    } else {
        0.0
    };
    format!("{days:.2}")
}

/// A value of the metadata as text.
fn data_cell(entity: &BoardRow, key: &str) -> String {
    match entity.data.as_ref().and_then(|data| data.get(key)) {
        None | Some(Value::Null) => String::new(),
        Some(value) => as_python(value),
    }
}

fn metadata_cell(entity: &BoardRow, column: &MetadataColumn) -> String {
    let text = data_cell(entity, &column.field_name);
    if column.data_type == "boolean" {
        return text.eq_ignore_ascii_case("true").to_string();
    }
    text
}

/// Status and assignees of a task, the latter by name.
fn task_cells(task: Option<&BoardTask>, names: &Names) -> [String; 2] {
    let Some(task) = task else {
        return [String::new(), String::new()];
    };
    let status = task.task_status_id.as_ref();
    let status = status.and_then(|id| names.statuses.get(id).cloned());
    let assignees = task.assignees.iter();
    let mut assignees: Vec<&str> = assignees
        .filter_map(|id| names.people.get(id).map(String::as_str))
        .collect();
    assignees.sort_unstable();
    [status.unwrap_or_default(), assignees.join(",")]
}
