//! Permission checks for the project that a path or a body names.

use serde_json::{Map, Value};
use tanuki_store::query::projects;
use uuid::Uuid;

use super::ProjectAccess;
use crate::fields::id_of;
use crate::{Admin, Caller, ConstraintViolation, Core, Error, Result};

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
    /// Checks that a project exists.
    ///
    /// # Errors
    /// [`Error::NotFound`] if not.
    pub(crate) async fn require_existing(&self, project_id: Uuid) -> Result<()> {
        if projects::exists(self.database(), project_id).await? {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

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
