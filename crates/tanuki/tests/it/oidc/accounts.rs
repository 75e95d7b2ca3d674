//! Which accounts an identity is bound to.

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, Backend};

use super::{
    NOT_BOUND, assert_refused, create, people, provider_and_setup, sign_on, started, token, who,
};
use crate::on_both;

on_both! {
    an_existing_person_is_bound_by_their_address
    some_accounts_are_never_bound
    who_is_deactivated_is_told_so
    the_user_limit_holds
    addresses_have_to_be_verified_addresses
}

fn an_existing_person_is_bound_by_their_address(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let id = create(&server, "ada@STUDIO.com", &json!({"role": "manager"}));
    let ada = who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!((&ada["id"], &ada["role"]), (&json!(id), &json!("manager")));
    assert_eq!(ada["first_name"], "Ada");
    // Whoever has her address at the provider later is not her.
    provider.change(|says| says.person["sub"] = "another".into());
    assert_refused(&sign_on(&server, &provider), NOT_BOUND);
    provider.change(|says| says.person["sub"] = "ada".into());
    assert_eq!(
        who(&server, &token(&sign_on(&server, &provider)))["id"],
        json!(id)
    );
    // The studio has changed its provider.
    server
        .sql(&format!(
            "UPDATE person SET oidc_issuer = 'https://old' WHERE id = '{id}'"
        ))
        .unwrap();
    provider.change(|says| says.person["sub"] = "another".into());
    let ada = who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!(ada["id"], json!(id));
    provider.change(|says| says.person["sub"] = "ada".into());
    assert_refused(&sign_on(&server, &provider), NOT_BOUND);
}

fn some_accounts_are_never_bound(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    let setup = setup.variable("PROTECTED_ACCOUNTS", "boss@studio.com; ADMIN@example.com");
    let Some(server) = setup.start() else {
        return;
    };
    create(&server, "boss@studio.com", &json!({}));
    create(&server, "guest@studio.com", &json!({}));
    server
        .sql("UPDATE person SET is_guest = true WHERE email = 'guest@studio.com'")
        .unwrap();
    for email in ["Boss@studio.com", "guest@studio.com", ADMIN_EMAIL] {
        provider.change(|says| says.person["email"] = email.into());
        assert_refused(&sign_on(&server, &provider), NOT_BOUND);
    }
    assert!(
        people(&server)
            .iter()
            .all(|person| person["first_name"] != "Ada")
    );
    // A bot may have the address of a person.
    create(&server, "ada@studio.com", &json!({"is_bot": true}));
    provider.change(|says| says.person["email"] = "ada@studio.com".into());
    let ada = who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!(ada["is_bot"], false);
}

fn who_is_deactivated_is_told_so(backend: Backend) {
    const INACTIVE: &str = "This account is deactivated. Ask an administrator.";
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let id = create(&server, "ada@studio.com", &json!({"active": false}));
    assert_refused(&sign_on(&server, &provider), INACTIVE);
    let ada = people(&server)
        .into_iter()
        .find(|person| person["id"] == json!(id))
        .unwrap();
    assert_eq!(ada["first_name"], "A");
    let active = |active: bool| {
        let path = format!("/data/persons/{id}");
        let request = Request::put(&path).bearer(&server.admin_token());
        server.send(&request.json(&json!({"active": active})))
    };
    active(true);
    token(&sign_on(&server, &provider));
    active(false);
    assert_refused(&sign_on(&server, &provider), INACTIVE);
}

fn the_user_limit_holds(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    let Some(server) = setup.variable("USER_LIMIT", "2").start() else {
        return;
    };
    token(&sign_on(&server, &provider));
    provider.change(|says| {
        says.person["sub"] = "eve".into();
        says.person["email"] = "eve@studio.com".into();
    });
    let message = "There is no room for another account. Ask an administrator.";
    assert_refused(&sign_on(&server, &provider), message);
    provider.change(|says| says.person["sub"] = "ada".into());
    token(&sign_on(&server, &provider));
    assert_eq!(people(&server).len(), 2);
}

fn addresses_have_to_be_verified_addresses(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    for (claims, message) in [
        (
            json!({"email": null}),
            "No email claim returned by the provider.",
        ),
        (
            json!({"email_verified": null}),
            "Email address is not verified.",
        ),
        (
            json!({"email_verified": false}),
            "Email address is not verified.",
        ),
        (
            json!({"email_verified": "true"}),
            "Email address is not verified.",
        ),
        (
            json!({"email": "ada"}),
            "The provider's email claim is no email address.",
        ),
        (
            json!({"email": 7}),
            "The provider's email claim is no email address.",
        ),
        (
            json!({"email": "a\u{0}@b.com"}),
            "The provider's email claim is no email address.",
        ),
    ] {
        let claims = claims.as_object().unwrap().clone();
        let response =
            provider.while_it(|says| says.claims = claims, || sign_on(&server, &provider));
        assert_refused(&response, message);
    }
    assert_eq!(people(&server).len(), 1);
    // Once bound, the address does not matter any more.
    token(&sign_on(&server, &provider));
    provider.change(|says| {
        says.person.remove("email");
    });
    token(&sign_on(&server, &provider));
}
