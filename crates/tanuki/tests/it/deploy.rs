//! The configurations of `docs/deploy`, each started in front of a server.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD, Backend, Server, Setup, tools};
use tempfile::TempDir;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploy");
const HOST: &str = "kitsu.studio.lan";
const START_TIMEOUT: Duration = Duration::from_secs(10);
const FIREFOX: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

/// Of `communication.sql`.
const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
const COMMENT: &str = "eeeeeeee-0000-4000-8000-000000000001";

/// A proxy with one of the configurations; stopped when dropped.
struct Proxy {
    child: Child,
    http: u16,
    https: u16,
    folder: TempDir,
}

/// A configuration for the test: the file, with other ports and paths.
struct Configuration {
    text: String,
}

impl Configuration {
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(Path::new(FOLDER).join(name)).unwrap();
        Self { text }
    }

    fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "no `{from}` in {}", self.text);
        self.text = self.text.replace(from, to);
        self
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Makes a certificate as the configurations name it.
fn make_certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-subj", &format!("/CN={HOST}")])
        .args(["-addext", &format!("subjectAltName=DNS:{HOST}")])
        .args(["-keyout", "privkey.pem", "-out", "fullchain.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let both = read("fullchain.pem") + &read("privkey.pem");
    std::fs::write(folder.join("haproxy.pem"), both).unwrap();
}

impl Proxy {
    /// Starts a program whose configuration `configure` makes for the folder
    /// and the ports (HTTP, HTTPS).
    fn start(
        program: &Path,
        arguments: &[&str],
        configure: impl Fn(&Path, u16, u16) -> String,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        make_certificate(folder.path());
        let (http, https) = (free_port(), free_port());
        let file = folder.path().join("configuration");
        std::fs::write(&file, configure(folder.path(), http, https)).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .arg(&file)
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let proxy = Self {
            child,
            http,
            https,
            folder,
        };
        let deadline = Instant::now() + START_TIMEOUT;
        while proxy.curl("/api/status", &["-f"]).is_empty() {
            let log = std::fs::read_to_string(proxy.folder.path().join("log"));
            assert!(Instant::now() < deadline, "{log:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        proxy
    }

    /// Requests a path over HTTPS; returns what curl prints.
    fn curl(&self, path: &str, arguments: &[&str]) -> String {
        let address = format!("https://{HOST}:{}{path}", self.https);
        let resolve = format!("{HOST}:{}:127.0.0.1", self.https);
        let said = Command::new("curl")
            .args(["-sk", "--max-time", "30", "--resolve", &resolve])
            .args(arguments)
            .arg(address)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        String::from_utf8_lossy(&said.stdout).into_owned()
    }

    fn json(&self, path: &str, arguments: &[&str]) -> Value {
        let said = self.curl(path, arguments);
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{path}: {said}"))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have exited by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A server with a web client, and the folder of that.
fn studio() -> (Server, TempDir) {
    let web = TempDir::new().unwrap();
    let page = "<!doctype html><title>Kitsu</title>";
    std::fs::write(web.path().join("index.html"), page).unwrap();
    let server = Setup::new(crate::BINARY, Backend::Sqlite)
        .variable("WEB_DIR", web.path().to_str().unwrap())
        .variable("DOMAIN_NAME", HOST)
        .variable("DOMAIN_PROTOCOL", "https")
        .start()
        .unwrap();
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    (server, web)
}

fn upstream(server: &Server) -> &str {
    server.url.trim_start_matches("http://")
}

#[test]
fn nginx_as_the_documentation_configures_it() {
    let program = tools::nginx();
    let Some(program) = tools::or_skip(program, "the deployment suite", "nginx") else {
        return;
    };
    let (server, _web) = studio();
    let proxy = Proxy::start(&program, &["-c"], |folder, http, https| {
        let path = folder.display();
        let site = Configuration::read("nginx.conf")
            .replace("127.0.0.1:8000", upstream(&server))
            .replace("listen 80;", &format!("listen 127.0.0.1:{http};"))
            .replace("listen [::]:80;", "")
            .replace("listen 443 ", &format!("listen 127.0.0.1:{https} "))
            .replace("listen [::]:443 ssl http2;", "")
            .replace("/etc/ssl/tanuki", &path.to_string());
        format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/log;
            events {{}}
            http {{
                access_log off; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
                fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi;
                scgi_temp_path {path}/scgi;
                {}
            }}",
            site.text
        )
    });
    check(&proxy);
}

#[test]
fn caddy_as_the_documentation_configures_it() {
    let program = tools::program("caddy");
    let Some(program) = tools::or_skip(program, "the deployment suite", "caddy") else {
        return;
    };
    let (server, _web) = studio();
    let arguments = ["run", "--adapter", "caddyfile", "--config"];
    let proxy = Proxy::start(&program, &arguments, |folder, http, https| {
        let site = Configuration::read("Caddyfile")
            .replace("127.0.0.1:8000", upstream(&server))
            .replace("/etc/ssl/tanuki", &folder.display().to_string());
        format!(
            "{{\n\tadmin off\n\thttp_port {http}\n\thttps_port {https}\n}}\n{}",
            site.text
        )
    });
    check(&proxy);
}

#[test]
fn haproxy_as_the_documentation_configures_it() {
    let program = tools::program("haproxy");
    let Some(program) = tools::or_skip(program, "the deployment suite", "haproxy") else {
        return;
    };
    let (server, _web) = studio();
    let proxy = Proxy::start(&program, &["-db", "-f"], |folder, http, https| {
        let site = Configuration::read("haproxy.cfg")
            .replace("127.0.0.1:8000", upstream(&server))
            .replace("bind :80", &format!("bind 127.0.0.1:{http}"))
            .replace("bind :443", &format!("bind 127.0.0.1:{https}"))
            .replace("/etc/ssl/tanuki", &folder.display().to_string());
        site.text
    });
    check(&proxy);
}

/// What has to work through any proxy.
fn check(proxy: &Proxy) {
    pages_and_redirects(proxy);
    let token = cookies_of_a_browser(proxy);
    let authorization = format!("Authorization: Bearer {token}");
    uploads(proxy, &authorization);
    let head = ["-o", "/dev/null", "-D", "-", "-H", "Accept-Encoding: gzip"];
    let head = proxy.curl("/openapi.json", &head).to_lowercase();
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let websocket = [
        "-i",
        "--http1.1",
        "--max-time",
        "2",
        "-H",
        "Connection: Upgrade",
        "-H",
        "Upgrade: websocket",
        "-H",
        "Sec-WebSocket-Version: 13",
        "-H",
        "Sec-WebSocket-Key: dGFudWtpIGlzIGEgZG9nIQ==",
    ];
    let opened = proxy.curl("/socket.io/?EIO=4&transport=websocket", &websocket);
    assert!(opened.starts_with("HTTP/1.1 101"), "{opened}");
    assert!(opened.contains("\"sid\""), "{opened}");
}

fn pages_and_redirects(proxy: &Proxy) {
    let page = proxy.curl("/productions", &["-i"]);
    assert!(page.contains("<title>Kitsu</title>"), "{page}");
    let head = page.to_lowercase();
    assert!(
        head.contains("strict-transport-security: max-age="),
        "{page}"
    );
    let resolve = format!("{HOST}:{}:127.0.0.1", proxy.http);
    let said = Command::new("curl")
        .args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code} %{redirect_url}",
        ])
        .args(["--resolve", &resolve])
        .arg(format!("http://{HOST}:{}/productions", proxy.http))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stdout);
    let (status, location) = said.split_once(' ').unwrap();
    assert!(["301", "308"].contains(&status), "{said}");
    assert!(location.starts_with(&format!("https://{HOST}")), "{said}");
}

