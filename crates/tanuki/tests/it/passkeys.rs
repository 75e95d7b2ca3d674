//! Passkeys, played by an authenticator of the test's own, and in the console by
//! the browser's.

use anyhow::Result;
use serde_json::{Value, json};
use tanuki_testkit::browser::Browser;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::console_bots::Console;
use crate::console_second_factors::{fill_in, in_console, send};
use crate::mail::MailServer;
use crate::second_factors::App;
use crate::security_keys::{Authenticator, HOST, ORIGIN, client_data, encoded, head, text};
use crate::{BINARY, on_both};

on_both! {
    a_passkey_logs_in_once_for_each_challenge
    answers_that_are_not_quite_right_are_refused
    a_counter_that_has_not_grown_is_a_copy
    a_passkey_says_at_each_login_whether_it_is_synchronised
    who_has_a_second_factor_proves_it_to_change_passkeys
    passkeys_go_with_the_account_and_with_the_second_factors
    passkeys_stay_with_an_own_new_password_and_go_with_one_of_an_admin
    a_passkey_is_enough_where_second_factors_are_asked_for
    a_passkey_is_added_used_and_removed_in_the_console
}

/// Somebody touched the key, which made sure who it is.
const VERIFIED: u8 = 5;

/// The key may be on other devices, and is.
const SYNCED: u8 = 0x18;

fn setup(backend: Backend) -> Setup {
    Setup::new(BINARY, backend).variable("DOMAIN_NAME", HOST)
}

/// A passkey of a person.
struct Passkey {
    key: Authenticator,
    user: Vec<u8>,
}

/// How an answer is made.
#[derive(Clone, Copy)]
struct Answer<'a> {
    flags: u8,
    count: u32,
    origin: &'a str,
    host: &'a str,
}

const GOOD: Answer<'_> = Answer {
    flags: VERIFIED,
    count: 0,
    origin: ORIGIN,
    host: HOST,
};

impl Passkey {
    /// The answer to `navigator.credentials.create`.
    fn register(&self, challenge: &str, flags: u8) -> Value {
        let client_data = client_data("webauthn.create", challenge, ORIGIN);
        let mut data = head(HOST, flags | 0x40);
        data[33..37].copy_from_slice(&[0; 4]);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.key.id.len()).unwrap().to_be_bytes());
        data.extend(&self.key.id);
        data.extend(self.key.cose_key(-7));
        self.key.registration(&client_data, &data)
    }

    /// The answer to `navigator.credentials.get`.
    fn sign(&self, challenge: &str, answer: Answer<'_>) -> Value {
        let client_data = client_data("webauthn.get", challenge, answer.origin);
        let mut data = head(answer.host, answer.flags);
        data[33..37].copy_from_slice(&answer.count.to_be_bytes());
        let mut signed = data.clone();
        signed.extend(ring::digest::digest(&ring::digest::SHA256, &client_data).as_ref());
        let random = ring::rand::SystemRandom::new();
        let signature = self.key.pair.sign(&random, &signed).unwrap();
        json!({
            "id": encoded(&self.key.id),
            "rawId": encoded(&self.key.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encoded(&client_data),
                "authenticatorData": encoded(&data),
                "signature": encoded(signature.as_ref()),
                "userHandle": encoded(&self.user),
            },
        })
    }
}

