//! Writes what was read from a file: all entities, tasks and comments of an import
//! in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDateTime;
use serde_json::{Map, Value};
use tanuki_store::query::imports::{self, KnownTask};
use tanuki_store::query::projects::links;
use tanuki_store::query::rows;
use tanuki_store::query::tasks::create::TaskSubject;
use tanuki_store::schema::{ENTITY, ENTITY_TYPE, PROJECT_ASSET_TYPE_LINK, Table};
use tanuki_store::write::{self, Values};
use tanuki_store::{Kind, Transaction, view};
use uuid::Uuid;

use super::EntityImport;
use super::catalog::Catalog;
use super::error::{ImportError, RowErrors};
use super::plan::{Plan, Planned};
use super::shots::frames_in;
use crate::access::ManagedProject;
use crate::comments::ImportedComment;
use crate::events::Event;
use crate::fields::{self, by_id, id_of};
use crate::{Error, Imports, Result};

/// The most comments that an import writes: each has consequences of its own.
const MAX_COMMENTS: usize = 10_000;

/// The tasks of the entities of an import, by entity and task type.
type Tasks = HashMap<(Uuid, Uuid), KnownTask>;

impl Imports<'_> {
    /// Writes a plan and returns the row of an entity for each row of the file.
    pub(super) async fn write(
        self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        catalog: &Catalog,
        plan: Plan,
    ) -> Result<Vec<Value>, ImportError> {
        let existing = plan.entities.iter().filter(|entity| !entity.is_new);
        let existing: Vec<Uuid> = existing.map(|entity| entity.id).collect();
        let comments = self.core.comments();
        comments.lock_for_import(transaction, &existing).await?;
        self.write_types(transaction, project, &plan).await?;
        self.write_folders(transaction, project, &plan).await?;
        self.create_entities(transaction, project, catalog, &plan)
            .await?;
        self.update_entities(transaction, project, catalog, &plan.entities)
            .await?;
        let mut tasks = self
            .create_tasks(transaction, project, catalog, &plan.entities)
            .await?;
        self.assign(transaction, project, &tasks, &plan.entities)
            .await?;
        self.comment(transaction, project, &mut tasks, &plan.entities)
            .await?;
        let ids: Vec<Uuid> = plan.entities.iter().map(|entity| entity.id).collect();
        let written = by_id(rows::by_ids(transaction, &view::entities::PLAIN, &ids).await?);
        let row = |at: &usize| written.get(&ids[*at]).cloned().map(Value::from);
        let rows = plan.rows.iter().map(row).collect::<Option<_>>();
        Ok(rows.ok_or(Error::NotFound)?)
    }

    /// Creates asset types, and adds some to the project.
    async fn write_types(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        plan: &Plan,
    ) -> Result<()> {
        let defaults = self.core.defaults();
        let types = plan.new_asset_types.iter();
        let rows = types
            .clone()
            .map(|(id, name)| Values::from([("id", (*id).into()), ("name", name.as_str().into())]));
        write::insert_all(transaction, &ENTITY_TYPE, rows.collect(), &defaults).await?;
        let mut events: Vec<Event> = types
            .map(|(id, _)| Event::about("asset_type", "new", *id))
            .collect();
        let added = plan.new_links.iter().map(|id| (*id, Values::new()));
        let ends = (project_id, "asset_type_id");
        let table = &PROJECT_ASSET_TYPE_LINK;
        links::add_all(transaction, table, ends, added.collect(), &defaults).await?;
        if !plan.new_links.is_empty() {
            events.push(Event::named("project:update").in_project(Some(project_id)));
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Creates episodes and sequences.
    async fn write_folders(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        plan: &Plan,
    ) -> Result<()> {
        // Episodes first: sequences refer to them.
        for kind in [Kind::Episode, Kind::Sequence] {
            let folders = || plan.folders.iter().filter(|folder| folder.kind == kind);
            let mut values = Vec::new();
            for folder in folders() {
                values.push(fields::values(
                    &ENTITY,
                    [
                        ("id", folder.id.to_string().into()),
                        ("name", folder.name.as_str().into()),
                        ("description", "".into()),
                        ("data", Map::new().into()),
                        ("project_id", project_id.to_string().into()),
                        ("entity_type_id", folder.entity_type_id.to_string().into()),
                        ("parent_id", text(folder.parent_id)),
                        ("created_by", text(caller.author())),
                    ],
                )?);
            }
            write::insert_all(transaction, &ENTITY, values, &self.core.defaults()).await?;
            let events = folders().map(|folder| {
                let event = Event::about(kind.table_name(), "new", folder.id);
                event.in_project(Some(project_id))
            });
            self.core
                .record_all(transaction, events.collect(), Some(caller))
                .await?;
        }
        Ok(())
    }

    async fn create_entities(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        catalog: &Catalog,
        plan: &Plan,
    ) -> Result<()> {
        let mut values = Vec::new();
        let mut events = Vec::new();
        let episodes = episodes_of_sequences(catalog, plan);
        for entity in plan.entities.iter().filter(|entity| entity.is_new) {
            let field = |name: &str| entity.fields.get(name).cloned().unwrap_or_default();
            let (frames, description) = match catalog.import {
                EntityImport::Assets => (Value::Null, field("description")),
                EntityImport::Shots => {
                    let given = entity.fields.get("nb_frames").and_then(Value::as_i64);
                    let frames = given.or_else(|| frames_in(&entity.data));
                    (frames.unwrap_or_default().into(), field("description"))
                }
                EntityImport::Edits => {
                    let given = entity.fields.get("description").cloned();
                    (Value::Null, given.unwrap_or_else(|| "".into()))
                }
            };
            values.push(fields::values(
                &ENTITY,
                [
                    ("id", entity.id.to_string().into()),
                    ("name", entity.place.name.as_str().into()),
                    ("description", description),
                    ("nb_frames", frames),
                    ("data", entity.data.clone().into()),
                    ("project_id", project_id.to_string().into()),
                    (
                        "entity_type_id",
                        entity.place.entity_type_id.to_string().into(),
                    ),
                    ("parent_id", text(entity.place.parent_id)),
                    ("source_id", field("source_id")),
                    ("ready_for", field("ready_for")),
                    ("created_by", text(caller.author())),
                ],
            )?);
            let event = Event::about(catalog.import.kind().table_name(), "new", entity.id);
            let event = match catalog.import {
                EntityImport::Assets => {
                    event.with("asset_type", entity.place.entity_type_id.to_string())
                }
                EntityImport::Shots => {
                    let sequence = entity.place.parent_id;
                    let episode = sequence.and_then(|id| episodes.get(&id).copied());
                    event.with("episode_id", text(episode))
                }
                EntityImport::Edits => event.with("parent_id", text(entity.place.parent_id)),
            };
            events.push(event.in_project(Some(project_id)));
        }
        write::insert_all(transaction, &ENTITY, values, &self.core.defaults()).await?;
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Writes the cells of rows whose entity exists.
    async fn update_entities(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        catalog: &Catalog,
        entities: &[Planned],
    ) -> Result<()> {
        let updated = || {
            let existing = entities.iter().filter(|entity| !entity.is_new);
            existing.filter(|entity| entity.is_written)
        };
        let ids: Vec<Uuid> = updated().map(|entity| entity.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let before = rows::by_ids(&mut *transaction, &view::entities::PLAIN, &ids);
        let before = by_id(before.await?);
        let mut changes = Vec::with_capacity(ids.len());
        let mut restaged = Vec::new();
        for entity in updated() {
            let row = before.get(&entity.id).ok_or(Error::NotFound)?;
            let mut data = row.get("data").and_then(Value::as_object).cloned();
            let data = data.get_or_insert_default();
            data.extend(entity.data.clone());
            let mut written = entity.fields.clone();
            if catalog.import == EntityImport::Shots
                && !written.contains_key("nb_frames")
                && let Some(frames) = frames_in(data)
            {
                written.insert("nb_frames", frames.into());
            }
            if let Some(stage) = written.get("ready_for")
                && row.get("ready_for") != Some(stage)
            {
                restaged.push(entity.id);
            }
            written.insert("data", std::mem::take(data).into());
            changes.push((entity.id, written));
        }
        let now = self.core.clock().timestamp();
        write_columns(transaction, &ENTITY, changes, now).await?;
        let kind = catalog.import.kind();
        let events = ids.iter().map(|id| {
            let event = Event::about(kind.table_name(), "update", *id);
            event.in_project(Some(project_id))
        });
        self.core
            .record_all(transaction, events.collect(), Some(caller))
            .await?;
        for id in restaged {
            self.core
                .breakdown()
                .recount_castings(transaction, caller, id)
                .await?;
        }
        Ok(())
    }

    /// Creates the tasks that entities lack: new ones get all of their task types,
    /// assets as well if they exist, and all those that the file has cells for.
    async fn create_tasks(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        catalog: &Catalog,
        entities: &[Planned],
    ) -> Result<Tasks> {
        let ids: Vec<Uuid> = entities.iter().map(|entity| entity.id).collect();
        let mut tasks = Tasks::new();
        for task in imports::tasks(&mut *transaction, &ids).await? {
            let key = (task.entity_id, task.task_type_id);
            tasks.entry(key).or_insert(task);
        }
        let is_asset = catalog.import == EntityImport::Assets;
        let mut wanted = Vec::new();
        for entity in entities {
            let gets_all = is_asset || entity.is_new;
            let workflow = catalog.task_types.iter().filter(|task_type| {
                let asset_type = entity.place.entity_type_id;
                gets_all && (!is_asset || catalog.types.works_on(asset_type, task_type.id))
            });
            let named = entity.tasks.iter().filter(|_| entity.is_written);
            let types = workflow
                .map(|task_type| task_type.id)
                .chain(named.map(|cells| cells.task_type_id));
            let mut seen = HashSet::new();
            let missing = types.filter(|task_type| {
                !tasks.contains_key(&(entity.id, *task_type)) && seen.insert(*task_type)
            });
            wanted.extend(missing.map(|task_type| {
                let subject = TaskSubject {
                    id: entity.id,
                    project_id,
                    entity_type: catalog.import.kind().type_name().to_owned(),
                };
                (task_type, subject)
            }));
        }
        let created = self.core.tasks();
        for row in created.create_in(transaction, caller, &wanted).await? {
            let ids = ["id", "entity_id", "task_type_id"].map(|key| id_of(&row, key));
            if let [Some(id), Some(entity_id), Some(task_type_id)] = ids {
                let task = KnownTask {
                    id,
                    entity_id,
                    task_type_id,
                    task_status_id: id_of(&row, "task_status_id"),
                };
                tasks.insert((entity_id, task_type_id), task);
            }
        }
        Ok(tasks)
    }

    /// Assigns tasks to the people in the file; nobody loses an assignment.
    async fn assign(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, .. }: ManagedProject<'_>,
        tasks: &Tasks,
        entities: &[Planned],
    ) -> Result<()> {
        let mut wanted: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for entity in entities.iter().filter(|entity| entity.is_written) {
            for cells in &entity.tasks {
                let Some(task) = tasks.get(&(entity.id, cells.task_type_id)) else {
                    continue;
                };
                for person in &cells.assignees {
                    wanted.entry(*person).or_default().push(task.id);
                }
            }
        }
        let ids: Vec<Uuid> = wanted.values().flatten().copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let assigned = imports::assignees(&mut *transaction, &ids).await?;
        let assigned: HashSet<(Uuid, Uuid)> = assigned.into_iter().collect();
        for (person, mut ids) in wanted {
            let mut seen = HashSet::new();
            ids.retain(|task| !assigned.contains(&(*task, person)) && seen.insert(*task));
            if !ids.is_empty() {
                let tasks = self.core.tasks();
                tasks.assign_in(transaction, caller, person, &ids).await?;
            }
        }
        Ok(())
    }

    /// Writes a comment for each status that is another than the task's, and for
    /// each text.
    async fn comment(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        tasks: &mut Tasks,
        entities: &[Planned],
    ) -> Result<(), ImportError> {
        let mut written = 0;
        let mut errors = RowErrors::default();
        for entity in entities.iter().filter(|entity| entity.is_written) {
            for cells in &entity.tasks {
                let Some(task) = tasks.get_mut(&(entity.id, cells.task_type_id)) else {
                    continue;
                };
                let status_id = cells.status_id.or(task.task_status_id);
                let Some(status_id) = status_id else {
                    continue;
                };
                let changes = task.task_status_id != Some(status_id);
                if !changes && cells.comment.is_empty() {
                    continue;
                }
                task.task_status_id = Some(status_id);
                written += 1;
                if written > MAX_COMMENTS {
                    let message = format!(
                        "An import may change {MAX_COMMENTS} statuses and comments: import \
                         the file in parts."
                    );
                    return Err(ImportError::File(message));
                }
                let comment = ImportedComment {
                    task_id: task.id,
                    project_id,
                    entity_id: entity.id,
                    task_type_id: cells.task_type_id,
                    status_id,
                    text: cells.comment.clone(),
                };
                let comments = self.core.comments();
                match comments.write_imported(transaction, caller, comment).await {
                    Ok(_) => {}
                    Err(Error::Invalid { message, .. }) => {
                        errors.cell(cells.line, &cells.column, message);
                        // What an automation had written before may be refused
                        // half-way: nothing after it is tried.
                        return errors.check();
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        errors.check()
    }
}

/// Updates rows, each with values for some of the columns: one statement for each
/// column.
///
/// # Errors
///
/// [`Error::Constraint`] for a value that its column does not take.
pub(super) async fn write_columns(
    transaction: &mut Transaction,
    table: &'static Table,
    rows: Vec<(Uuid, BTreeMap<&'static str, Value>)>,
    now: NaiveDateTime,
) -> Result<()> {
    let mut columns: BTreeMap<&'static str, Vec<(Uuid, tanuki_store::Value)>> = BTreeMap::new();
    for (id, values) in rows {
        for (column, value) in fields::values(table, values)? {
            columns.entry(column).or_default().push((id, value));
        }
    }
    for (column, values) in columns {
        let touched = Values::from([("updated_at", now.into())]);
        write::update_each(transaction, (table, column), &values, touched).await?;
    }
    Ok(())
}

fn text(id: Option<Uuid>) -> Value {
    id.map(|id| id.to_string()).into()
}

/// The episode of each sequence that new shots are in.
fn episodes_of_sequences(catalog: &Catalog, plan: &Plan) -> HashMap<Uuid, Uuid> {
    let known = catalog.known.iter();
    let known = known.filter_map(|entity| Some((entity.id, entity.parent_id?)));
    let new = plan.folders.iter();
    let new = new.filter_map(|folder| Some((folder.id, folder.parent_id?)));
    known.chain(new).collect()
}
