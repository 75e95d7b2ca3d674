//! The news of projects, of which most are about comments. In core:
//! `Caller::reads_comment`, for the comment that an entry is about.

use sea_query::{Cond, Expr, ExprTrait, Func, SimpleExpr};
use tanuki_domain::Role;
use uuid::Uuid;

use crate::Filter;
use crate::query::access;
use crate::query::visibility::{comments, entities, projects};

/// Condition on `news`, with `comment`, `task` and `project` joined: a client
/// of the project may see it. These are the comments that are published to
/// clients and their own; unless the project isolates its clients, also those
/// of other clients. `project_id` is the project of all the news, if they are
/// of one.
pub fn visible_to_client(person_id: Uuid, project_id: Option<Uuid>) -> Filter {
    let isolated = Func::coalesce([
        Expr::col(("project", "is_clients_isolated")),
        Expr::val(false),
    ]);
    let by_clients = Cond::all()
        .add(by_client(project_id))
        .add(Expr::expr(isolated).eq(false));
    Cond::any()
        .add(Expr::col(("comment", "for_client")).eq(true))
        .add(Expr::col(("comment", "person_id")).eq(person_id))
        .add(by_clients)
        .into()
}

/// Condition on `news`, with `comment` and `task` joined: it is visible to
/// members of the team who are neither managers nor supervisors. These see all
/// but the comments of the project's clients. `project_id` is the project of
/// all the news, if they are of one.
pub fn visible_to_artist(project_id: Option<Uuid>) -> Filter {
    Cond::any()
        .add(Expr::col(("comment", "person_id")).is_null())
        .add(ExprTrait::not(by_client(project_id)))
        .into()
}

/// Like [`visible_to_artist`], for a vendor, with `entity` joined: only news
/// about entities with a task that they are assigned to.
pub fn visible_to_vendor(person_id: Uuid, project_id: Option<Uuid>) -> Filter {
    visible_to_artist(project_id).and(entities::worked_on_by(person_id))
}

/// Condition on `news`, with `comment`, `task`, `entity` and `project` joined:
/// it is about an open project whose team the person is in, and their role
/// there lets them see it. `own` is their studio-wide role, which applies where
/// the membership has none.
pub fn in_open_projects_of(person_id: Uuid, own: Role) -> Filter {
    visible_by_role(person_id, |role| {
        let there = access::projects_with_role(role, own);
        let open = projects::open_ids_as(person_id, there);
        Expr::col(("task", "project_id")).in_subquery(open)
    })
}

/// Condition on `comment`, with `task`, `entity` and `project` joined: the
/// person may read it, in projects of every status. `own` is their studio-wide
/// role, which is not admin. In core: `Caller::reads_comment`.
pub fn comment_readable_by(person_id: Uuid, own: Role) -> Filter {
    visible_by_role(person_id, |role| {
        let mut there = access::teams(person_id);
        there.cond_where(access::projects_with_role(role, own));
        Expr::col(("task", "project_id")).in_subquery(there)
    })
}

/// Condition on `news` or `comment`, with `comment`, `task`, `entity` and
/// `project` joined: the person's role in the project lets them see it.
/// `in_projects_as` is the condition that they have a role there.
fn visible_by_role(person_id: Uuid, in_projects_as: impl Fn(Role) -> SimpleExpr) -> Filter {
    let seen_as = |role, filter: Filter| Cond::all().add(in_projects_as(role)).add(filter);
    Cond::any()
        .add(in_projects_as(Role::Manager))
        .add(in_projects_as(Role::Supervisor))
        .add(seen_as(Role::User, visible_to_artist(None)))
        .add(seen_as(Role::Client, visible_to_client(person_id, None)))
        .add(seen_as(Role::Vendor, visible_to_vendor(person_id, None)))
        .into()
}

/// Whether the author of the `comment` is a client of its project.
fn by_client(project_id: Option<Uuid>) -> SimpleExpr {
    let author = ("comment", "person_id");
    match project_id {
        Some(_) => Expr::col(author).in_subquery(comments::clients(project_id)),
        None => comments::is_client(author, ("task", "project_id")),
    }
}
