//! Logins that succeed, and what they leave behind.

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;
use tanuki_testkit::oidc::{Algorithm, SecretPlace};

use super::{
    FAILED, assert_refused, begin, come_back, cookie, people, provider_and_setup, sign_on, started,
    token, who,
};
use crate::on_both;

on_both! {
    somebody_new_gets_an_account_and_is_known_again
    a_login_ends_once_and_in_the_browser_that_began_it
    of_many_callbacks_at_once_one_logs_in
    new_keys_of_the_provider_are_found
    a_secret_is_sent_the_other_way_if_the_client_is_not_known
    what_the_id_token_lacks_is_in_the_userinfo
    second_factors_are_asked_for_unless_the_provider_does
    the_web_client_is_told_of_the_provider
}

fn somebody_new_gets_an_account_and_is_known_again(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let first = sign_on(&server, &provider);
    assert!(cookie(&first, "refresh_token_cookie").is_some());
    let cookies: Vec<&str> = first
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    for set in cookies {
        assert!(
            set.contains("; Secure; HttpOnly;") && set.ends_with("SameSite=Lax"),
            "{set}"
        );
    }
    let ada = who(&server, &token(&first));
    for (key, expected) in [
        ("email", json!("ada@studio.com")),
        ("first_name", json!("Ada")),
        ("last_name", json!("Lovelace")),
        ("role", json!("user")),
        ("active", json!(true)),
        ("departments", json!([])),
    ] {
        assert_eq!(ada[key], expected, "{key}");
    }
    // The provider knows her by another name and address now.
    provider.change(|says| {
        says.person.insert("email".into(), "ada@else.com".into());
        says.person.insert("family_name".into(), "King".into());
        says.person.insert("given_name".into(), "".into());
    });
    let again = who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!(again["id"], ada["id"]);
    assert_eq!(again["email"], "ada@studio.com");
    assert_eq!(
        (&again["first_name"], &again["last_name"]),
        (&json!("Ada"), &json!("King"))
    );
    // Nothing has changed since.
    token(&sign_on(&server, &provider));
    let admin = server.admin_token();
    let list = |path: &str| server.send(&Request::get(path).bearer(&admin)).json();
    let events = list("/data/events/last?limit=100");
    let of_ada: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["data"]["person_id"] == ada["id"])
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(of_ada, ["person:update", "person:new"]);
    let logins = list("/data/events/login-logs/last?limit=100");
    let of_ada = |login: &&Value| login["person_id"] == ada["id"] && login["origin"] == "web";
    assert_eq!(
        logins.as_array().unwrap().iter().filter(of_ada).count(),
        3,
        "{logins}"
    );
    // Without a password nobody logs in with one.
    for password in ["", "default"] {
        let body = json!({"email": "ada@studio.com", "password": password});
        let response = server.send(&Request::post("/auth/login").json(&body));
        assert_eq!(response.status, 400);
    }
}

fn a_login_ends_once_and_in_the_browser_that_began_it(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let (one, other) = (begin(&server), begin(&server));
    let query = provider.authorize(&one.url).unwrap();
    assert_refused(&come_back(&server, &query, &other.cookie), FAILED);
    // That has used it up.
    assert_refused(&come_back(&server, &query, &one.cookie), FAILED);
    let query = provider.authorize(&other.url).unwrap();
    token(&come_back(&server, &query, &other.cookie));
    assert_refused(&come_back(&server, &query, &other.cookie), FAILED);
    assert_eq!(people(&server).len(), 2);
    // Two windows of one browser.
    let one = begin(&server);
    let request = Request::get("/auth/oidc/login").header("Cookie", &one.cookie);
    let url = server.send(&request).header("location").unwrap().to_owned();
    for url in [url, one.url] {
        let query = provider.authorize(&url).unwrap();
        let answer = come_back(&server, &query, &one.cookie);
        token(&answer);
        // The browser keeps the cookie, for the other window.
        assert_eq!(cookie(&answer, "tanuki_sign_on"), None);
    }
}

