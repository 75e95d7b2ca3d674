//! Preview files, working files and output files.

use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::access;
use crate::query::visibility::projects;

/// Condition on `preview_file`: its task belongs to an open project whose team
/// the person is in. Where they are a vendor, they must be assigned to the
/// task. `own` is their studio-wide role. In core: `files::previews::may_read`,
/// which does not require that the project is open.
pub fn previews_visible_to(person_id: Uuid, own: Role) -> Filter {
    // PostgreSQL reads all such tasks once for a list of previews, and looks the
    // task up for a few. With `IN`, it would read all of them for one preview.
    let task_in = |there| {
        let open = projects::open_ids_as(person_id, there);
        let mut task = Query::select();
        task.column(("task", "id"))
            .from("task")
            .and_where(Expr::col(("task", "id")).equals(("preview_file", "task_id")))
            .and_where(Expr::col(("task", "project_id")).in_subquery(open));
        task
    };
    let mut assigned = task_in(access::projects_with_role(Role::Vendor, own));
    assigned.and_where(Expr::col(("task", "id")).in_subquery(access::assigned_tasks(person_id)));
    Cond::any()
        .add(Expr::exists(task_in(access::not_in_project_as(
            Role::Vendor,
            own,
        ))))
        .add(Expr::exists(assigned))
        .into()
}

/// Condition on `working_file`: its entity belongs to a project whose team the
/// person is in and where their role is not vendor. The project need not be
/// open. In core: `files::work::may_read_working_file`, which lets vendors read
/// the files of an entity that they are assigned to a task of.
pub fn working_files_visible_to(person_id: Uuid, own: Role) -> Filter {
    let mut teams = access::teams(person_id);
    teams.cond_where(access::not_in_project_as(Role::Vendor, own));
    let entities = entities_in(teams);
    Expr::col(("working_file", "entity_id"))
        .in_subquery(entities)
        .into()
}

/// Condition on `output_file`: its entity belongs to an open project whose
/// team the person is in and where their role is not vendor. In core:
/// `files::work::may_read_output_file`, which does not require that the project
/// is open.
pub fn output_files_visible_to(person_id: Uuid, own: Role) -> Filter {
    let open = projects::open_ids_as(person_id, access::not_in_project_as(Role::Vendor, own));
    let entities = entities_in(open);
    Expr::col(("output_file", "entity_id"))
        .in_subquery(entities)
        .into()
}

fn entities_in(projects: SelectStatement) -> SelectStatement {
    let mut entities = Query::select();
    entities
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "project_id")).in_subquery(projects));
    entities
}
