//! Parsing a file's path by the file tree of its project.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::query::entities::{self, kinds};
use tanuki_store::query::tasks::lists;
use tanuki_store::query::{list_filters, names, rows, visibility};
use tanuki_store::schema::{ENTITY, PROJECT, TASK};
use tanuki_store::{Filter, Kind};
use uuid::Uuid;

use super::tree::Mode;
use crate::access::ProjectAccess;
use crate::fields::id_of;
use crate::{Caller, Core, Error, MaybeId, Result};

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

/// The values found for one template so far, which become its JSON.
struct Guess<'a> {
    core: &'a Core,
    caller: &'a Caller,
    access: ProjectAccess,
    project: &'a Map<String, Value>,
    found: Map<String, Value>,
}

impl Core {
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
        &self,
        caller: &Caller,
        file: &FilePath,
    ) -> Result<Vec<Map<String, Value>>> {
        let (project_id, access) = self
            .require_project(caller, file.project_id.found()?)
            .await?;
        let project = rows::by_id(self.database(), &PROJECT_TREE, project_id).await?;
        let project = project.ok_or(Error::NotFound)?;
        let tree = project.get("file_tree").unwrap_or(&Value::Null);
        let modes = Mode::all(tree)?;
        if file.separator.is_empty() {
            return Ok(Vec::new());
        }
        let mut guesses = Vec::new();
        for mode in modes {
            for (template, names) in mode.matches(&file.path, &file.separator) {
                let mut guess = Guess {
                    core: self,
                    caller,
                    access,
                    project: &project,
                    found: Map::from_iter([("Template".to_owned(), template.into())]),
                };
                guess.resolve(names).await?;
                if !guesses.contains(&guess.found) {
                    guesses.push(guess.found);
                }
            }
        }
        Ok(guesses)
    }
}

impl Guess<'_> {
    /// Resolves names in order, each within the rows found before it.
    async fn resolve(&mut self, names: Vec<(&str, String)>) -> Result<()> {
        for (token, name) in names {
            let found = match token {
                "Project" => self.own_id(&name),
                "Name" | "Representation" => Some(name).filter(|name| !name.is_empty()),
                "Version" => version(&name),
                token => {
                    let id = self.row(token, &name).await?;
                    id.map(|id| id.to_string())
                }
            };
            let Some(found) = found else { break };
            self.found.insert(token.to_owned(), found.into());
        }
        Ok(())
    }

    /// The project's id, if its name matches, ignoring case.
    fn own_id(&self, name: &str) -> Option<String> {
        let own = self.project.get("name")?.as_str()?;
        let id = self.project.get("id")?.as_str()?;
        (own.to_lowercase() == name.to_lowercase()).then(|| id.to_owned())
    }

    async fn row(&self, token: &str, name: &str) -> Result<Option<Uuid>> {
        let table = match token {
            "AssetType" | "TemporalEntityType" => "entity_type",
            "Department" => "department",
            "OutputType" => "output_type",
            "TaskType" => "task_type",
            "Task" => "task",
            "Episode" | "Sequence" | "Scene" | "Shot" | "Asset" | "TemporalEntity" => "entity",
            _ => return Ok(None),
        };
        let which = match table {
            "task" => self.tasks(),
            "entity" => self.entities(token),
            _ => Some(Filter::all()),
        };
        let Some(which) = which else { return Ok(None) };
        Ok(names::called(self.core.database(), table, name, which).await?)
    }

    /// Condition on the entities that a token may refer to. `None` if the path
    /// has not yet named the row that contains them.
    fn entities(&self, token: &str) -> Option<Filter> {
        let mut which = list_filters::of_project(&ENTITY, self.id("Project")?);
        let kind = match token {
            "Episode" => Kind::Episode,
            "Sequence" => Kind::Sequence,
            "Scene" => Kind::Scene,
            "Shot" => Kind::Shot,
            _ => Kind::Asset,
        };
        which = match token {
            "Asset" => which.and(entities::of_type(self.id("AssetType")?)),
            "TemporalEntity" => which.and(entities::of_type(self.id("TemporalEntityType")?)),
            _ => which.and(kinds::of_kind(kind.is())),
        };
        let parent = match token {
            "Shot" => Some(self.id("Sequence")?),
            "Scene" => self.id("Sequence"),
            "Sequence" => self.id("Episode"),
            _ => None,
        };
        if let Some(parent) = parent {
            which = which.and(entities::with_parent(parent));
        }
        if self.access.is_vendor() {
            which = which.and(visibility::entities::listed_for_vendor(
                kind,
                self.caller.id,
            ));
        }
        Some(which)
    }

    /// Condition on the task of the project, task type and entity found so far.
    /// `None` if one of them is missing.
    fn tasks(&self) -> Option<Filter> {
        let entity = ["Scene", "Asset", "Shot"];
        let entity = entity.into_iter().find_map(|token| self.id(token))?;
        let which = list_filters::of_project(&TASK, self.id("Project")?)
            .and(lists::of_type(self.id("TaskType")?))
            .and(lists::of_entity(entity));
        Some(which)
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
