//! Single sign-on to the console.

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::oidc::{Behaviour, OidcProvider, Trouble};
use tanuki_testkit::{Backend, Server};

use super::{begin, come_back, create, provider_and_setup, started, token};
use crate::single_sign_on::{
    ConsoleLogin, assert_kept_out, console_page, console_session, cookie, ticket,
};
use crate::{BINARY, on_both};

on_both! {
    an_admin_signs_in_to_the_console
    a_ticket_works_once_and_in_its_browser
    the_console_refuses_as_it_does_elsewhere
    second_factors_of_the_console_are_set_up_unless_the_provider_has_them
    a_provider_in_trouble_is_named_on_the_page
}

const ENDED: &str = "That login has ended already";

/// Makes `ada` an admin.
fn ada(server: &Server) -> String {
    create(server, "ada@studio.com", &json!({"role": "admin"}))
}

/// Goes through a login up to the provider's answer.
fn answered(server: &Server, provider: &OidcProvider, login: &ConsoleLogin) -> Response {
    let query = provider.authorize(&login.url).unwrap();
    come_back(server, &query, &login.cookie)
}

/// Goes through a whole login.
fn sign_on(server: &Server, provider: &OidcProvider) -> Response {
    let login = ConsoleLogin::begin(server, "oidc");
    login.go_on(server, &answered(server, provider, &login))
}

fn an_admin_signs_in_to_the_console(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let id = ada(&server);
    let page = server.send(&Request::get("/console/login")).text();
    assert!(page.contains("href=\"/console/login/oidc\""), "{page}");
    assert!(page.contains("Sign in with The studio"), "{page}");
    assert!(!page.contains("/console/login/saml"), "{page}");
    let session = console_session(&sign_on(&server, &provider));
    let page = console_page(&server, &session, "/console/bots");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("ada@studio.com"), "{}", page.text());
    // Whoever is signed in is not sent to the provider again.
    let again = console_page(&server, &session, "/console/login/oidc");
    assert_eq!(again.header("location"), Some("/console/bots"));
    assert_eq!(cookie(&again, "tanuki_sign_on"), None);
    let admin = server.admin_token();
    let list = |path: &str| server.send(&Request::get(path).bearer(&admin)).json();
    let logins = list("/data/events/login-logs/last?limit=100");
    let of_ada = |login: &&Value| login["person_id"] == id && login["origin"] == "web";
    assert_eq!(logins.as_array().unwrap().iter().filter(of_ada).count(), 1);
    // Where a login leads is not what a request says.
    for query in ["next=https://evil.com/", "next=//evil.com", "destination=x"] {
        let request = Request::get(&format!("/console/login/oidc?{query}"));
        let begun = server.send(&request);
        let login = ConsoleLogin {
            url: begun.header("location").unwrap().to_owned(),
            cookie: format!(
                "tanuki_sign_on={}",
                cookie(&begun, "tanuki_sign_on").unwrap()
            ),
        };
        let came_back = answered(&server, &provider, &login);
        let path = format!("{}&{query}", ticket(&came_back));
        console_session(&console_page(&server, &login.cookie, &path));
    }
    // The web client's logins lead there as before.
    let begun = begin(&server);
    let query = provider.authorize(&begun.url).unwrap();
    token(&come_back(
        &server,
        &format!("{query}&destination=console"),
        &begun.cookie,
    ));
    // A new session ends the browser's one before.
    let login = ConsoleLogin::begin(&server, "oidc");
    let path = ticket(&answered(&server, &provider, &login));
    let cookies = format!("{}; {session}", login.cookie);
    let newer = console_session(&console_page(&server, &cookies, &path));
    let open = |session: &str| console_page(&server, session, "/console/bots").status;
    assert_eq!((open(&session), open(&newer)), (303, 200));
}

fn a_ticket_works_once_and_in_its_browser(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    ada(&server);
    let [one, other] = [(); 2].map(|()| ConsoleLogin::begin(&server, "oidc"));
    let came_back = answered(&server, &provider, &one);
    assert_kept_out(&other.go_on(&server, &came_back), ENDED);
    // That has used it up.
    assert_kept_out(&one.go_on(&server, &came_back), ENDED);
    let came_back = answered(&server, &provider, &other);
    console_session(&other.go_on(&server, &came_back));
    assert_kept_out(&other.go_on(&server, &came_back), ENDED);
    for query in ["", "?ticket=", "?ticket=x", "?ticket=%00", "?ticket[]=a"] {
        let path = format!("/console/login/signed-on{query}");
        assert_kept_out(&console_page(&server, &one.cookie, &path), ENDED);
    }
    let unknown = format!("/console/login/signed-on?ticket={}", "A".repeat(43));
    assert_kept_out(&console_page(&server, "a=b", &unknown), ENDED);
    // The provider's answer in another browser.
    let login = ConsoleLogin::begin(&server, "oidc");
    let query = provider.authorize(&login.url).unwrap();
    assert_eq!(come_back(&server, &query, &one.cookie).status, 400);
}

