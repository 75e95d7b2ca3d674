//! Permission checks in one project (production).
//!
//! A team can give its members a role of their own; a member without one has
//! their studio-wide role. Admins are admins in every project, and no team role
//! makes anybody an admin.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::query::access::{self, Membership, TaskRelation};
use tanuki_store::query::projects;
use tanuki_store::{Connection, Database, Executor};
use uuid::Uuid;

use crate::fields::id_of;
use crate::resource::{CreateContext, DeleteContext, HookFuture, UpdateContext};
use crate::{Admin, Caller, ConstraintViolation, Core, Error, Result};

/// The caller's permissions in one project: their role there, and whether they
/// are a member of its team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProjectAccess {
    admin: bool,
    member: bool,
    role: Role,
}

impl ProjectAccess {
    /// Whether the caller has access to the project: members of its team and
    /// admins.
    pub fn is_granted(self) -> bool {
        self.admin || self.member
    }

    /// Whether the caller is a member of the team. Admins count as no members.
    pub fn is_member(self) -> bool {
        self.member
    }

    /// Whether the caller is an admin or has the role manager, even if only
    /// studio-wide and without being in the team.
    pub fn has_manager_role(self) -> bool {
        self.admin || self.role == Role::Manager
    }

    /// Whether the caller is an admin or a manager in the team.
    pub fn is_manager(self) -> bool {
        self.admin || (self.member && self.role == Role::Manager)
    }

    /// Whether the caller is a supervisor in the team.
    pub fn is_supervisor(self) -> bool {
        self.member && self.role == Role::Supervisor
    }

    /// Whether the caller is an artist (role `user`) in the team.
    pub fn is_artist(self) -> bool {
        self.member && self.role == Role::User
    }

    /// Returns the role in the project, or the studio-wide one if the caller is
    /// not a member.
    pub fn role(self) -> Role {
        self.role
    }

    /// Whether the role is client (the customer of the production).
    pub fn is_client(self) -> bool {
        self.role == Role::Client
    }

    /// Whether the role is vendor (an outside company).
    pub fn is_vendor(self) -> bool {
        self.role == Role::Vendor
    }

    /// Requires an admin or a manager in the team.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else.
    pub fn require_manager(self) -> Result<()> {
        ensure(self.is_manager())
    }

    /// Requires an admin, or a manager or supervisor in the team.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else.
    pub fn require_supervisor(self) -> Result<()> {
        ensure(self.is_manager() || self.is_supervisor())
    }

    /// Refuses clients and vendors with [`Error::Denied`].
    pub fn deny_guests(self) -> Result<()> {
        ensure(!self.is_client() && !self.is_vendor())
    }

    /// Refuses vendors with [`Error::Denied`].
    pub fn deny_vendors(self) -> Result<()> {
        ensure(!self.is_vendor())
    }

    /// Refuses clients with [`Error::Denied`].
    pub fn deny_clients(self) -> Result<()> {
        ensure(!self.is_client())
    }
}

/// Returns [`Error::Denied`] if a permission check failed.
pub(crate) fn ensure(allowed: bool) -> Result<()> {
    if allowed { Ok(()) } else { Err(Error::Denied) }
}

impl Caller {
    /// Returns the caller's permissions in a project. Does not refuse: callers
    /// who are not in the team, and `None` as the project, give access without
    /// membership. No query for admins.
    pub(crate) async fn project_access(
        &self,
        connection: impl Connection,
        project_id: Option<Uuid>,
    ) -> Result<ProjectAccess> {
        let Some(project_id) = project_id.filter(|_| !self.is_admin()) else {
            return Ok(self.project_access_of(None));
        };
        let membership = access::membership(connection, project_id, self.id).await?;
        Ok(self.project_access_of(membership))
    }

