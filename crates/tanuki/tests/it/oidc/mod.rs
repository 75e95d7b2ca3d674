//! Single sign-on with OpenID Connect, at a provider of the test kit's and at
//! one that others wrote.

mod accounts;
mod logins;
mod mock;
mod refusals;
mod role_map;

use serde_json::Value;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::oidc::OidcProvider;
use tanuki_testkit::{Backend, Server, Setup};

use crate::BINARY;

/// The address of the studio's pages.
const STUDIO: &str = "https://kitsu.studio.com";

/// A provider, and how a server is set up to use it.
fn provider_and_setup(backend: Backend) -> (OidcProvider, Setup) {
    let provider = OidcProvider::start().unwrap();
    let mut setup = Setup::new(BINARY, backend)
        .variable("DOMAIN_PROTOCOL", "https")
        .variable("DOMAIN_NAME", "kitsu.studio.com");
    for (name, value) in provider.variables() {
        setup = setup.variable(name, &value);
    }
    (provider, setup)
}

/// A provider and a server that uses it; `None` where there is no such database.
fn started(backend: Backend) -> Option<(OidcProvider, Server)> {
    let (provider, setup) = provider_and_setup(backend);
    Some((provider, setup.start()?))
}

/// Returns the value of a cookie that a response sets.
fn cookie(response: &Response, name: &str) -> Option<String> {
    let set = response
        .headers
        .iter()
        .filter(|(key, _)| key == "set-cookie");
    set.filter_map(|(_, cookie)| cookie.split(';').next()?.split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

/// A login that was begun.
struct Begun {
    /// The URL of the provider's page.
    url: String,
    /// The value of the `Cookie` header.
    cookie: String,
}

fn begin(server: &Server) -> Begun {
    let response = server.send(&Request::get("/auth/oidc/login"));
    assert_eq!(response.status, 302, "{}", response.text());
    let value = cookie(&response, "tanuki_sign_on").unwrap();
    Begun {
        url: response.header("location").unwrap().to_owned(),
        cookie: format!("tanuki_sign_on={value}"),
    }
}

/// Sends what the browser brings back from the provider.
fn come_back(server: &Server, query: &str, cookie: &str) -> Response {
    let path = format!("/api/auth/oidc/callback?{query}");
    server.send(&Request::get(&path).header("Cookie", cookie))
}

/// Goes through a whole login.
fn sign_on(server: &Server, provider: &OidcProvider) -> Response {
    let begun = begin(server);
    let query = provider.authorize(&begun.url).unwrap();
    come_back(server, &query, &begun.cookie)
}

/// Returns the access token of a login that succeeded.
fn token(response: &Response) -> String {
    assert_eq!(response.status, 302, "{}", response.text());
    assert_eq!(response.header("location"), Some(STUDIO));
    cookie(response, "access_token_cookie").unwrap()
}

/// Returns who has a token.
fn who(server: &Server, token: &str) -> Value {
    let response = server.send(&Request::get("/auth/authenticated").bearer(token));
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["user"].clone()
}

/// Returns all people, without bots.
fn people(server: &Server) -> Vec<Value> {
    let request = Request::get("/data/persons").bearer(&server.admin_token());
    server.send(&request).json().as_array().unwrap().clone()
}

/// Requires that a login was refused with a sentence.
fn assert_refused(response: &Response, message: &str) {
    assert_eq!(response.status, 400, "{}", response.text());
    let expected = serde_json::json!({"error": message});
    assert_eq!(response.json(), expected);
    assert_eq!(cookie(response, "access_token_cookie"), None);
}

const FAILED: &str = "OIDC authentication failed.";
const UNAVAILABLE: &str =
    "The identity provider cannot be reached. Try again later, or tell an administrator.";
const NOT_BOUND: &str =
    "This account cannot be signed in to with this identity. Ask an administrator.";
