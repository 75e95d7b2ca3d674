//! Whom `tanuki sync-ldap` leaves alone, and what it does not do unasked.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::ldap::{LdapServer, PEOPLE, person};

use super::{
    account, assert_code, assert_written, create, people, setup, started, sync, sync_with,
};
use crate::cli::text;
use crate::on_both;

on_both! {
    no_more_than_half_are_switched_off_unless_forced
    bots_guests_protected_and_excluded_accounts_stay_as_they_are
    the_last_admin_stays
    the_user_limit_holds
    a_large_directory_is_read_page_by_page
}

/// A base below which nobody is.
const EMPTY: &str = "ou=groups,dc=studio,dc=local";

fn no_more_than_half_are_switched_off_unless_forced(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    let nobody = [("LDAP_BASE_DN", EMPTY)];
    for flags in [&[][..], &["--dry-run"]] {
        let output = sync_with(&server, flags, &nobody);
        let plan = assert_code(&output, 1);
        assert_eq!(plan.len(), 2, "{plan:?}");
        let said = text(&output.stderr);
        let reason = "nothing was changed: 2 of 2 people of the directory would be switched off";
        assert!(said.contains(reason), "{said}");
        assert_eq!(account(&server, "ada")["active"], true);
    }
    assert_written(&sync_with(&server, &["--force", "--dry-run"], &nobody));
    assert_eq!(account(&server, "ada")["active"], true);
    assert_written(&sync_with(&server, &["--force"], &nobody));
    assert_eq!(account(&server, "ada")["active"], false);
    assert_eq!(account(&server, "bob")["active"], false);
}

fn bots_guests_protected_and_excluded_accounts_stay_as_they_are(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    create(
        &server,
        "bot@studio.com",
        &json!({"is_bot": true, "desktop_login": "bot"}),
    );
    create(
        &server,
        "guest@studio.com",
        &json!({"desktop_login": "guest"}),
    );
    server
        .sql(
            "UPDATE person SET is_generated_from_ldap = true WHERE desktop_login IN ('bot', 'guest');
             UPDATE person SET is_guest = true WHERE desktop_login = 'guest';
             UPDATE person SET ldap_uid = 'bot' WHERE desktop_login = 'bot'",
        )
        .unwrap();
    let protected = [
        ("PROTECTED_ACCOUNTS", "ADA@studio.com"),
        ("LDAP_EXCLUDED_ACCOUNTS", "somebody, BOB"),
    ];
    // Nobody is there; those two are not missed.
    let nobody = [protected[0], protected[1], ("LDAP_BASE_DN", EMPTY)];
    let plan = assert_written(&sync_with(&server, &["--force"], &nobody));
    assert_eq!(
        plan,
        ["keep        ada: not in the directory, but in PROTECTED_ACCOUNTS"]
    );
    // They are there and look different.
    let change = |login: &str| {
        format!("dn: uid={login},{PEOPLE}\nchangetype: modify\nreplace: sn\nsn: Other\n\n")
    };
    directory.change(&(change("ada") + &change("bob"))).unwrap();
    let guest = person("guest", "Guest", "Other", "");
    let bot = person("robot", "Bot", "Other", "uniqueIdentifier: bot");
    directory.change(&(guest + &bot)).unwrap();
    let plan = assert_code(&sync_with(&server, &["--take-over"], &protected), 3);
    let internal = "the account is a bot's, a guest's or a preview's";
    assert_eq!(
        plan,
        [
            "keep        ada: last_name, but in PROTECTED_ACCOUNTS".to_owned(),
            format!("refuse      guest: {internal}"),
            format!("refuse      robot: {internal}"),
        ]
    );
    for person in people(&server) {
        assert_eq!(person["active"], true, "{person}");
        assert_ne!(person["last_name"], "Other", "{person}");
    }
}

fn the_last_admin_stays(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    server
        .sql(
            "UPDATE person SET role = 'admin' WHERE desktop_login = 'ada';
             UPDATE person SET role = 'user' WHERE email = 'admin@example.com'",
        )
        .unwrap();
    let plan = assert_written(&sync_with(
        &server,
        &["--force"],
        &[("LDAP_BASE_DN", EMPTY)],
    ));
    assert_eq!(
        plan,
        [
            "switch off  bob: not in the directory",
            "keep        ada: not in the directory, but no other admin would be left",
        ]
    );
    server.log_in("ada", "password of ada");
}

fn the_user_limit_holds(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let new = ["carl", "dora", "eve"].map(|login| person(login, login, "New", ""));
    directory.change(&new.concat()).unwrap();
    let limit = [("USER_LIMIT", "4")];
    let plan = assert_code(&sync_with(&server, &[], &limit), 3);
    assert_eq!(plan.len(), 3, "{plan:?}");
    assert!(
        plan[1..]
            .iter()
            .all(|line| line.ends_with(": USER_LIMIT is reached")),
        "{plan:?}"
    );
    assert_eq!(people(&server).len(), 4);
    // Who leaves makes room.
    directory
        .change(&format!("dn: uid=bob,{PEOPLE}\nchangetype: delete\n\n"))
        .unwrap();
    let plan = assert_code(&sync_with(&server, &[], &limit), 3);
    assert_eq!(plan.len(), 3, "{plan:?}");
    assert!(plan[0].starts_with("create"), "{plan:?}");
    assert_eq!(account(&server, "bob")["active"], false);
}

fn a_large_directory_is_read_page_by_page(backend: Backend) {
    let many: String = (0..1500)
        .map(|number| person(&format!("p{number}"), "P", &number.to_string(), ""))
        .collect();
    let limits = [
        "sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited",
        // Not even page by page: what was found by then is not everybody.
        "sizelimit size.soft=500 size.hard=500 size.prtotal=700",
    ];
    for (limit, is_read) in limits.into_iter().zip([true, false]) {
        let Some(directory) = LdapServer::start(limit).unwrap() else {
            return;
        };
        directory.change(&many).unwrap();
        let setup = setup(&directory, backend).variable("USER_LIMIT", "2000");
        let Some(server) = setup.start() else {
            return;
        };
        let output = sync(&server, &[]);
        if is_read {
            assert_eq!(assert_written(&output).len(), 1500);
            server.log_in("p1499", "password of p1499");
        } else {
            let said = crate::cli::refusal(&output);
            assert!(
                said.contains("the server answers 4") || said.contains("answers 11"),
                "{said}"
            );
            assert_eq!(people(&server).len(), 1);
        }
    }
}
