//! Imports of CSV files: what only Tanuki does with them. The columns and their
//! values are in `scenarios/imports.jsonl`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};

use crate::statements::statements;
use crate::stored_files::form;
use crate::{BINARY, on_both};

on_both! {
    all_errors_of_a_file_are_listed_and_nothing_is_written
    a_dry_run_writes_nothing
    files_of_spreadsheets_are_read
    a_status_in_a_file_is_a_comment
    a_refused_comment_takes_the_whole_file_back
    an_asset_keeps_its_episode_without_a_column_for_it
    many_rows_are_imported_with_as_many_statements_as_a_few
    files_beyond_the_limits_are_refused
}

/// Productions of `scenarios/seeds.sql`: a short film and a TV show.
const FILM: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const SHOW: &str = "bbbbbbbb-0000-4000-8000-000000000002";

struct Studio {
    server: Server,
    token: String,
}

impl Studio {
    fn open(setup: Setup) -> Option<Self> {
        let server = setup.start()?;
        server.load_fixture(&crate::rows_of("seeds")).unwrap();
        let token = server.admin_token();
        Some(Self { server, token })
    }

    fn import(&self, target: &str, file: &[u8]) -> Response {
        let request = Request::post(&format!("/import/csv/projects/{target}"))
            .bearer(&self.token)
            .header("Content-Type", "multipart/form-data; boundary=end")
            .body(form("rows.csv", file));
        self.server.send(&request)
    }

    fn imported(&self, target: &str, file: &str) -> Value {
        let answer = self.import(target, file.as_bytes());
        assert_eq!(answer.status, 201, "{file}: {}", answer.text());
        answer.json()
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.server.send(&Request::get(path).bearer(&self.token));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// How many entities, tasks and events there are.
    fn counts(&self) -> [usize; 3] {
        [
            "/data/entities",
            "/data/tasks",
            "/data/events/last?limit=1000",
        ]
        .map(|path| self.get(path).as_array().unwrap().len())
    }
}

fn studio(backend: Backend) -> Option<Studio> {
    Studio::open(Setup::new(BINARY, backend))
}

fn all_errors_of_a_file_are_listed_and_nothing_is_written(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let before = studio.counts();
    let file = "Sequence;Name;Frames;Approved by;Animation\n\
                NEW;SH01;10;;\n\
                NEW;;ten;;\n\
                \n\
                NEW;SH03;1;Nobody;never\n";
    let answer = studio.import(&format!("{FILM}/shots"), file.as_bytes());
    assert_eq!(answer.status, 400);
    let error = |line: u64, column: &str, message: &str| json!({"line_number": line, "column": column, "message": message});
    assert_eq!(
        answer.json(),
        json!({
            "error": true,
            "message": "nb_frames must be an integer, got 'ten'",
            "line_number": 3,
            "imported_rows": 0,
            "errors": [
                error(3, "Frames", "nb_frames must be an integer, got 'ten'"),
                error(3, "Name", "Name cannot be empty"),
                error(5, "Approved by", "Person not found for Nobody"),
                error(5, "Animation", "Task status not found for never"),
            ],
        })
    );
    let file = "Sequence;Name\n".to_owned() + &"S;\n".repeat(300);
    let answer = studio.import(&format!("{FILM}/shots"), file.as_bytes());
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 100);
    assert_eq!(studio.counts(), before);
}

fn a_dry_run_writes_nothing(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let before = studio.counts();
    let file = "Type,Name,Modeling\nProp,Cup,wip\n";
    let tried = studio.imported(&format!("{FILM}/assets?dry_run=true"), file);
    assert_eq!(tried[0]["name"], "Cup");
    assert_eq!(studio.counts(), before);
}

fn files_of_spreadsheets_are_read(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let utf_16: Vec<u8> = "\u{feff}type\tname\r\nProp\tÉté 3\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (file, name) in [
        ("\u{feff}Type;Name\r\nProp;Été 1\r\n".as_bytes(), "Été 1"),
        (b"TYPE,Name \r\nProp, \xc9t\xe9 2 \r\n", "Été 2"),
        (&utf_16, "Été 3"),
    ] {
        let answer = studio.import(&format!("{FILM}/assets"), file);
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.json()[0]["name"], name);
    }
}

