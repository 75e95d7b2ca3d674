//! A folder as a release of Kitsu has it, behind `WEB_DIR`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

const SCRIPT: &str = "/assets/index-DiwrgTda.js";

/// A script of some length.
fn script() -> String {
    "export const name = \"tanuki\";\n".repeat(3000)
}

/// A server with a web client.
struct Served {
    server: Server,
    folder: TempDir,
}

impl Served {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let server = Setup::new(crate::BINARY, Backend::Sqlite)
            .variable("WEB_DIR", folder.path().to_str().unwrap())
            .start()
            .unwrap();
        Self { server, folder }
    }

    fn get(&self, path: &str) -> Response {
        self.server.send(&Request::get(path))
    }

    fn get_as(&self, path: &str, accept_encoding: &str) -> Response {
        let request = Request::get(path).header("Accept-Encoding", accept_encoding);
        self.server.send(&request)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }
}

fn fill(folder: &Path) {
    fs::create_dir(folder.join("assets")).unwrap();
    fs::create_dir(folder.join(".git")).unwrap();
    for (name, content) in [
        (
            "index.html",
            "<!doctype html><title>Kitsu</title>".to_owned(),
        ),
        ("assets/index-DiwrgTda.js", script()),
        ("assets/style-BXgqX1f2.css", "a{}".to_owned()),
        ("favicon.svg", "<svg/>".to_owned()),
        (".env", "SECRET_KEY=x".to_owned()),
        (".git/config", "[core]".to_owned()),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
}

fn is_index(response: &Response) -> bool {
    response.status == 200 && response.text().contains("<title>Kitsu</title>")
}

#[test]
fn the_pages_are_the_client_s_and_the_rest_is_the_server_s() {
    let served = Served::start();
    for path in [
        "/",
        "/index.html",
        "/login",
        "/productions",
        "/productions/1b0f/shots?search=x",
        "/people",
        "/data/projects",
        "/reset-change-password",
        "/assets",
    ] {
        let page = served.get(path);
        assert!(is_index(&page), "{path}: {}", page.text());
        assert_eq!(page.header("content-type"), Some("text/html"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert!(page.header("etag").is_some(), "{path}");
    }
    assert_eq!(served.get("/api").json()["api"], "Zou");
    assert_eq!(served.get("/api/nowhere").status, 404);
    assert_eq!(served.get("/api/data/projects").status, 401);
    assert_eq!(served.get("/docs").status, 200);
    assert_eq!(served.get("/docs/docs.js").status, 200);
    assert_eq!(served.get("/openapi.json").json()["openapi"], "3.1.0");
    assert!(served.get("/console/login").text().contains("Tanuki"));
    assert_eq!(served.get("/console/nowhere").status, 404);
    let handshake = served.get("/socket.io/?EIO=4&transport=polling");
    assert!(handshake.text().contains("sid"), "{}", handshake.text());
    let greeting = &served.server.greeting;
    assert!(
        greeting.iter().any(|line| line.contains("web:")),
        "{greeting:?}"
    );
    let posted = served.server.send(&Request::post("/auth/login"));
    assert_eq!(posted.status, 405);
    assert!(posted.text().contains("/api"), "{}", posted.text());
}

#[test]
fn hashed_files_are_kept_for_a_year_and_missing_ones_are_not_a_page() {
    let served = Served::start();
    let script = served.get(SCRIPT);
    assert_eq!(script.status, 200);
    assert_eq!(script.text(), self::script());
    assert_eq!(script.header("content-type"), Some("text/javascript"));
    let kept = script.header("cache-control").unwrap();
    assert_eq!(kept, "public, max-age=31536000, immutable");
    assert_eq!(script.header("vary"), Some("accept-encoding"));
    let icon = served.get("/favicon.svg");
    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    assert_eq!(icon.header("cache-control"), Some("no-cache"));
    for path in ["/assets/index-OldOldOl.js", "/assets/nested/gone.css"] {
        let gone = served.get(path);
        assert_eq!(gone.status, 404, "{path}");
        assert!(!gone.text().contains("Kitsu"), "{path}");
        assert_eq!(gone.header("cache-control"), Some("no-cache"), "{path}");
    }
}

#[test]
fn nothing_outside_of_the_folder_and_nothing_hidden_is_served() {
    let served = Served::start();
    let outside = tempfile::Builder::new()
        .prefix("outside")
        .tempdir()
        .unwrap();
    let secret = outside.path().join("secret.txt");
    fs::write(&secret, "outside").unwrap();
    symlink(&secret, served.folder.path().join("link.txt")).unwrap();
    symlink(outside.path(), served.folder.path().join("linked")).unwrap();
    symlink(&secret, served.folder.path().join("favicon.svg.gz")).unwrap();
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/assets/../.env",
        &format!("/../{name}/secret.txt"),
        &format!("/assets/../../{name}/secret.txt"),
        &format!("/%2e%2e/{name}/secret.txt"),
        &format!("/..%2f{name}%2fsecret.txt"),
    ] {
        let refused = served.get(path);
        assert_eq!(refused.status, 404, "{path}: {}", refused.text());
    }
    for path in [
        "/link.txt",
        "/linked/secret.txt",
        &format!("/{}", secret.display()),
        "/nul%00.txt",
        &format!("/{}", "x".repeat(5000)),
        "/index.html/x",
    ] {
        assert!(is_index(&served.get(path)), "{path}");
    }
    let icon = served.get_as("/favicon.svg", "gzip");
    assert_eq!(icon.text(), "<svg/>");
}

fn decompressed(response: &Response) -> String {
    String::from_utf8(crate::compression::decompressed(response)).unwrap()
}

#[test]
fn compressed_variants_are_used_or_made() {
    let served = Served::start();
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip, br;q=0.5", Some("gzip")),
        ("gzip;q=0, br;q=0", None),
        ("deflate", None),
    ] {
        let script = served.get_as(SCRIPT, accepted);
        assert_eq!(script.header("content-encoding"), coding, "{accepted}");
        assert_eq!(script.header("vary"), Some("accept-encoding"), "{accepted}");
        assert_eq!(script.header("content-type"), Some("text/javascript"));
        match coding {
            Some(_) => {
                assert!(script.body.len() < 2000, "{accepted}");
                assert_eq!(decompressed(&script), self::script(), "{accepted}");
            }
            None => assert_eq!(script.text(), self::script(), "{accepted}"),
        }
        let head = Request::new("HEAD", SCRIPT).header("Accept-Encoding", accepted);
        let head = served.server.send(&head);
        assert_eq!(
            head.header("content-length"),
            script.header("content-length")
        );
        assert_eq!(head.header("etag"), script.header("etag"));
        assert!(head.body.is_empty());
    }
    // What is beside a file is sent as it is.
    served.write("assets/style-BXgqX1f2.css.br", "of the release");
    let style = served.get_as("/assets/style-BXgqX1f2.css", "gzip, br");
    assert_eq!(style.header("content-encoding"), Some("br"));
    assert_eq!(style.header("content-type"), Some("text/css"));
    assert_eq!(style.text(), "of the release");
    // Short files are not worth it.
    let style = served.get_as("/assets/style-BXgqX1f2.css", "gzip");
    assert_eq!(style.header("content-encoding"), None);
}

#[test]
fn a_client_s_copy_is_revalidated() {
    let served = Served::start();
    for accepted in ["identity", "gzip", "br"] {
        let first = served.get_as(SCRIPT, accepted);
        for (name, value) in [
            ("If-None-Match", first.header("etag").unwrap()),
            ("If-Modified-Since", first.header("last-modified").unwrap()),
        ] {
            let request = Request::get(SCRIPT)
                .header("Accept-Encoding", accepted)
                .header(name, value);
            let again = served.server.send(&request);
            assert_eq!(again.status, 304, "{accepted}: {name}");
            assert!(again.body.is_empty());
            assert_eq!(again.header("vary"), Some("accept-encoding"));
        }
    }
}

#[test]
fn a_new_version_is_served_without_a_restart() {
    let served = Served::start();
    let known = served.get_as("/", "gzip");
    let old = served.get_as(SCRIPT, "gzip");
    assert_eq!(decompressed(&old), script());
    // The same length, and what `cp --preserve` makes of a release: the same time.
    let index = served.folder.path().join("index.html");
    let written = fs::metadata(&index).unwrap().modified().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    served.write("index.html", "<!doctype html><title>Kitsv</title>");
    let file = fs::File::options().write(true).open(&index).unwrap();
    file.set_modified(written).unwrap();
    served.write(
        "assets/index-DiwrgTda.js",
        script().replace("tanuki", "badger"),
    );
    let request = Request::get("/").header("If-None-Match", known.header("etag").unwrap());
    let page = served.server.send(&request);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Kitsv"));
    let new = served.get_as(SCRIPT, "gzip");
    assert!(decompressed(&new).contains("badger"));
    // Between two versions there may be none.
    fs::remove_file(&index).unwrap();
    let between = served.get("/");
    assert_eq!(between.status, 503);
    assert!(between.header("retry-after").is_some());
    assert_eq!(served.get("/api/status").status, 200);
}

#[test]
fn a_link_that_leads_to_another_release_is_followed_at_once() {
    let releases = tempfile::tempdir().unwrap();
    let link = releases.path().join("kitsu");
    let lead_to = |release: &str| {
        let new = releases.path().join("new");
        symlink(releases.path().join(release), &new).unwrap();
        fs::rename(new, &link).unwrap();
    };
    for release in ["1.0.1", "1.0.2"] {
        let folder = releases.path().join(release);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("index.html"), format!("Kitsu {release}")).unwrap();
    }
    lead_to("1.0.1");
    let server = Setup::new(crate::BINARY, Backend::Sqlite)
        .variable("WEB_DIR", link.to_str().unwrap())
        .start()
        .unwrap();
    let page = || server.send(&Request::get("/people")).text();
    assert_eq!(page(), "Kitsu 1.0.1");
    lead_to("1.0.2");
    assert_eq!(page(), "Kitsu 1.0.2");
}

#[test]
fn a_folder_without_a_web_client_is_refused_at_the_start() {
    let data = tempfile::tempdir().unwrap();
    let serve = |web_dir: &Path| -> Output {
        std::process::Command::new(crate::BINARY)
            .env_clear()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .arg("--web-dir")
            .arg(web_dir)
            .output()
            .unwrap()
    };
    let empty = data.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for (folder, expected) in [
        (data.path().join("nowhere"), "there is no folder"),
        (empty, "there is no index.html in"),
    ] {
        let said = crate::cli::refusal(&serve(&folder));
        assert!(said.contains(expected), "{said}");
        assert!(said.contains(folder.to_str().unwrap()), "{said}");
        assert!(
            said.contains("WEB_DIR must be the folder of a built Kitsu"),
            "{said}"
        );
    }
}