fn of_many_callbacks_at_once_one_logs_in(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let begun = begin(&server);
    let query = provider.authorize(&begun.url).unwrap();
    let statuses = std::thread::scope(|scope| {
        let send = || come_back(&server, &query, &begun.cookie).status;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.filter(|status| *status == 302).count()
    });
    assert_eq!(statuses, 1);
    // Several first logins of one person make one account.
    provider.change(|says| {
        says.person.insert("sub".into(), "eve".into());
        says.person.insert("email".into(), "eve@studio.com".into());
    });
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| token(&sign_on(&server, &provider))))
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let eves = people(&server);
    let eves = eves
        .iter()
        .filter(|person| person["email"] == "eve@studio.com");
    assert_eq!(eves.count(), 1);
}

fn new_keys_of_the_provider_are_found(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::Es384,
    ] {
        provider.while_it(
            |says| says.algorithm = algorithm,
            || token(&sign_on(&server, &provider)),
        );
    }
    assert_eq!(provider.requests("/jwks"), 1);
    assert_eq!(provider.requests("/.well-known/openid-configuration"), 1);
    // Within a minute keys are not fetched again, whatever tokens name.
    provider.rotate_keys("second").unwrap();
    for _ in 0..3 {
        assert_refused(&sign_on(&server, &provider), FAILED);
    }
    assert_eq!(provider.requests("/jwks"), 1);
}

fn a_secret_is_sent_the_other_way_if_the_client_is_not_known(backend: Backend) {
    // The secret has characters that are sent in the form at first.
    for (place, requests) in [(SecretPlace::Form, 2), (SecretPlace::Header, 3)] {
        let Some((provider, server)) = started(backend) else {
            return;
        };
        provider.change(|says| {
            let both = json!(["client_secret_post", "client_secret_basic"]);
            let name = "token_endpoint_auth_methods_supported";
            says.discovery.insert(name.into(), both);
            says.secret_place = place;
        });
        for _ in 0..2 {
            token(&sign_on(&server, &provider));
        }
        assert_eq!(provider.requests("/token"), requests, "{place:?}");
    }
}

fn what_the_id_token_lacks_is_in_the_userinfo(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    provider.change(|says| {
        for name in ["given_name", "family_name", "email", "email_verified"] {
            if let Some(value) = says.person.remove(name) {
                says.user_info.insert(name.into(), value);
            }
        }
    });
    let ada = who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!(
        (&ada["email"], &ada["first_name"]),
        (&json!("ada@studio.com"), &json!("Ada"))
    );
    // That of somebody else is not looked at.
    provider.change(|says| {
        says.user_info.insert("given_name".into(), "Eve".into());
        says.user_info.insert("sub".into(), "eve".into());
    });
    let again = who(&server, &token(&sign_on(&server, &provider)));
    assert_eq!(
        (&again["id"], &again["first_name"]),
        (&ada["id"], &json!("Ada"))
    );
}

fn second_factors_are_asked_for_unless_the_provider_does(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    let setup = setup.variable("ENFORCE_2FA", "true");
    let Some(server) = setup.clone().start() else {
        return;
    };
    let open = |server: &tanuki_testkit::Server, token: &str| {
        let request = Request::get("/data/projects/open").bearer(token);
        server.send(&request).status
    };
    assert_eq!(open(&server, &token(&sign_on(&server, &provider))), 403);
    let server = setup.variable("OIDC_SKIP_2FA", "true").start().unwrap();
    let response = sign_on(&server, &provider);
    assert_eq!(open(&server, &token(&response)), 200);
    let refresh = cookie(&response, "refresh_token_cookie").unwrap();
    let request = Request::get("/auth/refresh-token").bearer(&refresh);
    let renewed = server.send(&request).json()["access_token"].clone();
    assert_eq!(open(&server, renewed.as_str().unwrap()), 200);
}

fn the_web_client_is_told_of_the_provider(backend: Backend) {
    let Some((_provider, server)) = started(backend) else {
        return;
    };
    let config = server.send(&Request::get("/config")).json();
    assert_eq!(config["oidc_enabled"], true);
    assert_eq!(config["oidc_idp_name"], "The studio");
}
