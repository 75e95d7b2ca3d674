//! Playlists as files for editing programs, read by OpenTimelineIO itself.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, tools};
use tempfile::TempDir;

use crate::on_both;

on_both! {
    editing_programs_read_a_playlist
    drop_frame_timecode_is_read_at_its_rate
    edits_are_for_readers_of_the_playlist
}

/// Projects, a shot and its task of `communication.sql`.
const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const SEQUENCE: &str = "cccccccc-0000-4000-8000-000000000001";
const HERO: &str = "cccccccc-0000-4000-8000-000000000003";
const HERO_TASK: &str = "dddddddd-0000-4000-8000-000000000002";

struct Studio {
    server: Server,
    token: String,
    folder: TempDir,
    python: PathBuf,
}

impl Studio {
    fn open(backend: Backend) -> Option<Self> {
        let python = tools::or_skip(
            tools::python_with_otio(),
            "edits",
            "Python with gazu, opentimelineio and otio-cmx3600-adapter",
        )?;
        let server = crate::server(backend)?;
        server
            .load_fixture(&crate::rows_of("communication"))
            .unwrap();
        let token = server.log_in(tanuki_testkit::ADMIN_EMAIL, tanuki_testkit::ADMIN_PASSWORD);
        Some(Self {
            server,
            token,
            folder: TempDir::new().unwrap(),
            python,
        })
    }

    fn send(&self, request: Request) -> Response {
        self.server.send(&request.bearer(&self.token))
    }