fn the_console_refuses_as_it_does_elsewhere(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    // Somebody new is no admin.
    let session = console_session(&sign_on(&server, &provider));
    let page = console_page(&server, &session, "/console/bots");
    assert_eq!(page.status, 403);
    // Somebody who was deactivated, and somebody who refused, see why on a page that
    // leads back to the console.
    let people = super::people(&server);
    let ada = people.iter().find(|who| who["email"] == "ada@studio.com");
    let path = format!("/data/persons/{}", ada.unwrap()["id"].as_str().unwrap());
    let admin = server.admin_token();
    let change = |active: bool| {
        let request = Request::put(&path).bearer(&admin);
        let changed = server.send(&request.json(&json!({"active": active})));
        assert_eq!(changed.status, 200, "{}", changed.text());
    };
    let refused = |change: &str, message: &str| {
        let login = ConsoleLogin::begin(&server, "oidc");
        let query = provider.authorize(&login.url).unwrap();
        let path = format!("/api/auth/oidc/callback?{query}{change}");
        let request = Request::get(&path).header("Cookie", &login.cookie);
        let page = server.send(&request.header("Accept", "text/html"));
        assert_eq!(page.status, 400);
        assert_eq!(cookie(&page, "tanuki_session"), None);
        let text = page.text();
        assert!(text.contains(message), "{text}");
        assert!(text.contains("<a href=\"/console/login\">"), "{text}");
    };
    change(false);
    assert_eq!(console_page(&server, &session, "/console/bots").status, 303);
    refused("", "This account is deactivated.");
    change(true);
    refused("&error=access_denied", "OIDC authentication failed.");
    // Deactivated between the answer and the console.
    let login = ConsoleLogin::begin(&server, "oidc");
    let came_back = answered(&server, &provider, &login);
    change(false);
    assert_kept_out(
        &login.go_on(&server, &came_back),
        "This account is inactive.",
    );
}

fn second_factors_of_the_console_are_set_up_unless_the_provider_has_them(backend: Backend) {
    let (provider, setup) = provider_and_setup(backend);
    // An admin by group: without a second factor nobody can make one.
    let setup = setup
        .variable("ENFORCE_2FA", "true")
        .variable("OIDC_ROLE_MAP", "admins=admin");
    provider.change(|says| {
        says.person.insert("groups".into(), json!(["admins"]));
    });
    let Some(server) = setup.clone().start() else {
        return;
    };
    let session = console_session(&sign_on(&server, &provider));
    let page = console_page(&server, &session, "/console/bots");
    assert_eq!(page.header("location"), Some("/console/second-factors"));
    let page = console_page(&server, &session, "/console/second-factors");
    assert_eq!(page.status, 200);
    let server = setup.variable("OIDC_SKIP_2FA", "true").start().unwrap();
    let session = console_session(&sign_on(&server, &provider));
    assert_eq!(console_page(&server, &session, "/console/bots").status, 200);
}

fn a_provider_in_trouble_is_named_on_the_page(backend: Backend) {
    let Some((provider, server)) = started(backend) else {
        return;
    };
    let spoil = |says: &mut Behaviour| {
        let path = "/.well-known/openid-configuration";
        says.trouble.insert(path.into(), Trouble::Status(500));
    };
    let page = provider.while_it(spoil, || server.send(&Request::get("/console/login/oidc")));
    assert_kept_out(&page, "The identity provider cannot be reached.");
    // Without a provider there is no page.
    assert_eq!(
        server.send(&Request::get("/console/login/saml")).status,
        404
    );
    let plain = tanuki_testkit::Setup::new(BINARY, backend).start().unwrap();
    assert_eq!(plain.send(&Request::get("/console/login/oidc")).status, 404);
    let page = plain.send(&Request::get("/console/login")).text();
    assert!(!page.contains("/console/login/oidc"), "{page}");
}
