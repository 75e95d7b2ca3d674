//! Tasks. Vendors see those that they are assigned to.

use sea_query::{Cond, Expr, ExprTrait, Query};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::projects::is_open;
use crate::query::visibility::projects;
use crate::query::{access, people};

/// Condition on `task`: it belongs to an open project of the person. Where
/// they are a vendor, only tasks that they are assigned to, whether the
/// project is open or not. `own` is their studio-wide role, which applies
/// where the membership has none. In core: `access::TaskAccess::require_read`,
/// which requires no open project, and lets vendors read all tasks of an entity
/// that they are assigned to a task of.
pub fn visible_to(person_id: Uuid, own: Role) -> Filter {
    let open = projects::open_ids_as(person_id, access::not_in_project_as(Role::Vendor, own));
    let mut as_vendor = access::teams(person_id);
    as_vendor.cond_where(access::projects_with_role(Role::Vendor, own));
    let project = || Expr::col(("task", "project_id"));
    Cond::any()
        .add(project().in_subquery(open))
        .add(
            Cond::all()
                .add(project().in_subquery(as_vendor))
                .add(Expr::col(("task", "id")).in_subquery(access::assigned_tasks(person_id))),
        )
        .into()
}

/// Condition on `task`: in projects where the person is a vendor, only tasks
/// that they are assigned to. `role` is their studio-wide role. In core:
/// `access::TaskAccess::require_read`, as for [`visible_to`].
pub fn assigned_if_vendor(person_id: Uuid, role: Role) -> Filter {
    let mut vendor_in = access::teams(person_id);
    vendor_in.cond_where(access::projects_with_role(Role::Vendor, role));
    Cond::any()
        .add(Expr::col(("task", "project_id")).not_in_subquery(vendor_in))
        .add(Expr::col(("task", "id")).in_subquery(access::assigned_tasks(person_id)))
        .into()
}

/// Condition on `task`: it belongs to an open project; if `member` is given,
/// to one whose team they are in.
pub fn in_open_project(member: Option<Uuid>) -> Filter {
    let open = match member {
        Some(person_id) => projects::open_ids_of_member(person_id),
        None => {
            let mut open = Query::select();
            open.column(("project", "id"))
                .from("project")
                .cond_where(is_open());
            open
        }
    };
    Cond::all()
        .add(Expr::col(("task", "project_id")).in_subquery(open))
        .into()
}

/// Condition on `task`: it is in a project whose team the person manages, or of
/// a task type of their departments in a project where they are a supervisor. A
/// supervisor without departments supervises all task types. `own` is their
/// studio-wide role. In core: `access::ProjectAccess::is_manager` and
/// `access::TaskAccess::is_supervisor`.
pub fn led_by(leader: Uuid, own: Role) -> Filter {
    let departments = || people::departments_of(leader);
    let mut types = Query::select();
    types
        .column(("task_type", "id"))
        .from("task_type")
        .and_where(Expr::col(("task_type", "department_id")).in_subquery(departments()));
    let project = || Expr::col(("task", "project_id"));
    let supervised = Cond::all()
        .add(project().in_subquery(access::teams_as(leader, Role::Supervisor, own)))
        .add(
            Cond::any()
                .add(Expr::col(("task", "task_type_id")).in_subquery(types))
                .add(Expr::exists(departments()).not()),
        );
    Cond::any()
        .add(project().in_subquery(access::teams_as(leader, Role::Manager, own)))
        .add(supervised)
        .into()
}

/// Condition on `task`: it belongs to a project whose team the person is in. In
/// core: `access::ProjectAccess::is_member`.
pub fn of_member(person_id: Uuid) -> Filter {
    Expr::col(("task", "project_id"))
        .in_subquery(access::teams(person_id))
        .into()
}
