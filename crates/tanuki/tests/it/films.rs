//! Films, from the upload to what is served.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup, tools};
use tempfile::TempDir;

use crate::{BINARY, on_both};

on_both! {
    a_film_is_encoded_and_served
    a_film_that_cannot_be_encoded_is_broken_with_a_reason
    a_cancelled_film_is_broken_and_may_be_retried
    an_encode_goes_on_after_the_server_was_killed
    a_film_that_is_deleted_while_it_is_encoded_leaves_nothing
    without_ffmpeg_films_that_browsers_play_are_kept_and_others_wait
    the_server_answers_before_ffmpeg_has_said_its_version
    the_main_preview_shows_the_frame_that_was_chosen
    the_row_of_a_film_is_mended_from_the_command_line
}

pub(crate) const TASK: &str = "dddddddd-0000-4000-8000-000000000001";

pub(crate) struct Studio {
    pub server: Server,
    pub token: String,
    pub folder: TempDir,
}

impl Studio {
    pub fn open(backend: Backend, variables: &[(&str, &str)]) -> Option<Self> {
        tools::or_skip(tools::program("ffmpeg"), "the tests of films", "ffmpeg")?;
        let folder = TempDir::new().unwrap();
        let mut setup = Setup::new(BINARY, backend)
            .variable(
                "PREVIEW_FOLDER",
                &folder.path().join("kept").display().to_string(),
            )
            .variable("MOVIE_ENCODING_PRESET", "ultrafast");
        for (name, value) in variables {
            setup = setup.variable(name, value);
        }
        let server = setup.start()?;
        server
            .load_fixture(&crate::rows_of("communication"))
            .unwrap();
        let token = server.log_in(tanuki_testkit::ADMIN_EMAIL, tanuki_testkit::ADMIN_PASSWORD);
        Some(Self {
            server,
            token,
            folder,
        })
    }

    /// Makes a film of four seconds whose frames go from black to white.
    pub fn film(&self, name: &str, arguments: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"])
            .arg("color=black:s=160x96:r=25:d=2,geq=lum='16+N*4':cb=128:cr=128")
            .args(arguments.split_whitespace())
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        path
    }

