//! Mail, received by a small mail server of the test's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;
use tanuki_testkit::http::Request;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Setup};

use crate::BINARY;

/// Accepts mail on a port.
pub(crate) struct MailServer {
    pub port: u16,
    mails: Receiver<String>,
    /// While it is set, recipients are refused for good.
    pub refuses: Arc<AtomicBool>,
}

impl MailServer {
    /// Starts on a free port.
    pub fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Accepts the mail of a listener's connections, also of those that were
    /// opened before.
    pub fn on(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let (sender, mails) = channel();
        let refuses = Arc::new(AtomicBool::new(false));
        let refusing = Arc::clone(&refuses);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, refusing) = (sender.clone(), Arc::clone(&refusing));
                std::thread::spawn(move || {
                    if let Some(mail) = receive(&stream, &refusing) {
                        let _nobody_waits = sender.send(mail);
                    }
                });
            }
        });
        Self {
            port,
            mails,
            refuses,
        }
    }

    /// Waits up to that many seconds for the next mail.
    pub fn next_within(&self, seconds: u64) -> Option<String> {
        let mail = self.mails.recv_timeout(Duration::from_secs(seconds));
        mail.ok().map(|mail| readable(&mail))
    }

    /// Waits for the next mail.
    pub fn next(&self) -> String {
        self.next_within(20).unwrap()
    }

    /// A server that sends its mail here.
    pub fn setup(&self, backend: Backend) -> Setup {
        sending_to(self.port, backend)
    }
}

/// A server that sends its mail to a port.
pub(crate) fn sending_to(port: u16, backend: Backend) -> Setup {
    Setup::new(BINARY, backend)
        .variable("MAIL_ENABLED", "true")
        .variable("MAIL_SERVER", "127.0.0.1")
        .variable("MAIL_PORT", &port.to_string())
        .variable("MAIL_DEFAULT_SENDER", "tracker@studio.com")
        .variable("DOMAIN_NAME", "kitsu.studio.com")
}

/// The server's side of RFC 5321, as far as one mail needs it. `None` if none
/// comes.
fn receive(stream: &TcpStream, refuses: &AtomicBool) -> Option<String> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let say = |line: &str| write!(&*stream, "{line}\r\n").ok();
    let mut mail = None;
    say("220 test")?;
    while let Some(Ok(line)) = lines.next() {
        match line.split(' ').next().unwrap_or_default() {
            "RCPT" if refuses.load(Ordering::Relaxed) => say("550 nobody of that name")?,
            "DATA" => {
                say("354 go on")?;
                let text = lines.by_ref().map_while(Result::ok);
                let text: Vec<String> = text.take_while(|line| line != ".").collect();
                mail = Some(text.join("\n"));
                say("250 taken")?;
            }
            "QUIT" => {
                say("221 bye");
                break;
            }
            _ => say("250 ok")?,
        }
    }
    mail
}

/// A mail without the line ends and escapes of quoted-printable.
fn readable(mail: &str) -> String {
    mail.replace("=\n", "").replace("=3D", "=")
}

#[test]
fn a_forgotten_password_is_chosen_anew_by_mail() {
    let mails = MailServer::start();
    let server = mails.setup(Backend::Sqlite).start().unwrap();
    let ask = |email: &str| {
        let answer =
            server.send(&Request::post("/auth/reset-password").json(&json!({"email": email})));
        assert_eq!(answer.json(), json!({"success": "Reset token sent"}));
    };
    ask("nobody@studio.com");
    ask(ADMIN_EMAIL);
    let mail = mails.next();
    assert!(mail.contains("tracker@studio.com"), "{mail}");
    assert!(mail.contains(&format!("To: {ADMIN_EMAIL}")), "{mail}");
    let link = "https://kitsu.studio.com/reset-change-password?email=admin%40example.com&token=";
    assert!(mail.contains(link), "{mail}");
    let token = token_in(&mail);
    let reset = server.send(&Request::put("/auth/reset-password").json(&json!({
        "email": ADMIN_EMAIL, "token": token,
        "password": "another password", "password2": "another password",
    })));
    assert_eq!(reset.json(), json!({"success": true}));
    let session = server.log_in(ADMIN_EMAIL, "another password");

    let changed = server.send(
        &Request::post("/auth/change-password")
            .bearer(&session)
            .json(&json!({
                "old_password": "another password",
                "password": ADMIN_PASSWORD,
                "password_2": ADMIN_PASSWORD,
            })),
    );
    assert_eq!(changed.json(), json!({"success": true}));
    let mail = mails.next();
    assert!(mail.contains("your password was changed"), "{mail}");
    assert!(!mail.contains(ADMIN_PASSWORD), "{mail}");
    assert!(mails.next_within(0).is_none(), "nobody else got mail");
}

