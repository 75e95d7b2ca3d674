//! Only the members of `LDAP_GROUP`.

use tanuki_testkit::Backend;
use tanuki_testkit::ldap::PEOPLE;

use super::{assert_written, started, sync_with};
use crate::cli::refusal;
use crate::on_both;

on_both! {
    members_of_a_group_of_any_kind_are_read
    a_group_that_is_not_there_changes_nothing
}

fn members_of_a_group_of_any_kind_are_read(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    // The spelling of names differs.
    let groups = format!(
        "dn: cn=unique,{PEOPLE}
objectClass: groupOfUniqueNames
cn: unique
uniqueMember: UID=Ada, {PEOPLE}

dn: cn=names,{PEOPLE}
objectClass: groupOfNames
cn: names
member: uid=ada,{PEOPLE}
member: uid=nobody,{PEOPLE}

dn: cn=posix,{PEOPLE}
objectClass: posixGroup
cn: posix
gidNumber: 7
memberUid: ada

dn: cn=elsewhere,ou=groups,dc=studio,dc=local
objectClass: groupOfNames
cn: elsewhere
member: uid=ada,{PEOPLE}

"
    );
    directory.change(&groups).unwrap();
    let elsewhere = "cn=elsewhere,ou=groups,dc=studio,dc=local";
    for group in ["unique", "names", "Posix", elsewhere] {
        let plan = assert_written(&sync_with(
            &server,
            &["--dry-run"],
            &[("LDAP_GROUP", group)],
        ));
        assert_eq!(plan, ["switch off  bob: not in the directory"], "{group}");
    }
}

fn a_group_that_is_not_there_changes_nothing(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    for group in ["missing", "*", "x)(cn", "cn=missing,dc=studio,dc=local"] {
        let output = sync_with(&server, &["--force"], &[("LDAP_GROUP", group)]);
        let said = refusal(&output);
        assert!(
            said.contains(&format!("there is no group {group}")),
            "{said}"
        );
    }
    // Two of the same name.
    let twice = ["a", "b"].map(|unit| {
        format!(
            "dn: ou={unit},{PEOPLE}\nobjectClass: organizationalUnit\nou: {unit}\n\n\
             dn: cn=twice,ou={unit},{PEOPLE}\nobjectClass: groupOfNames\ncn: twice\n\
             member: uid=ada,{PEOPLE}\n\n"
        )
    });
    directory.change(&twice.concat()).unwrap();
    let said = refusal(&sync_with(
        &server,
        &["--force"],
        &[("LDAP_GROUP", "twice")],
    ));
    assert!(said.contains("several groups"), "{said}");
    let missing = [("LDAP_BASE_DN", "ou=missing,dc=studio,dc=local")];
    let said = refusal(&sync_with(&server, &["--force"], &missing));
    assert!(said.contains("the server answers 32"), "{said}");
    let wrong = [("LDAP_PASSWORD", "wrong")];
    let said = refusal(&sync_with(&server, &["--force"], &wrong));
    assert!(said.contains("the server answers 49"), "{said}");
    let said = refusal(&sync_with(&server, &["--force"], &[("LDAP_USER", "")]));
    assert!(said.contains("LDAP_USER"), "{said}");
    assert_eq!(super::account(&server, "ada")["active"], true);
}
