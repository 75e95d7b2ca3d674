//! A login at oidc-provider-mock, which others wrote.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Setup, tools};

use super::{begin, come_back, token, who};
use crate::{BINARY, on_both};

on_both! {
    a_login_at_a_provider_of_others
}

/// The provider's process.
struct Mock {
    child: Child,
    port: u16,
}

impl Mock {
    fn start() -> Option<Self> {
        let found = tools::python_with_oidc_provider();
        let python = tools::or_skip(found, "a suite of single sign-on", "oidc-provider-mock")?;
        let claims = json!({
            "sub": "u1",
            "email": "grace@studio.com",
            "email_verified": true,
            "given_name": "Grace",
            "family_name": "Hopper",
        });
        let mut child = Command::new(python.with_file_name("oidc-provider-mock"))
            .args(["-p", "0", "--user-claims", &claims.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("running on http://127.0.0.1:")?;
            rest.split(' ').next()?.parse().ok()
        });
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.unwrap();
        Some(Self { child, port })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn a_login_at_a_provider_of_others(backend: Backend) {
    let Some(mock) = Mock::start() else {
        return;
    };
    let discovery = format!("{}/.well-known/openid-configuration", mock.url());
    let setup = Setup::new(BINARY, backend)
        .variable("DOMAIN_PROTOCOL", "https")
        .variable("DOMAIN_NAME", "kitsu.studio.com")
        .variable("OIDC_ENABLED", "true")
        .variable("OIDC_DISCOVERY_URL", &discovery)
        .variable("OIDC_CLIENT_ID", "kitsu")
        .variable("OIDC_CLIENT_SECRET", "secret");
    let Some(server) = setup.start() else {
        return;
    };
    let mut ids = Vec::new();
    for _ in 0..2 {
        let begun = begin(&server);
        let path = begun.url.strip_prefix(&mock.url()).unwrap();
        let form = Request::post(path).form(&[("sub", "u1")]);
        let back = form.send(&mock.url()).unwrap();
        let location = back
            .header("location")
            .unwrap_or_else(|| panic!("{}", back.text()));
        let (page, query) = location.split_once('?').unwrap();
        assert_eq!(page, "https://kitsu.studio.com/api/auth/oidc/callback");
        let grace = who(&server, &token(&come_back(&server, query, &begun.cookie)));
        assert_eq!(grace["email"], "grace@studio.com");
        assert_eq!(grace["first_name"], "Grace");
        ids.push(grace["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}