    pub fn send(&self, request: Request) -> tanuki_testkit::http::Response {
        self.server.send(&request.bearer(&self.token))
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.send(Request::get(path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Makes a preview and uploads a film for it. Returns its id.
    pub fn upload(&self, film: &Path, query: &str) -> String {
        let body = json!({
            "name": film.file_name().unwrap().to_str(), "revision": 1, "task_id": TASK,
            "extension": "mp4", "status": "processing",
        });
        let made = self.send(Request::post("/data/preview-files").json(&body));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let name = film.file_name().unwrap().to_string_lossy().into_owned();
        let mut form = format!(
            "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        form.extend(std::fs::read(film).unwrap());
        form.extend(b"\r\n--end--\r\n");
        let request = Request::post(&format!("/pictures/preview-files/{id}{query}"))
            .header("Content-Type", "multipart/form-data; boundary=end")
            .body(form);
        let sent = self.send(request);
        assert_eq!(sent.status, 201, "{}", sent.text());
        id
    }

    /// The stored files below a folder of the storage, such as `movies/playlists`.
    pub fn stored(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join("kept").join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => found.push(path),
                }
            }
        }
        found
    }

    pub fn preview(&self, id: &str) -> Value {
        self.get(&format!("/data/preview-files/{id}"))
    }

    pub fn wait_for_status(&self, id: &str, status: &str) -> Value {
        wait_for(status, || self.preview(id)["status"] == status);
        self.preview(id)
    }
}

/// Waits until a condition holds.
pub(crate) fn wait_for(what: &str, condition: impl Fn() -> bool) {
    wait_at_most(Duration::from_secs(90), what, condition);
}

pub(crate) fn wait_at_most(time: Duration, what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + time;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The size of a PNG in pixels.
pub(crate) fn png_size(bytes: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert!(bytes.starts_with(b"\x89PNG"), "{} bytes", bytes.len());
    (number(16), number(20))
}

/// An ffmpeg that takes its time, by the path of a script.
fn slow_ffmpeg(folder: &Path) -> PathBuf {
    script(folder, "[ -e \"$0.go\" ] || sleep 100")
}

/// An ffmpeg that does something before it encodes, by the path of a script.
pub(crate) fn script(folder: &Path, before: &str) -> PathBuf {
    program(
        folder,
        &format!("case \"$*\" in *filter_complex*) {before};; esac\nexec ffmpeg \"$@\""),
    )
}

/// An `ffmpeg` that is a shell script.
fn program(folder: &Path, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let text = format!("#!/bin/sh\n{script}\n");
    let script = folder.join("ffmpeg");
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    script
}

fn a_film_is_encoded_and_served(backend: Backend) {
    let Some(studio) = Studio::open(backend, &[]) else {
        return;
    };
    let film = studio.film("shot.mov", "-c:v libx264 -bf 3 -g 12 -pix_fmt yuv420p");
    let id = studio.upload(&film, "?no_job=true");
    let preview = studio.preview(&id);
    assert_eq!(preview["status"], "ready", "{preview}");
    assert_eq!(
        (&preview["width"], &preview["height"]),
        (&json!(1920), &json!(1080))
    );
    assert_eq!(preview["duration"], json!(2.0));
    let data = &preview["data"];
    assert_eq!(data["movie_prefixes"], json!(["previews", "lowdef"]));
    assert_eq!(
        (&data["original_width"], &data["original_height"]),
        (&json!(160), &json!(96))
    );
    assert_eq!(data["tanuki_media"]["frames"], 50);
    let high = studio.send(Request::get(&format!(
        "/movies/originals/preview-files/{id}.mp4"
    )));
    assert_eq!(high.status, 200);
    assert_eq!(json!(high.body.len()), preview["file_size"]);
    let low = studio.send(Request::get(&format!("/movies/low/preview-files/{id}.mp4")));
    assert_eq!(low.status, 200);
    let source = studio.send(Request::get(&format!(
        "/movies/source/preview-files/{id}.mp4"
    )));
    assert_eq!(source.status, 404);
    for (path, size) in [
        ("pictures/originals", (1920, 1080)),
        ("pictures/previews", (1200, 675)),
        ("pictures/thumbnails", (150, 100)),
        ("pictures/thumbnails-square", (100, 100)),
        ("movies/tiles", (8 * 178, 700)),
    ] {
        let picture = studio.send(Request::get(&format!("/{path}/preview-files/{id}.png")));
        assert_eq!(png_size(&picture.body), size, "{path}");
    }
    let frame = format!("/actions/preview-files/{id}/extract-frame?frame_number=50");
    let frame = studio.send(Request::get(&frame));
    assert_eq!(png_size(&frame.body), (1920, 1080));
    let jobs = studio.get("/tanuki/jobs?kind=film");
    assert_eq!(
        (jobs[0]["state"].as_str(), jobs[0]["tries"].as_i64()),
        (Some("done"), Some(1))
    );
}

fn a_film_that_cannot_be_encoded_is_broken_with_a_reason(backend: Backend) {
    let Some(studio) = Studio::open(backend, &[]) else {
        return;
    };
    let text = studio.folder.path().join("text.mp4");
    std::fs::write(&text, "no film").unwrap();
    let id = studio.upload(&text, "");
    let preview = studio.wait_for_status(&id, "broken");
    let reason = preview["data"]["tanuki_reason"].as_str().unwrap();
    assert!(reason.contains("Invalid data"), "{reason}");
    let jobs = studio.get("/tanuki/jobs?state=failed");
    assert!(jobs[0]["reason"].as_str().unwrap().contains("Invalid data"));
    assert_eq!(jobs[0]["tries"], 1);
}

fn a_cancelled_film_is_broken_and_may_be_retried(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let script = slow_ffmpeg(folder.path());
    let program = script.display().to_string();
    let Some(studio) = Studio::open(backend, &[("TANUKI_FFMPEG", &program)]) else {
        return;
    };
    let film = studio.film("shot.mp4", "-c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "");
    wait_for("the encode", || {
        studio.get("/tanuki/jobs?state=running&kind=film")[0].is_object()
    });
    let waiting = Request::get(&format!("/pictures/thumbnails/preview-files/{id}.png"));
    let waiting = studio.send(waiting.header("Accept", "application/json"));
    assert_eq!(waiting.status, 202);
    let job = studio.get("/tanuki/jobs?kind=film")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let cancelled = studio.send(Request::post(&format!("/tanuki/jobs/{job}/cancel")));
    assert_eq!(cancelled.status, 200);
    let preview = studio.preview(&id);
    assert_eq!(preview["status"], "broken");
    assert_eq!(preview["data"]["tanuki_reason"], "it was cancelled");
    std::fs::write(format!("{program}.go"), "").unwrap();
    let retried = studio.send(Request::post(&format!("/tanuki/jobs/{job}/retry")));
    assert_eq!(retried.status, 200);
    let preview = studio.wait_for_status(&id, "ready");
    assert_eq!(preview["data"].get("tanuki_reason"), None);
}

fn an_encode_goes_on_after_the_server_was_killed(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let script = slow_ffmpeg(folder.path());
    let program = script.display().to_string();
    let Some(mut studio) = Studio::open(backend, &[("TANUKI_FFMPEG", &program)]) else {
        return;
    };
    let film = studio.film("shot.mp4", "-c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "");
    wait_for("the encode", || {
        studio.get("/tanuki/jobs?state=running&kind=film")[0].is_object()
    });
    crate::jobs::kill(&mut studio.server);
    std::fs::write(format!("{program}.go"), "").unwrap();
    studio.server.start_again().unwrap();
    let preview = studio.wait_for_status(&id, "ready");
    assert_eq!(preview["data"]["tanuki_media"]["frames"], 50);
    assert_eq!(studio.get("/tanuki/jobs?kind=film")[0]["tries"], 2);
}

fn a_film_that_is_deleted_while_it_is_encoded_leaves_nothing(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let script = slow_ffmpeg(folder.path());
    let program = script.display().to_string();
    let variables = [("TANUKI_FFMPEG", &*program), ("REMOVE_FILES", "true")];
    let Some(studio) = Studio::open(backend, &variables) else {
        return;
    };
    let film = studio.film("shot.mp4", "-c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "");
    wait_for("the encode", || {
        studio.get("/tanuki/jobs?state=running&kind=film")[0].is_object()
    });
    let deleted = studio.send(Request::delete(&format!("/data/preview-files/{id}")));
    assert_eq!(deleted.status, 204, "{}", deleted.text());
    // The run that was begun is given up, and finds no preview when it is run again.
    let job = studio.get("/tanuki/jobs?kind=film")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    studio.send(Request::post(&format!("/tanuki/jobs/{job}/cancel")));
    std::fs::write(format!("{program}.go"), "").unwrap();
    studio.send(Request::post(&format!("/tanuki/jobs/{job}/retry")));
    wait_for("the end", || {
        studio.get("/tanuki/jobs?kind=film")[0]["state"] == "done"
    });
    let job = &studio.get("/tanuki/jobs?kind=film")[0];
    assert_eq!(job["reason"], "the preview was deleted");
    let films = studio.stored("");
    let is_of_upload = |path: &&PathBuf| {
        let path = path.to_string_lossy();
        path.contains("source") || path.contains(".incoming")
    };
    assert!(films.iter().all(|path| is_of_upload(&path)), "{films:?}");
    let kept = studio.folder.path().join("kept");
    assert!(crate::stored_files::temporary(&kept).is_empty());
}

fn without_ffmpeg_films_that_browsers_play_are_kept_and_others_wait(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("ffmpeg");
    let variable = program.display().to_string();
    let Some(studio) = Studio::open(backend, &[("TANUKI_FFMPEG", &variable)]) else {
        return;
    };
    assert_eq!(studio.get("/tanuki/media")["ffmpeg"], false);
    let plain = studio.film("plain.mp4", "-c:v libx264 -pix_fmt yuv420p");
    let plain = studio.upload(&plain, "?no_job=true");
    let preview = studio.preview(&plain);
    assert_eq!(preview["status"], "ready", "{preview}");
    assert_eq!(
        (&preview["width"], &preview["height"]),
        (&json!(160), &json!(96))
    );
    assert_eq!(preview["data"]["movie_prefixes"], json!(["previews"]));
    let film = studio.send(Request::get(&format!(
        "/movies/originals/preview-files/{plain}.mp4"
    )));
    let place = |kind: &[u8]| film.body.windows(4).position(|four| four == kind);
    assert!(place(b"moov") < place(b"mdat"));
    let other = studio.film("other.mkv", "-c:v mpeg4");
    let other = studio.upload(&other, "");
    let preview = studio.wait_for_status(&other, "broken");
    let reason = preview["data"]["tanuki_reason"].as_str().unwrap();
    assert!(
        reason.contains("has to be encoded") && reason.contains("is no file"),
        "{reason}"
    );
    let refused = format!("/actions/preview-files/{plain}/extract-frame");
    assert_eq!(studio.send(Request::get(&refused)).status, 400);
    // It is found when it is there, by the next try.
    std::fs::write(format!("{variable}.go"), "").unwrap();
    assert_eq!(slow_ffmpeg(folder.path()), program);
    let job = studio.get("/tanuki/jobs?state=waiting&kind=film")[0].clone();
    assert_eq!(job["tries"], 0, "{job}");
    studio.send(Request::post(&format!(
        "/tanuki/jobs/{}/cancel",
        job["id"].as_str().unwrap()
    )));
    studio.send(Request::post(&format!(
        "/tanuki/jobs/{}/retry",
        job["id"].as_str().unwrap()
    )));
    studio.wait_for_status(&other, "ready");
    assert_eq!(studio.get("/tanuki/media")["ffmpeg"], true);
}

fn the_server_answers_before_ffmpeg_has_said_its_version(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let hanging = program(folder.path(), "echo $$ > \"$0.pid\"\nexec sleep 100");
    let variable = hanging.display().to_string();
    // It waits for the first answer.
    let Some(_studio) = Studio::open(backend, &[("TANUKI_FFMPEG", &variable)]) else {
        return;
    };
    let written = || std::fs::read_to_string(format!("{variable}.pid")).unwrap_or_default();
    wait_for("ffmpeg is asked", || written().ends_with('\n'));
    let process = Path::new("/proc").join(written().trim());
    assert!(process.exists(), "the server waited until ffmpeg had ended");
}

fn the_main_preview_shows_the_frame_that_was_chosen(backend: Backend) {
    let Some(studio) = Studio::open(backend, &[]) else {
        return;
    };
    let film = studio.film("shot.mp4", "-c:v libx264 -pix_fmt yuv420p");
    let id = studio.upload(&film, "?no_job=true");
    let picture = || {
        studio.send(Request::get(&format!(
            "/pictures/thumbnails/preview-files/{id}.png"
        )))
    };
    let first = picture().body;
    let path = format!("/actions/preview-files/{id}/set-main-preview");
    let set = studio.send(Request::put(&path).json(&json!({"frame_number": 40})));
    assert_eq!(set.status, 200, "{}", set.text());
    wait_for("another picture", || picture().body != first);
}

fn the_row_of_a_film_is_mended_from_the_command_line(backend: Backend) {
    let Some(studio) = Studio::open(backend, &[]) else {
        return;
    };
    let id = studio.upload(&studio.film("shot.mp4", "-pix_fmt yuv420p"), "");
    let before = studio.wait_for_status(&id, "ready");
    let probe = |arguments: &[&str]| {
        let command = studio
            .server
            .command()
            .env("PREVIEW_FOLDER", studio.folder.path().join("kept"))
            .args(["films", "probe", &id])
            .args(arguments)
            .output();
        let output = command.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(probe(&[]), "");
    studio
        .server
        .sql("UPDATE preview_file SET width = 7, duration = 0, file_size = NULL")
        .unwrap();
    for arguments in [&["--dry-run"][..], &[]] {
        assert_eq!(studio.preview(&id)["width"], 7);
        let line = probe(arguments);
        for part in ["pixels", "seconds", "bytes"] {
            assert!(line.contains(part), "{line}");
        }
    }
    for key in ["width", "height", "duration", "file_size"] {
        assert_eq!(studio.preview(&id)[key], before[key], "{key}");
    }
}
