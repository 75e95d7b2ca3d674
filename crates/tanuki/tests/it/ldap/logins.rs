//! Logins with the password of the directory.

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::ldap::{LdapServer, PEOPLE, person};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend};

use super::{
    UNAVAILABLE, WRONG, account, assert_refused, assert_written, log_in, setup, started, sync,
};
use crate::on_both;

on_both! {
    people_log_in_with_the_password_of_the_directory
    people_keep_the_login_and_address_that_the_directory_gives_them
    local_accounts_need_the_fallback
    an_empty_password_is_refused_where_the_directory_takes_it
    a_login_is_one_name_whatever_is_in_it
    wrong_passwords_lock_the_account
    a_directory_that_is_down_counts_no_failures
    the_rest_of_a_login_is_as_for_everybody
    people_of_active_directory_log_in_by_their_names
}

fn people_log_in_with_the_password_of_the_directory(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    for login in ["ada@studio.com", "ADA@studio.com", "ada"] {
        let answer = log_in(&server, login, "password of ada");
        assert_eq!(answer.status, 200, "{login}: {}", answer.text());
        assert_eq!(answer.json()["user"]["last_name"], "Lovelace");
    }
    for password in ["password of bob", "Password of ada", "password of ada "] {
        assert_refused(&log_in(&server, "ada", password), WRONG);
    }
    assert_refused(&log_in(&server, "nobody", "password of ada"), WRONG);
    let token = server.log_in("bob", "password of bob");
    let sessions = server.send(&Request::get("/tanuki/sessions").bearer(&token));
    assert_eq!(sessions.json()[0]["method"], "ldap");
    // The admin has a local account.
    let token = server.admin_token();
    let sessions = server.send(&Request::get("/tanuki/sessions").bearer(&token));
    assert_eq!(sessions.json()[0]["method"], "password");
}

fn people_keep_the_login_and_address_that_the_directory_gives_them(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    let token = server.log_in("bob", "password of bob");
    let id = account(&server, "bob")["id"].clone();
    let path = format!("/data/persons/{}", id.as_str().unwrap());
    let change = json!({"desktop_login": "ada", "email": "boss@studio.com", "phone": "123"});
    let answer = server.send(&Request::put(&path).bearer(&token).json(&change));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let person = account(&server, "bob");
    assert_eq!(person["phone"], "123");
    assert_ne!(person["email"], "boss@studio.com");
    assert_eq!(account(&server, "ada")["last_name"], "Lovelace");
}

fn local_accounts_need_the_fallback(backend: Backend) {
    let Some(directory) = LdapServer::start("").unwrap() else {
        return;
    };
    let setup = setup(&directory, backend).variable("LDAP_FALLBACK", "false");
    let Some(server) = setup.start() else {
        return;
    };
    assert_refused(&log_in(&server, ADMIN_EMAIL, ADMIN_PASSWORD), WRONG);
}

fn an_empty_password_is_refused_where_the_directory_takes_it(backend: Backend) {
    let Some(directory) = LdapServer::start("allow bind_anon_cred bind_anon_dn").unwrap() else {
        return;
    };
    let ada = person("ada", "Ada", "Lovelace", "");
    directory.change(&ada).unwrap();
    let Some(server) = setup(&directory, backend).start() else {
        return;
    };
    assert_written(&sync(&server, &[]));
    assert!(directory.lets_in(&format!("uid=ada,{PEOPLE}"), "").unwrap());
    assert_refused(&log_in(&server, "ada", ""), WRONG);
    assert_eq!(log_in(&server, "ada", "password of ada").status, 200);
    // A login that is empty has no name in the directory.
    server
        .sql("UPDATE person SET desktop_login = '' WHERE desktop_login = 'ada'")
        .unwrap();
    assert_refused(&log_in(&server, "ada@studio.com", "password of ada"), WRONG);
}

