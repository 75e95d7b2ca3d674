//! Creating tasks in bulk.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tanuki_store::Filter;
use tanuki_store::projection::Projection;
use tanuki_store::query::entities::kinds;
use tanuki_store::query::tasks::create::{self, TaskSubject};
use tanuki_store::query::work::EntityKind;
use tanuki_store::query::{list_filters, rows};
use tanuki_store::schema::{ENTITY, TASK, TASK_STATUS, TASK_TYPE};
use tanuki_store::view::tasks::PLAIN;
use tanuki_store::write::{self, Values};
use tanuki_store::{Kind, Transaction, query};
use uuid::Uuid;

use crate::access::ensure;
use crate::entities::ENTITIES;
use crate::events::Event;
use crate::fields::{by_id, check_places, hyphenated_id, id_of};
use crate::parameters::{Parameters, first};
use crate::resource::{Relations, filters};
use crate::{Caller, Error, IdList, JsonRow, MalformedId, MaybeId, Result, Tasks};

static TYPES: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
static STATUSES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_STATUS, &[]));

/// A request for tasks of one type in one project.
#[derive(Debug)]
pub struct NewTasks<'a> {
    pub project: &'a MaybeId,
    pub task_type: &'a MaybeId,
    /// The entities to create tasks for, unless all.
    pub entities: IdList,
    /// Query parameters that filter the entities if none are listed.
    pub parameters: &'a Parameters,
}

