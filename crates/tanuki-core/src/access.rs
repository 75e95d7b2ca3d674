//! What somebody may do in one production.
//!
//! A team gives its members roles of their own; whoever has none there has the
//! studio-wide one. Admins are admins everywhere, and nobody becomes one by a
//! team.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::query::access::{self, Membership, TaskRelation};
use tanuki_store::query::projects;
use tanuki_store::{Connection, Database, Executor};
use uuid::Uuid;

use crate::fields::{hyphenated_id, id_of};
use crate::resource::{CreateContext, DeleteContext, HookFuture, UpdateContext};
use crate::{Caller, ConstraintViolation, Core, Error, Result};

/// A caller's place in one production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProjectAccess {
    admin: bool,
    member: bool,
    role: Role,
}

impl ProjectAccess {
    /// In the team, or an admin.
    pub fn is_granted(self) -> bool {
        self.admin || self.member
    }

    /// In the team.
    pub fn is_member(self) -> bool {
        self.member
    }

    /// An admin or a manager, be it in the studio alone.
    pub fn has_manager_role(self) -> bool {
        self.admin || self.role == Role::Manager
    }

    /// An admin, or a manager of the team.
    pub fn is_manager(self) -> bool {
        self.admin || (self.member && self.role == Role::Manager)
    }

    /// A supervisor of the team.
    pub fn is_supervisor(self) -> bool {
        self.member && self.role == Role::Supervisor
    }

    /// An artist of the team.
    pub fn is_artist(self) -> bool {
        self.member && self.role == Role::User
    }

    /// The role in the production.
    pub fn role(self) -> Role {
        self.role
    }

    pub fn is_client(self) -> bool {
        self.role == Role::Client
    }

    pub fn is_vendor(self) -> bool {
        self.role == Role::Vendor
    }

    pub fn require_manager(self) -> Result<()> {
        ensure(self.is_manager())
    }

    /// An admin, or a manager or supervisor of the team.
    pub fn require_supervisor(self) -> Result<()> {
        ensure(self.is_manager() || self.is_supervisor())
    }

    /// Clients and vendors are kept out.
    pub fn deny_guests(self) -> Result<()> {
        ensure(!self.is_client() && !self.is_vendor())
    }

    pub fn deny_vendors(self) -> Result<()> {
        ensure(!self.is_vendor())
    }

    pub fn deny_clients(self) -> Result<()> {
        ensure(!self.is_client())
    }
}

/// `Ok` where something is allowed.
pub(crate) fn ensure(allowed: bool) -> Result<()> {
    if allowed { Ok(()) } else { Err(Error::Denied) }
}

impl Caller {
    /// The caller's place in a production; without one they are in none.
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

    /// The caller's place in a production by what its team says of them.
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

    /// The caller's place in a production that they have access to.
    pub(crate) async fn require_project_access(
        &self,
        connection: impl Connection,
        project_id: Option<Uuid>,
    ) -> Result<ProjectAccess> {
        let access = self.project_access(connection, project_id).await?;
        ensure(access.is_granted())?;
        Ok(access)
    }

    /// Like [`enter`](Self::enter) for a production that a request names: one
    /// that is not there is told apart, though admins find it empty.
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

    /// A vendor reaches only the entities that they work on.
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

    /// Whether the caller supervises tasks of that type in the production.
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
    /// The productions whose team has the caller as a client.
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

/// A task, and the caller's place there.
#[derive(Debug, Clone)]
pub(crate) struct TaskAccess {
    pub id: Uuid,
    pub task: TaskRelation,
    pub access: ProjectAccess,
}

impl TaskAccess {
    /// Whether the caller may steer the task: managers, clients, whoever is
    /// assigned, supervisors of its department, whoever made its entity; all
    /// of them only in its team.
    pub fn can_edit(&self) -> bool {
        let Self { task, access, .. } = self;
        access.is_granted()
            && (access.is_manager()
                || access.is_client()
                || task.made_entity
                || task.is_assigned
                || (access.is_supervisor() && task.is_of_department))
    }

