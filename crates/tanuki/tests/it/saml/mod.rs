//! Single sign-on with SAML: right responses of pysaml2 and xmlsec1, and wrong
//! ones of every kind.

mod accounts;
mod console;
mod forgeries;
mod logins;
mod metadata;
mod provider;

use serde_json::{Value, json};
use tanuki_testkit::Server;
use tanuki_testkit::http::{Request, Response};

use provider::{Provider, person};

use crate::single_sign_on::{
    NOT_BOUND, STUDIO, UNAVAILABLE, assert_refused, cookie, create, people, token, who,
};

const FAILED: &str = "SAML authentication failed.";
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