fn a_status_in_a_file_is_a_comment(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let file = "Type,Name,Modeling,Modeling comment,Modeling assignations\n\
                Prop,Cup,wip,begun,artist2@studio.test\n";
    let cup = studio.imported(&format!("{FILM}/assets"), file)[0]["id"].clone();
    let path = format!("/data/assets/{}/tasks", cup.as_str().unwrap());
    let tasks = studio.get(&path);
    let of = |name: &str| {
        let mut tasks = tasks.as_array().unwrap().iter();
        tasks.find(|task| task["task_type_name"] == name).unwrap()["id"].clone()
    };
    let comments = |name: &str| {
        let task = of(name);
        studio.get(&format!("/data/tasks/{}/comments", task.as_str().unwrap()))
    };
    let written = comments("Modeling");
    assert_eq!(written[0]["text"], "begun");
    assert_eq!(written[0]["task_status"]["short_name"], "wip");
    assert_eq!(comments("Rigging"), json!([]));
    let news = studio.get(&format!("/data/projects/{FILM}/news"));
    assert_eq!(news["data"][0]["task_id"], of("Modeling"));
    let worker = studio.server.log_in("artist2@studio.test", "mypassword");
    let request = Request::get("/data/user/notifications").bearer(&worker);
    let told = studio.server.send(&request).json();
    let about = |kind: &str| {
        let mut told = told.as_array().unwrap().iter();
        told.any(|one| one["notification_type"] == kind && one["task_id"] == of("Modeling"))
    };
    assert!(about("assignation") && about("comment"), "{told}");
    // The same file again changes no status, and says the same thing once more.
    let path = format!("{FILM}/assets?update=true");
    studio.imported(
        &path,
        "Type,Name,Modeling,Modeling comment\nProp,Cup,WIP,\n",
    );
    assert_eq!(comments("Modeling").as_array().unwrap().len(), 1);
}

fn a_refused_comment_takes_the_whole_file_back(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let request = Request::put(&format!("/data/projects/{FILM}"))
        .bearer(&studio.token)
        .json(&json!({"max_retakes": 1}));
    assert_eq!(studio.server.send(&request).status, 200);
    let path = format!("{FILM}/assets?update=true");
    studio.imported(&path, "Type,Name,Modeling\nProp,Cup,retake\n");
    studio.imported(&path, "Type,Name,Modeling\nProp,Cup,wip\n");
    let before = studio.counts();
    let file = "Type,Name,Modeling\nProp,Plate,wip\nProp,Cup,retake\n";
    let answer = studio.import(&path, file.as_bytes());
    assert_eq!(answer.status, 400);
    let answer = answer.json();
    assert_eq!(answer["message"], "No more retakes allowed on this task");
    assert_eq!(
        (&answer["line_number"], &answer["imported_rows"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(studio.counts(), before);
}

fn an_asset_keeps_its_episode_without_a_column_for_it(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let path = format!("{SHOW}/assets?update=true");
    let row = studio.imported(&path, "Type,Name,Episode\nProp,Sword,E01\n");
    assert!(row[0]["source_id"].is_string(), "{row}");
    let again = studio.imported(&path, "Type,Name,Description\nProp,Sword,sharp\n");
    assert_eq!(again[0]["source_id"], row[0]["source_id"]);
    assert_eq!(again[0]["description"], "sharp");
    let main_pack = studio.imported(&path, "Type,Name,Episode\nProp,Sword,MP\n");
    assert_eq!(main_pack[0]["source_id"], Value::Null);
}

fn many_rows_are_imported_with_as_many_statements_as_a_few(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let setup = Setup::new(BINARY, backend)
        .variable("TANUKI_LOG", "warn,tanuki_store=trace")
        .log_to(&log);
    let Some(studio) = Studio::open(setup) else {
        return;
    };
    let file = |prefix: &str, count: usize| {
        let mut file = "Sequence,Name,Frames,Weather,Animation assignations\n".to_owned();
        for number in 0..count {
            writeln!(
                file,
                "SQ{prefix},{prefix}{number},{number},sun,artist@studio.test"
            )
            .unwrap();
        }
        file
    };
    let sent = |target: &str, file: &str| {
        let before = statements(&log);
        studio.imported(&format!("{FILM}/{target}"), file);
        statements(&log) - before
    };
    let few = sent("shots", &file("A", 3));
    let many = sent("shots", &file("B", 60));
    assert!(many <= few, "{many} statements instead of {few}");
    let few = sent("shots?update=true", &file("A", 3));
    let many = sent("shots?update=true", &file("B", 60));
    assert!(many <= few, "{many} statements instead of {few}");
}

fn files_beyond_the_limits_are_refused(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let rows = "Name\n".to_owned() + &"x\n".repeat(10_001);
    let columns = "x;".repeat(501) + "\n";
    let cell = format!("Name;Description\nx;{}\n", "x".repeat(65_537));
    let name = format!("Name;Description\n{};\n", "x".repeat(161));
    let large = "x".repeat(20 * 1024 * 1024 + 1);
    for (file, message) in [
        (&*rows, "A file may have 10000 rows."),
        (&columns, "A file may have 500 columns."),
        (&cell, "A cell may have 65536 bytes"),
        (&name, "Name may have 160 letters"),
        (
            "Name;Description\nx;a\0b\n",
            "The file is no text: it has null characters.",
        ),
        (
            &large,
            "A file may have 20971520 bytes, this one has 20971521.",
        ),
        (
            "Name;Description\nx;y;z\n",
            "3 cells in a table of 2 columns",
        ),
    ] {
        let answer = studio.import(&format!("{FILM}/edits"), file.as_bytes());
        assert_eq!(answer.status, 400, "{message}");
        assert_eq!(answer.json()["message"], message);
    }
}
