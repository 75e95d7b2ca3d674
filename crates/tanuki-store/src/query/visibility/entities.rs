//! Entities. Vendors see those that they are assigned to a task of.

use sea_query::{Cond, Expr, ExprTrait, Query, SimpleExpr};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::fk::{self, JoinByKey};
use crate::query::access;
use crate::query::projects::is_open;
use crate::query::visibility::projects;
use crate::{Filter, Kind};

/// Condition on `entity`: it belongs to an open project of the person. Where
/// they are a vendor, only entities with a task that they are assigned to.
/// `own` is their studio-wide role. In core: `entities::resource::may_read`,
/// which does not require that the project is open.
pub fn visible_to(person_id: Uuid, own: Role) -> Filter {
    open_or_for_vendor(person_id, own, worked_on_by(person_id))
}

/// Condition on `entity`: it is of the kind, and a search of the person finds
/// it: what they may list in their open projects. Everything in open projects
/// for `None`, an admin. `own` is their studio-wide role. In core:
/// `Search::search`.
pub fn searched_by(kind: Kind, person: Option<(Uuid, Role)>) -> Filter {
    match person {
        Some((id, own)) => open_or_for_vendor(id, own, listed_for_vendor(kind, id)),
        None => {
            let mut open = Query::select();
            open.column(("project", "id"))
                .from("project")
                .cond_where(is_open());
            Expr::col(("entity", "project_id")).in_subquery(open).into()
        }
    }
}

/// Condition on `entity`: it belongs to an open project of the person, and
/// matches `for_vendor` where they are a vendor.
fn open_or_for_vendor(person_id: Uuid, own: Role, for_vendor: Filter) -> Filter {
    let open = |there| {
        let open = projects::open_ids_as(person_id, there);
        Expr::col(("entity", "project_id")).in_subquery(open)
    };
    Cond::any()
        .add(open(access::not_in_project_as(Role::Vendor, own)))
        .add(
            Cond::all()
                .add(open(access::projects_with_role(Role::Vendor, own)))
                .add(for_vendor),
        )
        .into()
}

/// Condition on `entity`: its project is one of the person's teams. Where
/// their role is vendor, only entities with a task that they are assigned to.
/// `own` is their studio-wide role. In core: `Core::require_entity`.
pub fn in_team_of(person_id: Uuid, own: Role) -> Filter {
    let teams = access::teams(person_id);
    let mut as_another = teams.clone();
    as_another.cond_where(access::not_in_project_as(Role::Vendor, own));
    let in_one = |teams| Expr::col(("entity", "project_id")).in_subquery(teams);
    Cond::all()
        .add(in_one(teams))
        .add(
            Cond::any()
                .add(in_one(as_another))
                .add(is_worked_on("entity", person_id)),
        )
        .into()
}

/// Condition on `entity`: a vendor may list it. These are the entities that
/// they have a task on, and the sequences and episodes of those. In core:
/// `Caller::require_entity_reach`, which refuses the latter by id.
pub fn listed_for_vendor(kind: Kind, vendor: Uuid) -> Filter {
    match kind {
        Kind::Sequence => with_child_worked_on_by(vendor),
        Kind::Episode => episode_worked_on_by(vendor),
        _ => worked_on_by(vendor),
    }
}

/// Condition on `entity`: the person is assigned to one of its tasks.
pub fn worked_on_by(person_id: Uuid) -> Filter {
    Cond::all().add(is_worked_on("entity", person_id)).into()
}

fn is_worked_on(entity: &'static str, person_id: Uuid) -> SimpleExpr {
    let mut tasks = Query::select();
    tasks
        .column(("mine", "entity_id"))
        .from_as("task", "mine")
        .and_where(Expr::col(("mine", "id")).in_subquery(access::assigned_tasks(person_id)));
    Expr::col((entity, "id")).in_subquery(tasks)
}

/// Condition on `entity`: the person is assigned to a task of one of its
/// children.
pub fn with_child_worked_on_by(person_id: Uuid) -> Filter {
    let mut held = Query::select();
    held.column(("held", "parent_id"))
        .from_as("entity", "held")
        .and_where(is_worked_on("held", person_id));
    Expr::col(("entity", "id")).in_subquery(held).into()
}

/// Condition on `entity`, for episodes: the person is assigned to a task of a
/// child of one of its sequences, or to a task of one of its assets.
pub fn episode_worked_on_by(person_id: Uuid) -> Filter {
    let mut sequences = Query::select();
    sequences
        .column(("sequence", "parent_id"))
        .from_as("entity", "held")
        .inner_join_to(fk::ENTITY_PARENT.table_as("held").target_as("sequence"))
        .and_where(is_worked_on("held", person_id));
    let mut assets = Query::select();
    assets
        .column(("asset", "source_id"))
        .from_as("entity", "asset")
        .and_where(is_worked_on("asset", person_id));
    Cond::any()
        .add(Expr::col(("entity", "id")).in_subquery(sequences))
        .add(Expr::col(("entity", "id")).in_subquery(assets))
        .into()
}

/// Condition on links with `stage` joined: it belongs to the project, or to
/// another project whose team the person is in. In core:
/// `access::ProjectAccess::is_granted`.
pub fn cast_in_team_of(project_id: Uuid, person_id: Uuid) -> Filter {
    let project = || Expr::col(("stage", "project_id"));
    Cond::any()
        .add(project().eq(project_id))
        .add(project().in_subquery(access::teams(person_id)))
        .into()
}