    /// Computes the permissions from a membership row; `None` if the caller is
    /// not in the team. A team role `admin` is ignored.
    pub(crate) fn project_access_of(&self, membership: Option<Membership>) -> ProjectAccess {
        let mut access = ProjectAccess {
            admin: self.is_admin(),
            member: false,
            role: self.role,
        };
        if let Some(membership) = membership.filter(|_| !access.admin) {
            access.member = true;
            let own = membership.role.and_then(|role| role.parse().ok());
            access.role = own.filter(|role| *role != Role::Admin).unwrap_or(self.role);
        }
        access
    }

    /// Returns the caller's permissions in a project to which they must have
    /// access.
    ///
    /// # Errors
    /// [`Error::Denied`] if the caller is neither in the team nor an admin.
    pub(crate) async fn require_project_access(
        &self,
        connection: impl Connection,
        project_id: Option<Uuid>,
    ) -> Result<ProjectAccess> {
        let access = self.project_access(connection, project_id).await?;
        ensure(access.is_granted())?;
        Ok(access)
    }

    /// Like [`require_project_access`](Self::require_project_access) for a
    /// project whose id comes from the request. Admins pass even if there is no
    /// such project; lists of it are empty for them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`] if
    /// the caller has no access to it.
    pub(crate) async fn require_existing_project(
        &self,
        database: &Database,
        project_id: Option<Uuid>,
    ) -> Result<ProjectAccess> {
        if let Some(id) = project_id
            && !self.is_admin()
            && !projects::exists(database, id).await?
        {
            return Err(Error::NotFound);
        }
        self.require_project_access(database, project_id).await
    }

    /// Requires of a vendor that they are assigned to a task of the entity.
    /// Everybody else passes without a query.
    ///
    /// # Errors
    /// [`Error::Denied`] if a vendor has no task of the entity.
    pub(crate) async fn require_entity_reach(
        &self,
        connection: impl Connection,
        access: ProjectAccess,
        entity_id: Uuid,
    ) -> Result<()> {
        if !access.is_vendor() {
            return Ok(());
        }
        ensure(access::works_on_entity(connection, self.id, entity_id).await?)
    }

    /// Whether the caller is a supervisor of the project and responsible for
    /// the task type: it is of one of their departments, or they have none.
    pub(crate) async fn supervises_task_type(
        &self,
        connection: impl Connection,
        access: ProjectAccess,
        task_type_id: Uuid,
    ) -> Result<bool> {
        Ok(access.is_supervisor()
            && access::is_of_department(connection, self.id, task_type_id).await?)
    }
}

impl Core {
    /// Returns the ids of the projects in which the caller has the role client;
    /// empty for admins.
    pub(crate) async fn projects_as_client(&self, caller: &Caller) -> Result<BTreeSet<Uuid>> {
        if caller.is_admin() {
            return Ok(BTreeSet::new());
        }
        let places = access::memberships(self.database(), caller.id).await?;
        let is_client = |(_, place): &(Uuid, Membership)| {
            caller.project_access_of(Some(place.clone())).is_client()
        };
        let found = places.into_iter().filter(is_client);
        Ok(found.map(|(id, _)| id).collect())
    }
}

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
    /// type in one of their departments or without departments.
    pub fn is_supervisor(&self) -> bool {
        self.access.is_supervisor() && self.task.is_of_department
    }

    /// Requires that the caller may read the task: access to its project, and
    /// for vendors a task of its entity.
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

/// Proof of a permission check: the caller manages the project, or is an admin.
#[derive(Debug, Clone, Copy)]
pub struct ManagedProject<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) project_id: Uuid,
}

impl<'a> ManagedProject<'a> {
    /// Admins manage every project. The project may not exist.
    pub(crate) fn of_admin(admin: Admin<'a>, project_id: Uuid) -> Self {
        Self {
            caller: admin.caller(),
            project_id,
        }
    }
}

