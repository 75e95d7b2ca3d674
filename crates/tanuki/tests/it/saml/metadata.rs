//! Metadata of the provider: fetched when they are needed, kept, and renewed.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tanuki_saml::{Failure, ServiceProvider, Settings};
use tanuki_testkit::http::Request;
use tanuki_testkit::oidc::Trouble;
use tanuki_testkit::{Backend, Server, Setup};

use super::{
    FAILED, Provider, STUDIO, UNAVAILABLE, ada, assert_refused, begin, come_back, person, sign_on,
    token,
};
use crate::{BINARY, on_both, wait_until};

on_both! {
    a_provider_in_trouble_lets_nobody_in
    several_keys_are_in_force
    metadata_are_kept_over_a_restart
    metadata_that_are_kept_are_not_read_again
}

fn a_provider_in_trouble_lets_nobody_in(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    let good = provider.metadata(&["first"], "");
    let elsewhere = format!("{}/elsewhere", provider.metadata_url());
    let past = "validUntil=\"2020-01-01T00:00:00Z\"";
    for trouble in [
        Trouble::Status(500),
        Trouble::Redirect(elsewhere),
        Trouble::Text("<html><body>Log in<br></body></html>".into()),
        Trouble::Text(String::new()),
        Trouble::Text("<a>".repeat(100_000)),
        Trouble::Text(good.replace("X509Certificate>", "Other>")),
        Trouble::Text(good.replace("https://idp.studio.com/saml", "")),
        Trouble::Text(good.replace("HTTP-Redirect", "HTTP-Artifact")),
        Trouble::Text(provider.metadata(&["first"], past)),
        Trouble::Text(provider.metadata(&[], "")),
        Trouble::Huge,
        Trouble::Silence,
    ] {
        let shown = format!("{trouble:?}");
        let before = provider.requests();
        provider.trouble(Some(trouble));
        let response = server.send(&Request::get("/auth/saml/login"));
        assert_eq!(response.status, 400, "{}", &shown[..shown.len().min(100)]);
        assert_refused(&response, UNAVAILABLE);
        // A failure is not asked for again at once.
        let response = come_back(&server, &provider.log_in(&ada(), None));
        assert_refused(&response, UNAVAILABLE);
        assert!(provider.requests() <= before + 2);
        std::thread::sleep(std::time::Duration::from_secs(6));
    }
    provider.trouble(None);
    token(&sign_on(&server, &provider, &ada()));
}

fn several_keys_are_in_force(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    // As pysaml2 writes them.
    provider.publish(&provider.metadata_by_pysaml2());
    token(&sign_on(&server, &provider, &ada()));
    // Within a minute they are not fetched again, whatever is sent.
    provider.publish(&provider.metadata(&["second"], ""));
    for _ in 0..3 {
        let response = provider.log_in_with(&ada(), None, "second");
        assert_refused(&come_back(&server, &response), FAILED);
    }
    assert_eq!(provider.requests(), 1);
    // A file instead of an address.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metadata.xml");
    std::fs::write(&path, provider.metadata(&["small", "first", "second"], "")).unwrap();
    let of_file = |setup: Setup| {
        let setup = setup.variable("SAML_METADATA_URL", "");
        setup.variable("SAML_METADATA_FILE", path.to_str().unwrap())
    };
    let Some((other, server)) = Provider::start(backend, of_file) else {
        return;
    };
    for key in ["first", "second"] {
        // The file has the certificates of the first provider's keys.
        token(&come_back(
            &server,
            &provider.log_in_with(&ada(), None, key),
        ));
        assert_refused(
            &come_back(&server, &other.log_in_with(&ada(), None, key)),
            FAILED,
        );
    }
    assert_eq!(other.requests(), 0);
}

fn metadata_that_are_kept_are_not_read_again(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let logging = |setup: Setup| {
        setup
            .variable("TANUKI_LOG", "warn,tanuki_store=trace")
            .log_to(&log)
    };
    let Some((provider, server)) = Provider::start(backend, logging) else {
        return;
    };
    let statements = || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.matches("tanuki_saml_metadata").count()
    };
    token(&sign_on(&server, &provider, &ada()));
    let before = statements();
    assert!(before > 0, "the log tells nothing");
    for _ in 0..3 {
        token(&sign_on(&server, &provider, &ada()));
    }
    assert_eq!(statements(), before);
}

