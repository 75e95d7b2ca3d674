//! Assigning tasks to people and unassigning them, and setting priorities.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tanuki_store::query::tasks::assignments::{self, Ties, Worker};
use tanuki_store::query::{access, locks, rows};
use tanuki_store::schema::{PROJECT_PERSON_LINK, TASK};
use tanuki_store::view::tasks::PLAIN;
use tanuki_store::write::{self, Values};
use tanuki_store::{Executor, Transaction};
use uuid::Uuid;

use super::resource::{assignees, notify_of_assignment};
use crate::access::{ProjectAccess, ensure};
use crate::events::Event;
use crate::fields::{check_changes, id_of};
use crate::resource::Relations;
use crate::{Caller, Core, Error, MaybeId, Result};

/// A task as a JSON row.
type Row = Map<String, Value>;

impl Core {
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
        &self,
        caller: &Caller,
        task: &MaybeId,
        person: &MaybeId,
    ) -> Result<Option<Row>> {
        let mut transaction = self.database().begin().await?;
        let Some(task) = self
            .assign_one(&mut transaction, caller, task, person)
            .await?
        else {
            return Ok(None);
        };
        self.let_join(
            &mut transaction,
            caller,
            std::slice::from_ref(&task),
            person,
        )
        .await?;
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
        &self,
        caller: &Caller,
        person: &MaybeId,
        tasks: &[MaybeId],
    ) -> Result<Option<Vec<Row>>> {
        check_changes("task_ids", tasks)?;
        let mut transaction = self.database().begin().await?;
        lock_in_order(&mut transaction, tasks).await?;
        let mut given = Vec::new();
        for task in tasks {
            match self
                .assign_one(&mut transaction, caller, task, person)
                .await
            {
                Ok(Some(task)) => given.push(task),
                Ok(None) => return Ok(None),
                Err(Error::NotFound | Error::Denied) => {}
                Err(error) => return Err(error),
            }
        }
        self.let_join(&mut transaction, caller, &given, person)
            .await?;
        transaction.commit().await?;
        Ok(Some(given))
    }

    async fn assign_one(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        task: &MaybeId,
        person: &MaybeId,
    ) -> Result<Option<Row>> {
        let (id, task) = locked(transaction, task).await?;
        let project_id = id_of(&task, "project_id");
        let Some(person_id) = person.id() else {
            return Ok(None);
        };
        let worker = match worker((&mut *transaction).into(), person_id, project_id).await {
            Ok(worker) => worker,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let access = caller.project_access(&mut *transaction, project_id).await?;
        let task_type_id = id_of(&task, "task_type_id");
        let ties =
            assignments::ties(&mut *transaction, caller.id, task_type_id, Some(worker.id)).await?;
        ensure(may_assign(access, ties, worker.id == caller.id))?;
        if worker.is_preview {
            return Err(Error::invalid("A preview account can't be assigned"));
        }
        assignments::add(transaction, id, worker.id, &self.defaults()).await?;
        let assigner = Values::from([("assigner_id", caller.author().into())]);
        let task = self
            .touch(transaction, id, assigner, Relations::With)
            .await?;
        let events = vec![
            Event::about("task", "assign", id)
                .with("person_id", worker.id.to_string())
                .in_project(project_id),
            Event::about("task", "update", id).in_project(project_id),
        ];
        self.record_all(transaction, events, Some(caller)).await?;
        notify_of_assignment(self, caller, transaction, id, worker.id, project_id).await?;
        Ok(Some(task))
    }

    /// Adds the assignee to the teams of the tasks' projects and records
    /// `project:update` for each new membership.
    async fn let_join(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        tasks: &[Row],
        person: &MaybeId,
    ) -> Result<()> {
        let Some(person_id) = person.id() else {
            return Ok(());
        };
        let projects: BTreeSet<Uuid> = tasks
            .iter()
            .filter_map(|task| id_of(task, "project_id"))
            .collect();
        for project_id in projects {
            let membership = access::membership(&mut *transaction, project_id, person_id).await?;
            if membership.is_some() {
                continue;
            }
            let values = Values::from([
                ("project_id", project_id.into()),
                ("person_id", person_id.into()),
            ]);
            let table = &PROJECT_PERSON_LINK;
            write::insert_new(transaction, table, vec![values], &self.defaults()).await?;
            let event = Event::named("project:update").in_project(Some(project_id));
            self.record(transaction, event, Some(caller)).await?;
        }
        Ok(())
    }

    /// Unassigns tasks from a person, or from everybody if `person` is `None`.
    /// Returns the ids of the changed tasks; tasks that do not exist or that
    /// the caller may not change are skipped. Permissions: see
    /// [`may_unassign`].
    pub async fn unassign(
        &self,
        caller: &Caller,
        tasks: &[MaybeId],
        person: Option<&MaybeId>,
    ) -> Result<Vec<String>> {
        check_changes("task_ids", tasks)?;
        let mut transaction = self.database().begin().await?;
        lock_in_order(&mut transaction, tasks).await?;
        let mut cleared = Vec::new();
        for task in tasks {
            match self
                .unassign_one(&mut transaction, caller, task, person)
                .await
            {
                Ok(()) => cleared.push(task.as_str().to_owned()),
                Err(Error::NotFound | Error::Denied) => {}
                Err(error) => return Err(error),
            }
        }
        transaction.commit().await?;
        Ok(cleared)
    }

    async fn unassign_one(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        task: &MaybeId,
        person: Option<&MaybeId>,
    ) -> Result<()> {
        let (id, task) = locked(transaction, task).await?;
        let project_id = id_of(&task, "project_id");
        let access = caller.project_access(&mut *transaction, project_id).await?;
        let task_type_id = id_of(&task, "task_type_id");
        let ties = assignments::ties(&mut *transaction, caller.id, task_type_id, None).await?;
        let theirs = assignees(&task);
        let is_own = person.is_some_and(|given| given.as_str() == caller.id.to_string())
            && theirs.contains(&caller.id);
        ensure(may_unassign(access, ties, is_own))?;
        let (person_id, gone) = match person {
            // The event is recorded even if no such person exists.
            Some(given) => (
                Some(given.id().unwrap_or_default()),
                vec![given.as_str().to_owned()],
            ),
            None => (None, theirs.iter().map(Uuid::to_string).collect()),
        };
        assignments::remove(transaction, id, person_id).await?;
        self.touch(transaction, id, Values::new(), Relations::Without)
            .await?;
        let told = |person| {
            Event::named("task:unassign")
                .with("person_id", person)
                .with("task_id", id.to_string())
                .in_project(project_id)
        };
        let mut events: Vec<Event> = gone.into_iter().map(told).collect();
        events.push(Event::about("task", "update", id).in_project(project_id));
        self.record_all(transaction, events, Some(caller)).await
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
        &self,
        caller: &Caller,
        tasks: &[MaybeId],
        priority: i64,
    ) -> Result<Vec<Row>> {
        let malformed = |_| Error::Constraint(crate::ConstraintViolation::Format);
        let priority = i32::try_from(priority).map_err(malformed)?;
        check_changes("task_ids", tasks)?;
        let mut transaction = self.database().begin().await?;
        lock_in_order(&mut transaction, tasks).await?;
        let mut changed = Vec::new();
        for task in tasks {
            let (id, task) = match locked(&mut transaction, task).await {
                Err(Error::NotFound) => continue,
                found => found?,
            };
            let project_id = id_of(&task, "project_id");
            let access = caller.project_access(&mut transaction, project_id).await?;
            let supervises = match id_of(&task, "task_type_id") {
                Some(task_type_id) => {
                    caller
                        .supervises_task_type(&mut transaction, access, task_type_id)
                        .await?
                }
                None => false,
            };
            if !access.is_manager() && !supervises {
                continue;
            }
            let values = Values::from([("priority", priority.into())]);
            let form = Relations::Without;
            changed.push(self.touch(&mut transaction, id, values, form).await?);
            let event = Event::about("task", "update", id).in_project(project_id);
            self.record(&mut transaction, event, Some(caller)).await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Updates a task together with `updated_at` and returns its new row.
    async fn touch(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        mut values: Values,
        relations: Relations,
    ) -> Result<Row> {
        values.insert("updated_at", self.clock().timestamp().into());
        write::update(transaction, &TASK, id, values).await?;
        let task = rows::by_id(transaction, PLAIN.form(relations, false), id).await?;
        task.ok_or(Error::NotFound)
    }
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
            Some(id) => assignments::allows_bots(connection, id).await?,
            None => false,
        };
        ensure(takes_bots)?;
    }
    Ok(worker)
}

