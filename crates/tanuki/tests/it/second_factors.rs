//! Second factors beyond what the scenario can show: codes of an app depend on
//! the time, codes by mail and recovery codes are random.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use serde_json::{Value, json};
use tanuki_domain::{Clock as _, SystemClock};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup};

use crate::console_bots::Console;
use crate::mail::MailServer;
use crate::{BINARY, on_both};

on_both! {
    a_code_of_an_app_works_once
    a_recovery_code_works_for_one_of_many
    guesses_lock_the_account_on_every_route
    a_code_by_mail_works_once_and_is_mailed_once_a_minute
    a_studio_that_asks_for_second_factors_is_open_after_one_is_set_up
    a_console_without_its_last_factor_is_led_to_the_set_up
    a_person_enrolled_by_zou_logs_in
}

fn seconds() -> u64 {
    SystemClock.now().timestamp().try_into().unwrap()
}

/// Codes of a secret, each of a later step than the one before.
pub(crate) struct App {
    key: hmac::Key,
    last: u64,
}

impl App {
    pub(crate) fn new(secret: &str) -> Self {
        let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret),
            last: 0,
        }
    }

    /// Returns a code that is accepted now and was not used yet; waits for it,
    /// if all of these steps were.
    pub(crate) fn next_code(&mut self) -> String {
        while self.last > seconds() / 30 {
            std::thread::sleep(Duration::from_millis(200));
        }
        // That of the step before, if it will not be too old when it arrives.
        self.last = (self.last + 1).max((seconds() - 20) / 30);
        self.code_of(self.last)
    }

    fn code_of(&self, step: u64) -> String {
        let digest = hmac::sign(&self.key, &step.to_be_bytes());
        let digest = digest.as_ref();
        let start = usize::from(digest[19] & 15);
        let bytes = digest[start..start + 4].try_into().unwrap();
        let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// Logs the admin in with more fields.
pub(crate) fn log_in_with(server: &Server, fields: &Value) -> Response {
    let mut body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    let fields = fields.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    server.send(&Request::post("/auth/login").json(&body))
}

/// Sets up an app for whom the token is of.
fn enroll(server: &Server, token: &str) -> (App, Value) {
    let setup = server
        .send(&Request::put("/auth/totp").bearer(token))
        .json();
    let secret = setup["otp_secret"].as_str().unwrap();
    let uri = setup["totp_provisionning_uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Kitsu%20"), "{uri}");
    assert!(uri.contains(&format!(
        ":admin%40example.com?secret={secret}&issuer=Kitsu%20"
    )));
    let mut app = App::new(secret);
    let body = json!({"totp": app.next_code()});
    let done = server.send(&Request::post("/auth/totp").bearer(token).json(&body));
    assert_eq!(done.status, 200, "{}", done.text());
    (app, done.json())
}

pub(crate) fn codes_of(answer: &Value) -> Vec<String> {
    let codes = answer["otp_recovery_codes"].as_array().unwrap();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
    codes.collect()
}

