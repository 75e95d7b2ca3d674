//! Building a file's path by the file tree of its project.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tanuki_store::projection::Projection;
use tanuki_store::query::files::outputs::OutputSeries;
use tanuki_store::query::files::working;
use tanuki_store::query::{list_filters, rows};
use tanuki_store::schema::{DEPARTMENT, ENTITY, ENTITY_TYPE, PROJECT, SOFTWARE, TASK};
use tanuki_store::{Connection, Executor, Kind, ListQuery};
use uuid::Uuid;

use super::given::{
    SOFTWARES, TASK_TYPES, check_separator, next_revision, output_type, software, task_type,
};
use super::places::OutputPlace;
use super::tokens::{TokenValues, tokens};
use super::tree::{Mode, TreeFault};
use crate::fields::id_of;
use crate::{Caller, Error, Files, JsonRow, MaybeId, Result};

static PROJECT_TREE: LazyLock<Projection> =
    LazyLock::new(|| Projection::only(&PROJECT, &["id", "name", "file_tree"]));
static ENTITY_NAMES: LazyLock<Projection> = LazyLock::new(|| {
    let keys = ["id", "name", "project_id", "entity_type_id", "parent_id"];
    Projection::only(&ENTITY, &keys)
});
static ENTITY_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&ENTITY_TYPE, &[]));
static TASKS: LazyLock<Projection> = LazyLock::new(|| {
    let keys = ["id", "name", "project_id", "entity_id", "task_type_id"];
    Projection::only(&TASK, &keys)
});
static DEPARTMENTS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&DEPARTMENT, &[]));

/// The software of a working file's path if the request names none: its name
/// and short name.
const PATH_SOFTWARE: (&str, &str) = ("3ds Max", "max");

/// The path of a file: of its folder, and its name without extension.
#[derive(Debug, PartialEq, Eq)]
pub struct BuiltPath {
    pub folder: String,
    pub name: String,
}

/// What to build the path of a working file for.
#[derive(Debug)]
pub struct WorkingPath {
    pub name: String,
    pub mode: String,
    pub software_id: Option<MaybeId>,
    /// 0 for the next revision.
    pub revision: i64,
    pub separator: String,
}

/// What to build the path of an output file for.
#[derive(Debug)]
pub struct OutputPath {
    pub name: String,
    pub mode: String,
    pub output_type_id: MaybeId,
    pub task_type_id: MaybeId,
    pub representation: String,
    /// 0 for the next revision.
    pub revision: i64,
    pub separator: String,
}

/// What a path is built of.
#[derive(Debug)]
pub(crate) struct PathRequest<'a> {
    pub entity_id: Uuid,
    pub mode: &'a str,
    pub task: Option<JsonRow>,
    pub task_type: Option<JsonRow>,
    pub software: Option<JsonRow>,
    pub output_type: Option<JsonRow>,
    pub instance: Option<JsonRow>,
    pub name: &'a str,
    pub representation: &'a str,
    pub revision: i64,
    pub separator: &'a str,
}