/// Projects whose id is a path parameter. A missing project gives
/// [`Error::NotFound`], one without access [`Error::Denied`]. The
/// `…_unless_admin` methods let admins pass for *any* id: lists of a project
/// that does not exist are empty for them, as in Zou.
impl Core {
    /// Returns a project and the caller's permissions in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`] if
    /// the caller has no access to it.
    pub(crate) async fn require_project(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(Uuid, ProjectAccess)> {
        self.require_existing(id).await?;
        Ok((
            id,
            caller
                .require_project_access(self.database(), Some(id))
                .await?,
        ))
    }

    /// Like [`require_project`](Self::require_project), but admins pass even if
    /// there is no such project.
    pub(crate) async fn require_project_unless_admin(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<(Uuid, ProjectAccess)> {
        Ok((
            id,
            caller
                .require_existing_project(self.database(), Some(id))
                .await?,
        ))
    }

    /// Requires that the caller manages the project: managers of its team, and
    /// admins.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project, [`Error::Denied`] if
    /// the caller does not manage it.
    pub async fn require_managed_project<'a>(
        &self,
        caller: &'a Caller,
        id: Uuid,
    ) -> Result<ManagedProject<'a>> {
        managed(caller, self.require_project(caller, id).await?)
    }

    /// Like [`require_managed_project`](Self::require_managed_project), but
    /// admins pass even if there is no such project.
    pub(crate) async fn require_managed_project_unless_admin<'a>(
        &self,
        caller: &'a Caller,
        id: Uuid,
    ) -> Result<ManagedProject<'a>> {
        managed(caller, self.require_project_unless_admin(caller, id).await?)
    }
}

fn managed(
    caller: &Caller,
    (project_id, access): (Uuid, ProjectAccess),
) -> Result<ManagedProject<'_>> {
    access.require_manager()?;
    Ok(ManagedProject { caller, project_id })
}

/// Returns the caller's permissions in the project that the body of a creation
/// names under `project_id`.
///
/// # Errors
/// [`ConstraintViolation::Missing`] if the body has no `project_id`,
/// [`Error::NotFound`] if there is no such project. Admins are not checked
/// here.
pub(crate) async fn access_of_new_row(
    core: &Core,
    caller: &Caller,
    data: &Map<String, Value>,
) -> Result<ProjectAccess> {
    let database = core.database();
    let id = match data.get("project_id") {
        None => return Err(Error::Constraint(ConstraintViolation::Missing)),
        Some(_) if caller.is_admin() => None,
        Some(Value::Null) => None,
        Some(_) => Some(id_of(data, "project_id").ok_or(Error::NotFound)?),
    };
    if let Some(id) = id
        && !projects::exists(database, id).await?
    {
        return Err(Error::NotFound);
    }
    caller.project_access(database, id).await
}

/// `may_create` hook: requires a manager of the row's project, or an admin.
pub(crate) fn managers_create(creating: CreateContext<'_>) -> HookFuture<'_> {
    Box::pin(async move {
        access_of_new_row(creating.core, creating.caller, creating.data)
            .await?
            .require_manager()
    })
}

/// `may_update` hook: requires a manager of the row's project, or an admin.
pub(crate) fn managers_update(updating: UpdateContext<'_>) -> HookFuture<'_> {
    let project_id = id_of(updating.row, "project_id");
    Box::pin(async move {
        updating
            .caller
            .project_access(updating.transaction, project_id)
            .await?
            .require_manager()
    })
}

/// `may_update` hook of projects themselves: requires a manager of the project,
/// or an admin.
pub(crate) fn managers_update_own(updating: UpdateContext<'_>) -> HookFuture<'_> {
    Box::pin(async move {
        updating
            .caller
            .project_access(updating.transaction, Some(updating.id))
            .await?
            .require_manager()
    })
}

/// `may_delete` hook: requires a manager of the row's project, or an admin.
pub(crate) fn managers_delete(deleting: DeleteContext<'_>) -> HookFuture<'_> {
    let project_id = id_of(deleting.row, "project_id");
    Box::pin(async move {
        deleting
            .caller
            .project_access(deleting.transaction, project_id)
            .await?
            .require_manager()
    })
}