impl Tasks<'_> {
    /// Creates a task of one type for each entity of a kind that has none yet.
    /// Returns the new tasks with the names and colors of their type and
    /// status. Requires a manager of the project; for concepts, any team member
    /// except clients and vendors.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project, the task type or a listed entity
    /// does not exist, [`Error::Denied`] without permission, [`Error::Invalid`]
    /// for a malformed id.
    pub async fn create(
        self,
        caller: &Caller,
        kind: Kind,
        asked: NewTasks<'_>,
    ) -> Result<Vec<JsonRow>> {
        let project_id = self.may_create_in(caller, asked.project, kind).await?;
        let task_type = self.task_type(asked.task_type).await?;
        let of_kind = kinds::of_kind(match kind {
            Kind::Asset => EntityKind::Asset,
            kind => EntityKind::Temporal(kind.type_name()),
        });
        let subjects = match asked.entities.chosen()? {
            Some(ids) => self.listed(&ids, of_kind, project_id).await?,
            None => {
                let mut which = of_kind
                    .and(list_filters::of_project(&ENTITY, project_id))
                    .and(filters(&ENTITIES, caller, asked.parameters)?);
                if let (Kind::Asset, Some(id)) = (kind, episode(asked.parameters)?) {
                    which = which.and(query::entities::is_in_episode(id));
                }
                create::subjects(self.core.database(), which).await?
            }
        };
        self.create_for(caller, task_type, subjects).await
    }

    /// Like [`create`](Self::create), for entities whose type has
    /// the given name. [`Error::NotFound`] if there is no such type.
    ///
    /// # Errors
    /// As [`create`](Self::create); [`Error::NotFound`] if there is no such
    /// type.
    pub async fn create_of_named(
        self,
        caller: &Caller,
        entity_type: &str,
        asked: NewTasks<'_>,
    ) -> Result<Vec<JsonRow>> {
        let project_id = self
            .may_create_in(caller, asked.project, Kind::Asset)
            .await?;
        let task_type = self.task_type(asked.task_type).await?;
        let name = capitalized(entity_type);
        if query::entities::by_name::type_alike(self.core.database(), &name)
            .await?
            .is_none()
        {
            return Err(Error::NotFound);
        }
        let subjects = match asked.entities.chosen()? {
            Some(ids) => self.listed(&ids, Filter::all(), project_id).await?,
            None => {
                let mut which = Filter::all()
                    .and(list_filters::of_project(&ENTITY, project_id))
                    .and(query::entities::has_type_named(&name));
                if let Some(id) = episode(asked.parameters)? {
                    which = which.and(query::entities::with_parent(id));
                }
                create::subjects(self.core.database(), which).await?
            }
        };
        self.create_for(caller, task_type, subjects).await
    }

    /// Returns the project's id if the caller may create tasks: managers, and
    /// for concepts all team members except clients and vendors. For admins the
    /// existence of the project is not checked.
    async fn may_create_in(self, caller: &Caller, project: &MaybeId, kind: Kind) -> Result<Uuid> {
        if caller.is_admin() {
            return project.hyphenated(MalformedId::Value(project.as_str()));
        }
        let project_id = project.found()?;
        self.core.require_existing(project_id).await?;
        let access = caller
            .project_access(self.core.database(), Some(project_id))
            .await?;
        if kind == Kind::Concept {
            ensure(access.is_granted())?;
            access.deny_guests()?;
        } else {
            access.require_manager()?;
        }
        Ok(project_id)
    }

    async fn task_type(self, task_type: &MaybeId) -> Result<JsonRow> {
        let id = task_type.found()?;
        rows::by_id(self.core.database(), &TYPES, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// Loads listed entities, in the order of their ids in the request.
    /// Entities of other projects are skipped; [`Error::NotFound`] if one does
    /// not exist or is not of the kind.
    async fn listed(
        self,
        ids: &[Uuid],
        of_kind: Filter,
        project_id: Uuid,
    ) -> Result<Vec<TaskSubject>> {
        let which = of_kind.and(list_filters::has_id_in(&ENTITY, ids));
        let found = create::subjects(self.core.database(), which).await?;
        let mut found: HashMap<Uuid, TaskSubject> = found
            .into_iter()
            .map(|subject| (subject.id, subject))
            .collect();
        if ids.iter().any(|id| !found.contains_key(id)) {
            return Err(Error::NotFound);
        }
        let listed = ids.iter().filter_map(|id| found.remove(id));
        Ok(listed
            .filter(|subject| subject.project_id == project_id)
            .collect())
    }

    async fn create_for(
        self,
        caller: &Caller,
        task_type: JsonRow,
        subjects: Vec<TaskSubject>,
    ) -> Result<Vec<JsonRow>> {
        let (Some(first), Some(type_id)) = (subjects.first(), id_of(&task_type, "id")) else {
            return Ok(Vec::new());
        };
        let for_concept = Kind::of_type(&first.entity_type) == Kind::Concept;
        let mut transaction = self.core.database().begin().await?;
        let ids: Vec<Uuid> = subjects.iter().map(|subject| subject.id).collect();
        let done = create::with_task(&mut transaction, type_id, &ids).await?;
        let status = self.first_status(&mut transaction, for_concept).await?;
        let wanted = subjects
            .iter()
            .filter(|subject| !done.contains(&subject.id))
            .map(|subject| (&task_type, subject))
            .collect();
        let tasks = self
            .insert_tasks(&mut transaction, caller, wanted, &status)
            .await?;
        transaction.commit().await?;
        Ok(tasks)
    }

    /// Creates the tasks of one entity: of the given task types, or of all
    /// types enabled in the project and in the workflow of its asset type.
    /// Returns the new tasks. Requires access to the entity; clients and
    /// vendors are denied.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if a given type does not fit the entity.
    pub async fn create_entity_tasks(
        self,
        caller: &Caller,
        entity_id: Uuid,
        read_types: impl FnOnce() -> Result<Vec<MaybeId>>,
    ) -> Result<Vec<JsonRow>> {
        let entity = self.core.require_entity(caller, entity_id).await?;
        entity.access.deny_guests()?;
        let mut given = Vec::new();
        let types = read_types()?;
        check_places("task_type_ids", &types)?;
        for task_type in types {
            given.push(self.task_type(&task_type).await?);
        }
        let which = list_filters::has_id(&ENTITY, entity.id);
        let subject = create::subjects(self.core.database(), which)
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        let task_types = self.fitting_types(&subject, entity.kind, given).await?;
        let mut transaction = self.core.database().begin().await?;
        let status = self
            .first_status(&mut transaction, entity.kind == Kind::Concept)
            .await?;
        let wanted = task_types.iter().map(|row| (row, &subject)).collect();
        let tasks = self
            .insert_tasks(&mut transaction, caller, wanted, &status)
            .await?;
        transaction.commit().await?;
        Ok(tasks)
    }

    /// Returns the task types that apply to an entity: the given ones, or all
    /// if none are given. [`Error::Invalid`] if a given one does not apply.
    async fn fitting_types(
        self,
        subject: &TaskSubject,
        kind: Kind,
        given: Vec<JsonRow>,
    ) -> Result<Vec<JsonRow>> {
        let database = self.core.database();
        let enabled = create::types_of_project(database, subject.project_id).await?;
        // An asset type without a workflow has all task types.
        let workflow = match kind {
            Kind::Asset => create::types_of_workflow(database, subject.id).await?,
            _ => HashSet::new(),
        };
        let flows = |id: &Uuid| workflow.is_empty() || workflow.contains(id);
        let for_kind = |row: &JsonRow| {
            let expected = row.get("for_entity").and_then(Value::as_str);
            expected
                .filter(|expected| !expected.is_empty() && *expected != kind.type_name())
                .map(str::to_owned)
        };
        if given.is_empty() {
            let ids: Vec<Uuid> = enabled.iter().copied().filter(flows).collect();
            let mut fitting = rows::by_ids(database, &TYPES, &ids).await?;
            fitting.retain(|row| for_kind(row).is_none());
            return Ok(fitting);
        }
        for row in &given {
            let id = id_of(row, "id").unwrap_or_default();
            let wrong = |what: String| Err(Error::invalid(format!("Task type {id} {what}")));
            if let Some(expected) = for_kind(row) {
                let kind = kind.type_name();
                return wrong(format!("is for {expected} entities, got {kind}."));
            }
            if !enabled.contains(&id) {
                let project = subject.project_id;
                return wrong(format!("is not enabled in project {project}."));
            }
            if !flows(&id) {
                let asset_type = query::entities::type_id(database, subject.id).await?;
                let asset_type = asset_type.unwrap_or_default();
                return wrong(format!(
                    "is not in the workflow of asset type {asset_type}."
                ));
            }
        }
        Ok(given)
    }

    /// Creates tasks of several types, each with the entity that it is for, in the
    /// transaction of a caller of this crate who has checked the permission.
    /// Returns the rows of the tasks that did not exist yet.
    pub(crate) async fn create_in(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        wanted: &[(Uuid, TaskSubject)],
    ) -> Result<Vec<JsonRow>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let ids: HashSet<Uuid> = wanted.iter().map(|(task_type, _)| *task_type).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let types = by_id(rows::by_ids(&mut *transaction, &TYPES, &ids).await?);
        let status = self.first_status(transaction, false).await?;
        let wanted = wanted
            .iter()
            .filter_map(|(task_type, subject)| Some((types.get(task_type)?, subject)))
            .collect();
        self.insert_tasks(transaction, caller, wanted, &status)
            .await
    }

    /// Inserts tasks that do not exist yet and records an event for each that
    /// was inserted. Concurrent requests for the same task create one.
    async fn insert_tasks(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        wanted: Vec<(&JsonRow, &TaskSubject)>,
        status: &JsonRow,
    ) -> Result<Vec<JsonRow>> {
        let projection = PLAIN.form(Relations::Without, false);
        let mut inserted = Vec::with_capacity(wanted.len());
        let mut types = HashMap::with_capacity(wanted.len());
        for (task_type, subject) in wanted {
            let id = Uuid::new_v4();
            types.insert(id, task_type);
            let values = Values::from([
                ("id", id.into()),
                ("name", "main".into()),
                ("project_id", subject.project_id.into()),
                ("task_type_id", id_of(task_type, "id").into()),
                ("task_status_id", id_of(status, "id").into()),
                ("entity_id", subject.id.into()),
                ("assigner_id", caller.author().into()),
            ]);
            inserted.push((subject.id, id, values));
        }
        // Insert in a fixed order, so that concurrent transactions cannot
        // deadlock.
        let order: Vec<Uuid> = inserted.iter().map(|(_, id, _)| *id).collect();
        inserted.sort_by_key(|(entity, id, _)| (*entity, id_of(types[id], "id")));
        let values = inserted.into_iter().map(|(_, _, values)| values).collect();
        write::insert_new(transaction, &TASK, values, &self.core.defaults()).await?;
        let mut made = by_id(rows::by_ids(&mut *transaction, projection, &order).await?);
        let mut tasks = Vec::with_capacity(made.len());
        let mut events = Vec::with_capacity(made.len());
        for id in order {
            let Some(mut task) = made.remove(&id) else {
                continue;
            };
            let project_id = id_of(&task, "project_id");
            events.push(Event::about("task", "new", id).in_project(project_id));
            name(&mut task, types[&id], status);
            tasks.push(task);
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await?;
        Ok(tasks)
    }

    /// Returns the initial status of new tasks, and creates it if necessary.
    async fn first_status(
        self,
        transaction: &mut Transaction,
        for_concept: bool,
    ) -> Result<JsonRow> {
        let (name, short_name, color) = if for_concept {
            ("Neutral", "neutral", "#CCCCCC")
        } else {
            ("Todo", "todo", "#f5f5f5")
        };
        let found = create::first_status(&mut *transaction, &STATUSES, for_concept, short_name);
        if let Some(status) = found.await? {
            return Ok(status);
        }
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("name", name.into()),
            ("short_name", short_name.into()),
            ("color", color.into()),
            ("is_default", true.into()),
            ("for_concept", for_concept.into()),
        ]);
        write::insert(transaction, &TASK_STATUS, values, &self.core.defaults()).await?;
        let event = Event::about("task_status", "new", id);
        self.core.record(transaction, event, None).await?;
        let status = rows::by_id(&mut *transaction, &STATUSES, id).await?;
        status.ok_or(Error::NotFound)
    }
}

/// Adds the names and colors of type and status to a new task's JSON.
fn name(task: &mut JsonRow, task_type: &JsonRow, status: &JsonRow) {
    let part = |row: &JsonRow, key: &str| row.get(key).cloned().unwrap_or_default();
    task.insert("assignees".into(), json!([]));
    for key in ["name", "short_name", "color"] {
        task.insert(format!("task_status_{key}"), part(status, key));
    }
    for key in ["name", "color", "priority"] {
        task.insert(format!("task_type_{key}"), part(task_type, key));
    }
}

/// The `episode_id` query parameter; [`Error::Invalid`] if it is malformed.
fn episode(parameters: &Parameters) -> Result<Option<Uuid>> {
    first(parameters, "episode_id")
        .map(|text| hyphenated_id(text).ok_or_else(|| MalformedId::Value(text).into()))
        .transpose()
}

/// Converts the first letter to upper case and the rest to lower case.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first
        .chain(letters.as_str().to_lowercase().chars())
        .collect()
}
