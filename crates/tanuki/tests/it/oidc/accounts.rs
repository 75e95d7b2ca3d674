//! Which accounts an identity is bound to.

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server};

use super::{
    NOT_BOUND, assert_refused, create, people, provider_and_setup, sign_on, started, token, who,
};
use crate::on_both;

on_both! {
    an_existing_person_is_bound_by_their_address
    a_first_sign_on_ends_what_was_before
    passwords_that_let_nobody_in_go
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

/// Gives an account the admin's password.
fn set_password(server: &Server, id: &str) {
    let sql = format!(
        "UPDATE person SET password = (SELECT password FROM person WHERE email = '{ADMIN_EMAIL}') \
         WHERE id = '{id}'"
    );
    server.sql(&sql).unwrap();
}

fn can_log_in(server: &Server, email: &str) -> bool {
    let body = json!({"email": email, "password": ADMIN_PASSWORD});
    server
        .send(&Request::post("/auth/login").json(&body))
        .status
        == 200
}

fn a_first_sign_on_ends_what_was_before(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let id = create(&server, "ada@studio.com", &json!({"role": "admin"}));
    set_password(&server, &id);
    let before = server.log_in("ada@studio.com", ADMIN_PASSWORD);
    let works = |token: &str| {
        let own = server.send(&Request::get("/auth/authenticated").bearer(token));
        own.status == 200
    };
    let first = token(&sign_on(&server, &provider));
    assert!(!works(&before) && works(&first));
    // The studio still lets people in with passwords.
    let by_password = server.log_in("ada@studio.com", ADMIN_PASSWORD);
    let second = token(&sign_on(&server, &provider));
    assert!(works(&by_password) && works(&first) && works(&second));
    // The studio has changed its provider.
    server
        .sql(&format!(
            "UPDATE person SET oidc_issuer = 'https://old' WHERE id = '{id}'"
        ))
        .unwrap();
    let third = token(&sign_on(&server, &provider));
    assert!(!works(&by_password) && !works(&first) && works(&third));
}

fn passwords_that_let_nobody_in_go(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    let setup = [
        ("AUTH_STRATEGY", "auth_remote_ldap"),
        ("LDAP_HOST", "127.0.0.1"),
        ("LDAP_BASE_DN", "ou=people,dc=studio,dc=com"),
        ("LDAP_PASSWORD", "secret"),
        ("LDAP_FALLBACK", "true"),
    ]
    .into_iter()
    .fold(setup, |setup, (name, value)| setup.variable(name, value));
    let Some(server) = setup.start() else {
        return;
    };
    for (email, is_kept) in [("ada@studio.com", false), ("eve@studio.com", true)] {
        let id = create(&server, email, &json!({}));
        set_password(&server, &id);
        let mark = |is_of_directory: bool| {
            let sql = format!(
                "UPDATE person SET is_generated_from_ldap = {is_of_directory} WHERE id = '{id}'"
            );
            server.sql(&sql).unwrap();
        };
        mark(!is_kept);
        provider.change(|says| {
            says.person["sub"] = email.into();
            says.person["email"] = email.into();
        });
        token(&sign_on(&server, &provider));
        mark(false);
        assert_eq!(can_log_in(&server, email), is_kept, "{email}");
    }
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
