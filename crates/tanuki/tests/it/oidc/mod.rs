//! Single sign-on with OpenID Connect, at a provider of the test kit's and at
//! two that others wrote.

mod accounts;
mod certified;
mod console;
mod logins;
mod mock;
mod refusals;
mod role_map;

use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::oidc::OidcProvider;
use tanuki_testkit::{Backend, Server, Setup};

use crate::BINARY;
use crate::single_sign_on::{
    NOT_BOUND, UNAVAILABLE, assert_refused, cookie, create, people, token, who,
};

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

const FAILED: &str = "OIDC authentication failed.";