/// Returns the token of a link in a mail.
fn token_in(mail: &str) -> String {
    let (_, rest) = mail.split_once("&token=").unwrap();
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect()
}

#[test]
fn people_are_invited_and_told_what_admins_do_with_their_account() {
    let mails = MailServer::start();
    let server = mails.setup(Backend::Sqlite).start().unwrap();
    let admin = server.admin_token();
    let body = json!({
        "first_name": "Ada", "last_name": "Byron", "email": "ada@studio.com", "locale": "de_DE",
    });
    let post = |path: &str, body: &serde_json::Value| {
        server.send(&Request::post(path).bearer(&admin).json(body))
    };
    let ada = post("/data/persons", &body).json();
    let path = format!("/actions/persons/{}", ada["id"].as_str().unwrap());
    let invited = server.send(&Request::get(&format!("{path}/invite")).bearer(&admin));
    assert_eq!(
        invited.json(),
        json!({"success": true, "message": "Email sent"})
    );
    let mail = mails.next();
    assert!(mail.contains("To: ada@studio.com"), "{mail}");
    assert!(mail.contains("Hallo Ada,"), "{mail}");
    assert!(mail.contains("&type=new"), "{mail}");
    let choose = |token: &str| {
        server.send(&Request::put("/auth/reset-password").json(&json!({
            "email": "ada@studio.com", "token": token,
            "password": "the first one", "password2": "the first one",
        })))
    };
    assert_eq!(choose(&token_in(&mail)).json(), json!({"success": true}));
    let session = server.log_in("ada@studio.com", "the first one");

    let link = post(&format!("{path}/reset-password-link"), &json!({})).json();
    let link = link["reset_password_link"].as_str().unwrap().to_owned();
    assert!(link.starts_with("https://kitsu.studio.com/reset-change-password?email=ada%40"));

    let new = json!({"password": "the second one", "password_2": "the second one"});
    let set = post(&format!("{path}/change-password"), &new);
    assert_eq!(set.json(), json!({"success": true}));
    let own = server.send(&Request::get("/auth/authenticated").bearer(&session));
    assert_eq!(own.status, 401, "the session goes on");
    assert_eq!(choose(&token_in(&link)).status, 400, "the link still works");
    let mail = mails.next();
    assert!(mail.contains("Super Admin hat das Passwort"), "{mail}");
    assert!(!mail.contains("the second one"), "{mail}");
    server.log_in("ada@studio.com", "the second one");

    let sql = "UPDATE person SET totp_enabled = true, totp_secret = 'JBSWY3DPEHPK3PXP' \
               WHERE email = 'ada@studio.com'";
    server.sql(sql).unwrap();
    let factors = format!("{path}/disable-two-factor-authentication");
    let disabled = server.send(&Request::delete(&factors).bearer(&admin));
    assert_eq!(disabled.json(), json!({"success": true}));
    let mail = mails.next();
    assert!(mail.contains("Zwei-Faktor-Anmeldung"), "{mail}");
    server.log_in("ada@studio.com", "the second one");
    let jobs = server
        .send(&Request::get("/tanuki/jobs").bearer(&admin))
        .text();
    assert!(!jobs.contains("token"), "{jobs}");
}

#[test]
fn a_mail_server_that_is_gone_does_not_undo_what_happened() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("MAIL_ENABLED", "true")
        .variable("MAIL_SERVER", "127.0.0.1")
        .variable("MAIL_PORT", "9")
        .start()
        .unwrap();
    let session = server.admin_token();
    let changed = server.send(
        &Request::post("/auth/change-password")
            .bearer(&session)
            .json(&json!({
                "old_password": ADMIN_PASSWORD,
                "password": "another password",
                "password_2": "another password",
            })),
    );
    assert_eq!(changed.status, 200);
    server.log_in(ADMIN_EMAIL, "another password");
}
