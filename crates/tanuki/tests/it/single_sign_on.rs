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

/// A login to the console that was begun: the URL of the provider's page, and the
/// value of the `Cookie` header.
pub(crate) struct ConsoleLogin {
    pub url: String,
    pub cookie: String,
}

impl ConsoleLogin {
    /// Begins a login at `/console/login/oidc` or `…/saml`.
    pub fn begin(server: &Server, protocol: &str) -> Self {
        let response = server.send(&Request::get(&format!("/console/login/{protocol}")));
        assert_eq!(response.status, 303, "{}", response.text());
        let value = cookie(&response, "tanuki_sign_on").unwrap();
        Self {
            url: response.header("location").unwrap().to_owned(),
            cookie: format!("tanuki_sign_on={value}"),
        }
    }

    /// Goes on to the console from the provider's answer.
    pub fn go_on(&self, server: &Server, answer: &Response) -> Response {
        let request = Request::get(&ticket(answer)).header("Cookie", &self.cookie);
        server.send(&request)
    }
}

/// Returns the path that the answer to a login to the console leads to. The API is
/// not logged in to.
pub(crate) fn ticket(answer: &Response) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text());
    assert_eq!(cookie(answer, "access_token_cookie"), None);
    let path = answer.header("location").unwrap();
    assert!(
        path.starts_with("/console/login/signed-on?ticket="),
        "{path}"
    );
    path.to_owned()
}

/// Returns the `Cookie` header of a browser that was let in to the console.
pub(crate) fn console_session(response: &Response) -> String {
    assert_eq!(response.status, 303, "{}", response.text());
    assert_eq!(response.header("location"), Some("/console/bots"));
    assert_eq!(cookie(response, "tanuki_sign_on"), None);
    let session = cookie(response, "tanuki_session").unwrap();
    format!("tanuki_session={session}")
}

/// Returns a page of the console in a session.
pub(crate) fn console_page(server: &Server, session: &str, path: &str) -> Response {
    server.send(&Request::get(path).header("Cookie", session))
}

/// Requires that nobody was let in to the console, and that the page says why.
pub(crate) fn assert_kept_out(response: &Response, message: &str) {
    assert_eq!(response.status, 422, "{}", response.text());
    assert_eq!(cookie(response, "tanuki_session"), None);
    let text = response.text();
    assert!(
        text.contains(message) && text.contains("Sign in with"),
        "{text}"
    );
}
