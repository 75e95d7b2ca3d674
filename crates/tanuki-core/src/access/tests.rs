//! What a role allows, as tables.

use tanuki_domain::Role;
use tanuki_store::query::access::{Membership, TaskRelation};
use uuid::Uuid;

use super::{ProjectAccess, TaskAccess};
use crate::Caller;

/// What somebody is to a task, besides their role.
#[derive(Debug, Clone, Copy, Default)]
struct Tie {
    is_assigned: bool,
    made_entity: bool,
    is_of_department: bool,
}

fn on_task(access: ProjectAccess, tie: Tie) -> TaskAccess {
    TaskAccess {
        id: Uuid::nil(),
        task: TaskRelation {
            project_id: None,
            entity_id: None,
            task_type_id: None,
            task_status_id: None,
            membership: None,
            is_assigned: tie.is_assigned,
            made_entity: tie.made_entity,
            is_of_department: tie.is_of_department,
        },
        access,
    }
}

#[test]
fn the_role_that_a_team_gives_counts_there() {
    let person = |role| Caller::from_session(Uuid::from_u128(1), role);
    let given = |role: Option<&str>| {
        let role = role.map(str::to_owned);
        Some(Membership { role })
    };
    for (own, membership, role, is_granted) in [
        (Role::User, None, Role::User, false),
        (Role::Manager, None, Role::Manager, false),
        (Role::User, given(None), Role::User, true),
        (Role::User, given(Some("manager")), Role::Manager, true),
        (Role::Manager, given(Some("client")), Role::Client, true),
        // No team makes anybody an admin, nor takes it from them.
        (Role::User, given(Some("admin")), Role::User, true),
        (Role::Admin, given(Some("vendor")), Role::Admin, true),
        (Role::Admin, None, Role::Admin, true),
    ] {
        let access = person(own).project_access_of(membership.clone());
        assert_eq!(access.role(), role, "{own} {membership:?}");
        assert_eq!(access.is_granted(), is_granted, "{own} {membership:?}");
    }
}

#[test]
fn who_may_do_what_in_a_project() {
    use Role::*;
    // Manages; manages or supervises; is no client or vendor.
    for (access, expected) in [
        (ProjectAccess::member_as(Admin), [true, true, true]),
        (ProjectAccess::member_as(Manager), [true, true, true]),
        (ProjectAccess::member_as(Supervisor), [false, true, true]),
        (ProjectAccess::member_as(User), [false, false, true]),
        (ProjectAccess::member_as(Client), [false, false, false]),
        (ProjectAccess::member_as(Vendor), [false, false, false]),
        (ProjectAccess::outside_as(Manager), [false, false, true]),
        (ProjectAccess::outside_as(Supervisor), [false, false, true]),
    ] {
        let found = [
            access.require_manager().is_ok(),
            access.require_supervisor().is_ok(),
            access.deny_guests().is_ok(),
        ];
        assert_eq!(found, expected, "{access:?}");
    }
}

#[test]
fn who_edits_a_task_and_publishes_on_it() {
    use Role::*;
    let none = Tie::default();
    let assigned = Tie {
        is_assigned: true,
        ..none
    };
    let author = Tie {
        made_entity: true,
        ..none
    };
    let department = Tie {
        is_of_department: true,
        ..none
    };
    // For each tie: may edit, may publish.
    let (no, both, edit) = ((false, false), (true, true), (true, false));
    for (role, expected) in [
        (Admin, [both, both, both, both]),
        (Manager, [both, both, both, both]),
        (Supervisor, [no, both, both, both]),
        (User, [no, both, both, no]),
        (Vendor, [no, both, both, no]),
        (Client, [edit, both, edit, edit]),
    ] {
        let ties = [none, assigned, author, department];
        for (tie, expected) in ties.into_iter().zip(expected) {
            let task = on_task(ProjectAccess::member_as(role), tie);
            let found = (task.can_edit(), task.can_publish());
            assert_eq!(found, expected, "{role} {tie:?}");
            let left = on_task(ProjectAccess::outside_as(role), tie);
            assert_eq!(left.can_edit(), role == Admin, "outside: {role} {tie:?}");
        }
    }
}