impl Files<'_> {
    /// Builds the path of a working file of a task. Requires access to the
    /// task. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such task, [`Error::Denied`] without
    /// access to it, [`Error::Invalid`] for a software or separator that is
    /// none, [`Error::Conflict`] if the file tree of the project does not say
    /// what the path is.
    pub async fn working_file_path(
        self,
        caller: &Caller,
        task_id: Uuid,
        asked: &WorkingPath,
    ) -> Result<BuiltPath> {
        let database = self.core.database();
        let on_task = caller.require_task_access(database.into(), task_id).await?;
        check_separator("sep", &asked.separator)?;
        let software = match &asked.software_id {
            Some(id) => software(database, id).await?,
            None => named_software(database, PATH_SOFTWARE).await?,
        };
        let revision = match asked.revision {
            0 => next_revision(working::last_revision(database, task_id, &asked.name).await?)?,
            revision => revision,
        };
        let request = PathRequest {
            mode: &asked.mode,
            software: Some(software),
            name: &asked.name,
            revision,
            separator: &asked.separator,
            ..self
                .path_of_task(database.into(), on_task.id, on_task.task.entity_id)
                .await?
        };
        self.build(database.into(), request).await
    }

    /// Builds the path of an output file of an entity or of an asset instance.
    /// Requires access to the entity, or to the asset and the temporal entity.
    /// Writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such entity or instance,
    /// [`Error::Denied`] without access to it, [`Error::Invalid`] for an unknown
    /// output type or task type or an invalid separator, [`Error::Conflict`] if
    /// the file tree of the project has no template for the path.
    pub async fn output_file_path(
        self,
        caller: &Caller,
        place: OutputPlace,
        asked: &OutputPath,
    ) -> Result<BuiltPath> {
        let database = self.core.database();
        let of = self.require_output_place(caller, place).await?;
        check_separator("separator", &asked.separator)?;
        let output_type = output_type(database, &asked.output_type_id).await?;
        let task_type = task_type(database, &asked.task_type_id).await?;
        let revision = match (asked.revision, place) {
            (0, OutputPlace::Entity(_)) => {
                let series = OutputSeries {
                    what: of.what,
                    name: &asked.name,
                    output_type_id: id_of(&output_type, "id").ok_or(Error::NotFound)?,
                    task_type_id: id_of(&task_type, "id").ok_or(Error::NotFound)?,
                };
                next_revision(series.last_revision(database).await?)?
            }
            (revision, _) => revision,
        };
        let request = PathRequest {
            entity_id: of.tree_entity_id,
            mode: &asked.mode,
            task: None,
            task_type: Some(task_type),
            software: None,
            output_type: Some(output_type),
            instance: of.instance,
            name: &asked.name,
            representation: &asked.representation,
            revision,
            separator: &asked.separator,
        };
        self.build(database.into(), request).await
    }

    /// Returns the request for the path of a task's file, without mode, name,
    /// software and revision.
    pub(crate) async fn path_of_task(
        self,
        mut connection: Executor<'_>,
        task_id: Uuid,
        entity_id: Option<Uuid>,
    ) -> Result<PathRequest<'static>> {
        let task = required(connection.reborrow(), &TASKS, Some(task_id)).await?;
        let type_id = id_of(&task, "task_type_id");
        Ok(PathRequest {
            entity_id: entity_id.ok_or(Error::NotFound)?,
            mode: "",
            task_type: optional(connection, &TASK_TYPES, type_id).await?,
            task: Some(task),
            software: None,
            output_type: None,
            instance: None,
            name: "",
            representation: "",
            revision: 0,
            separator: "",
        })
    }

    /// Builds a path.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the entity or its project does not exist,
    /// [`Error::Conflict`] if the file tree is missing, malformed, or names
    /// what there is not.
    pub(crate) async fn build(
        self,
        mut connection: Executor<'_>,
        request: PathRequest<'_>,
    ) -> Result<BuiltPath> {
        let entity_id = Some(request.entity_id);
        let entity = required(connection.reborrow(), &ENTITY_NAMES, entity_id).await?;
        let project_id = id_of(&entity, "project_id");
        let mut project = required(connection.reborrow(), &PROJECT_TREE, project_id).await?;
        let tree = project.remove("file_tree").unwrap_or_default();
        let entity_type_id = id_of(&entity, "entity_type_id");
        let entity_type = optional(connection.reborrow(), &ENTITY_TYPES, entity_type_id).await?;
        let type_name = entity_type.as_ref().and_then(|row| row.get("name"));
        let kind = Kind::of_type(type_name.and_then(Value::as_str).unwrap_or_default());
        let templates = Templates::find(&tree, request.mode, (kind, request.instance.as_ref()))
            .map_err(conflict)?;
        let mut values = TokenValues {
            kind,
            project,
            entity,
            entity_type,
            parent: None,
            episode: None,
            task: request.task,
            task_type: request.task_type,
            department: None,
            software: request.software,
            output_type: request.output_type,
            instance: request.instance,
            asset: None,
            asset_type: None,
            name: request.name.to_owned(),
            representation: request.representation.to_owned(),
            revision: request.revision,
        };
        load(connection, &mut values, &templates.kinds()).await?;
        let folder = values.folder(templates.folder, request.separator);
        let folder = format!(
            "{}{}",
            templates.root(request.separator),
            folder.map_err(conflict)?
        );
        // Only folders are named after the representation.
        values.representation.clear();
        let name = values.file_name(templates.file_name).map_err(conflict)?;
        Ok(BuiltPath { folder, name })
    }
}

/// The templates for the path of one kind of file.
struct Templates<'a> {
    mode: Mode<'a>,
    folder: (&'a str, &'a str),
    file_name: (&'a str, &'a str),
}