    /// Whether the caller may publish on the task and change its files: as
    /// [`acts`](Self::acts), but for clients, who look at what is published.
    pub fn can_publish(&self) -> bool {
        self.can_edit() && (!self.access.is_client() || self.task.is_assigned)
    }
}

impl Caller {
    /// The task of an id and the caller's place there.
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

    /// A task that the caller may look at, and their place there.
    pub(crate) async fn require_task_access(
        &self,
        mut connection: Executor<'_>,
        id: Uuid,
    ) -> Result<TaskAccess> {
        let place = self.task_access(connection.reborrow(), id).await?;
        ensure(place.access.is_granted())?;
        if let Some(entity_id) = place.task.entity_id {
            self.require_entity_reach(connection, place.access, entity_id)
                .await?;
        }
        Ok(place)
    }

    /// Whether the caller may steer a task.
    pub(crate) async fn can_edit_task(
        &self,
        connection: Executor<'_>,
        task_id: Uuid,
    ) -> Result<bool> {
        Ok(self.task_access(connection, task_id).await?.can_edit())
    }
}

/// An id in a path, read before anything is looked up.
pub(crate) fn parse_path_id(text: &str) -> Result<Uuid> {
    hyphenated_id(text).ok_or_else(|| Error::invalid("Wrong UUID format."))
}

/// A production, and somebody who was found to manage it.
#[derive(Debug, Clone, Copy)]
pub struct ManagedProject<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) project_id: Uuid,
}

/// Productions that a path names. One that is not there is told apart from one
/// that the caller has no access to. Some questions an admin may ask of *any*
/// production: what is in one that is not there is empty for them.
impl Core {
    /// The production, and the caller's place in it, to which they must have
    /// access.
    pub(crate) async fn require_project(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<(Uuid, ProjectAccess)> {
        let id = self.project_id(text).await?;
        Ok((
            id,
            caller
                .require_project_access(self.database(), Some(id))
                .await?,
        ))
    }

    /// Like [`enter_project`](Self::enter_project), any for an admin.
    pub(crate) async fn require_project_unless_admin(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<(Uuid, ProjectAccess)> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        Ok((
            id,
            caller
                .require_existing_project(self.database(), Some(id))
                .await?,
        ))
    }

    /// The production, which the caller must manage.
    pub async fn require_managed_project<'a>(
        &self,
        caller: &'a Caller,
        text: &str,
    ) -> Result<ManagedProject<'a>> {
        managed(caller, self.require_project(caller, text).await?)
    }

    /// Like [`manage_project`](Self::manage_project), any for an admin.
    pub(crate) async fn require_managed_project_unless_admin<'a>(
        &self,
        caller: &'a Caller,
        text: &str,
    ) -> Result<ManagedProject<'a>> {
        managed(
            caller,
            self.require_project_unless_admin(caller, text).await?,
        )
    }
}

fn managed(
    caller: &Caller,
    (project_id, access): (Uuid, ProjectAccess),
) -> Result<ManagedProject<'_>> {
    access.require_manager()?;
    Ok(ManagedProject { caller, project_id })
}

/// The caller's place in the production that a new row is for.
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

/// Managers of its production create a row, and admins.
pub(crate) fn managers_create(creating: CreateContext<'_>) -> HookFuture<'_> {
    Box::pin(async move {
        access_of_new_row(creating.core, creating.caller, creating.data)
            .await?
            .require_manager()
    })
}

/// Managers of its production update a row, and admins.
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

/// Managers of a production update the production itself, and admins.
pub(crate) fn managers_update_own(updating: UpdateContext<'_>) -> HookFuture<'_> {
    Box::pin(async move {
        updating
            .caller
            .project_access(updating.transaction, Some(updating.id))
            .await?
            .require_manager()
    })
}

/// Managers of its production delete a row, and admins.
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