fn a_login_is_one_name_whatever_is_in_it(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    let others = format!("dn: ou=others,{PEOPLE}\nobjectClass: organizationalUnit\nou: others\n\n");
    let eve =
        person("eve,ou=others", "Eve", "Other", "").replacen("uid: eve,ou=others", "uid: eve", 1);
    let comma = person("a\\,b", "A", "B", "").replacen("uid: a\\,b", "uid: a,b", 1);
    directory.change(&(others + &eve + &comma)).unwrap();
    assert!(
        directory
            .lets_in(
                &format!("uid=eve,ou=others,{PEOPLE}"),
                "password of eve,ou=others"
            )
            .unwrap()
    );
    // Bob calls himself so, and would be let in with the password of another.
    server
        .sql("UPDATE person SET desktop_login = 'eve,ou=others' WHERE desktop_login = 'bob'")
        .unwrap();
    assert_refused(
        &log_in(&server, "eve,ou=others", "password of eve,ou=others"),
        WRONG,
    );
    server
        .sql("UPDATE person SET desktop_login = 'a,b' WHERE desktop_login = 'eve,ou=others'")
        .unwrap();
    assert_eq!(log_in(&server, "a,b", "password of a\\,b").status, 200);
}

fn wrong_passwords_lock_the_account(backend: Backend) {
    let Some((_directory, server)) = started(backend) else {
        return;
    };
    for _ in 0..5 {
        assert_refused(&log_in(&server, "ada", "guess"), WRONG);
    }
    let answer = log_in(&server, "ada", "password of ada").json();
    assert_eq!(answer["too_many_failed_login_attemps"], true);
    server.log_in("bob", "password of bob");
}

fn a_directory_that_is_down_counts_no_failures(backend: Backend) {
    let Some((mut directory, server)) = started(backend) else {
        return;
    };
    directory.stop();
    for password in ["password of ada", "guess"].repeat(4) {
        let answer = log_in(&server, "ada", password);
        assert_refused(&answer, UNAVAILABLE);
        assert_eq!(answer.json()["error"], true);
    }
    server.admin_token();
    directory.start_again().unwrap();
    server.log_in("ada", "password of ada");
}

fn the_rest_of_a_login_is_as_for_everybody(backend: Backend) {
    let Some((directory, server)) = started(backend) else {
        return;
    };
    server
        .sql(
            "UPDATE person SET totp_enabled = true, totp_secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
             preferred_two_factor_authentication = 'totp' WHERE desktop_login = 'ada';
             UPDATE person SET active = false WHERE desktop_login = 'bob'",
        )
        .unwrap();
    let answer = log_in(&server, "ada", "password of ada");
    assert_eq!(
        (answer.status, &answer.json()["missing_OTP"]),
        (400, &json!(true))
    );
    assert_refused(&log_in(&server, "ada", "guess"), WRONG);
    let answer = log_in(&server, "bob", "password of bob");
    assert_eq!(
        (answer.status, &answer.json()["unactive"]),
        (401, &json!(true))
    );
    assert_refused(&log_in(&server, "bob", "guess"), WRONG);
    // Somebody whose password there is the word that local accounts begin with.
    let password = format!(
        "dn: uid=bob,{PEOPLE}\nchangetype: modify\nreplace: userPassword\nuserPassword: default\n\n"
    );
    directory.change(&password).unwrap();
    server
        .sql("UPDATE person SET active = true WHERE desktop_login = 'bob'")
        .unwrap();
    server.log_in("bob", "default");
}

/// Active Directory as far as OpenLDAP can be like it.
fn people_of_active_directory_log_in_by_their_names(backend: Backend) {
    let Some(directory) = LdapServer::start("").unwrap() else {
        return;
    };
    let name = format!("cn=Ada Lovelace,{PEOPLE}");
    let ada = person(
        "ada",
        "Ada",
        "Lovelace",
        "mail: ada@studio.local\nsAMAccountName: ada.l\nuserAccountControl: 512\nobjectGUID:: AAECAwQFBgcICQoLDA0ODw==",
    );
    let ada = ada.replacen(&format!("uid=ada,{PEOPLE}"), &name, 1);
    directory.change(&ada).unwrap();
    let setup = setup(&directory, backend).variable("LDAP_IS_AD_SIMPLE", "true");
    let Some(server) = setup.start() else {
        return;
    };
    assert_written(&sync(&server, &[]));
    let account = account(&server, "Ada Lovelace");
    assert_eq!(
        account["ldap_uid"],
        "{03020100-0504-0706-0809-0a0b0c0d0e0f}"
    );
    server.log_in("Ada Lovelace", "password of ada");
    let change = format!(
        "dn: {name}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n\n"
    );
    directory.change(&change).unwrap();
    assert_written(&sync(&server, &["--force"]));
    assert_eq!(super::account(&server, "Ada Lovelace")["active"], false);
}
