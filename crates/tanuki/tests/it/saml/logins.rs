//! Logins that succeed, and what they leave behind.

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use super::{
    FAILED, Provider, ada, assert_refused, begin, come_back, cookie, people, person, sign_on,
    token, who,
};
use crate::{on_both, server};

on_both! {
    somebody_new_gets_an_account_and_is_known_again
    a_response_and_a_request_work_once
    logins_may_begin_at_the_provider
    second_factors_are_asked_for_unless_the_provider_does
    people_see_what_is_wrong
    without_settings_nothing_is_served
}

fn somebody_new_gets_an_account_and_is_known_again(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    let request = provider.read(&begin(&server));
    let studio = "https://kitsu.studio.com/api/auth/saml";
    assert_eq!(request["issuer"], format!("{studio}/login"));
    assert_eq!(request["acs"], format!("{studio}/sso"));
    let config = server.send(&Request::get("/config")).json();
    assert_eq!(config["saml_enabled"], true);
    assert_eq!(config["saml_idp_name"], "The studio");
    let first = come_back(&server, &provider.log_in(&ada(), request["id"].as_str()));
    assert!(cookie(&first, "refresh_token_cookie").is_some());
    let ada = who(&server, &token(&first));
    for (key, expected) in [
        ("email", json!("ada@studio.com")),
        ("first_name", json!("Ada")),
        ("last_name", json!("Lovelace")),
        ("role", json!("user")),
        ("active", json!(true)),
        ("phone", json!("")),
        ("country", json!(null)),
    ] {
        assert_eq!(ada[key], expected, "{key}");
    }
    // Zou's names of attributes, and what else Zou takes.
    let changed = json!({
        "first_name": ["Augusta", "Ada"], "last_name": ["King"], "phone": ["123"],
        "country": ["gb"], "studio_id": ["x"], "departments": ["x"],
    });
    let again = sign_on(&server, &provider, &person("ADA@studio.com", changed));
    let again = who(&server, &token(&again));
    assert_eq!(again["id"], ada["id"]);
    for (key, expected) in [
        ("first_name", "Augusta Ada"),
        ("last_name", "King"),
        ("phone", "123"),
        ("country", "GB"),
        ("email", "ada@studio.com"),
    ] {
        assert_eq!(again[key], expected, "{key}");
    }
    // A bad country is not looked at, none is none.
    for (country, expected) in [("Atlantis", json!("GB")), ("", json!(null))] {
        let said = person("ada@studio.com", json!({"country": [country]}));
        let found = who(&server, &token(&sign_on(&server, &provider, &said)));
        assert_eq!(found["country"], expected);
        assert_eq!(found["first_name"], "Augusta Ada");
    }
    let admin = server.admin_token();
    let list = |path: &str| server.send(&Request::get(path).bearer(&admin)).json();
    let logins = list("/data/events/login-logs/last?limit=100");
    let of_ada = |login: &&Value| login["person_id"] == ada["id"] && login["origin"] == "web";
    assert_eq!(logins.as_array().unwrap().iter().filter(of_ada).count(), 4);
    let sessions = list(&format!(
        "/tanuki/sessions?person_id={}",
        ada["id"].as_str().unwrap()
    ));
    assert_eq!(sessions[0]["method"], "saml", "{sessions}");
}

fn a_response_and_a_request_work_once(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    let request = provider.read(&begin(&server));
    let request = request["id"].as_str();
    let [one, other] = [(); 2].map(|()| provider.log_in(&ada(), request));
    token(&come_back(&server, &one));
    for response in [&one, &other] {
        assert_refused(&come_back(&server, response), FAILED);
    }
    let unknown = provider.log_in(&ada(), Some("_another"));
    assert_refused(&come_back(&server, &unknown), FAILED);
    // Of many at once one logs in.
    let request = provider.read(&begin(&server));
    let response = provider.log_in(&person("eve@studio.com", json!({})), request["id"].as_str());
    let count = std::thread::scope(|scope| {
        let send = || come_back(&server, &response).status;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.filter(|status| *status == 302).count()
    });
    assert_eq!(count, 1);
    // Several first logins of one person make one account.
    let responses: Vec<String> = (0..6)
        .map(|_| provider.log_in(&person("mae@studio.com", json!({})), None))
        .collect();
    std::thread::scope(|scope| {
        for response in &responses {
            scope.spawn(|| token(&come_back(&server, response)));
        }
    });
    assert_eq!(people(&server).len(), 4);
}

fn logins_may_begin_at_the_provider(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    token(&come_back(&server, &provider.log_in(&ada(), None)));
    drop(server);
    let never = |setup: tanuki_testkit::Setup| setup.variable("SAML_ACCEPT_UNSOLICITED", "false");
    let Some((provider, server)) = Provider::start(backend, never) else {
        return;
    };
    assert_refused(&come_back(&server, &provider.log_in(&ada(), None)), FAILED);
    token(&sign_on(&server, &provider, &ada()));
}

fn second_factors_are_asked_for_unless_the_provider_does(backend: Backend) {
    for (skip, status) in [("false", 403), ("true", 200)] {
        let change = |setup: tanuki_testkit::Setup| {
            setup
                .variable("ENFORCE_2FA", "true")
                .variable("SAML_SKIP_2FA", skip)
        };
        let Some((provider, server)) = Provider::start(backend, change) else {
            return;
        };
        let token = token(&sign_on(&server, &provider, &ada()));
        let request = Request::get("/data/projects/open").bearer(&token);
        assert_eq!(server.send(&request).status, status);
    }
}

fn people_see_what_is_wrong(backend: Backend) {
    let Some((_provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    let form = Request::post("/auth/saml/sso").form(&[("SAMLResponse", "eA==")]);
    let page = server.send(&form.header("Accept", "text/html,*/*"));
    assert_eq!(page.status, 400);
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(
        page.text().contains("<p>SAML authentication failed.</p>"),
        "{}",
        page.text()
    );
    // As the reference answers.
    let not_understood = json!({
        "error": true,
        "message": "The browser (or proxy) sent a request that this server could not understand.",
    });
    for request in [
        Request::post("/auth/saml/sso"),
        Request::post("/auth/saml/sso").form(&[("RelayState", "x")]),
        Request::post("/auth/saml/sso").json(&json!({})),
    ] {
        let response = server.send(&request);
        assert_eq!(response.status, 400);
        assert_eq!(response.json(), not_understood);
    }
    let metadata = server.send(&Request::get("/auth/saml/metadata"));
    let kind = metadata.header("content-type");
    assert_eq!(kind, Some("application/samlmetadata+xml"));
}

fn without_settings_nothing_is_served(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    for request in [
        Request::get("/auth/saml/login"),
        Request::post("/auth/saml/sso"),
        Request::get("/auth/saml/metadata"),
    ] {
        assert_refused(&server.send(&request), "SAML is not enabled.");
    }
}
