//! Parsing a file's path by the file tree of its project.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::query::entities::kinds;
use tanuki_store::query::names::{self, NamedRows};
use tanuki_store::query::tasks::lists;
use tanuki_store::query::{list_filters, rows, visibility};
use tanuki_store::schema::{ENTITY, PROJECT, TASK};
use tanuki_store::{Filter, Kind};
use uuid::Uuid;

use super::tree::Mode;
use crate::access::ProjectAccess;
use crate::fields::id_of;
use crate::{Caller, Error, Files, MaybeId, Result};

/// A file path to parse.
#[derive(Debug)]
pub struct FilePath {
    pub project_id: MaybeId,
    pub path: String,
    pub separator: String,
}

/// What the templates of a project are matched with.
static PROJECT_TREE: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&PROJECT, &["id", "name", "file_tree"]));

/// The rows that the names of a path may refer to, by token.
type Candidates<'a> = HashMap<&'a str, NamedRows>;

/// The values found for one template so far, which become its JSON.
struct Guess<'a> {
    project: &'a Map<String, Value>,
    candidates: &'a Candidates<'a>,
    found: Map<String, Value>,
}

impl Files<'_> {
    /// Guesses what a path refers to by the file tree of its project. Returns
    /// one object for each template that matches: `Template`, and the ids of
    /// the rows that the path names, up to the first name that does not exist.
    /// Requires access to the project; vendors find only entities that they
    /// work on.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without access, [`Error::Refused`] if the project has no valid file
    /// tree.
    pub async fn guess_from_path(
        self,
        caller: &Caller,
        file: &FilePath,
    ) -> Result<Vec<Map<String, Value>>> {
        let (project_id, access) = self
            .core
            .require_project(caller, file.project_id.found()?)
            .await?;
        let project = rows::by_id(self.core.database(), &PROJECT_TREE, project_id).await?;
        let project = project.ok_or(Error::NotFound)?;
        let tree = project.get("file_tree").unwrap_or(&Value::Null);
        let modes = Mode::all(tree)?;
        if file.separator.is_empty() {
            return Ok(Vec::new());
        }
        let matches: Vec<Match<'_>> = modes
            .iter()
            .flat_map(|mode| mode.matches(&file.path, &file.separator))
            .collect();
        let mut candidates = self
            .candidates(caller, access, project_id, &matches)
            .await?;
        // Tasks are searched in the entities of the other names.
        let guesses = resolve(&matches, &project, &candidates);
        let tasks = self.candidate_tasks(&matches, &guesses).await?;
        candidates.insert("Task", tasks);
        let mut guesses = resolve(&matches, &project, &candidates);
        let mut told = HashSet::new();
        guesses.retain(|guess| told.insert(Value::from(guess.clone()).to_string()));
        Ok(guesses)
    }

    /// Loads the rows of the project that the names in a path may refer to, but
    /// for tasks: one statement for each token.
    async fn candidates<'a>(
        self,
        caller: &Caller,
        access: ProjectAccess,
        project_id: Uuid,
        matches: &[Match<'a>],
    ) -> Result<Candidates<'a>> {
        let mut wanted: HashMap<&'a str, BTreeSet<&str>> = HashMap::new();
        for (token, name) in matches.iter().flat_map(|(_, names)| names) {
            wanted.entry(*token).or_default().insert(name);
        }
        let mut candidates = HashMap::new();
        for (token, called) in wanted {
            let (table, kind) = match token {
                "AssetType" | "TemporalEntityType" => ("entity_type", None),
                "Department" => ("department", None),
                "OutputType" => ("output_type", None),
                "TaskType" => ("task_type", None),
                "Episode" => (ENTITY.name, Some(Kind::Episode)),
                "Sequence" => (ENTITY.name, Some(Kind::Sequence)),
                "Scene" => (ENTITY.name, Some(Kind::Scene)),
                "Shot" => (ENTITY.name, Some(Kind::Shot)),
                "Asset" | "TemporalEntity" => (ENTITY.name, Some(Kind::Asset)),
                _ => continue,
            };
            let mut which = Filter::all();
            let mut references: &[&'static str] = &[];
            if let Some(kind) = kind {
                which = list_filters::of_project(&ENTITY, project_id);
                // Assets have one of many types, which the path names.
                if kind != Kind::Asset {
                    which = which.and(kinds::of_kind(kind.is()));
                }
                if access.is_vendor() {
                    which = which.and(visibility::entities::listed_for_vendor(kind, caller.id));
                }
                references = &["entity_type_id", "parent_id"];
            }
            let database = self.core.database();
            let rows = names::all_called(database, table, &called, which, references).await?;
            candidates.insert(token, rows);
        }
        Ok(candidates)
    }

    /// Loads the tasks that the names in a path may refer to: of the entities
    /// and task types of the guesses.
    async fn candidate_tasks(
        self,
        matches: &[Match<'_>],
        guesses: &[Map<String, Value>],
    ) -> Result<NamedRows> {
        let called: BTreeSet<&str> = matches
            .iter()
            .flat_map(|(_, names)| names)
            .filter(|(token, _)| *token == "Task")
            .map(|(_, name)| name.as_str())
            .collect();
        let entities: Vec<Uuid> = guesses.iter().filter_map(entity_of_task).collect();
        if called.is_empty() || entities.is_empty() {
            return Ok(NamedRows::default());
        }
        let which = lists::of_entities(&entities);
        let references = ["project_id", "task_type_id", "entity_id"];
        let database = self.core.database();
        Ok(names::all_called(database, TASK.name, &called, which, &references).await?)
    }
}

