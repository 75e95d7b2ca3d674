//! Permission checks for tasks.

use tanuki_store::query::access::{self, TaskRelation};
use tanuki_store::{Connection, Executor};
use uuid::Uuid;

use super::{ProjectAccess, ensure};
use crate::{Caller, Error, Result};

/// A task, and the caller's permissions in its project.
#[derive(Debug, Clone)]
pub(crate) struct TaskAccess {
    pub id: Uuid,
    pub task: TaskRelation,
    pub access: ProjectAccess,
}

impl TaskAccess {
    /// Whether the caller may edit the task. Requires access to the project,
    /// and one of: manager, client, assignee, creator of the task's entity,
    /// supervisor of the task type's department (or without departments).
    pub fn can_edit(&self) -> bool {
        let Self { task, access, .. } = self;
        access.is_granted()
            && (access.is_manager()
                || access.is_client()
                || task.made_entity
                || task.is_assigned
                || self.is_supervisor())
    }

    /// Whether the caller supervises the task: in its project, with the task
    /// type in one of their departments or without departments. In SQL:
    /// `visibility::tasks::led_by`, which has the tasks of managers too.
    pub fn is_supervisor(&self) -> bool {
        self.access.is_supervisor() && self.task.is_of_department
    }

    /// Requires that the caller may read the task: access to its project, and
    /// for vendors a task of its entity. In SQL: `visibility::tasks`, where
    /// vendors get the tasks that they are assigned to only, as in Zou.
    ///
    /// # Errors
    /// [`Error::Denied`] if not.
    pub async fn require_read(&self, connection: impl Connection, caller: &Caller) -> Result<()> {
        ensure(self.access.is_granted())?;
        match self.task.entity_id {
            Some(id) => {
                caller
                    .require_entity_reach(connection, self.access, id)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Whether the caller may publish previews on the task and change its
    /// files. Like [`can_edit`](Self::can_edit), but clients only if they are
    /// assigned: they review what is published.
    pub fn can_publish(&self) -> bool {
        self.can_edit() && (!self.access.is_client() || self.task.is_assigned)
    }
}

impl Caller {
    /// Returns a task with the caller's permissions in its project. Refuses
    /// nobody.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such task.
    pub(crate) async fn task_access(
        &self,
        connection: impl Connection,
        id: Uuid,
    ) -> Result<TaskAccess> {
        let task = access::task_relation(connection, self.id, id)
            .await?
            .ok_or(Error::NotFound)?;
        let access = self.project_access_of(task.membership.clone());
        Ok(TaskAccess { id, task, access })
    }

    /// Returns a task that the caller may read, with their permissions in its
    /// project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such task; [`Error::Denied`] without
    /// access to its project, or for a vendor who has no task of its entity.
    pub(crate) async fn require_task_access(
        &self,
        mut connection: Executor<'_>,
        id: Uuid,
    ) -> Result<TaskAccess> {
        let on_task = self.task_access(connection.reborrow(), id).await?;
        on_task.require_read(connection, self).await?;
        Ok(on_task)
    }
}
