//! Schedules and budgets of productions, and what became of both.

pub mod budgets;
mod frames;
pub mod quotas;
mod resource;
pub mod schedule;
mod spans;
pub mod statistics;
pub mod time;
pub mod versions;

pub use resource::*;

use uuid::Uuid;

use crate::access::{Managed, Standing, path_id};
use crate::{Caller, Core, Result};

/// Productions whose plans a path names. Only admins are told of an id that is
/// none: for everybody else it is not there.
impl Core {
    async fn enter_plan(&self, caller: &Caller, project: &str) -> Result<(Uuid, Standing)> {
        if caller.is_admin() {
            path_id(project)?;
        }
        self.enter_any_project(caller, project).await
    }

    async fn manage_plan<'a>(&self, caller: &'a Caller, project: &str) -> Result<Managed<'a>> {
        if caller.is_admin() {
            path_id(project)?;
        }
        self.manage_any_project(caller, project).await
    }
}