/// A template that matches a path, with the tokens and their values.
type Match<'a> = (&'a str, Vec<(&'a str, String)>);

/// Resolves the names of each template as far as the candidates are known.
fn resolve(
    matches: &[Match<'_>],
    project: &Map<String, Value>,
    candidates: &Candidates<'_>,
) -> Vec<Map<String, Value>> {
    let guess = |(template, names): &Match<'_>| {
        let mut guess = Guess {
            project,
            candidates,
            found: Map::from_iter([("Template".to_owned(), (*template).into())]),
        };
        guess.resolve(names);
        guess.found
    };
    matches.iter().map(guess).collect()
}

/// The entity that a path has named when it names a task.
fn entity_of_task(found: &Map<String, Value>) -> Option<Uuid> {
    let entity = ["Scene", "Asset", "Shot"];
    entity.into_iter().find_map(|token| id_of(found, token))
}

impl Guess<'_> {
    /// Resolves names in order, each within the rows found before it.
    fn resolve(&mut self, names: &[(&str, String)]) {
        for (token, name) in names {
            let found = match *token {
                "Project" => self.own_id(name),
                "Name" | "Representation" => Some(name.clone()).filter(|name| !name.is_empty()),
                "Version" => version(name),
                token => self.row(token, name).map(|id| id.to_string()),
            };
            let Some(found) = found else { break };
            self.found.insert((*token).to_owned(), found.into());
        }
    }

    /// The project's id, if its name matches, ignoring case.
    fn own_id(&self, name: &str) -> Option<String> {
        let own = self.project.get("name")?.as_str()?;
        let id = self.project.get("id")?.as_str()?;
        (own.to_lowercase() == name.to_lowercase()).then(|| id.to_owned())
    }

    /// The row that a token's name means within the rows found before. `None`
    /// if the path has not yet named the row that contains it.
    fn row(&self, token: &str, name: &str) -> Option<Uuid> {
        let rows = self.candidates.get(token)?;
        rows.meant(name, &self.within(token)?)
    }

    /// The columns, with their ids, of the rows that a token may refer to.
    fn within(&self, token: &str) -> Option<Vec<(&'static str, Uuid)>> {
        let parent = |id: Option<Uuid>| id.map(|id| ("parent_id", id)).into_iter().collect();
        Some(match token {
            "Task" => vec![
                ("entity_id", entity_of_task(&self.found)?),
                ("project_id", self.id("Project")?),
                ("task_type_id", self.id("TaskType")?),
            ],
            "Episode" | "Sequence" | "Scene" | "Shot" | "Asset" | "TemporalEntity" => {
                self.id("Project")?;
                match token {
                    "Asset" => vec![("entity_type_id", self.id("AssetType")?)],
                    "TemporalEntity" => {
                        vec![("entity_type_id", self.id("TemporalEntityType")?)]
                    }
                    "Shot" => vec![("parent_id", self.id("Sequence")?)],
                    "Scene" => parent(self.id("Sequence")),
                    "Sequence" => parent(self.id("Episode")),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        })
    }

    fn id(&self, token: &str) -> Option<Uuid> {
        id_of(&self.found, token)
    }
}

/// Parses a version and drops leading zeros; `None` for 0.
fn version(text: &str) -> Option<String> {
    let number: i64 = text.trim().parse().ok()?;
    (number != 0).then(|| number.to_string())
}
