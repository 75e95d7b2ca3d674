//! Notices in Slack, Mattermost and Discord, taken by a small HTTPS server of
//! the test's own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};

use crate::{BINARY, on_both};

on_both! {
    chats_get_what_people_want_to_hear
    a_chat_that_refuses_is_told_to_admins_without_secrets
}

/// A task of `communication.sql`, and somebody assigned to it.
const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
const ARTIST: &str = "aaaaaaaa-0000-4000-8000-000000000007";

/// A request that the server has got.
#[derive(Debug)]
struct Got {
    line: String,
    authorization: String,
    body: Value,
}

/// An HTTPS server on `localhost`.
struct ChatServer {
    port: u16,
    got: Receiver<Got>,
    /// The status of answers to webhooks.
    status: Arc<Mutex<u16>>,
}

impl ChatServer {
    /// Starts with a certificate of its own, which it writes to the folder.
    fn start(folder: &Path) -> Self {
        let file = |name: &str| folder.join(name);
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(file("key.pem"))
            .arg("-out")
            .arg(file("certificate.pem"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let certificate = CertificateDer::from_pem_file(file("certificate.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, got) = channel();
        let status = Arc::new(Mutex::new(200));
        let answer_with = Arc::clone(&status);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let config = Arc::clone(&config);
                let (sender, status) = (sender.clone(), Arc::clone(&answer_with));
                std::thread::spawn(move || {
                    if let Some(got) = serve(config, stream, &status) {
                        let _nobody_waits = sender.send(got);
                    }
                });
            }
        });
        Self { port, got, status }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn next(&self) -> Got {
        self.got.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

/// Reads one request and answers it.
fn serve(config: Arc<ServerConfig>, stream: TcpStream, status: &Mutex<u16>) -> Option<Got> {
    let connection = ServerConnection::new(config).ok()?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let (mut line, mut authorization, mut length) = (String::new(), String::new(), 0);
    stream.read_line(&mut line).ok()?;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(": ") else {
            break;
        };
        match name.to_lowercase().as_str() {
            "authorization" => authorization = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let line = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
    let (status, answer) = match line.as_str() {
        "POST /api/chat.postMessage" => (200, json!({"ok": true})),
        "GET /api/v10/users/@me/guilds" => (200, json!([{"id": "11"}, {"id": "22"}])),
        "GET /api/v10/guilds/22/members/search?limit=100&query=ada" => {
            let user = |id: &str, name: &str| json!({"user": {"id": id, "username": name, "discriminator": "0"}});
            (200, json!([user("1", "adamant"), user("2", "ada")]))
        }
        line if line.starts_with("GET") => (200, json!([])),
        "POST /api/v10/users/@me/channels" => (200, json!({"id": "33"})),
        "POST /hooks/secret" => (*status.lock().unwrap(), json!("ok")),
        _ => (200, json!({})),
    };
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\nLocation: https://localhost/else\r\nContent-Length: {}\r\n\r\n",
        answer.len()
    );
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(answer.as_bytes()).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()?;
    Some(Got {
        line,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

/// A server with `communication.sql` whose chats are at the test's server.
fn started(chats: &ChatServer, folder: &Path, backend: Backend) -> Option<Server> {
    let authority = folder.join("certificate.pem");
    let server = Setup::new(BINARY, backend)
        .variable("CHAT_CA_FILE", &authority.to_string_lossy())
        .variable("SLACK_URL", &chats.url())
        .variable("DISCORD_URL", &chats.url())
        .start()?;
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    let admin = server.admin_token();
    // The organisation's row is made when it is read first.
    server.send(&Request::get("/data/organisations").bearer(&admin));
    server.send(&Request::get("/auth/authenticated").bearer(&admin));
    Some(server)
}

fn comment(server: &Server, token: &str, text: &str) {
    let path = format!("/data/tasks/{TASK}");
    let task = server.send(&Request::get(&path).bearer(token)).json();
    let body = json!({"task_status_id": task["task_status_id"], "comment": text});
    let path = format!("/actions/tasks/{TASK}/comment");
    let answer = server.send(&Request::post(&path).bearer(token).json(&body));
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Waits for the newest job in a state, and returns it.
fn job_in(server: &Server, token: &str, state: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let path = format!("/tanuki/jobs?limit=1&state={state}");
        let jobs = server.send(&Request::get(&path).bearer(token)).json();
        if !jobs[0].is_null() {
            return jobs[0].clone();
        }
        assert!(Instant::now() < deadline, "no job is {state}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn chats_get_what_people_want_to_hear(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let chats = ChatServer::start(folder.path());
    let Some(server) = started(&chats, folder.path(), backend) else {
        return;
    };
    let admin = server.admin_token();
    server
        .sql(&format!(
            "UPDATE organisation SET chat_token_slack = 'xoxb', chat_token_discord = 'bot', \
             chat_webhook_mattermost = '{}/hooks/secret'; \
             UPDATE person SET notifications_slack_enabled = true, \
             notifications_slack_userid = 'ada.s', notifications_mattermost_enabled = true, \
             notifications_mattermost_userid = 'ada.m', notifications_discord_enabled = true, \
             notifications_discord_userid = 'ada' WHERE id = '{ARTIST}'",
            chats.url()
        ))
        .unwrap();
    comment(&server, &admin, "<!channel> *look*");
    // Slack and Mattermost get one request each, Discord five.
    let got: Vec<Got> = (0..7).map(|_| chats.next()).collect();
    let find = |line: &str| {
        let found = got.iter().find(|got| got.line == line);
        found.unwrap_or_else(|| panic!("no {line} in {got:?}"))
    };
    let slack = find("POST /api/chat.postMessage");
    assert_eq!(slack.authorization, "Bearer xoxb");
    assert_eq!(slack.body["channel"], "@ada.s");
    let text = slack.body["text"].as_str().unwrap();
    assert!(
        text.starts_with("*Super Admin* commented on <http://"),
        "{text}"
    );
    assert!(text.ends_with("> &lt;!channel&gt; *look*"), "{text}");
    let mattermost = find("POST /hooks/secret");
    assert_eq!(mattermost.body["channel"], "@ada.m");
    assert_eq!(mattermost.body["username"], "Tanuki - Commune");
    find("GET /api/v10/guilds/11/members/search?limit=100&query=ada");
    let opened = find("POST /api/v10/users/@me/channels");
    assert_eq!(opened.body, json!({"recipient_id": "2"}));
    let discord = find("POST /api/v10/channels/33/messages");
    assert_eq!(discord.authorization, "Bot bot");
    assert_eq!(discord.body["allowed_mentions"], json!({"parse": []}));
    let text = discord.body["embeds"][0]["description"].as_str().unwrap();
    assert!(
        text.starts_with("**Super Admin** commented on [Commune / "),
        "{text}"
    );
    assert!(text.ends_with("> \\<!channel\\> \\*look\\*"), "{text}");
}

fn a_chat_that_refuses_is_told_to_admins_without_secrets(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let chats = ChatServer::start(folder.path());
    let Some(server) = started(&chats, folder.path(), backend) else {
        return;
    };
    let admin = server.admin_token();
    let webhook = |url: &str| {
        server
            .sql(&format!(
                "UPDATE organisation SET chat_webhook_mattermost = '{url}'; \
                 UPDATE person SET notifications_mattermost_enabled = true, \
                 notifications_mattermost_userid = 'ada.m' WHERE id = '{ARTIST}'"
            ))
            .unwrap();
    };
    webhook(&format!("{}/hooks/secret", chats.url()));
    *chats.status.lock().unwrap() = 503;
    comment(&server, &admin, "one");
    chats.next();
    let job = job_in(&server, &admin, "waiting");
    assert_eq!(job["reason"], "Mattermost answered 503", "{job}");
    *chats.status.lock().unwrap() = 200;
    chats.next();
    job_in(&server, &admin, "done");

    // Redirects are not followed, and only https is spoken.
    *chats.status.lock().unwrap() = 302;
    comment(&server, &admin, "two");
    let job = job_in(&server, &admin, "failed");
    assert_eq!(job["reason"], "Mattermost answered 302", "{job}");
    server.sql("DELETE FROM tanuki_job").unwrap();
    webhook("http://127.0.0.1:9/hooks/secret");
    comment(&server, &admin, "three");
    let job = job_in(&server, &admin, "failed");
    assert_eq!(job["reason"], "not an https address", "{job}");
    server.sql("DELETE FROM tanuki_job").unwrap();
    // Another name than the certificate's.
    webhook(&format!("https://127.0.0.1:{}/hooks/secret", chats.port));
    comment(&server, &admin, "four");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let job = job_in(&server, &admin, "waiting");
        let reason = job["reason"].as_str().unwrap_or_default();
        assert!(!reason.contains("secret"), "{job}");
        if reason.contains("127.0.0.1: ") {
            assert!(reason.contains("certificate"), "{job}");
            break;
        }
        assert!(Instant::now() < deadline, "{job}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
