//! Logins at oidc-provider of npm, which is certified by the OpenID Foundation,
//! through its own pages.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::{Value, json};
use tanuki_oidc::{Attempt, Failure, Settings};
use tanuki_testkit::http::{Request, Response, unescaped};
use tanuki_testkit::programs::LineProgram;
use tanuki_testkit::{Backend, Server, Setup, tools};

use super::{Begun, FAILED, assert_refused, begin, come_back, cookie, people, token, who};
use crate::{BINARY, on_both};

on_both! {
    a_login_at_a_certified_provider
    secrets_and_signatures_of_every_kind
    a_wrong_secret_is_in_the_log
}

const CALLBACK: &str = "https://kitsu.studio.com/api/auth/oidc/callback";

/// The provider's process.
struct Provider {
    program: LineProgram,
    issuer: String,
    /// The methods by which clients may show their secret.
    places: Vec<&'static str>,
}

/// What the provider knows of `grace`.
fn grace() -> Value {
    json!({
        "email": "Grace@studio.com",
        "email_verified": true,
        "given_name": "Grace",
        "family_name": "Hopper",
        "groups": ["leads", "others"],
    })
}

impl Provider {
    /// Starts a provider; `None` without Node.js and its package.
    fn start() -> Option<Self> {
        let (node, folder) = tools::oidc_provider_or_skip()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc/provider.mjs");
        let mut command = Command::new(node);
        command.arg(script).arg(folder).stderr(Stdio::null());
        let mut provider = Self {
            program: LineProgram::start(&mut command).unwrap(),
            issuer: String::new(),
            places: vec!["client_secret_basic", "client_secret_post"],
        };
        provider.restart("first", &grace());
        Some(provider)
    }

    /// Starts it anew at the same address, with keys of that name. Sessions of
    /// browsers go on.
    fn restart(&mut self, key: &str, grace: &Value) {
        let client = |id: &str, secret: &str, place: &str, algorithm: &str| {
            json!({
                "client_id": id,
                "client_secret": secret,
                "redirect_uris": [CALLBACK],
                "token_endpoint_auth_method": place,
                "id_token_signed_response_alg": algorithm,
            })
        };
        let configuration = json!({
            "key": key,
            "people": {"grace": grace},
            "places": self.places,
            "clients": [
                client("plain", "a-secret", self.places[0], "RS256"),
                client("header", "a: secret +/~%", self.places[0], "ES256"),
                client("form", "a-secret", self.places[self.places.len() - 1], "PS256"),
            ],
        });
        self.issuer = self.program.ask(&configuration.to_string()).unwrap();
        let issuer = &self.issuer;
        assert!(issuer.starts_with("http://localhost:"), "{issuer:?}");
    }

    fn discovery_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer)
    }

    /// How a server is set up to use the provider.
    fn setup(&self, backend: Backend, client: &str, secret: &str) -> Setup {
        Setup::new(BINARY, backend)
            .variable("DOMAIN_PROTOCOL", "https")
            .variable("DOMAIN_NAME", "kitsu.studio.com")
            .variable("OIDC_ENABLED", "true")
            .variable("OIDC_DISCOVERY_URL", &self.discovery_url())
            .variable("OIDC_CLIENT_ID", client)
            .variable("OIDC_CLIENT_SECRET", secret)
            .variable("OIDC_SCOPES", "openid email profile groups")
            .variable("OIDC_ROLE_MAP", "leads=supervisor")
    }
}

/// A person's browser at the provider.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What a person answers where the provider asks whether the studio may know
/// who they are.
#[derive(Clone, Copy, PartialEq)]
enum Consent {
    Given,
    Refused,
}

impl Browser {
    /// Sends a request, and follows redirects within the provider.
    fn open(&mut self, provider: &Provider, request: Request) -> Response {
        let mut request = request;
        for _ in 0..10 {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let response = request
                .header("Cookie", &pairs.join("; "))
                .send(&provider.issuer)
                .unwrap();
            self.keep(&response);
            let location = response.header("location").map(str::to_owned);
            let Some(path) = location.as_deref().and_then(|url| own_path(provider, url)) else {
                return response;
            };
            request = Request::get(path);
        }
        panic!("too many redirects");
    }

