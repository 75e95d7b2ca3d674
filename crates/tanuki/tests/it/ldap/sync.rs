//! What `tanuki sync-ldap` creates and changes.

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;
use tanuki_testkit::ldap::{LdapServer, PEOPLE, person};

use super::{
    account, assert_code, assert_written, create, people, setup, started, sync, sync_with,
};
use crate::on_both;

on_both! {
    accounts_follow_their_entries
    a_dry_run_changes_nothing
    who_is_found_by_what_stays_the_same
    local_accounts_are_taken_over_only_if_that_is_asked_for
    a_status_decides_who_is_active
    what_is_disabled_is_switched_off_whatever_else_it_repeats
    what_cannot_be_followed_is_refused_alone
}

fn change(directory: &LdapServer, login: &str, attribute: &str, value: &str) {
    let ldif = format!(
        "dn: uid={login},{PEOPLE}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n\n"
    );
    directory.change(&ldif).unwrap();
}

fn delete(directory: &LdapServer, login: &str) {
    let ldif = format!("dn: uid={login},{PEOPLE}\nchangetype: delete\n\n");
    directory.change(&ldif).unwrap();
}

/// Returns the names of the events about an account, the oldest first.
fn events(server: &tanuki_testkit::Server, id: &Value) -> Vec<String> {
    let request = Request::get("/data/events/last?limit=100").bearer(&server.admin_token());
    let events = server.send(&request).json();
    let mut names: Vec<String> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| &event["data"]["person_id"] == id)
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect();
    names.reverse();
    names
}

fn accounts_follow_their_entries(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let ada = account(&server, "ada");
    for (field, value) in [
        ("email", json!("ada@studio.com")),
        ("first_name", json!("Ada")),
        ("last_name", json!("Lovelace")),
        ("role", json!("user")),
        ("active", json!(true)),
        ("is_generated_from_ldap", json!(true)),
    ] {
        assert_eq!(ada[field], value, "{field}");
    }
    assert_eq!(ada["ldap_uid"].as_str().unwrap().len(), 36);
    assert_eq!(account(&server, "bob")["email"], "bob@studio.com");
    assert_eq!(assert_written(&sync(&server, &[])), [""; 0]);
    // What the directory does not say stays.
    server
        .sql("UPDATE person SET role = 'manager' WHERE desktop_login = 'ada'")
        .unwrap();
    change(&directory, "ada", "sn", "King");
    change(&directory, "ada", "mail", "countess@studio.com");
    directory
        .change(&person("carl", "Carl", "New", ""))
        .unwrap();
    delete(&directory, "bob");
    let token = server.log_in("ada", "password of ada");
    let expected = [
        "create      carl: Carl New <carl@studio.com>",
        "update      ada: last_name, email",
        "switch off  bob: not in the directory",
    ];
    assert_eq!(assert_written(&sync(&server, &[])), expected);
    let after = account(&server, "ada");
    assert_eq!(after["email"], "countess@studio.com");
    assert_eq!(
        (&after["last_name"], &after["role"]),
        (&json!("King"), &json!("manager"))
    );
    assert_eq!(events(&server, &ada["id"]), ["person:new", "person:update"]);
    let bob = account(&server, "bob");
    assert_eq!(bob["active"], false);
    assert_eq!(events(&server, &bob["id"]), ["person:new", "person:update"]);
    let own = server.send(&Request::get("/auth/authenticated").bearer(&token));
    assert_eq!(own.status, 200);
    // Who comes back with another entry has the account again if that is said.
    directory
        .change(&person("bob", "Bob", "Builder", ""))
        .unwrap();
    let plan = assert_code(&sync(&server, &[]), 3);
    let reason = "bob@studio.com has this login and was another entry's; --take-over gives the \
                  account to this one";
    assert_eq!(plan, [format!("refuse      bob: {reason}")]);
    assert_eq!(account(&server, "bob")["active"], false);
    let plan = assert_written(&sync(&server, &["--take-over"]));
    assert_eq!(plan, ["switch on   bob: ldap_uid, active"]);
    assert_eq!(account(&server, "bob")["id"], bob["id"]);
    server.log_in("bob", "password of bob");
}

fn a_dry_run_changes_nothing(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let before = people(&server);
    change(&directory, "ada", "sn", "King");
    directory
        .change(&person("carl", "Carl", "New", ""))
        .unwrap();
    delete(&directory, "bob");
    let plan = assert_written(&sync(&server, &["--dry-run"]));
    assert_eq!(plan.len(), 3, "{plan:?}");
    let after = people(&server);
    assert_eq!(before.len(), after.len());
    for (mut before, mut after) in before.into_iter().zip(after) {
        // The admin has logged in meanwhile.
        for person in [&mut before, &mut after] {
            person.as_object_mut().unwrap().remove("updated_at");
        }
        assert_eq!(before, after);
    }
    assert_eq!(assert_written(&sync(&server, &[])), plan);
}

fn who_is_found_by_what_stays_the_same(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let (ada, bob) = (account(&server, "ada"), account(&server, "bob"));
    let rename = format!(
        "dn: uid=ada,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=countess\ndeleteoldrdn: 1\n\n"
    );
    directory.change(&rename).unwrap();
    let plan = assert_written(&sync(&server, &[]));
    assert_eq!(plan, ["update      countess: desktop_login"]);
    assert_eq!(account(&server, "countess")["id"], ada["id"]);
    // Her old login is somebody's who is new.
    let new = person("ada", "Ada", "Second", "mail: second@studio.com");
    directory.change(&new).unwrap();
    let plan = assert_written(&sync(&server, &[]));
    assert_eq!(plan, ["create      ada: Ada Second <second@studio.com>"]);
    assert_ne!(account(&server, "ada")["id"], ada["id"]);
    // An account that Zou has created knows the login only.
    server
        .sql("UPDATE person SET ldap_uid = NULL WHERE desktop_login = 'bob'")
        .unwrap();
    assert_eq!(
        assert_written(&sync(&server, &[])),
        ["update      bob: ldap_uid"]
    );
    assert_eq!(account(&server, "bob")["ldap_uid"], bob["ldap_uid"]);
    change(&directory, "bob", "uniqueIdentifier", "number 7");
    assert_written(&sync(&server, &[]));
    assert_eq!(account(&server, "bob")["ldap_uid"], "number 7");
}

