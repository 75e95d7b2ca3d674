//! Whose account a response is about.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend, Setup};

use super::{
    NOT_BOUND, Provider, assert_refused, come_back, create, people, person, sign_on, token, who,
};
use crate::on_both;

on_both! {
    some_accounts_are_never_found_by_their_address
    who_is_deactivated_is_told_so_and_the_limit_holds
    an_attribute_identifies_people_for_good
    groups_give_roles_and_departments
    addresses_are_addresses
}

fn some_accounts_are_never_found_by_their_address(backend: Backend) {
    let protect = |setup: Setup| setup.variable("PROTECTED_ACCOUNTS", "boss@studio.com");
    let Some((provider, server)) = Provider::start(backend, protect) else {
        return;
    };
    let is_admin = who(
        &server,
        &token(&sign_on(
            &server,
            &provider,
            &person(ADMIN_EMAIL, json!({})),
        )),
    );
    assert_eq!(is_admin["role"], "admin");
    create(&server, "boss@studio.com", &json!({}));
    create(&server, "guest@studio.com", &json!({}));
    server
        .sql("UPDATE person SET is_guest = true WHERE email = 'guest@studio.com'")
        .unwrap();
    for email in ["Boss@studio.com", "guest@studio.com"] {
        let said = person(email, json!({"givenName": ["Ada"]}));
        assert_refused(&sign_on(&server, &provider, &said), NOT_BOUND);
    }
    assert!(
        people(&server)
            .iter()
            .all(|person| person["first_name"] != "Ada")
    );
    // A bot may have the address of a person.
    create(&server, "ada@studio.com", &json!({"is_bot": true}));
    let ada = sign_on(&server, &provider, &person("ada@studio.com", json!({})));
    assert_eq!(who(&server, &token(&ada))["is_bot"], false);
}

fn who_is_deactivated_is_told_so_and_the_limit_holds(backend: Backend) {
    let limit = |setup: Setup| setup.variable("USER_LIMIT", "2");
    let Some((provider, server)) = Provider::start(backend, limit) else {
        return;
    };
    create(&server, "eve@studio.com", &json!({"active": false}));
    let inactive = "This account is deactivated. Ask an administrator.";
    let eve = person("eve@studio.com", json!({"givenName": ["Ada"]}));
    assert_refused(&sign_on(&server, &provider, &eve), inactive);
    token(&sign_on(&server, &provider, &super::ada()));
    let full = "There is no room for another account. Ask an administrator.";
    let mae = person("mae@studio.com", json!({}));
    assert_refused(&sign_on(&server, &provider, &mae), full);
    token(&sign_on(&server, &provider, &super::ada()));
    assert_eq!(people(&server).len(), 3);
}

/// The name of the attribute whose friendly name is `uid`.
const UID: &str = "urn:oid:0.9.2342.19200300.100.1.1";

fn an_attribute_identifies_people_for_good(backend: Backend) {
    let by_id = |setup: Setup| {
        setup
            .variable("SAML_SUBJECT_ATTRIBUTE", UID)
            .variable("PROTECTED_ACCOUNTS", ADMIN_EMAIL)
    };
    let Some((provider, server)) = Provider::start(backend, by_id) else {
        return;
    };
    let id = create(&server, "ada@STUDIO.com", &json!({"role": "manager"}));
    let log_in = |email: &str, uid: Value| {
        let said = person(email, json!({"uid": uid, "givenName": ["Ada"]}));
        sign_on(&server, &provider, &said)
    };
    let ada = who(&server, &token(&log_in("ada@studio.com", json!(["u1"]))));
    assert_eq!((&ada["id"], &ada["role"]), (&json!(id), &json!("manager")));
    // Another address is the same person, the same address not another one.
    assert_eq!(
        who(&server, &token(&log_in("king@studio.com", json!(["u1"]))))["id"],
        json!(id)
    );
    assert_refused(&log_in("ada@studio.com", json!(["u2"])), NOT_BOUND);
    for uid in [
        json!([]),
        json!(["u1", "u2"]),
        json!([""]),
        json!(["x".repeat(256)]),
    ] {
        assert_refused(&log_in("ada@studio.com", uid), NOT_BOUND);
    }
    let without = person("ada@studio.com", json!({"givenName": ["Ada"]}));
    assert_refused(&sign_on(&server, &provider, &without), NOT_BOUND);
    assert_refused(&log_in(ADMIN_EMAIL, json!(["u3"])), NOT_BOUND);
    // Somebody new is bound at once.
    let eve = who(&server, &token(&log_in("eve@studio.com", json!(["u4"]))));
    let again = who(&server, &token(&log_in("other@studio.com", json!(["u4"]))));
    assert_eq!(eve["id"], again["id"]);
}

fn groups_give_roles_and_departments(backend: Backend) {
    let map = |setup: Setup| {
        setup.variable("SAML_ROLE_ATTRIBUTE", "memberOf").variable(
            "SAML_ROLE_MAP",
            "leads=supervisor, department:Crowd; pipeline=admin",
        )
    };
    let Some((provider, server)) = Provider::start(backend, map) else {
        return;
    };
    let request = Request::post("/data/departments").bearer(&server.admin_token());
    let made = server.send(&request.json(&json!({"name": "Crowd", "color": "#000000"})));
    let crowd = made.json()["id"].clone();
    let log_in = |attributes: Value| {
        let said = person("ada@studio.com", attributes);
        who(&server, &token(&sign_on(&server, &provider, &said)))
    };
    let ada = log_in(json!({"memberOf": ["leads", "other"]}));
    assert_eq!(
        (&ada["role"], &ada["departments"]),
        (&json!("supervisor"), &json!([crowd]))
    );
    assert_eq!(log_in(json!({}))["role"], "supervisor");
    assert_eq!(log_in(json!({"memberOf": ["pipeline"]}))["role"], "admin");
    let ada = log_in(json!({"memberOf": ["other"]}));
    assert_eq!(
        (&ada["role"], &ada["departments"]),
        (&json!("user"), &json!([]))
    );
}

fn addresses_are_addresses(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    for (name, attributes, message) in [
        ("ada", json!({}), "The provider names no email address."),
        (
            "ada",
            json!({"mail": ["ada"]}),
            "What the provider calls an email address is none.",
        ),
    ] {
        assert_refused(
            &sign_on(&server, &provider, &person(name, attributes)),
            message,
        );
    }
    let mut opaque = person("x7@studio.com", json!({"mail": ["ada@studio.com"]}));
    opaque["format"] = json!("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    let response = come_back(&server, &provider.log_in(&opaque, None));
    assert_eq!(who(&server, &token(&response))["email"], "ada@studio.com");
    assert_eq!(people(&server).len(), 2);
}