/// Reads a task with its assignees and locks its row.
///
/// # Errors
///
/// [`Error::NotFound`] if the id is malformed or the task does not exist.
async fn locked(transaction: &mut Transaction, task: &MaybeId) -> Result<(Uuid, Row)> {
    let id = task.found()?;
    let task = rows::locked(transaction, PLAIN.form(Relations::With, false), id).await?;
    Ok((id, task.ok_or(Error::NotFound)?))
}

/// Locks the rows of the tasks in id order, so that concurrent transactions
/// cannot deadlock. Malformed ids are ignored.
async fn lock_in_order(transaction: &mut Transaction, tasks: &[MaybeId]) -> Result<()> {
    let ids: BTreeSet<Uuid> = tasks.iter().filter_map(MaybeId::id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    Ok(locks::tasks_by_id(transaction, &ids).await?)
}

#[cfg(test)]
mod tests {
    use tanuki_domain::Role;

    use super::*;

    const NO_TIES: Ties = Ties {
        free: false,
        of_type: false,
        with_other: false,
    };
    /// The task is of one of their departments.
    const OF_TYPE: Ties = Ties {
        of_type: true,
        ..NO_TIES
    };
    /// So is the person whom they assign.
    const OF_BOTH: Ties = Ties {
        with_other: true,
        ..OF_TYPE
    };
    /// They are in no department.
    const FREE: Ties = Ties {
        free: true,
        ..NO_TIES
    };

    #[test]
    fn who_assigns() {
        use Role::*;
        // Somebody else, themselves.
        let (no, both, own) = ((false, false), (true, true), (false, true));
        for (role, expected) in [
            (Admin, [both, both, both, both]),
            (Manager, [both, both, both, both]),
            (Supervisor, [no, own, both, both]),
            (User, [no, own, own, no]),
            (Vendor, [no, own, own, no]),
            (Client, [no, own, own, no]),
        ] {
            for (ties, expected) in [NO_TIES, OF_TYPE, OF_BOTH, FREE].into_iter().zip(expected) {
                let access = ProjectAccess::member_as(role);
                let found = (
                    may_assign(access, ties, false),
                    may_assign(access, ties, true),
                );
                assert_eq!(found, expected, "{role} {ties:?}");
                let outside = may_assign(ProjectAccess::outside_as(role), ties, true);
                assert_eq!(outside, role == Admin, "outside: {role} {ties:?}");
            }
        }
    }

    #[test]
    fn who_unassigns() {
        use Role::*;
        let (both, own) = ((true, true), (false, true));
        for (role, expected) in [
            (Admin, [both, both, both]),
            (Manager, [both, both, both]),
            (Supervisor, [own, both, both]),
            (User, [own, own, own]),
            (Vendor, [own, own, own]),
            (Client, [own, own, own]),
        ] {
            for (ties, expected) in [NO_TIES, OF_TYPE, FREE].into_iter().zip(expected) {
                let access = ProjectAccess::member_as(role);
                let found = (
                    may_unassign(access, ties, false),
                    may_unassign(access, ties, true),
                );
                assert_eq!(found, expected, "{role} {ties:?}");
                let outside = may_unassign(ProjectAccess::outside_as(role), ties, true);
                assert_eq!(outside, role == Admin, "outside: {role} {ties:?}");
            }
        }
    }
}
