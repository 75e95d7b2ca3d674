//! Single sign-on with SAML: right responses of pysaml2 and xmlsec1, and wrong
//! ones of every kind.

mod accounts;
mod forgeries;
mod logins;
mod metadata;
mod provider;

use serde_json::{Value, json};
use tanuki_testkit::Server;
use tanuki_testkit::http::{Request, Response};

use provider::{Provider, person};

/// The address of the studio's pages.
const STUDIO: &str = "https://kitsu.studio.com";

const FAILED: &str = "SAML authentication failed.";
const UNAVAILABLE: &str =
    "The identity provider cannot be reached. Try again later, or tell an administrator.";
const NOT_BOUND: &str =
    "This account cannot be signed in to with this identity. Ask an administrator.";

fn ada() -> Value {
    person(
        "Ada@studio.com",
        json!({"givenName": ["Ada"], "sn": ["Lovelace"]}),
    )
}

/// Sends what a browser brings back from the provider.
fn come_back(server: &Server, response: &str) -> Response {
    let form = [("SAMLResponse", response), ("RelayState", "/")];
    server.send(&Request::post("/api/auth/saml/sso").form(&form))
}

/// Begins a login, and returns the URL of the provider's page.
fn begin(server: &Server) -> String {
    let response = server.send(&Request::get("/auth/saml/login"));
    assert_eq!(response.status, 302, "{}", response.text());
    response.header("location").unwrap().to_owned()
}

/// Goes through a whole login.
fn sign_on(server: &Server, provider: &Provider, who: &Value) -> Response {
    let request = provider.read(&begin(server));
    come_back(server, &provider.log_in(who, request["id"].as_str()))
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
    assert_eq!(response.json(), json!({"error": message}));
    assert_eq!(cookie(response, "access_token_cookie"), None);
}