fn a_code_of_an_app_works_once(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let token = server.admin_token();
    let early = json!({"totp": "123456"});
    let early = server.send(&Request::post("/auth/totp").bearer(&token).json(&early));
    assert_eq!(early.status, 400);
    let (mut app, done) = enroll(&server, &token);
    assert_eq!(codes_of(&done).len(), 16);
    let own = Request::get("/auth/authenticated");
    for token in [&token, done["access_token"].as_str().unwrap()] {
        let own = server.send(&own.clone().bearer(token)).json();
        assert_eq!(own["user"]["totp_enabled"], true);
        assert_eq!(own["user"]["preferred_two_factor_authentication"], "totp");
        assert!(!own.to_string().contains("totp_secret"));
    }
    // The one that enabled it: a script need not wait for the next.
    let code = app.code_of(app.last);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let answer = log_in_with(&server, &json!({"totp": spaced}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let again = log_in_with(&server, &json!({"totp": code}));
    assert_eq!(again.json()["wrong_OTP"], true);

    let remove = Request::delete("/auth/totp").bearer(&token);
    let refused = server.send(&remove.clone().json(&json!({"totp": code})));
    assert_eq!(refused.json()["wrong_OTP"], true);
    let code = json!({"totp": app.next_code()});
    let removed = server.send(&remove.clone().json(&code));
    assert_eq!(
        removed.json(),
        json!({"success": true}),
        "{}",
        removed.text()
    );
    assert_eq!(server.send(&remove).json()["message"], "TOTP not enabled.");
    let token = server.admin_token();
    let (_, done) = enroll(&server, &token);
    assert_eq!(codes_of(&done).len(), 16, "the old codes went with the app");
}

fn a_recovery_code_works_for_one_of_many(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let token = server.admin_token();
    let (_, done) = enroll(&server, &token);
    let codes = codes_of(&done);
    let server = Arc::new(server);
    let logins: Vec<_> = (0..4)
        .map(|_| {
            let (server, code) = (Arc::clone(&server), codes[3].clone());
            std::thread::spawn(move || log_in_with(&server, &json!({"recovery_code": code})).status)
        })
        .collect();
    let logins = logins.into_iter().map(|login| login.join().unwrap());
    assert_eq!(logins.filter(|status| *status == 200).count(), 1);

    let again = log_in_with(&server, &json!({"recovery_code": codes[3]}));
    assert_eq!(again.json()["wrong_OTP"], true, "{}", again.text());
    let other = log_in_with(&server, &json!({"recovery_code": codes[0].to_lowercase()}));
    assert_eq!(other.status, 200, "{}", other.text());
    let renew = Request::put("/auth/recovery-codes").bearer(&token);
    let renewed = server.send(&renew.json(&json!({"recovery_code": codes[1]})));
    let new = codes_of(&renewed.json());
    assert_eq!(new.len(), 16);
    let old = log_in_with(&server, &json!({"recovery_code": codes[2]}));
    assert_eq!(old.json()["wrong_OTP"], true);
    assert_eq!(
        log_in_with(&server, &json!({"recovery_code": new[0]})).status,
        200
    );
}

fn guesses_lock_the_account_on_every_route(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let token = server.admin_token();
    let (mut app, _) = enroll(&server, &token);
    let guess = json!({"totp": "000000x"});
    for (number, request) in [
        Request::delete("/auth/totp"),
        Request::put("/auth/recovery-codes"),
        Request::delete("/auth/email-otp"),
        Request::delete("/auth/totp"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = server.send(&request.bearer(&token).json(&guess));
        assert_eq!(answer.json()["wrong_OTP"], true, "{number}");
    }
    let answer = log_in_with(&server, &guess);
    assert_eq!(answer.json()["wrong_OTP"], true, "{}", answer.text());
    let code = json!({"totp": app.next_code()});
    for answer in [
        log_in_with(&server, &code),
        server.send(&Request::delete("/auth/totp").bearer(&token).json(&code)),
    ] {
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json()["too_many_failed_login_attemps"],
            true,
            "{}",
            answer.text()
        );
    }
}

/// Returns the code in a mail.
pub(crate) fn code_in(mail: &str) -> String {
    let (_, rest) = mail.split_once("your code to sign in").unwrap();
    let digits = rest.split(|char: char| !char.is_ascii_digit());
    let code = digits.into_iter().find(|word| word.len() == 6);
    code.unwrap_or_else(|| panic!("{mail}")).to_owned()
}

fn a_code_by_mail_works_once_and_is_mailed_once_a_minute(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = mails.setup(backend).start() else {
        return;
    };
    let token = server.admin_token();
    let path = "/auth/email-otp";
    let early = json!({"email_otp": "123456"});
    let early = server.send(&Request::post(path).bearer(&token).json(&early));
    assert_eq!(early.status, 400, "{}", early.text());
    let asked = server.send(&Request::put(path).bearer(&token));
    assert_eq!(asked.json(), json!({"success": true}));
    let code = json!({"email_otp": code_in(&mails.next())});
    let done = server.send(&Request::post(path).bearer(&token).json(&code));
    assert_eq!(codes_of(&done.json()).len(), 16);
    assert!(mails.next().contains("a second factor was added"));

    assert_eq!(log_in_with(&server, &code).json()["wrong_OTP"], true);
    let ask = |login: &str| {
        let path = format!("/auth/email-otp?email={login}");
        let answer = server.send(&Request::get(&path));
        assert_eq!(answer.json(), json!({"success": true}));
    };
    for login in ["nobody@studio.com", ADMIN_EMAIL, ADMIN_EMAIL] {
        ask(login);
    }
    let code = code_in(&mails.next());
    assert!(mails.next_within(2).is_none(), "a second mail in a minute");
    let code = json!({"email_otp": code});
    assert_eq!(log_in_with(&server, &code).status, 200);
    assert_eq!(log_in_with(&server, &code).json()["wrong_OTP"], true);

    ask(ADMIN_EMAIL);
    let code = json!({"email_otp": code_in(&mails.next())});
    // Wrong for the code, but not for the lockout.
    let unlock = "UPDATE person SET login_failed_attemps = 0";
    for _ in 0..5 {
        let wrong = log_in_with(&server, &json!({"email_otp": "no code"}));
        assert_eq!(wrong.json()["wrong_OTP"], true);
        server.sql(unlock).unwrap();
    }
    assert_eq!(log_in_with(&server, &code).json()["wrong_OTP"], true);
}

fn a_studio_that_asks_for_second_factors_is_open_after_one_is_set_up(backend: Backend) {
    let server = Setup::new(BINARY, backend)
        .variable("ENFORCE_2FA", "true")
        .start();
    let Some(server) = server else {
        return;
    };
    let token = server.admin_token();
    let persons = |token: &str| {
        let answer = server.send(&Request::get("/data/persons").bearer(token));
        answer.status
    };
    assert_eq!(persons(&token), 403);
    let (mut app, done) = enroll(&server, &token);
    assert_eq!(persons(done["access_token"].as_str().unwrap()), 200);
    let login = log_in_with(&server, &json!({"totp": app.next_code()}));
    assert_eq!(persons(login.json()["access_token"].as_str().unwrap()), 200);
    assert_eq!(login.json().get("two_factor_authentication_required"), None);
}

fn a_console_without_its_last_factor_is_led_to_the_set_up(backend: Backend) {
    const PAGE: &str = "/console/second-factors";
    let server = Setup::new(BINARY, backend)
        .variable("ENFORCE_2FA", "true")
        .start();
    let Some(server) = server else {
        return;
    };
    let (mut app, done) = enroll(&server, &server.admin_token());
    let codes = codes_of(&done);
    let console = Console::open_with(&server, &app.next_code());
    let page = console.get(PAGE);
    let code = [("code", codes[0].as_str())];
    let removed = console.send(&page, &format!("{PAGE}/app/disable"), &code);
    assert_eq!(removed.status, 303, "{}", removed.text());
    let page = console.get(PAGE);
    assert!(
        page.contains("asks for two-factor authentication"),
        "{page}"
    );
    let asked = console.ask("/console/bots");
    let sent = console.send(&page, "/console/bots", &[("name", "A bot")]);
    for answer in [asked, sent] {
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert_eq!(answer.header("location"), Some(PAGE));
    }
    // With a new one all pages are there again.
    console.send(&page, &format!("{PAGE}/app"), &[]);
    let page = console.get(&format!("{PAGE}/app"));
    let (_, secret) = page.split_once("id=\"secret\"").unwrap();
    let (_, secret) = secret.split_once("value=\"").unwrap();
    let mut app = App::new(secret.split('"').next().unwrap());
    let code = app.next_code();
    let enabled = console.send(&page, &format!("{PAGE}/app/enable"), &[("code", &code)]);
    assert_eq!(enabled.status, 200, "{}", enabled.text());
    console.get("/console/bots");
}

/// The hash that Zou stores of the recovery code `AAAAAAAAAA`.
const RECOVERY_HASH: &str = "$2b$04$EQh1EqOTpMKJou5lMqiLs.dkYcxVm3IhdZgYnEs0QNkUgx80e4ybu";

fn a_person_enrolled_by_zou_logs_in(backend: Backend) {
    let Some(server) = crate::server(backend) else {
        return;
    };
    let codes = match backend {
        Backend::Postgres => format!("ARRAY[convert_to('{RECOVERY_HASH}', 'UTF8')]"),
        Backend::Sqlite => format!("'[\"{RECOVERY_HASH}\"]'"),
    };
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    server
        .sql(&format!(
            "UPDATE person SET totp_enabled = true, totp_secret = '{secret}', \
             otp_recovery_codes = {codes}, preferred_two_factor_authentication = 'totp'"
        ))
        .unwrap();
    let missing = log_in_with(&server, &json!({"email_otp": "123456"})).json();
    assert_eq!(missing["missing_OTP"], true);
    let code = json!({"totp": App::new(secret).next_code()});
    assert_eq!(log_in_with(&server, &code).status, 200);
    let code = json!({"recovery_code": "AAAAAAAAAA"});
    assert_eq!(log_in_with(&server, &code).status, 200);
    assert_eq!(log_in_with(&server, &code).json()["wrong_OTP"], true);
}

#[test]
fn the_console_takes_a_code() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let (mut app, _) = enroll(&server, &server.admin_token());
    let page = server.send(&Request::get("/console/login"));
    let cookie = page.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let text = page.text();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let csrf = csrf.split('"').next().unwrap();
    let log_in = |code: &str| {
        let form = [
            ("csrf", csrf),
            ("email", ADMIN_EMAIL),
            ("password", ADMIN_PASSWORD),
            ("code", code),
        ];
        let request = Request::post("/console/login").header("Cookie", &cookie);
        server.send(&request.form(&form))
    };
    let without = log_in("");
    assert_eq!(without.status, 422);
    assert!(
        without.text().contains("needs a code"),
        "{}",
        without.text()
    );
    let with = log_in(&app.next_code());
    assert!((300..400).contains(&with.status), "{}", with.text());
}
