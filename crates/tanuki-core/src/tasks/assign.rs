//! Assigning tasks to people and unassigning them, and setting priorities.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use tanuki_store::query::comments::notifications::Notification;
use tanuki_store::query::tasks::assignments::{self, Departments, Ties, Worker};
use tanuki_store::query::{access, locks, rows};
use tanuki_store::schema::{PROJECT_PERSON_LINK, TASK};
use tanuki_store::view::tasks::PLAIN;
use tanuki_store::write::{self, Values};
use tanuki_store::{Executor, Transaction};
use uuid::Uuid;

use super::resource::{assignees, assignment};
use crate::access::{AllProjectAccess, ProjectAccess, ensure};
use crate::events::Event;
use crate::fields::{by_id, check_changes, id_of};
use crate::resource::Relations;
use crate::{Caller, Error, JsonRow, MaybeId, Result, Tasks};

/// The tasks of a request that exist, locked, with what decides whether the
/// caller may change them.
struct ChosenTasks<'a> {
    caller: &'a Caller,
    /// With their assignees.
    rows: HashMap<Uuid, JsonRow>,
    projects: AllProjectAccess<'a>,
    departments: Departments,
}

impl<'a> ChosenTasks<'a> {
    /// Locks and loads tasks, whose number does not change the number of
    /// statements. Malformed ids are ignored. `other` is the person whose
    /// departments are compared with the caller's.
    async fn load(
        transaction: &mut Transaction,
        caller: &'a Caller,
        tasks: &[MaybeId],
        other: Option<Uuid>,
    ) -> Result<Self> {
        let ids: BTreeSet<Uuid> = tasks.iter().filter_map(MaybeId::id).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        locks::tasks_by_id(transaction, &ids).await?;
        Ok(Self {
            caller,
            rows: load(transaction, Relations::With, &ids).await?,
            projects: caller.all_project_access(&mut *transaction).await?,
            departments: assignments::departments(transaction, caller.id, other).await?,
        })
    }

    /// Returns the id and the row of a task; `None` if it does not exist.
    fn task(&self, task: &MaybeId) -> Option<(Uuid, &JsonRow)> {
        let id = task.id()?;
        Some((id, self.rows.get(&id)?))
    }

    /// Returns the caller's permissions in the project of a task.
    fn access(&self, task: &JsonRow) -> ProjectAccess {
        self.projects.of(id_of(task, "project_id"))
    }

    /// Compares the caller's departments with that of the task's type.
    fn ties(&self, task: &JsonRow) -> Ties {
        self.departments.ties(id_of(task, "task_type_id"))
    }
}

