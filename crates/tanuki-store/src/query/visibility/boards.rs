//! The boards (`…/with-tasks`): entities with their tasks.

use sea_query::{Cond, Condition, Expr, ExprTrait};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::access;
use crate::query::visibility::entities;

/// The person who requests a board.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    pub person_id: Uuid,
    /// Their studio-wide role.
    pub role: Role,
    /// Their role in the project of the board. `None` for a board of several
    /// projects, where the role may differ.
    pub in_project: Option<Role>,
}

impl Viewer {
    /// Condition on `entity`: the viewer has that role in its project.
    pub(in crate::query) fn has_role(&self, role: Role) -> Condition {
        if let Some(in_project) = self.in_project {
            return constant(in_project == role);
        }
        if self.role == Role::Admin {
            return constant(false);
        }
        let mut productions = access::teams(self.person_id);
        productions.cond_where(access::projects_with_role(role, self.role));
        Cond::all().add(Expr::col(("entity", "project_id")).in_subquery(productions))
    }

    /// Condition on `entity`: the viewer has access to its project.
    fn is_in_team(&self) -> Condition {
        if self.in_project.is_some() || self.role == Role::Admin {
            return constant(true);
        }
        let teams = access::teams(self.person_id);
        Cond::all().add(Expr::col(("entity", "project_id")).in_subquery(teams))
    }

    pub(in crate::query) fn may_have(&self, role: Role) -> bool {
        match self.in_project {
            Some(in_project) => in_project == role,
            None => self.role != Role::Admin,
        }
    }

    /// Returns whether the viewer is a vendor in the project of the board.
    /// `false` for a board of several projects.
    pub fn is_vendor(&self) -> bool {
        self.in_project == Some(Role::Vendor)
    }

    /// Condition on `entity`: the viewer has access to it. Vendors have access
    /// only to entities with a task that they are assigned to. In core:
    /// `Core::require_entity`.
    pub fn sees_entity(&self) -> Condition {
        let seen = Cond::all().add(self.is_in_team());
        if !self.may_have(Role::Vendor) {
            return seen;
        }
        seen.add(
            Cond::any()
                .add(self.has_role(Role::Vendor).not())
                .add(self.works_on_entity()),
        )
    }

    /// Condition on `entity`: the viewer is assigned to one of its tasks.
    pub fn works_on_entity(&self) -> Filter {
        entities::worked_on_by(self.person_id)
    }

    /// Condition on `entity`, for episodes and sequences: the viewer is
    /// assigned to a task of one of its shots or assets.
    pub fn works_below(&self) -> Condition {
        Cond::any()
            .add(entities::with_child_worked_on_by(self.person_id))
            .add(entities::episode_worked_on_by(self.person_id))
    }

    /// Condition on `task`, with `entity` joined: the viewer may see it.
    /// Vendors see only tasks that they are assigned to. In core:
    /// `access::TaskAccess::require_read`, which lets them read the other tasks
    /// of the entity by id.
    pub fn sees_task(&self) -> Condition {
        if !self.may_have(Role::Vendor) {
            return constant(true);
        }
        Cond::any()
            .add(self.has_role(Role::Vendor).not())
            .add(self.works_on_task())
    }

    /// Condition on `task`: the viewer is assigned to it.
    pub fn works_on_task(&self) -> Condition {
        let assigned = access::assigned_tasks(self.person_id);
        Cond::all().add(Expr::col(("task", "id")).in_subquery(assigned))
    }
}

fn constant(holds: bool) -> Condition {
    Cond::all().add(Expr::cust(if holds { "TRUE" } else { "FALSE" }))
}
