//! Who may assign and unassign, by role and departments.

use tanuki_domain::Role;

use super::*;

const NO_TIES: Ties = Ties {
    free: false,
    of_type: false,
    with_other: false,
};
/// The task is of one of their departments.
const OF_TYPE: Ties = Ties {
    of_type: true,
    ..NO_TIES
};
/// So is the person whom they assign.
const OF_BOTH: Ties = Ties {
    with_other: true,
    ..OF_TYPE
};
/// They are in no department.
const FREE: Ties = Ties {
    free: true,
    ..NO_TIES
};

#[test]
fn who_assigns() {
    use Role::*;
    // Somebody else, themselves.
    let (no, both, own) = ((false, false), (true, true), (false, true));
    for (role, expected) in [
        (Admin, [both, both, both, both]),
        (Manager, [both, both, both, both]),
        (Supervisor, [no, own, both, both]),
        (User, [no, own, own, no]),
        (Vendor, [no, own, own, no]),
        (Client, [no, own, own, no]),
    ] {
        for (ties, expected) in [NO_TIES, OF_TYPE, OF_BOTH, FREE].into_iter().zip(expected) {
            let access = ProjectAccess::member_as(role);
            let found = (
                may_assign(access, ties, false),
                may_assign(access, ties, true),
            );
            assert_eq!(found, expected, "{role} {ties:?}");
            let outside = may_assign(ProjectAccess::outside_as(role), ties, true);
            assert_eq!(outside, role == Admin, "outside: {role} {ties:?}");
        }
    }
}

#[test]
fn who_unassigns() {
    use Role::*;
    let (both, own) = ((true, true), (false, true));
    for (role, expected) in [
        (Admin, [both, both, both]),
        (Manager, [both, both, both]),
        (Supervisor, [own, both, both]),
        (User, [own, own, own]),
        (Vendor, [own, own, own]),
        (Client, [own, own, own]),
    ] {
        for (ties, expected) in [NO_TIES, OF_TYPE, FREE].into_iter().zip(expected) {
            let access = ProjectAccess::member_as(role);
            let found = (
                may_unassign(access, ties, false),
                may_unassign(access, ties, true),
            );
            assert_eq!(found, expected, "{role} {ties:?}");
            let outside = may_unassign(ProjectAccess::outside_as(role), ties, true);
            assert_eq!(outside, role == Admin, "outside: {role} {ties:?}");
        }
    }
}
