//! What somebody may do in one production.
//!
//! A team gives its members roles of their own; whoever has none there has the
//! studio-wide one. Admins are admins everywhere, and nobody becomes one by a
//! team.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::query::access::{self, Membership, TaskPlace};
use tanuki_store::query::projects;
use tanuki_store::{Borrowed, Connection, Database};
use uuid::Uuid;

use crate::fields::{hyphenated_id, id_of};
use crate::resource::{Creating, Deleting, Outcome, Updating};
use crate::{Caller, Core, Error, Result, Unstorable};

/// A caller's place in one production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    admin: bool,
    member: bool,
    role: Role,
}

impl Standing {
    /// In the team, or an admin.
    pub fn has_access(self) -> bool {
        self.admin || self.member
    }

    /// In the team.
    pub fn is_member(self) -> bool {
        self.member
    }

    /// An admin or a manager, be it in the studio alone.
    pub fn is_manager_somewhere(self) -> bool {
        self.admin || self.role == Role::Manager
    }

    /// An admin, or a manager of the team.
    pub fn manages(self) -> bool {
        self.admin || (self.member && self.role == Role::Manager)
    }

    /// A supervisor of the team.
    pub fn supervises(self) -> bool {
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
        allow(self.manages())
    }

    /// An admin, or a manager or supervisor of the team.
    pub fn require_supervisor(self) -> Result<()> {
        allow(self.manages() || self.supervises())
    }

    /// Clients and vendors are kept out.
    pub fn refuse_guests(self) -> Result<()> {
        allow(!self.is_client() && !self.is_vendor())
    }

    pub fn refuse_vendors(self) -> Result<()> {
        allow(!self.is_vendor())
    }

    pub fn refuse_clients(self) -> Result<()> {
        allow(!self.is_client())
    }
}

/// `Ok` where something is allowed.
pub(crate) fn allow(allowed: bool) -> Result<()> {
    if allowed { Ok(()) } else { Err(Error::Denied) }
}

impl Caller {
    /// The caller's place in a production; without one they are in none.
    pub(crate) async fn standing(
        &self,
        connection: impl Connection,
        project_id: Option<Uuid>,
    ) -> Result<Standing> {
        let Some(project_id) = project_id.filter(|_| !self.is_admin()) else {
            return Ok(self.standing_as(None));
        };
        let membership = access::membership(connection, project_id, self.id).await?;
        Ok(self.standing_as(membership))
    }

    /// The caller's place in a production by what its team says of them.
    pub(crate) fn standing_as(&self, membership: Option<Membership>) -> Standing {
        let mut standing = Standing {
            admin: self.is_admin(),
            member: false,
            role: self.role,
        };
        if let Some(membership) = membership.filter(|_| !standing.admin) {
            standing.member = true;
            let own = membership.role.and_then(|role| role.parse().ok());
            standing.role = own.filter(|role| *role != Role::Admin).unwrap_or(self.role);
        }
        standing
    }

    /// The caller's place in a production that they have access to.
    pub(crate) async fn enter(
        &self,
        connection: impl Connection,
        project_id: Option<Uuid>,
    ) -> Result<Standing> {
        let standing = self.standing(connection, project_id).await?;
        allow(standing.has_access())?;
        Ok(standing)
    }

    /// Like [`enter`](Self::enter) for a production that a request names: one
    /// that is not there is told apart, though admins find it empty.
    pub(crate) async fn enter_named(
        &self,
        database: &Database,
        project_id: Option<Uuid>,
    ) -> Result<Standing> {
        if let Some(id) = project_id
            && !self.is_admin()
            && !projects::exists(database, id).await?
        {
            return Err(Error::NotFound);
        }
        self.enter(database, project_id).await
    }

    /// A vendor reaches only the entities that they work on.
    pub(crate) async fn reach(
        &self,
        connection: impl Connection,
        standing: Standing,
        entity_id: Uuid,
    ) -> Result<()> {
        if !standing.is_vendor() {
            return Ok(());
        }
        allow(access::works_on_entity(connection, self.id, entity_id).await?)
    }

    /// Whether the caller supervises tasks of that type in the production.
    pub(crate) async fn supervises_type(
        &self,
        connection: impl Connection,
        standing: Standing,
        task_type_id: Uuid,
    ) -> Result<bool> {
        Ok(standing.supervises()
            && access::is_of_department(connection, self.id, task_type_id).await?)
    }
}

impl Core {
    /// The productions whose team has the caller as a client.
    pub(crate) async fn client_in(&self, caller: &Caller) -> Result<BTreeSet<Uuid>> {
        if caller.is_admin() {
            return Ok(BTreeSet::new());
        }
        let places = access::memberships(self.database(), caller.id).await?;
        let is_client =
            |(_, place): &(Uuid, Membership)| caller.standing_as(Some(place.clone())).is_client();
        let found = places.into_iter().filter(is_client);
        Ok(found.map(|(id, _)| id).collect())
    }
}

/// A task, and the caller's place there.
#[derive(Debug, Clone)]
pub(crate) struct OnTask {
    pub id: Uuid,
    pub task: TaskPlace,
    pub standing: Standing,
}