impl Tasks<'_> {
    /// Assigns a task to a person, who joins the project's team if necessary.
    /// Returns the task with its assignees; `None` if the person does not
    /// exist. Permissions: see [`may_assign`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task does not exist, [`Error::Denied`]
    /// without permission or for a bot that the project does not allow,
    /// [`Error::Invalid`] for a preview account.
    pub async fn assign(
        self,
        caller: &Caller,
        task: &MaybeId,
        person: &MaybeId,
    ) -> Result<Option<JsonRow>> {
        let mut transaction = self.core.database().begin().await?;
        let tasks = std::slice::from_ref(task);
        let chosen = ChosenTasks::load(&mut transaction, caller, tasks, person.id()).await?;
        if chosen.rows.is_empty() {
            return Err(Error::NotFound);
        }
        let Some(mut assigned) = self
            .assign_chosen(&mut transaction, &chosen, tasks, person)
            .await?
        else {
            return Ok(None);
        };
        let task = assigned.pop().ok_or(Error::Denied)?;
        transaction.commit().await?;
        Ok(Some(task))
    }

    /// Assigns tasks to a person in one transaction. Returns the changed tasks
    /// with their assignees; tasks that do not exist or that the caller may not
    /// assign are skipped. `None` if the person does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a preview account or too many tasks.
    pub async fn assign_many(
        self,
        caller: &Caller,
        person: &MaybeId,
        tasks: &[MaybeId],
    ) -> Result<Option<Vec<JsonRow>>> {
        check_changes("task_ids", tasks)?;
        let mut transaction = self.core.database().begin().await?;
        let chosen = ChosenTasks::load(&mut transaction, caller, tasks, person.id()).await?;
        if chosen.rows.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let assigned = self
            .assign_chosen(&mut transaction, &chosen, tasks, person)
            .await?;
        transaction.commit().await?;
        Ok(assigned)
    }

    /// Assigns tasks to a person in the transaction of a caller of this crate.
    /// Tasks that the caller may not assign are skipped.
    pub(crate) async fn assign_in(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        person_id: Uuid,
        tasks: &[Uuid],
    ) -> Result<()> {
        let tasks: Vec<MaybeId> = tasks.iter().map(|id| (*id).into()).collect();
        let chosen = ChosenTasks::load(&mut *transaction, caller, &tasks, Some(person_id)).await?;
        self.assign_chosen(transaction, &chosen, &tasks, &person_id.into())
            .await?;
        Ok(())
    }

    /// Assigns those of the tasks that the caller may assign, and returns their
    /// new rows. `None` if the person does not exist.
    async fn assign_chosen(
        self,
        transaction: &mut Transaction,
        chosen: &ChosenTasks<'_>,
        tasks: &[MaybeId],
        person: &MaybeId,
    ) -> Result<Option<Vec<JsonRow>>> {
        let caller = chosen.caller;
        let worker = match person.id() {
            Some(id) => assignments::worker(&mut *transaction, id).await?,
            None => None,
        };
        let Some(worker) = worker else {
            return Ok(None);
        };
        let allowed = may_take(transaction, chosen, worker, tasks).await?;
        if allowed.is_empty() {
            return Ok(Some(Vec::new()));
        }
        if worker.is_preview {
            return Err(Error::invalid("A preview account can't be assigned"));
        }
        let ids: Vec<Uuid> = allowed.iter().map(|(id, _)| *id).collect();
        assignments::add(transaction, &ids, worker.id, &self.core.defaults()).await?;
        let assigner = Values::from([("assigner_id", caller.author().into())]);
        self.touch(transaction, &ids, assigner).await?;
        self.publish_assigned(transaction, caller, &allowed, worker.id)
            .await?;
        self.let_join(transaction, caller, &allowed, worker.id)
            .await?;
        let rows = load(transaction, Relations::With, &ids).await?;
        let row = |id: &Uuid| rows.get(id).cloned();
        Ok(Some(ids.iter().filter_map(row).collect()))
    }

    /// Records `task:assign` and `task:update` for each task, and notifies the
    /// assignee of each.
    async fn publish_assigned(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        tasks: &[(Uuid, Option<Uuid>)],
        person_id: Uuid,
    ) -> Result<()> {
        let projects: HashMap<Uuid, Option<Uuid>> = tasks.iter().copied().collect();
        // A microsecond apart, so that they are listed in the order of the tasks.
        let mut at = self.core.clock().timestamp();
        let mut notifications = Vec::with_capacity(tasks.len());
        for (id, _) in tasks {
            notifications.extend(assignment(caller, *id, person_id).map(|notification| {
                Notification {
                    created_at: Some(at),
                    ..notification
                }
            }));
            at += TimeDelta::microseconds(1);
        }
        let mut notified = self
            .core
            .create_notifications(transaction, &notifications, |about| {
                projects.get(&about.subject.task_id()?).copied().flatten()
            })
            .await?
            .into_iter();
        let mut events = Vec::with_capacity(tasks.len() * 3);
        for (id, project_id) in tasks {
            events.push(
                Event::about("task", "assign", *id)
                    .with("person_id", person_id.to_string())
                    .in_project(*project_id),
            );
            events.push(Event::about("task", "update", *id).in_project(*project_id));
            events.extend(notified.next());
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Adds the assignee to the teams of the tasks' projects and records
    /// `project:update` for each new membership.
    async fn let_join(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        tasks: &[(Uuid, Option<Uuid>)],
        person_id: Uuid,
    ) -> Result<()> {
        let mut projects: BTreeSet<Uuid> = tasks
            .iter()
            .filter_map(|(_, project_id)| *project_id)
            .collect();
        for (project_id, _) in access::memberships(&mut *transaction, person_id).await? {
            projects.remove(&project_id);
        }
        let link = |project_id: &Uuid| {
            Values::from([
                ("project_id", (*project_id).into()),
                ("person_id", person_id.into()),
            ])
        };
        let links = projects.iter().map(link).collect();
        let table = &PROJECT_PERSON_LINK;
        write::insert_new(transaction, table, links, &self.core.defaults()).await?;
        let joined = |project_id| Event::named("project:update").in_project(Some(project_id));
        let events = projects.into_iter().map(joined).collect();
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Unassigns tasks from a person, or from everybody if `person` is `None`.
    /// Returns the ids of the changed tasks; tasks that do not exist or that
    /// the caller may not change are skipped. Permissions: see
    /// [`may_unassign`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for too many tasks.
    pub async fn unassign(
        self,
        caller: &Caller,
        tasks: &[MaybeId],
        person: Option<&MaybeId>,
    ) -> Result<Vec<String>> {
        check_changes("task_ids", tasks)?;
        let mut transaction = self.core.database().begin().await?;
        let chosen = ChosenTasks::load(&mut transaction, caller, tasks, None).await?;
        // Who is still assigned: a task may be listed twice.
        let mut left: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        let mut cleared = Vec::new();
        let mut events = Vec::new();
        for given in tasks {
            let Some((id, task)) = chosen.task(given) else {
                continue;
            };
            let theirs = left.entry(id).or_insert_with(|| assignees(task));
            let is_own =
                person.and_then(MaybeId::id) == Some(caller.id) && theirs.contains(&caller.id);
            if !may_unassign(chosen.access(task), chosen.ties(task), is_own) {
                continue;
            }
            let gone: Vec<String> = match person {
                // The event is recorded even if no such person exists.
                Some(given) => {
                    theirs.remove(&given.id().unwrap_or_default());
                    vec![given.as_str().to_owned()]
                }
                None => std::mem::take(theirs).iter().map(Uuid::to_string).collect(),
            };
            let project_id = id_of(task, "project_id");
            events.extend(gone.into_iter().map(|person| {
                Event::named("task:unassign")
                    .with("person_id", person)
                    .with("task_id", id.to_string())
                    .in_project(project_id)
            }));
            events.push(Event::about("task", "update", id).in_project(project_id));
            cleared.push((id, given.as_str().to_owned()));
        }
        let (ids, cleared): (Vec<Uuid>, Vec<String>) = cleared.into_iter().unzip();
        let person_id = person.map(|person| person.id().unwrap_or_default());
        assignments::remove(&mut transaction, &ids, person_id).await?;
        self.touch(&mut transaction, &ids, Values::new()).await?;
        self.core
            .record_all(&mut transaction, events, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(cleared)
    }

    /// Sets the priority of tasks. Requires a manager of the project or a
    /// supervisor of the task's department; tasks without permission or that do
    /// not exist are skipped. Returns the changed tasks, without assignees.
    ///
    /// # Errors
    ///
    /// [`Error::Constraint`] if the priority does not fit into 32 bits,
    /// [`Error::Invalid`] for too many tasks.
    pub async fn set_priority(
        self,
        caller: &Caller,
        tasks: &[MaybeId],
        priority: i64,
    ) -> Result<Vec<JsonRow>> {
        let malformed = |_| Error::Constraint(crate::ConstraintViolation::Format);
        let priority = i32::try_from(priority).map_err(malformed)?;
        check_changes("task_ids", tasks)?;
        let mut transaction = self.core.database().begin().await?;
        let chosen = ChosenTasks::load(&mut transaction, caller, tasks, None).await?;
        let mut ids = Vec::new();
        let mut events = Vec::new();
        for (id, task) in tasks.iter().filter_map(|task| chosen.task(task)) {
            if may_prioritize(chosen.access(task), chosen.ties(task)) {
                ids.push(id);
                events
                    .push(Event::about("task", "update", id).in_project(id_of(task, "project_id")));
            }
        }
        let values = Values::from([("priority", priority.into())]);
        self.touch(&mut transaction, &ids, values).await?;
        self.core
            .record_all(&mut transaction, events, Some(caller))
            .await?;
        let rows = load(&mut transaction, Relations::Without, &ids).await?;
        transaction.commit().await?;
        let row = |id: &Uuid| rows.get(id).cloned();
        Ok(ids.iter().filter_map(row).collect())
    }

    /// Updates tasks together with `updated_at`.
    async fn touch(
        self,
        transaction: &mut Transaction,
        ids: &[Uuid],
        mut values: Values,
    ) -> Result<()> {
        values.insert("updated_at", self.core.clock().timestamp().into());
        write::update_many(transaction, &TASK, ids, values).await?;
        Ok(())
    }
}

/// Loads tasks by id.
async fn load(
    transaction: &mut Transaction,
    relations: Relations,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, JsonRow>> {
    let rows = rows::by_ids(transaction, PLAIN.form(relations, false), ids);
    Ok(by_id(rows.await?))
}

/// Returns the ids of the tasks that the caller may assign to a person, each
/// with that of its project.
async fn may_take(
    transaction: &mut Transaction,
    chosen: &ChosenTasks<'_>,
    worker: Worker,
    tasks: &[MaybeId],
) -> Result<Vec<(Uuid, Option<Uuid>)>> {
    let projects = chosen.rows.values();
    let projects: BTreeSet<Uuid> = projects
        .filter_map(|row| id_of(row, "project_id"))
        .collect();
    let with_bots = if worker.is_bot {
        let projects: Vec<Uuid> = projects.into_iter().collect();
        assignments::allowing_bots(transaction, &projects).await?
    } else {
        Vec::new()
    };
    let mut allowed = Vec::new();
    for (id, task) in tasks.iter().filter_map(|task| chosen.task(task)) {
        let project_id = id_of(task, "project_id");
        let takes_worker = !worker.is_bot || project_id.is_some_and(|id| with_bots.contains(&id));
        let is_self = worker.id == chosen.caller.id;
        if takes_worker && may_assign(chosen.access(task), chosen.ties(task), is_self) {
            allowed.push((id, project_id));
        }
    }
    Ok(allowed)
}

/// Permission to set priorities: managers, and supervisors of the task's
/// department.
fn may_prioritize(access: ProjectAccess, ties: Ties) -> bool {
    access.is_manager() || (access.is_supervisor() && (ties.free || ties.of_type))
}

/// Permission to assign: managers assign everybody; supervisors people of their
/// departments to tasks of their departments, or everybody if they are in no
/// department; everybody else only themselves, to tasks of their departments.
fn may_assign(access: ProjectAccess, ties: Ties, is_self: bool) -> bool {
    let in_department = ties.free || (ties.of_type && ties.with_other);
    access.is_granted()
        && (access.is_manager()
            || (access.is_supervisor() && in_department)
            || (ties.of_type && is_self))
}

/// Permission to unassign: managers, supervisors of the task's department, and
/// people themselves.
fn may_unassign(access: ProjectAccess, ties: Ties, is_own: bool) -> bool {
    access.is_granted()
        && (access.is_manager()
            || (access.is_supervisor() && (ties.free || ties.of_type))
            || is_own)
}

/// Loads a person who may be assigned work in the project.
///
/// # Errors
///
/// [`Error::NotFound`] if the person does not exist, [`Error::Denied`] for a
/// bot without a project or in a project that does not allow bots.
pub(super) async fn worker(
    mut connection: Executor<'_>,
    person_id: Uuid,
    project_id: Option<Uuid>,
) -> Result<Worker> {
    let worker = assignments::worker(connection.reborrow(), person_id)
        .await?
        .ok_or(Error::NotFound)?;
    if worker.is_bot {
        let takes_bots = match project_id {
            Some(id) => !assignments::allowing_bots(connection, &[id])
                .await?
                .is_empty(),
            None => false,
        };
        ensure(takes_bots)?;
    }
    Ok(worker)
}

#[cfg(test)]
mod tests;