impl<'a> Templates<'a> {
    fn find(
        tree: &'a Value,
        mode: &'a str,
        (kind, instance): (Kind, Option<&JsonRow>),
    ) -> Result<Self, TreeFault> {
        let mode = Mode::named(tree, mode)?;
        let key = match (instance, kind) {
            (Some(instance), _) if id_of(instance, "target_asset_id").is_some() => "instance_asset",
            (Some(_), _) => "instance",
            (None, Kind::Shot) => "shot",
            (None, Kind::Sequence) => "sequence",
            (None, Kind::Scene) => "scene",
            (None, Kind::Episode) => "episode",
            (None, _) => "asset",
        };
        Ok(Self {
            folder: mode.folder(key)?,
            file_name: mode.file_name(key)?,
            mode,
        })
    }

    fn root(&self, separator: &str) -> String {
        self.mode.root(separator)
    }

    /// The kinds of the tokens in both templates.
    fn kinds(&self) -> BTreeSet<&'a str> {
        let (folder, file_name) = (tokens(self.folder.0), tokens(self.file_name.0));
        let all = folder.into_iter().chain(file_name);
        all.map(|token| token.kind).collect()
    }
}

/// Loads the rows that the tokens need besides those that are known.
async fn load(
    mut connection: Executor<'_>,
    values: &mut TokenValues,
    needed: &BTreeSet<&str>,
) -> Result<()> {
    let needs = |names: &[&str]| names.iter().any(|name| needed.contains(name));
    if needs(&["Sequence", "Episode"]) {
        let parent_id = id_of(&values.entity, "parent_id");
        values.parent = optional(connection.reborrow(), &ENTITY_NAMES, parent_id).await?;
    }
    let has_sequence = matches!(values.kind, Kind::Shot | Kind::Scene);
    if let Some(sequence) = values.parent.as_ref().filter(|_| has_sequence)
        && needs(&["Episode"])
    {
        let episode_id = id_of(sequence, "parent_id");
        values.episode = optional(connection.reborrow(), &ENTITY_NAMES, episode_id).await?;
    }
    if needs(&["Department"]) {
        let type_ = values.task_type.as_ref();
        let department_id = type_.and_then(|row| id_of(row, "department_id"));
        values.department = optional(connection.reborrow(), &DEPARTMENTS, department_id).await?;
    }
    if needs(&["Software"]) && values.software.is_none() {
        let software = named_software(connection.reborrow(), ("3dsmax", "max"));
        values.software = Some(software.await?);
    }
    if needs(&["OutputType"]) && values.output_type.is_none() {
        values.output_type = json!({"name": "Geometry", "short_name": ""})
            .as_object()
            .cloned();
    }
    if let Some(instance) = &values.instance {
        let asset_id = id_of(instance, "asset_id");
        values.asset = optional(connection.reborrow(), &ENTITY_NAMES, asset_id).await?;
    }
    if needs(&["AssetType"]) {
        let asset = values.asset.as_ref().unwrap_or(&values.entity);
        let type_id = id_of(asset, "entity_type_id");
        let type_ = optional(connection, &ENTITY_TYPES, type_id).await?;
        values.asset_type = type_.filter(|row| {
            let name = row.get("name").and_then(Value::as_str);
            name.is_some_and(|name| Kind::of_type(name) == Kind::Asset)
        });
    }
    Ok(())
}

fn conflict(TreeFault(message): TreeFault) -> Error {
    Error::Conflict(message.into())
}

async fn optional(
    connection: Executor<'_>,
    projection: &Projection,
    id: Option<Uuid>,
) -> Result<Option<JsonRow>> {
    match id {
        Some(id) => Ok(rows::by_id(connection, projection, id).await?),
        None => Ok(None),
    }
}

async fn required(
    connection: Executor<'_>,
    projection: &Projection,
    id: Option<Uuid>,
) -> Result<JsonRow> {
    optional(connection, projection, id)
        .await?
        .ok_or(Error::NotFound)
}

/// Returns the software of that name, or one that is not stored.
async fn named_software(
    connection: impl Connection,
    (name, short_name): (&str, &str),
) -> Result<JsonRow> {
    let column = SOFTWARE.column("name").ok_or(Error::NotFound)?;
    let called = list_filters::is(&SOFTWARE, column, name.into());
    let list = ListQuery::new(&SOFTWARES).filter(called).limit(1);
    if let Some(row) = list.rows(connection).await?.pop() {
        return Ok(row);
    }
    let unsaved = json!({"name": name, "short_name": short_name});
    Ok(unsaved.as_object().cloned().unwrap_or_default())
}