fn metadata_are_kept_over_a_restart(backend: Backend) {
    let Some((provider, mut server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    token(&sign_on(&server, &provider, &ada()));
    provider.trouble(Some(Trouble::Status(500)));
    server.stop().unwrap();
    server.start_again().unwrap();
    token(&sign_on(&server, &provider, &ada()));
    // The server asks again, which nobody waits for.
    wait_until(|| provider.requests() == 2);
    // What is kept is replaced by what is fetched.
    provider.publish(&provider.metadata(&["second"], ""));
    provider.trouble(None);
    server.stop().unwrap();
    server.start_again().unwrap();
    let by_second = |server: &Server| {
        let request = provider.read(&begin(server));
        let response = provider.log_in_with(&ada(), request["id"].as_str(), "second");
        come_back(server, &response)
    };
    token(&by_second(&server));
    provider.trouble(Some(Trouble::Silence));
    server.stop().unwrap();
    server.start_again().unwrap();
    token(&by_second(&server));
    // Those of another address are others.
    server
        .sql("UPDATE tanuki_saml_metadata SET address = 'another'")
        .unwrap();
    server.stop().unwrap();
    server.start_again().unwrap();
    let response = server.send(&Request::get("/auth/saml/login"));
    assert_refused(&response, UNAVAILABLE);
}

fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the provider's clock is this one"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs().try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_found_and_old_metadata_kept() {
    let Some((provider, _server)) = Provider::start(Backend::Sqlite, |setup| setup) else {
        return;
    };
    let settings = Settings {
        metadata_url: provider.metadata_url(),
        ..Settings::default()
    };
    let service = ServiceProvider {
        entity_id: format!("{STUDIO}/api/auth/saml/login"),
        acs_url: format!("{STUDIO}/api/auth/saml/sso"),
    };
    let client = tanuki_saml::Provider::new(settings, service).unwrap();
    let ada = person("ada@studio.com", json!({}));
    let now = now();
    let first = client.verify(&provider.log_in(&ada, None), now).await;
    assert_eq!(first.unwrap().name_id, "ada@studio.com");
    // The keys are replaced.
    provider.publish(&provider.metadata(&["second"], ""));
    let by_second = provider.log_in_with(&ada, None, "second");
    let refused = client.verify(&by_second, now + 59).await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    assert_eq!(provider.requests(), 1);
    client.verify(&by_second, now + 60).await.unwrap();
    assert_eq!(provider.requests(), 2);
    let by_first = provider.log_in(&ada, None);
    let refused = client.verify(&by_first, now + 60).await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    // The provider is down: what is known is good until it expires.
    provider.trouble(Some(Trouble::Status(500)));
    let (hour, day) = (60 * 60, 24 * 60 * 60);
    client.login_url("_x", now + 2 * hour).await.unwrap();
    assert_eq!(provider.requests(), 3);
    client.login_url("_x", now + 2 * hour + 59).await.unwrap();
    assert_eq!(provider.requests(), 3);
    let until = "validUntil=\"2030-01-01T00:00:00Z\"";
    provider.publish(&provider.metadata(&["second"], until));
    provider.trouble(None);
    client.login_url("_x", now + day).await.unwrap();
    provider.trouble(Some(Trouble::Status(500)));
    client.login_url("_x", 1_893_455_999).await.unwrap();
    let expired = client.login_url("_x", 1_893_456_000).await;
    assert!(
        matches!(expired, Err(Failure::Unavailable(_))),
        "{expired:?}"
    );
}

#[test]
fn settings_that_cannot_be_right_end_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metadata.xml");
    std::fs::write(&path, "<a/>").unwrap();
    let path = path.to_str().unwrap();
    for (name, value, message) in [
        ("SAML_METADATA_URL", "", "SAML_METADATA_URL"),
        (
            "SAML_METADATA_URL",
            "http://idp.studio.com/metadata",
            "SAML_METADATA_URL",
        ),
        ("SAML_METADATA_FILE", path, "SAML_METADATA_FILE"),
        ("SAML_METADATA_FILE", "/no/such/file", "SAML_METADATA_FILE"),
        ("SAML_ROLE_MAP", "leads", "SAML_ROLE_MAP"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let output = std::process::Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("TANUKI_DATA", data.path())
            .env("SAML_ENABLED", "true")
            .env("SAML_METADATA_URL", "https://idp.studio.com/metadata")
            .env(name, value)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains(message), "{said}");
    }
}
