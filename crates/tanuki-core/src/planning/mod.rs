//! Planning: schedules, budgets, quotas, time spent and statistics of projects.

pub mod budgets;
mod frames;
mod quota_shots;
pub mod quotas;
mod resource;
pub mod schedule;
pub mod shapes;
mod spans;
pub mod statistics;
pub mod time;
pub mod versions;

pub use quota_shots::{QuotaShots, quota_shot_shape};
pub use resource::*;

use uuid::Uuid;

use crate::access::{ManagedProject, ProjectAccess};
use crate::{Caller, MalformedId, MaybeId, Planning, Result};

/// Permission checks for the project in a path. A malformed id is `Invalid` for
/// admins and `NotFound` for everybody else.
impl Planning<'_> {
    /// Requires access to the project. Admins may read a project that does not
    /// exist: its lists are empty.
    async fn require_plan_reader(
        self,
        caller: &Caller,
        project: &MaybeId,
    ) -> Result<(Uuid, ProjectAccess)> {
        if caller.is_admin() {
            project.hyphenated(MalformedId::InPath)?;
        }
        self.core
            .require_project_unless_admin(caller, project.found()?)
            .await
    }

    /// Requires a manager of the project or an admin.
    async fn require_plan_manager<'a>(
        self,
        caller: &'a Caller,
        project: &MaybeId,
    ) -> Result<ManagedProject<'a>> {
        if caller.is_admin() {
            project.hyphenated(MalformedId::InPath)?;
        }
        self.core
            .require_managed_project_unless_admin(caller, project.found()?)
            .await
    }
}