    fn keep(&mut self, response: &Response) {
        let set = response
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie");
        for (_, cookie) in set {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            match value.is_empty() {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    /// Goes through the provider's pages from the URL that the server sends
    /// browsers to. Returns the query string that the browser brings back.
    fn log_in(&mut self, provider: &Provider, url: &str, consent: Consent) -> String {
        let mut response = self.open(provider, Request::get(own_path(provider, url).unwrap()));
        for _ in 0..3 {
            if let Some(url) = response.header("location") {
                let query = url.strip_prefix(&format!("{CALLBACK}?"));
                return query.unwrap_or_else(|| panic!("{url}")).to_owned();
            }
            let page = response.text();
            let prompt = between(&page, "name=\"prompt\" value=\"", "\"");
            let request = if prompt == "consent" && consent == Consent::Refused {
                let (_, link) = page.split_once("/abort").map_or_else(
                    || panic!("no way out: {page}"),
                    |(before, _)| before.rsplit_once("href=\"").unwrap(),
                );
                Request::get(&format!("{}/abort", own_path(provider, link).unwrap()))
            } else {
                let action = between(&page, "action=\"", "\"");
                let form = [("prompt", prompt), ("login", "grace"), ("password", "x")];
                Request::post(own_path(provider, action).unwrap()).form(&form)
            };
            response = self.open(provider, request);
        }
        panic!("too many pages: {}", response.text());
    }

    /// Goes through a whole login.
    fn sign_on(&mut self, provider: &Provider, server: &Server) -> Response {
        let begun = begin(server);
        let query = self.log_in(provider, &begun.url, Consent::Given);
        come_back(server, &query, &begun.cookie)
    }
}

/// Returns the path of a URL of the provider.
fn own_path<'a>(provider: &Provider, url: &'a str) -> Option<&'a str> {
    let path = url.strip_prefix(&provider.issuer).unwrap_or(url);
    path.starts_with('/').then_some(path)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split(after).next().unwrap()
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(key, _)| *key == name);
    found.map(|(_, value)| unescaped(value))
}

/// Returns a query string without a parameter.
fn without(query: &str, name: &str) -> String {
    let kept = query
        .split('&')
        .filter(|pair| !pair.starts_with(&format!("{name}=")));
    kept.collect::<Vec<_>>().join("&")
}

fn a_login_at_a_certified_provider(backend: Backend) {
    let Some(mut provider) = Provider::start() else {
        return;
    };
    let setup = provider.setup(backend, "plain", "a-secret");
    let Some(server) = setup.start() else {
        return;
    };
    let mut browser = Browser::default();
    // Who denies the consent gets a page with the reason.
    let Begun { url, cookie: own } = begin(&server);
    let query = browser.log_in(&provider, &url, Consent::Refused);
    assert_eq!(parameter(&query, "error").as_deref(), Some("access_denied"));
    let path = format!("/api/auth/oidc/callback?{query}");
    let request = Request::get(&path).header("Cookie", &own);
    let page = server.send(&request.header("Accept", "text/html"));
    assert_eq!(page.status, 400);
    assert!(page.text().contains(&format!("<p>{FAILED}</p>")));
    assert_eq!(cookie(&page, "access_token_cookie"), None);
    assert_eq!(people(&server).len(), 1);
    // The provider says that all its answers name it: one that does not, or that
    // names another, is not looked at.
    for change in [
        (|query: &str| without(query, "iss")) as fn(&str) -> String,
        |query: &str| format!("{}&iss=https%3A%2F%2Fevil.com", without(query, "iss")),
    ] {
        let begun = begin(&server);
        let query = browser.log_in(&provider, &begun.url, Consent::Given);
        assert_eq!(parameter(&query, "iss"), Some(provider.issuer.clone()));
        assert_refused(&come_back(&server, &change(&query), &begun.cookie), FAILED);
    }
    assert_eq!(people(&server).len(), 1);
    // A whole login. What the ID token lacks is in the userinfo.
    let response = browser.sign_on(&provider, &server);
    assert!(cookie(&response, "refresh_token_cookie").is_some());
    let grace = who(&server, &token(&response));
    for (key, expected) in [
        ("email", "grace@studio.com"),
        ("first_name", "Grace"),
        ("last_name", "Hopper"),
        ("role", "supervisor"),
    ] {
        assert_eq!(grace[key], expected, "{key}");
    }
    // Known again by issuer and subject, with another address and no group.
    provider.restart(
        "first",
        &json!({
            "email": "hopper@else.com",
            "email_verified": true,
            "given_name": "Amazing",
            "family_name": "Grace",
            "groups": ["others"],
        }),
    );
    let again = browser.sign_on(&provider, &server);
    let again = who(&server, &token(&again));
    assert_eq!(again["id"], grace["id"]);
    for (key, expected) in [
        ("email", "grace@studio.com"),
        ("first_name", "Amazing"),
        ("role", "user"),
    ] {
        assert_eq!(again[key], expected, "{key}");
    }
    assert_eq!(people(&server).len(), 2);
}