fn local_accounts_are_taken_over_only_if_that_is_asked_for(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let by_login = create(
        &server,
        "c@elsewhere.com",
        &json!({"desktop_login": "carl"}),
    );
    let by_mail = create(&server, "Dora@studio.com", &json!({"role": "manager"}));
    let carl = person("carl", "Carl", "New", "");
    let dora = person(
        "dora",
        "Dora",
        "Explorer",
        "mail: other@studio.com\nmail: dora@studio.com",
    );
    directory.change(&(carl + &dora)).unwrap();
    let plan = assert_code(&sync(&server, &[]), 3);
    let reason = "has this login or address; --take-over gives it to the directory";
    assert_eq!(
        plan,
        [
            format!("refuse      carl: a local account (c@elsewhere.com, user) {reason}"),
            format!("refuse      dora: a local account (dora@studio.com, manager) {reason}"),
        ]
    );
    let untouched = people(&server);
    let untouched = untouched
        .iter()
        .find(|person| person["id"] == json!(by_mail));
    assert_eq!(untouched.unwrap()["first_name"], "A");
    let plan = assert_written(&sync(&server, &["--take-over"]));
    assert!(
        plan[0].ends_with("the local account c@elsewhere.com is taken over"),
        "{plan:?}"
    );
    assert_eq!(account(&server, "carl")["id"], json!(by_login));
    let dora = account(&server, "dora");
    assert_eq!(
        (&dora["id"], &dora["role"]),
        (&json!(by_mail), &json!("manager"))
    );
    assert_eq!(dora["email"], "other@studio.com");
    server.log_in("dora", "password of dora");
    assert_eq!(assert_written(&sync(&server, &[])), [""; 0]);
}

fn a_status_decides_who_is_active(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let carl = person("carl", "Carl", "Gone", "organizationalStatus: left");
    directory.change(&carl).unwrap();
    assert_eq!(assert_written(&sync(&server, &[])), [""; 0]);
    assert_eq!(people(&server).len(), 3);
    change(&directory, "ada", "organizationalStatus", "left");
    let plan = assert_written(&sync(&server, &[]));
    assert_eq!(plan, ["switch off  ada: not active in the directory"]);
    change(&directory, "ada", "organizationalStatus", "ACTIVE");
    assert_eq!(
        assert_written(&sync(&server, &[])),
        ["switch on   ada: active"]
    );
    // As with Zou, who has none is not active.
    let variables = [("LDAP_REQUIRE_STATUS", "true")];
    let plan = assert_written(&sync_with(&server, &[], &variables));
    assert_eq!(plan, ["switch off  bob: not active in the directory"]);
}

fn what_is_disabled_is_switched_off_whatever_else_it_repeats(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    change(&directory, "ada", "mail", "bob@studio.com");
    change(&directory, "ada", "organizationalStatus", "left");
    change(&directory, "bob", "mail", "bob@studio.com");
    let plan = assert_code(&sync(&server, &[]), 3);
    let reason = "several entries have this address";
    assert_eq!(
        plan,
        [
            format!("switch off  ada: not active in the directory; {reason}"),
            format!("refuse      bob: {reason}"),
        ]
    );
    assert_eq!(account(&server, "ada")["active"], false);
    assert_eq!(account(&server, "ada")["email"], "ada@studio.com");
    // Nor if nothing else of it could be written.
    change(&directory, "bob", "organizationalStatus", "left");
    change(&directory, "bob", "sn", &"x".repeat(81));
    change(&directory, "bob", "mail", "bobby@studio.com");
    let plan = assert_written(&sync(&server, &["--force"]));
    assert_eq!(
        plan,
        ["switch off  bob: not active in the directory; the last name has more than 80 letters"]
    );
    assert_eq!(assert_written(&sync(&server, &[])), [""; 0]);
}

fn what_cannot_be_followed_is_refused_alone(backend: Backend) {
    let Some(directory) = LdapServer::start("").unwrap() else {
        return;
    };
    let long = "x".repeat(81);
    let entries = [
        person("one", "One", "Same", "mail: same@studio.com"),
        person("two", "Two", "Same", "mail: Same@studio.com"),
        person("three", "Three", &long, ""),
        person("four", "Four", "Mail", "mail: nothing"),
        person(
            "five",
            "Five",
            "Admin",
            "mail: five@studio.com\nmail: admin@example.com",
        ),
        person("good", "Good", "One", ""),
    ];
    directory.change(&entries.concat()).unwrap();
    let Some(server) = setup(&directory, backend).start() else {
        return;
    };
    let plan = assert_code(&sync(&server, &["--no-photos"]), 3);
    let local = "a local account (admin@example.com, admin) has this login or address; --take-over \
                 gives it to the directory";
    assert_eq!(
        plan,
        [
            "create      good: Good One <good@studio.com>".to_owned(),
            format!("refuse      five: {local}"),
            "refuse      four: nothing is no email address".to_owned(),
            "refuse      one: several entries have this address".to_owned(),
            "refuse      three: the last name has more than 80 letters".to_owned(),
            "refuse      two: several entries have this address".to_owned(),
        ]
    );
    assert_eq!(people(&server).len(), 2);
}