/// Logs in as a browser and changes something with the cookies. Returns the
/// access token.
fn cookies_of_a_browser(proxy: &Proxy) -> String {
    let origin = format!("Origin: https://{HOST}:{}", proxy.https);
    let json = "Content-Type: application/json";
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}).to_string();
    let as_browser = ["-H", FIREFOX, "-H", &origin, "-H", json];
    // Nobody can say that they are somebody else.
    let claims = [
        "-H",
        "X-Real-IP: 203.0.113.9",
        "-H",
        "X-Forwarded-Proto: http",
    ];
    let login = [&as_browser[..], &claims, &["-c", "cookies", "-d", &body]].concat();
    let session = proxy.json("/api/auth/login", &login);
    let token = session["access_token"].as_str().unwrap().to_owned();
    let cookies = std::fs::read_to_string(proxy.folder.path().join("cookies")).unwrap();
    let lines = cookies
        .lines()
        .filter(|line| line.contains("_token_cookie"));
    let secure: Vec<bool> = lines.map(|line| line.contains("\tTRUE\t")).collect();
    assert_eq!(secure, [true, true], "{cookies}");
    let change = ["-b", "cookies", "-X", "PUT", "-d", "{\"estimation\": 90}"];
    let task = format!("/api/data/tasks/{TASK}");
    let changed = proxy.json(&task, &[&as_browser[..], &change].concat());
    assert_eq!(changed["estimation"], 90.0, "{changed}");
    let logins = proxy.json("/api/data/events/login-logs/last", &["-b", "cookies"]);
    assert_eq!(logins[0]["ip_address"], "127.0.0.1", "{logins}");
    token
}

/// Attaches a file that is longer than what a proxy takes by default.
fn uploads(proxy: &Proxy, authorization: &str) {
    let film: Vec<u8> = (0..20_000_000_u32).map(|byte| byte as u8).collect();
    std::fs::write(proxy.folder.path().join("film.mov"), &film).unwrap();
    let path = format!("/api/actions/tasks/{TASK}/comments/{COMMENT}/add-attachment");
    let form = ["-H", authorization, "-F", "file=@film.mov"];
    let attached = proxy.json(&path, &form);
    let id = attached[0]["id"].as_str().unwrap();
    let path = format!("/api/data/attachment-files/{id}/file/film.mov");
    proxy.curl(&path, &["-H", authorization, "-o", "back.mov"]);
    let back = std::fs::read(proxy.folder.path().join("back.mov")).unwrap();
    assert!(back == film, "{} bytes came back", back.len());
}

#[test]
fn the_systemd_unit_is_valid_and_hardened() {
    let program = tools::program("systemd-analyze");
    let Some(program) = tools::or_skip(program, "the deployment suite", "systemd-analyze") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let unit: PathBuf = folder.path().join("tanuki.service");
    let text =
        Configuration::read("tanuki.service").replace("/usr/local/bin/tanuki", crate::BINARY);
    std::fs::write(&unit, text.text).unwrap();
    // An exposure of 0 to 10, in tenths.
    let security = ["security", "--offline=true", "--threshold=20"];
    for arguments in [&["verify"][..], &security] {
        let said = Command::new(&program)
            .args(arguments)
            .arg(&unit)
            .output()
            .unwrap();
        assert!(said.status.success(), "{arguments:?}: {said:?}");
    }
}