impl OnTask {
    /// Whether the caller may steer the task: managers, clients, whoever is
    /// assigned, supervisors of its department, whoever made its entity; all
    /// of them only in its team.
    pub fn acts(&self) -> bool {
        let Self { task, standing, .. } = self;
        standing.has_access()
            && (standing.manages()
                || standing.is_client()
                || task.made_entity
                || task.is_assigned
                || (standing.supervises() && task.is_of_department))
    }

    /// Whether the caller may publish on the task and change its files: as
    /// [`acts`](Self::acts), but for clients, who look at what is published.
    pub fn publishes(&self) -> bool {
        self.acts() && (!self.standing.is_client() || self.task.is_assigned)
    }
}

impl Caller {
    /// The task of an id and the caller's place there.
    pub(crate) async fn on_task(&self, connection: impl Connection, id: Uuid) -> Result<OnTask> {
        let task = access::place_on_task(connection, self.id, id)
            .await?
            .ok_or(Error::NotFound)?;
        let standing = self.standing_as(task.membership.clone());
        Ok(OnTask { id, task, standing })
    }

    /// A task that the caller may look at, and their place there.
    pub(crate) async fn enter_task(
        &self,
        mut connection: Borrowed<'_>,
        id: Uuid,
    ) -> Result<OnTask> {
        let place = self.on_task(connection.again(), id).await?;
        allow(place.standing.has_access())?;
        if let Some(entity_id) = place.task.entity_id {
            self.reach(connection, place.standing, entity_id).await?;
        }
        Ok(place)
    }

    /// Whether the caller may steer a task.
    pub(crate) async fn acts_on_task(
        &self,
        connection: Borrowed<'_>,
        task_id: Uuid,
    ) -> Result<bool> {
        Ok(self.on_task(connection, task_id).await?.acts())
    }
}

/// An id in a path, read before anything is looked up.
pub(crate) fn path_id(text: &str) -> Result<Uuid> {
    hyphenated_id(text).ok_or_else(|| Error::invalid("Wrong UUID format."))
}

/// A production, and somebody who was found to manage it.
#[derive(Debug, Clone, Copy)]
pub struct Managed<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) project_id: Uuid,
}

/// Productions that a path names. One that is not there is told apart from one
/// that the caller has no access to. Some questions an admin may ask of *any*
/// production: what is in one that is not there is empty for them.
impl Core {
    /// The production, and the caller's place in it, to which they must have
    /// access.
    pub(crate) async fn enter_project(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<(Uuid, Standing)> {
        let id = self.project_id(text).await?;
        Ok((id, caller.enter(self.database(), Some(id)).await?))
    }

    /// Like [`enter_project`](Self::enter_project), any for an admin.
    pub(crate) async fn enter_any_project(
        &self,
        caller: &Caller,
        text: &str,
    ) -> Result<(Uuid, Standing)> {
        let id = Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
        Ok((id, caller.enter_named(self.database(), Some(id)).await?))
    }

    /// The production, which the caller must manage.
    pub async fn manage_project<'a>(&self, caller: &'a Caller, text: &str) -> Result<Managed<'a>> {
        managed(caller, self.enter_project(caller, text).await?)
    }

    /// Like [`manage_project`](Self::manage_project), any for an admin.
    pub(crate) async fn manage_any_project<'a>(
        &self,
        caller: &'a Caller,
        text: &str,
    ) -> Result<Managed<'a>> {
        managed(caller, self.enter_any_project(caller, text).await?)
    }
}

fn managed(caller: &Caller, (project_id, standing): (Uuid, Standing)) -> Result<Managed<'_>> {
    standing.require_manager()?;
    Ok(Managed { caller, project_id })
}

/// The caller's place in the production that a new row is for.
pub(crate) async fn standing_in_new(
    core: &Core,
    caller: &Caller,
    data: &Map<String, Value>,
) -> Result<Standing> {
    let database = core.database();
    let id = match data.get("project_id") {
        None => return Err(Error::Unstorable(Unstorable::Missing)),
        Some(_) if caller.is_admin() => None,
        Some(Value::Null) => None,
        Some(_) => Some(id_of(data, "project_id").ok_or(Error::NotFound)?),
    };
    if let Some(id) = id
        && !projects::exists(database, id).await?
    {
        return Err(Error::NotFound);
    }
    caller.standing(database, id).await
}

/// Managers of its production create a row, and admins.
pub(crate) fn managers_create(creating: Creating<'_>) -> Outcome<'_> {
    Box::pin(async move {
        standing_in_new(creating.core, creating.caller, creating.data)
            .await?
            .require_manager()
    })
}

/// Managers of its production update a row, and admins.
pub(crate) fn managers_update(updating: Updating<'_>) -> Outcome<'_> {
    let project_id = id_of(updating.row, "project_id");
    Box::pin(async move {
        updating
            .caller
            .standing(updating.transaction, project_id)
            .await?
            .require_manager()
    })
}

/// Managers of a production update the production itself, and admins.
pub(crate) fn managers_update_own(updating: Updating<'_>) -> Outcome<'_> {
    Box::pin(async move {
        updating
            .caller
            .standing(updating.transaction, Some(updating.id))
            .await?
            .require_manager()
    })
}

/// Managers of its production delete a row, and admins.
pub(crate) fn managers_delete(deleting: Deleting<'_>) -> Outcome<'_> {
    let project_id = id_of(deleting.row, "project_id");
    Box::pin(async move {
        deleting
            .caller
            .standing(deleting.transaction, project_id)
            .await?
            .require_manager()
    })
}
