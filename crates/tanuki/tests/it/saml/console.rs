//! Single sign-on to the console.

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use super::{Provider, ada, come_back, cookie, create, token};
use crate::on_both;
use crate::single_sign_on::{ConsoleLogin, assert_kept_out, console_page, console_session, ticket};

on_both! {
    an_admin_signs_in_to_the_console
    a_response_to_the_console_is_bound_to_its_browser
    second_factors_of_the_console_are_set_up_unless_the_provider_has_them
}

const ENDED: &str = "That login has ended already";

/// Begins a login and returns it with the provider's response.
fn responded(server: &tanuki_testkit::Server, provider: &Provider) -> (ConsoleLogin, String) {
    let login = ConsoleLogin::begin(server, "saml");
    let request = provider.read(&login.url);
    let response = provider.log_in(&ada(), request["id"].as_str());
    (login, response)
}

fn an_admin_signs_in_to_the_console(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    let id = create(&server, "ada@studio.com", &json!({"role": "admin"}));
    let page = server.send(&Request::get("/console/login")).text();
    assert!(page.contains("href=\"/console/login/saml\""), "{page}");
    assert!(page.contains("Sign in with The studio"), "{page}");
    let (login, response) = responded(&server, &provider);
    let session = console_session(&login.go_on(&server, &come_back(&server, &response)));
    let page = console_page(&server, &session, "/console/bots");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("ada@studio.com"), "{}", page.text());
    // What begins at the provider's own page leads to the web client.
    token(&come_back(&server, &provider.log_in(&ada(), None)));
    // An account that was deactivated.
    let admin = server.admin_token();
    let request = Request::put(&format!("/data/persons/{id}")).bearer(&admin);
    let changed = server.send(&request.json(&json!({"active": false})));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let (_, response) = responded(&server, &provider);
    let form = [("SAMLResponse", response.as_str())];
    let request = Request::post("/api/auth/saml/sso").header("Accept", "text/html");
    let page = server.send(&request.form(&form));
    assert_eq!(page.status, 400);
    let text = page.text();
    assert!(text.contains("This account is deactivated."), "{text}");
    assert!(text.contains("<a href=\"/console/login\">"), "{text}");
}

fn a_response_to_the_console_is_bound_to_its_browser(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    create(&server, "ada@studio.com", &json!({"role": "admin"}));
    // Somebody gives their own response to another person's browser.
    let (login, response) = responded(&server, &provider);
    let came_back = come_back(&server, &response);
    let other = ConsoleLogin::begin(&server, "saml");
    assert_kept_out(&other.go_on(&server, &came_back), ENDED);
    assert_kept_out(&login.go_on(&server, &came_back), ENDED);
    let (_, response) = responded(&server, &provider);
    let path = ticket(&come_back(&server, &response));
    assert_kept_out(&console_page(&server, "a=b", &path), ENDED);
    // A response works once.
    let (login, response) = responded(&server, &provider);
    console_session(&login.go_on(&server, &come_back(&server, &response)));
    let again = come_back(&server, &response);
    assert_eq!(again.status, 400);
    assert_eq!(cookie(&again, "access_token_cookie"), None);
}

fn second_factors_of_the_console_are_set_up_unless_the_provider_has_them(backend: Backend) {
    for (skip, expected) in [("false", 303), ("true", 200)] {
        let started = Provider::start(backend, |setup| {
            setup
                .variable("ENFORCE_2FA", "true")
                .variable("SAML_ROLE_MAP", "admins=admin")
                .variable("SAML_SKIP_2FA", skip)
        });
        let Some((provider, server)) = started else {
            return;
        };
        let login = ConsoleLogin::begin(&server, "saml");
        let request = provider.read(&login.url);
        let mut person = ada();
        person["attributes"]["groups"] = json!(["admins"]);
        let response = provider.log_in(&person, request["id"].as_str());
        let session = console_session(&login.go_on(&server, &come_back(&server, &response)));
        let page = console_page(&server, &session, "/console/bots");
        assert_eq!(page.status, expected, "{}", page.text());
    }
}
