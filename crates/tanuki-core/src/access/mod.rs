//! Permission checks in one project (production).
//!
//! A team can give its members a role of their own; a member without one has
//! their studio-wide role. Admins are admins in every project, and no team role
//! makes anybody an admin.

mod entity;
mod project;
mod task;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use tanuki_domain::Role;
use tanuki_store::query::access::{self, Membership};
use tanuki_store::query::{projects, rows};
use tanuki_store::schema::Table;
use tanuki_store::{Connection, Database};
use uuid::Uuid;

use crate::{Caller, Core, Error, Result};

pub(crate) use entity::{EntityAccess, UncheckedEntity, load_unchecked};
pub use project::ManagedProject;
pub(crate) use project::access_of_new_row;
pub(crate) use task::TaskAccess;

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
    /// admins. In SQL: `visibility::projects::has_member`.
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

    /// Whether the caller is an admin or a manager in the team. In SQL:
    /// `visibility::projects::has_manager`.
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
    ///
    /// # Errors
    /// [`Error::Denied`] for the roles client and vendor.
    pub fn deny_guests(self) -> Result<()> {
        ensure(!self.is_client() && !self.is_vendor())
    }

    /// Refuses vendors with [`Error::Denied`].
    ///
    /// # Errors
    /// [`Error::Denied`] for the role vendor.
    pub fn deny_vendors(self) -> Result<()> {
        ensure(!self.is_vendor())
    }

    /// Requires that the caller may read a playlist of the project: vendors read
    /// none, clients those that are shared with them.
    ///
    /// # Errors
    /// [`Error::Denied`] if not.
    pub fn require_playlist_read(self, for_client: bool) -> Result<()> {
        self.deny_vendors()?;
        ensure(!self.is_client() || for_client)
    }

    /// Refuses clients with [`Error::Denied`].
    ///
    /// # Errors
    /// [`Error::Denied`] for the role client.
    pub fn deny_clients(self) -> Result<()> {
        ensure(!self.is_client())
    }
}

#[cfg(test)]
impl ProjectAccess {
    /// The access of a member of the team with that role; of an admin for
    /// [`Role::Admin`].
    pub fn member_as(role: Role) -> Self {
        let admin = role == Role::Admin;
        Self {
            admin,
            member: !admin,
            role,
        }
    }

    /// The access of somebody outside of the team with that studio-wide role.
    pub fn outside_as(role: Role) -> Self {
        Self {
            admin: role == Role::Admin,
            member: false,
            role,
        }
    }
}

/// The caller's permissions in every project, for requests about many rows.
#[derive(Debug)]
pub(crate) struct AllProjectAccess<'a> {
    caller: &'a Caller,
    /// By project; empty for admins.
    memberships: HashMap<Uuid, Membership>,
}

impl AllProjectAccess<'_> {
    /// Returns the permissions in one project, as
    /// [`Caller::project_access`] does.
    pub fn of(&self, project_id: Option<Uuid>) -> ProjectAccess {
        let membership = project_id.and_then(|id| self.memberships.get(&id));
        self.caller.project_access_of(membership.cloned())
    }
}

/// Returns [`Error::Denied`] if a permission check failed.
pub(crate) fn ensure(allowed: bool) -> Result<()> {
    if allowed { Ok(()) } else { Err(Error::Denied) }
}

/// Requires that a row exists.
///
/// # Errors
/// [`Error::NotFound`] if there is none with the id.
pub(crate) async fn require_row(
    connection: impl Connection,
    table: &'static Table,
    id: Uuid,
) -> Result<()> {
    if rows::existing_in(connection, table.name, &[id])
        .await?
        .is_empty()
    {
        return Err(Error::NotFound);
    }
    Ok(())
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

    /// Loads the caller's permissions in all projects. No query for admins.
    pub(crate) async fn all_project_access(
        &self,
        connection: impl Connection,
    ) -> Result<AllProjectAccess<'_>> {
        let memberships = if self.is_admin() {
            Vec::new()
        } else {
            access::memberships(connection, self.id).await?
        };
        Ok(AllProjectAccess {
            caller: self,
            memberships: memberships.into_iter().collect(),
        })
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
    /// Everybody else passes without a query. In SQL:
    /// `visibility::entities::listed_for_vendor`, which adds the sequences and
    /// episodes of these entities.
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