fn options(server: &Server, token: &str) -> Value {
    let answer = server.send(&Request::post("/tanuki/passkeys/options").bearer(token));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn passkeys(server: &Server, token: &str) -> Vec<Value> {
    let answer = server.send(&Request::get("/tanuki/passkeys").bearer(token));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}

fn add(server: &Server, token: &str, answer: &Value, proof: &Value) -> Response {
    let mut body = json!({"registration_response": answer, "name": "Phone"});
    let proof = proof.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(proof);
    server.send(&Request::post("/tanuki/passkeys").bearer(token).json(&body))
}

/// Makes a passkey of whoever has the token, with an id of 70 bytes that begins
/// with zero.
fn added(server: &Server, token: &str) -> Passkey {
    let (passkey, answer) = made(server, token);
    let done = add(server, token, &answer, &json!({}));
    assert_eq!(done.status, 201, "{}", done.text());
    passkey
}

/// Makes a passkey that is not sent yet.
fn made(server: &Server, token: &str) -> (Passkey, Value) {
    let options = options(server, token);
    let user = data_encoding::BASE64URL_NOPAD
        .decode(text(&options["user"], "id").as_bytes())
        .unwrap();
    let mut id = ring::digest::digest(&ring::digest::SHA512, &user)
        .as_ref()
        .to_vec();
    id.extend(text(&options, "challenge").as_bytes().iter().take(6));
    id[0] = 0;
    let key = Authenticator::new(&id);
    let passkey = Passkey { key, user };
    let answer = passkey.register(&text(&options, "challenge"), VERIFIED);
    (passkey, answer)
}

fn challenge(server: &Server) -> String {
    let answer = server.send(&Request::post("/tanuki/passkeys/login/options"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let options = answer.json();
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["rpId"], HOST);
    text(&options, "challenge")
}

fn log_in(server: &Server, answer: &Value) -> Response {
    let body = json!({"authentication_response": answer});
    server.send(&Request::post("/tanuki/passkeys/login").json(&body))
}

#[track_caller]
fn assert_refused(response: &Response, why: &str) {
    assert_eq!(response.status, 400, "{why}: {}", response.text());
    let message = "The passkey is unknown, or its answer is wrong or too late.";
    let expected = json!({"error": true, "login": false, "message": message});
    assert_eq!(response.json(), expected, "{why}");
}

fn a_passkey_logs_in_once_for_each_challenge(backend: Backend) {
    let mails = MailServer::start();
    let server = mails.setup(backend).variable("DOMAIN_NAME", HOST).start();
    let Some(server) = server else {
        return;
    };
    let token = server.admin_token();
    let offered = options(&server, &token);
    let selection = &offered["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["userVerification"], "required");
    let passkey = added(&server, &token);
    assert!(mails.next().contains("a passkey was added"));
    let known = options(&server, &token)["excludeCredentials"].clone();
    assert_eq!(known[0]["id"], encoded(&passkey.key.id));
    let list = passkeys(&server, &token);
    assert_eq!(list.len(), 1);
    assert_eq!(
        (&list[0]["name"], &list[0]["last_used_at"]),
        (&json!("Phone"), &json!(null))
    );

    let answer = passkey.sign(&challenge(&server), GOOD);
    let done = log_in(&server, &answer);
    assert_eq!(done.status, 200, "{}", done.text());
    let done = done.json();
    assert_eq!(
        (&done["user"]["email"], &done["login"]),
        (&json!(ADMIN_EMAIL), &json!(true))
    );
    assert_refused(&log_in(&server, &answer), "again");
    let token = text(&done, "access_token");
    let sessions = server.send(&Request::get("/tanuki/sessions").bearer(&token));
    assert_eq!(sessions.json()[0]["method"], "passkey");
    let list = passkeys(&server, &token);
    assert_ne!(list[0]["last_used_at"], json!(null));
    // It is no second factor of the password.
    server.admin_token();

    let path = format!("/tanuki/passkeys/{}", text(&list[0], "id"));
    let removed = server.send(&Request::delete(&path).bearer(&token));
    assert_eq!(removed.status, 204, "{}", removed.text());
    assert!(mails.next().contains("a passkey of your account"));
    let again = server.send(&Request::delete(&path).bearer(&token));
    assert_eq!(again.status, 404, "{}", again.text());
    let answer = passkey.sign(&challenge(&server), GOOD);
    assert_refused(&log_in(&server, &answer), "removed");
}

fn a_passkey_says_at_each_login_whether_it_is_synchronised(backend: Backend) {
    let Some(server) = setup(backend).start() else {
        return;
    };
    let token = server.admin_token();
    let passkey = added(&server, &token);
    let is_synced = || passkeys(&server, &token)[0]["is_synced"].clone();
    assert_eq!(is_synced(), false);
    for (flags, expected) in [(VERIFIED | SYNCED, true), (VERIFIED, false)] {
        let answer = passkey.sign(&challenge(&server), Answer { flags, ..GOOD });
        let done = log_in(&server, &answer);
        assert_eq!(done.status, 200, "{}", done.text());
        assert_eq!(is_synced(), expected);
    }
}

fn create(server: &Server, email: &str) -> String {
    let body = json!({
        "first_name": "Bob", "last_name": "", "email": email, "password": "mypassword",
    });
    let request = Request::post("/data/persons").bearer(&server.admin_token());
    let created = server.send(&request.json(&body));
    assert_eq!(created.status, 201, "{}", created.text());
    text(&created.json(), "id")
}

fn answers_that_are_not_quite_right_are_refused(backend: Backend) {
    let Some(server) = setup(backend).start() else {
        return;
    };
    let token = server.admin_token();
    create(&server, "bob@studio.com");
    let bobs_token = server.log_in("bob@studio.com", "mypassword");
    let passkey = added(&server, &token);
    let bobs = added(&server, &bobs_token);
    let fresh = || challenge(&server);
    let register = text(&options(&server, &token), "challenge");
    let mut late = fresh();
    // A challenge of a time that the server has not signed.
    late.replace_range(33..45, "999999999999");
    let mut of_bob = passkey.sign(&fresh(), GOOD);
    of_bob["response"]["userHandle"] = encoded(&bobs.user).into();
    let mut unsigned = passkey.sign(&fresh(), GOOD);
    unsigned["response"]["signature"] = encoded(&[0x30, 6, 2, 1, 1, 2, 1, 1]).into();
    let mut strange = passkey.sign(&fresh(), GOOD);
    strange["rawId"] = encoded(&bobs.key.id).into();
    let mut nobody = passkey.sign(&fresh(), GOOD);
    nobody["response"]["userHandle"] = json!(null);
    let good = |change: Answer<'_>| passkey.sign(&fresh(), change);
    for (why, answer) in [
        ("not verified", good(Answer { flags: 1, ..GOOD })),
        ("not touched", good(Answer { flags: 4, ..GOOD })),
        (
            "origin",
            good(Answer {
                origin: "https://evil.com",
                ..GOOD
            }),
        ),
        (
            "site",
            good(Answer {
                host: "evil.com",
                ..GOOD
            }),
        ),
        ("to register", passkey.sign(&register, GOOD)),
        ("late", passkey.sign(&late, GOOD)),
        ("no challenge", passkey.sign(&"A".repeat(88), GOOD)),
        ("not ASCII", passkey.sign(&"é".repeat(44), GOOD)),
        ("Bob's user", of_bob),
        ("signature", unsigned),
        ("Bob's key", strange),
        ("nobody's", nobody),
        ("nothing", json!({})),
        ("no object", json!({"rawId": 1, "response": []})),
    ] {
        assert_refused(&log_in(&server, &answer), why);
    }
    assert_eq!(log_in(&server, &good(GOOD)).status, 200);
    // Nor are others' challenges good to register with, or used ones.
    let refused = |answer: &Value, token: &str| {
        let response = add(&server, token, answer, &json!({}));
        assert_eq!(response.status, 400, "{}", response.text());
        response.text()
    };
    let (other, _) = made(&server, &bobs_token);
    let of_admin = text(&options(&server, &token), "challenge");
    refused(&other.register(&of_admin, VERIFIED), &bobs_token);
    refused(&other.register(&fresh(), VERIFIED), &bobs_token);
    let (_, answer) = made(&server, &bobs_token);
    assert_eq!(add(&server, &bobs_token, &answer, &json!({})).status, 201);
    refused(&answer, &bobs_token);
    let of_bob = text(&options(&server, &bobs_token), "challenge");
    let unverified = refused(&other.register(&of_bob, 1), &bobs_token);
    assert!(unverified.contains("a passkey needs a PIN"), "{unverified}");
    // A key is one account's.
    let taken = text(&options(&server, &bobs_token), "challenge");
    let taken = refused(&passkey.register(&taken, VERIFIED), &bobs_token);
    assert!(taken.contains("there already"), "{taken}");
    // A bot has none.
    let bot = json!({"first_name": "Bot", "last_name": "", "is_bot": true});
    let bot = server.send(&Request::post("/data/persons").bearer(&token).json(&bot));
    let bot = text(&bot.json(), "access_token");
    for request in [
        Request::get("/tanuki/passkeys"),
        Request::post("/tanuki/passkeys/options"),
    ] {
        assert_eq!(server.send(&request.bearer(&bot)).status, 403);
    }
}

fn a_counter_that_has_not_grown_is_a_copy(backend: Backend) {
    let Some(server) = setup(backend).start() else {
        return;
    };
    let passkey = added(&server, &server.admin_token());
    for (count, status) in [
        (0, 200),
        (0, 200),
        (7, 200),
        (7, 400),
        (6, 400),
        (0, 400),
        (8, 200),
        (u32::MAX, 200),
    ] {
        let answer = passkey.sign(&challenge(&server), Answer { count, ..GOOD });
        let done = log_in(&server, &answer);
        assert_eq!(done.status, status, "{count}: {}", done.text());
    }
}

/// Sets up an app for whoever has the token.
fn app_of(server: &Server, token: &str) -> App {
    let setup = server
        .send(&Request::put("/auth/totp").bearer(token))
        .json();
    let mut app = App::new(&text(&setup, "otp_secret"));
    let body = json!({"totp": app.next_code()});
    let done = server.send(&Request::post("/auth/totp").bearer(token).json(&body));
    assert_eq!(done.status, 200, "{}", done.text());
    app
}

fn who_has_a_second_factor_proves_it_to_change_passkeys(backend: Backend) {
    let Some(server) = setup(backend).start() else {
        return;
    };
    let token = server.admin_token();
    let mut app = app_of(&server, &token);
    let (passkey, answer) = made(&server, &token);
    for proof in [json!({}), json!({"totp": "12345"})] {
        let refused = add(&server, &token, &answer, &proof);
        assert_eq!(refused.json()["wrong_OTP"], true, "{}", refused.text());
    }
    let done = add(&server, &token, &answer, &json!({"totp": app.next_code()}));
    assert_eq!(done.status, 201, "{}", done.text());
    // It is both factors.
    let login = log_in(&server, &passkey.sign(&challenge(&server), GOOD));
    assert_eq!(login.status, 200, "{}", login.text());
    let path = format!("/tanuki/passkeys/{}", text(&done.json(), "id"));
    let remove = || Request::delete(&path).bearer(&token);
    assert_eq!(server.send(&remove()).json()["wrong_OTP"], true);
    assert_eq!(passkeys(&server, &token).len(), 1);
    let removed = server.send(&remove().json(&json!({"totp": app.next_code()})));
    assert_eq!(removed.status, 204, "{}", removed.text());
}

fn passkeys_go_with_the_account_and_with_the_second_factors(backend: Backend) {
    let Some(server) = setup(backend).start() else {
        return;
    };
    let admin = server.admin_token();
    let id = create(&server, "bob@studio.com");
    let token = server.log_in("bob@studio.com", "mypassword");
    let passkey = added(&server, &token);
    let fresh = || passkey.sign(&challenge(&server), GOOD);
    let set_active = |active: bool| {
        let request = Request::put(&format!("/data/persons/{id}")).bearer(&admin);
        assert_eq!(
            server
                .send(&request.json(&json!({"active": active})))
                .status,
            200
        );
    };
    set_active(false);
    assert_eq!(log_in(&server, &fresh()).status, 401);
    set_active(true);
    assert_eq!(log_in(&server, &fresh()).status, 200);
    let disable = || {
        let run = server
            .command()
            .args(["person", "disable-two-factor", "bob@studio.com"])
            .output();
        let run = run.unwrap();
        let said = [run.stdout, run.stderr].concat();
        (run.status.success(), String::from_utf8(said).unwrap())
    };
    let (is_done, said) = disable();
    assert!(is_done && said.contains("A passkey was removed."), "{said}");
    assert_refused(&log_in(&server, &fresh()), "removed by the operator");
    let (is_done, said) = disable();
    assert!(
        !is_done && said.contains("no second factor and no passkey"),
        "{said}"
    );
    // An admin does it, too.
    let token = server.log_in("bob@studio.com", "mypassword");
    added(&server, &token);
    let path = format!("/actions/persons/{id}/disable-two-factor-authentication");
    let disabled = server.send(&Request::delete(&path).bearer(&admin));
    assert_eq!(
        disabled.json(),
        json!({"success": true}),
        "{}",
        disabled.text()
    );
    let token = server.log_in("bob@studio.com", "mypassword");
    let passkey = added(&server, &token);
    let deleted = Request::delete(&format!("/data/persons/{id}?force=true")).bearer(&admin);
    assert_eq!(server.send(&deleted).status, 204);
    let answer = passkey.sign(&challenge(&server), GOOD);
    assert_refused(&log_in(&server, &answer), "deleted");
}

fn passkeys_stay_with_an_own_new_password_and_go_with_one_of_an_admin(backend: Backend) {
    const EMAIL: &str = "bob@studio.com";
    let Some(server) = setup(backend).start() else {
        return;
    };
    let id = create(&server, EMAIL);
    let token = server.log_in(EMAIL, "mypassword");
    let passkey = added(&server, &token);
    let fresh = || passkey.sign(&challenge(&server), GOOD);
    let change = Request::post("/auth/change-password").bearer(&token);
    let changed = server.send(&change.json(&json!({
        "old_password": "mypassword", "password": "otherpassword", "password_2": "otherpassword",
    })));
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(log_in(&server, &fresh()).status, 200);
    let path = format!("/actions/persons/{id}/change-password");
    let set = Request::post(&path).bearer(&server.admin_token());
    let set = server.send(&set.json(&json!({
        "password": "thirdpassword", "password_2": "thirdpassword",
    })));
    assert_eq!(set.status, 200, "{}", set.text());
    assert_refused(&log_in(&server, &fresh()), "the account was recovered");
    assert!(!server.log_in(EMAIL, "thirdpassword").is_empty());
}

fn a_passkey_is_enough_where_second_factors_are_asked_for(backend: Backend) {
    let Some(server) = setup(backend).variable("ENFORCE_2FA", "true").start() else {
        return;
    };
    let token = server.admin_token();
    let list = |token: &str| {
        server
            .send(&Request::get("/data/persons").bearer(token))
            .status
    };
    assert_eq!(list(&token), 403);
    let options = Request::post("/tanuki/passkeys/options").bearer(&token);
    assert_eq!(server.send(&options).status, 403);
    let mut app = app_of(&server, &token);
    let token = server.send(&Request::post("/auth/login").json(&json!({
        "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "totp": app.next_code(),
    })));
    let token = text(&token.json(), "access_token");
    let (passkey, answer) = made(&server, &token);
    let done = add(&server, &token, &answer, &json!({"totp": app.next_code()}));
    assert_eq!(done.status, 201, "{}", done.text());
    let by_password = Console::open_with(&server, &app.next_code());
    let code = json!({"totp": app.next_code()});
    let removed = server.send(&Request::delete("/auth/totp").bearer(&token).json(&code));
    assert_eq!(removed.status, 200, "{}", removed.text());
    let login = log_in(&server, &passkey.sign(&challenge(&server), GOOD));
    let login = login.json();
    assert_eq!(login.get("two_factor_authentication_required"), None);
    assert_eq!(list(&text(&login, "access_token")), 200);
    // The password alone is not, nor a session of the console that began with one.
    assert_eq!(list(&server.admin_token()), 403);
    let led = by_password.ask("/console/bots");
    assert_eq!(led.header("location"), Some("/console/second-factors"));
    let answer = passkey.sign(&challenge(&server), GOOD).to_string();
    Console::open_with_passkey(&server, &answer).get("/console/bots");
}

fn a_passkey_is_added_used_and_removed_in_the_console(backend: Backend) {
    in_console(backend, steps);
}

fn steps(site: &str, browser: &Browser) -> Result<()> {
    const PAGE: &str = "/console/second-factors";
    let removal = format!("form[action='{PAGE}/passkeys/remove']");
    let send = |action: &str| send(browser, action);
    browser.plug_in_passkey_authenticator()?;
    browser.goto(&format!("{site}{PAGE}"))?;
    fill_in(browser)?;
    send("/console/login")?;
    browser.find("#passkey-name")?.write("My phone")?;
    send(&format!("{PAGE}/passkeys"))?;
    browser.wait("the passkey to be listed", || {
        Ok(!browser.find_all(&removal)?.is_empty())
    })?;
    let listed = browser.find("#passkeys-title ~ form")?.text()?;
    assert!(
        listed.contains("My phone") && listed.contains("not used yet"),
        "{listed}"
    );
    // A login without a password, back to the page that was asked for.
    send("/console/logout")?;
    browser.find("#email")?;
    browser.goto(&format!("{site}{PAGE}"))?;
    send("/console/login/passkey")?;
    browser.wait("the page", || Ok(!browser.find_all(&removal)?.is_empty()))?;
    let listed = browser.find("#passkeys-title ~ form")?.text()?;
    assert!(listed.contains("last used"), "{listed}");
    send(&format!("{PAGE}/passkeys/remove"))?;
    browser.wait("the passkey to be gone", || {
        Ok(browser.find_all(&removal)?.is_empty())
    })?;
    // The browser still has it; the server does not know it any more.
    send("/console/logout")?;
    browser.find("#email")?;
    browser.goto(&format!("{site}/console/login"))?;
    send("/console/login/passkey")?;
    browser.wait("the refusal", || {
        Ok(!browser.find_all(".alert")?.is_empty())
    })?;
    let refusal = browser.find(".alert")?.text()?;
    assert!(
        refusal.contains("This passkey is unknown here"),
        "{refusal}"
    );
    Ok(())
}