    /// Creates a row, and returns its id.
    fn create(&self, path: &str, body: &Value) -> String {
        let made = self.send(Request::post(path).json(body));
        assert!(made.status < 300, "{path}: {}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    fn set_rate(&self, fps: &str) {
        let body = json!({ "fps": fps });
        let path = format!("/data/projects/{PROJECT}");
        let changed = self.send(Request::put(&path).json(&body));
        assert_eq!(changed.status, 200, "{}", changed.text());
    }

    fn shot(&self, name: &str, nb_frames: Option<u64>) -> String {
        let body = json!({
            "name": name, "sequence_id": SEQUENCE, "nb_frames": nb_frames,
        });
        self.create(&format!("/data/projects/{PROJECT}/shots"), &body)
    }

    /// Makes a preview of a new task of a shot.
    fn preview(&self, shot: &str, extension: &str, duration: f64) -> String {
        let types = self.send(Request::get("/data/task-types?name=Animation"));
        let task = json!({
            "name": "main", "project_id": PROJECT, "entity_id": shot,
            "task_type_id": types.json()[0]["id"],
            "task_status_id": self.send(Request::get("/data/task-status?name=Todo")).json()[0]["id"],
        });
        let task = self.create("/data/tasks", &task);
        self.preview_of(&task, extension, duration)
    }

    fn preview_of(&self, task: &str, extension: &str, duration: f64) -> String {
        let body = json!({
            "name": "preview", "revision": 3, "task_id": task, "extension": extension,
            "duration": duration, "status": "ready",
        });
        self.create("/data/preview-files", &body)
    }

    fn playlist(&self, name: &str, entries: &[(&str, Option<&str>)]) -> String {
        let shots: Vec<Value> = entries
            .iter()
            .map(|(entity, preview)| json!({"entity_id": entity, "preview_file_id": preview}))
            .collect();
        let body = json!({
            "name": name, "project_id": PROJECT, "for_entity": "shot", "shots": shots,
        });
        self.create("/data/playlists", &body)
    }

    fn file(&self, playlist: &str, kind: &str) -> Response {
        self.send(Request::get(&format!(
            "/tanuki/playlists/{playlist}/{kind}"
        )))
    }

    /// Returns what OpenTimelineIO reads of a file.
    fn read(&self, name: &str, file: &Response, rate: f64) -> Value {
        assert_eq!(file.status, 200, "{}", file.text());
        let path = self.folder.path().join(name);
        std::fs::write(&path, &file.body).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/edits/read.py");
        let output = Command::new(&self.python)
            .arg(script)
            .arg(&path)
            .arg(rate.to_string())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n{}", file.text());
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// A key of each clip.
fn column(edit: &Value, key: &str) -> Vec<Value> {
    let clips = edit["clips"].as_array().unwrap().iter();
    clips.map(|clip| clip[key].clone()).collect()
}

fn frames(edit: &Value) -> Vec<u64> {
    let frames = column(edit, "frames").into_iter();
    frames
        .map(|frames| frames.as_f64().unwrap() as u64)
        .collect()
}

fn editing_programs_read_a_playlist(backend: Backend) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    studio.set_rate("23.976");
    let rate = 24000.0 / 1001.0;
    let odd = studio.shot("Über \"10\"\nfin", Some(12));
    let odd_picture = studio.preview(&odd, "png", 0.0);
    let hero_picture = studio.preview_of(HERO_TASK, "png", 0.0);
    let bare = studio.shot("SH999", Some(30));
    let gone = studio.shot("Gone", Some(5));
    let lost = studio.shot("Lost", Some(7));
    let lost_preview = studio.preview(&lost, "mp4", 1.0);
    let shots: Vec<(String, String)> = (1..=30)
        .map(|number| {
            let shot = studio.shot(&format!("SH{number:03}0"), Some(1000));
            // A film that is a frame longer than the one before.
            let seconds = f64::from(47 + number) * 1001.0 / 24000.0;
            let preview = studio.preview(&shot, "mp4", seconds);
            (shot, preview)
        })
        .collect();
    let mut entries: Vec<(&str, Option<&str>)> = shots
        .iter()
        .map(|(shot, preview)| (&**shot, Some(&**preview)))
        .collect();
    entries.extend([
        (&*odd, Some(&*odd_picture)),
        (HERO, Some(&*hero_picture)),
        (&*bare, None),
        (&*gone, None),
        (&*lost, Some(&*lost_preview)),
    ]);
    let playlist = studio.playlist("Dailies; été\n\"1\"", &entries);
    for path in [
        format!("/data/entities/{gone}"),
        format!("/data/preview-files/{lost_preview}?force=true"),
    ] {
        let deleted = studio.send(Request::delete(&path));
        assert!(deleted.status < 300, "{path}: {}", deleted.text());
    }

    let file = studio.file(&playlist, "otio");
    let name = file.header("content-disposition").unwrap().to_owned();
    assert_eq!(name, "attachment; filename=commune_dailies_ete_1.otio");
    let edit = studio.read("edit.otio", &file, rate);
    assert_eq!(edit["name"], "Dailies; été\n\"1\"");
    assert_eq!(edit["kind"], "Video");
    let mut expected: Vec<u64> = (48..78).collect();
    // The picture of a shot, that of an asset, no preview, and one that is lost.
    expected.extend([12, 48, 30, 7]);
    assert_eq!(frames(&edit), expected);
    assert!(column(&edit, "rate").iter().all(|own| *own == json!(rate)));
    let names = column(&edit, "name");
    assert_eq!(names[0], "Seq_SH0010_Animation_v3");
    assert_eq!(names[30], "Seq_Über \"10\"\nfin_Animation_v3");
    assert_eq!(names[31], "Character_Hero_Modeling_v3");
    assert_eq!(names[32..], ["Seq_SH999", "Seq_Lost"]);
    let urls = column(&edit, "url");
    let film = format!("/api/movies/originals/preview-files/{}.mp4", shots[0].1);
    let url = urls[0].as_str().unwrap();
    assert!(url.starts_with("http") && url.ends_with(&film), "{url}");
    let picture = format!("/api/pictures/originals/preview-files/{odd_picture}.png");
    assert!(urls[30].as_str().unwrap().ends_with(&picture), "{urls:?}");
    let kinds = column(&edit, "kind");
    assert_eq!(
        kinds[31..],
        ["ExternalReference", "MissingReference", "MissingReference"]
    );

    let file = studio.file(&playlist, "edl");
    assert!(file.body.is_ascii());
    let name = file.header("content-disposition").unwrap().to_owned();
    assert_eq!(name, "attachment; filename=commune_dailies_ete_1.edl");
    let list = studio.read("edit.edl", &file, rate);
    assert_eq!(list["name"], "Dailies; ete \"1\"");
    assert_eq!(frames(&list), expected);
    assert_eq!(column(&list, "start"), column(&edit, "start"));
    assert_eq!(column(&list, "url"), urls);
    let names = column(&list, "name");
    assert_eq!(names[0], "Seq_SH0010_Animation_v3");
    assert_eq!(names[30], "Seq_Uber \"10\" fin_Animation_v3");
    let reels = column(&list, "reel");
    assert_eq!(reels[0], "SH0010");
    assert_eq!(reels[30], "UBER10FI");
    let comments = column(&list, "comments");
    assert_eq!(
        comments[0],
        json!(["SOURCE FILE: commune_seq_sh0010_animation_v3.mp4"])
    );
}

fn drop_frame_timecode_is_read_at_its_rate(backend: Backend) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    let shot = studio.shot("SH010", None);
    for (fps, rate) in [("29.97", 30000.0 / 1001.0), ("59.94", 60000.0 / 1001.0)] {
        studio.set_rate(fps);
        // Over a minute, at whose beginning numbers are left out.
        let seconds: f64 = 90.0;
        let count = (seconds * rate).round() as u64;
        let shot_two = studio.shot(&format!("SH {fps}"), None);
        let film = studio.preview(&shot_two, "mp4", seconds);
        let entries = [(&*shot_two, Some(&*film)), (&*shot, None)];
        let playlist = studio.playlist(fps, &entries);
        for kind in ["edl", "edl?drop_frame=true"] {
            let file = studio.file(&playlist, kind);
            let edit = studio.read("edit.edl", &file, rate);
            let still = (2.0 * rate).round() as u64;
            assert_eq!(frames(&edit), [count, still], "{}", file.text());
        }
        let dropped = studio.file(&playlist, "edl?drop_frame=true").text();
        assert!(dropped.contains("FCM: DROP FRAME"), "{dropped}");
        assert!(dropped.contains("00:01:29;"), "{dropped}");
    }
    studio.set_rate("25");
    let playlist = studio.playlist("No drop", &[(&*shot, None)]);
    let refused = studio.file(&playlist, "edl?drop_frame=true");
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(studio.file(&playlist, "edl?drop_frame=maybe").status, 400);
    let empty = studio.playlist("Empty", &[]);
    for kind in ["edl", "otio"] {
        assert_eq!(studio.file(&empty, kind).status, 200);
    }
}

fn edits_are_for_readers_of_the_playlist(backend: Backend) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    let internal = studio.playlist("Internal", &[]);
    let shared = studio.playlist("Shared", &[]);
    let body = json!({"for_client": true});
    let changed = studio.send(Request::put(&format!("/data/playlists/{shared}")).json(&body));
    assert_eq!(changed.status, 200);
    for (name, own, of_clients) in [
        ("manager", 200, 200),
        ("sup", 200, 200),
        ("artist", 200, 200),
        ("client", 403, 200),
        ("asclient", 403, 200),
        ("clientout", 403, 403),
        ("artistout", 403, 403),
        ("vendor", 403, 403),
        ("asvendor", 403, 403),
    ] {
        let address = format!("{name}@comm.test");
        let token = studio.server.log_in(&address, "mypassword");
        for kind in ["edl", "otio"] {
            for (playlist, status) in [(&internal, own), (&shared, of_clients)] {
                let path = format!("/tanuki/playlists/{playlist}/{kind}");
                let answer = studio.server.send(&Request::get(&path).bearer(&token));
                assert_eq!(answer.status, status, "{kind} as {name}: {}", answer.text());
            }
        }
    }
    for id in ["x", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(studio.file(id, "otio").status, 404);
        assert_eq!(studio.file(id, "edl").status, 404);
    }
    let path = format!("/tanuki/playlists/{shared}/edl");
    assert_eq!(studio.server.send(&Request::get(&path)).status, 401);
}