fn secrets_and_signatures_of_every_kind(backend: Backend) {
    let Some(mut provider) = Provider::start() else {
        return;
    };
    for (client, secret) in [("header", "a: secret +/~%"), ("form", "a-secret")] {
        provider.places = match client {
            "header" => vec!["client_secret_basic"],
            _ => vec!["client_secret_post"],
        };
        provider.restart("first", &grace());
        let Some(server) = provider.setup(backend, client, secret).start() else {
            return;
        };
        for _ in 0..2 {
            let response = Browser::default().sign_on(&provider, &server);
            let grace = who(&server, &token(&response));
            assert_eq!(grace["email"], "grace@studio.com", "{client}");
        }
    }
}

fn a_wrong_secret_is_in_the_log(backend: Backend) {
    let Some(provider) = Provider::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let setup = provider.setup(backend, "plain", "another-secret");
    let Some(server) = setup.log_to(&log).start() else {
        return;
    };
    let response = Browser::default().sign_on(&provider, &server);
    assert_refused(&response, FAILED);
    let log = std::fs::read_to_string(&log).unwrap();
    let line = log
        .lines()
        .find(|line| line.contains("a single sign-on is refused"))
        .unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("401: invalid_client"), "{line}");
    assert!(!log.contains("another-secret"), "{log}");
}

/// New keys are looked for a minute after the last fetch, so the client gets
/// another time here.
#[tokio::test]
async fn new_keys_of_a_certified_provider_are_found() {
    let Some(mut provider) = Provider::start() else {
        return;
    };
    let client = tanuki_oidc::Provider::new(Settings {
        discovery_url: provider.discovery_url(),
        client_id: "plain".into(),
        client_secret: "a-secret".into(),
        scopes: "openid email".into(),
        ca_file: None,
    });
    let client = client.unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the provider has a clock of its own"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    let verifier = "v".repeat(64);
    let attempt = Attempt {
        redirect_uri: CALLBACK,
        state: "state",
        nonce: "nonce",
        verifier: &verifier,
    };
    let mut browser = Browser::default();
    for (key, time, is_found) in [
        ("first", now, true),
        ("second", now + 1, false),
        ("second", now + 61, true),
    ] {
        provider.restart(key, &grace());
        let url = client.authorization_url(&attempt, time).await.unwrap();
        let query = browser.log_in(&provider, &url, Consent::Given);
        let issuer = parameter(&query, "iss");
        client.check_issuer(issuer.as_deref(), time).await.unwrap();
        let code = parameter(&query, "code").unwrap();
        match client.redeem(&code, &attempt, time).await {
            Ok(identity) => assert_eq!((identity.subject.as_str(), is_found), ("grace", true)),
            Err(failure) => {
                let reason = "the ID token is refused: it is not signed with a key of the provider";
                assert_eq!(failure, Failure::Refused(reason.into()));
                assert!(!is_found, "{key} at {time}");
            }
        }
    }
}
