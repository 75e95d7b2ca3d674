//! Providers that lie, and browsers that do.

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::oidc::{Algorithm, Behaviour, Trouble};
use tanuki_testkit::{Backend, Server};

use super::{
    FAILED, UNAVAILABLE, assert_refused, begin, come_back, people, sign_on, started, token,
};
use crate::on_both;

on_both! {
    id_tokens_that_lie_let_nobody_in
    a_provider_in_trouble_lets_nobody_in
    a_description_of_another_provider_is_refused
    callbacks_that_nobody_asked_for_are_refused
    browsers_get_a_page
}

/// Names of the claims, with what they say, whose tokens are refused.
fn wrong_claims(issuer: &str) -> Vec<Value> {
    let now = 1_000_000_000_i64;
    vec![
        json!({"iss": format!("{issuer}/")}),
        json!({"iss": "https://evil.com"}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": ["tanuki", "other"]}),
        json!({"aud": ["tanuki", "other"], "azp": "other"}),
        json!({"azp": "other"}),
        json!({"aud": null}),
        json!({"nonce": "other"}),
        json!({"nonce": null}),
        json!({"exp": now}),
        json!({"exp": null}),
        json!({"iat": null}),
        json!({"iat": now * 10}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": ["ada"]}),
        json!({"sub": "x".repeat(256)}),
    ]
}

fn id_tokens_that_lie_let_nobody_in(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    for claims in wrong_claims(&provider.issuer()) {
        let changed = claims.as_object().unwrap().clone();
        let response =
            provider.while_it(|says| says.claims = changed, || sign_on(&server, &provider));
        assert_refused(&response, FAILED);
    }
    type Lie = fn(&mut Behaviour);
    let lies: [Lie; 8] = [
        |says| says.algorithm = Algorithm::None,
        |says| says.algorithm = Algorithm::Hs256,
        |says| {
            says.algorithm = Algorithm::Hs256;
            says.key_name = Some("shared".into());
        },
        |says| says.foreign_keys = true,
        |says| says.key_name = Some("no such key".into()),
        |says| says.key_name = Some("first-p256".into()),
        |says| says.clock = 600,
        |says| says.clock = -600,
    ];
    for lie in lies {
        let response = provider.while_it(lie, || sign_on(&server, &provider));
        assert_refused(&response, FAILED);
    }
    assert_eq!(people(&server).len(), 1);
    token(&sign_on(&server, &provider));
}

fn a_provider_in_trouble_lets_nobody_in(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    for trouble in [Trouble::Huge, Trouble::Status(404), Trouble::Silence] {
        let spoil = |says: &mut Behaviour| {
            says.trouble.insert("/jwks".into(), trouble);
        };
        let response = provider.while_it(spoil, || sign_on(&server, &provider));
        assert_refused(&response, UNAVAILABLE);
        // A failure is not asked for again at once.
        std::thread::sleep(std::time::Duration::from_secs(6));
    }
    let elsewhere = format!("{}/userinfo", provider.issuer());
    let garbage = "[".repeat(100_000);
    for trouble in [
        Trouble::Status(500),
        Trouble::Redirect(elsewhere),
        Trouble::Text("no JSON".into()),
        Trouble::Text(garbage),
        Trouble::Text("[]".into()),
        Trouble::Text(json!({"id_token": 7}).to_string()),
        Trouble::Text(json!({"id_token": "a.b.c"}).to_string()),
        Trouble::Huge,
    ] {
        let spoil = |says: &mut Behaviour| {
            says.trouble.insert("/token".into(), trouble);
        };
        let response = provider.while_it(spoil, || sign_on(&server, &provider));
        assert_refused(&response, FAILED);
    }
    // The redirect was not followed.
    assert_eq!(provider.requests("/userinfo"), 0);
    assert_eq!(people(&server).len(), 1);
    // Without its userinfo people log in as well.
    let spoil = |says: &mut Behaviour| {
        says.trouble.insert("/userinfo".into(), Trouble::Huge);
        says.claims.insert("given_name".into(), Value::Null);
        says.claims.insert("family_name".into(), Value::Null);
    };
    token(&provider.while_it(spoil, || sign_on(&server, &provider)));
}

fn a_description_of_another_provider_is_refused(backend: Backend) {
    let login = |server: &Server| server.send(&Request::get("/auth/oidc/login"));
    for changes in [
        json!({"issuer": "https://evil.com"}),
        json!({"token_endpoint": "http://evil.com/token"}),
        json!({"jwks_uri": null}),
    ] {
        let Some((provider, server)) = started(backend) else {
            return;
        };
        provider.change(|says| says.discovery = changes.as_object().unwrap().clone());
        for _ in 0..3 {
            assert_refused(&login(&server), UNAVAILABLE);
        }
        // Who asks again at once gets the same answer.
        assert!(provider.requests("/.well-known/openid-configuration") <= 2);
    }
}

fn callbacks_that_nobody_asked_for_are_refused(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let state = "A".repeat(43);
    for query in [
        "",
        "code=x",
        "state=&code=",
        "state=x&code=y",
        &format!("state={state}&code=y"),
        "state=%00&code=%00",
        "state=%FF&code=%FF",
        &format!("state={}", "x".repeat(10_000)),
        "state[]=a&code[]=b&=&&",
    ] {
        assert_refused(&come_back(&server, query, "tanuki_sign_on=x"), FAILED);
    }
    let of = |url: &str| provider.authorize(url).unwrap();
    for change in [
        (|query| format!("{query}&error=access_denied")) as fn(String) -> String,
        |query| format!("{query}&iss=https%3A%2F%2Fevil.com"),
        |query| query.replace("code=", "code=x"),
        |query| query.replace("code=", "kode="),
        |query| query.replace("code=", &format!("code={}", "x".repeat(10_000))),
    ] {
        let begun = begin(&server);
        let query = change(of(&begun.url));
        assert_refused(&come_back(&server, &query, &begun.cookie), FAILED);
        // The state was used.
        let query = of(&begun.url);
        assert_refused(&come_back(&server, &query, &begun.cookie), FAILED);
    }
    let begun = begin(&server);
    assert_refused(&come_back(&server, &of(&begun.url), "a=b"), FAILED);
    assert_eq!(people(&server).len(), 1);
}

fn browsers_get_a_page(backend: Backend) {
    let Some((_provider, server)) = started(backend) else {
        return;
    };
    let request = Request::get("/auth/oidc/callback").header("Accept", "text/html,*/*;q=0.8");
    let response = server.send(&request);
    assert_eq!(response.status, 400);
    assert_eq!(
        response.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let text = response.text();
    assert!(text.contains(&format!("<p>{FAILED}</p>")), "{text}");
    assert!(
        text.contains("<a href=\"https://kitsu.studio.com\">"),
        "{text}"
    );
}
