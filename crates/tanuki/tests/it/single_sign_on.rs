//! What the tests of logins elsewhere have in common: OpenID Connect, SAML and
//! LDAP.

use serde_json::{Value, json};
use tanuki_testkit::Server;
use tanuki_testkit::http::{Request, Response};

/// The address of the studio's pages.
pub(crate) const STUDIO: &str = "https://kitsu.studio.com";

pub(crate) const UNAVAILABLE: &str =
    "The identity provider cannot be reached. Try again later, or tell an administrator.";

pub(crate) const NOT_BOUND: &str =
    "This account cannot be signed in to with this identity. Ask an administrator.";

/// Returns the value of a cookie that a response sets.
pub(crate) fn cookie(response: &Response, name: &str) -> Option<String> {
    let set = response
        .headers
        .iter()
        .filter(|(key, _)| key == "set-cookie");
    set.filter_map(|(_, cookie)| cookie.split(';').next()?.split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

/// Returns the access token of a login that succeeded.
pub(crate) fn token(response: &Response) -> String {
    assert_eq!(response.status, 302, "{}", response.text());
    assert_eq!(response.header("location"), Some(STUDIO));
    cookie(response, "access_token_cookie").unwrap()
}

/// Returns who has a token.
pub(crate) fn who(server: &Server, token: &str) -> Value {
    let response = server.send(&Request::get("/auth/authenticated").bearer(token));
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["user"].clone()
}

/// Returns all people, without bots.
pub(crate) fn people(server: &Server) -> Vec<Value> {
    let request = Request::get("/data/persons").bearer(&server.admin_token());
    server.send(&request).json().as_array().unwrap().clone()
}

/// Requires that a login was refused with a sentence.
pub(crate) fn assert_refused(response: &Response, message: &str) {
    assert_eq!(response.status, 400, "{}", response.text());
    assert_eq!(response.json(), json!({"error": message}));
    assert_eq!(cookie(response, "access_token_cookie"), None);
}

/// Creates an account and returns its id.
pub(crate) fn create(server: &Server, email: &str, more: &Value) -> String {
    let mut body = json!({"first_name": "A", "last_name": "B", "email": email});
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    let request = Request::post("/data/persons").bearer(&server.admin_token());
    let made = server.send(&request.json(&body));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}
