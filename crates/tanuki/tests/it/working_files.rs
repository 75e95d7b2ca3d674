//! Working and output files: revisions under concurrency, and the content of
//! working files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Setup};
use tempfile::TempDir;

use crate::studio::{Studio, id};
use crate::{BINARY, on_both};

on_both! {
    concurrent_requests_get_different_revisions
    the_content_of_a_working_file_is_replaced_and_served_in_pieces
    the_content_of_a_deleted_working_file_is_removed
}

const WRITERS: usize = 8;

/// A shot with a task, in a production with a file tree.
struct Place {
    task: String,
    shot: String,
    task_type: String,
    output_type: String,
}

impl Place {
    fn new(studio: &Studio) -> Self {
        let files = json!({
            "mountpoint": "/studio", "root": "work", "folder_path": {"shot": "<Project>/<Shot>"},
            "file_name": {"shot": "<Shot>_<Name>_v<Version>"},
        });
        let tree = json!({"working": files, "output": files});
        let project = studio.made(
            "/data/projects",
            &json!({"name": "Film", "file_tree": tree}),
        );
        let sequence = studio.entity(&project, "sequences", &json!({"name": "SQ01"}));
        let shot = json!({"name": "SH010", "sequence_id": sequence});
        let shot = studio.entity(&project, "shots", &shot);
        let task_type = studio.task_type("Comp", "Shot");
        let output_type = json!({"name": "Cache", "short_name": "abc"});
        Self {
            task: studio.task(&shot, &task_type),
            output_type: studio.made("/data/output-types", &output_type),
            shot,
            task_type,
        }
    }

    fn working_file(&self) -> (String, Value) {
        let path = format!("/data/tasks/{}/working-files/new", self.task);
        (path, json!({"name": "main"}))
    }

    fn output_file(&self) -> (String, Value) {
        let path = format!("/data/entities/{}/output-files/new", self.shot);
        let body = json!({"output_type_id": self.output_type, "task_type_id": self.task_type});
        (path, body)
    }
}

fn concurrent_requests_get_different_revisions(backend: Backend) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    let place = Place::new(studio);
    for (path, body) in [place.working_file(), place.output_file()] {
        let send = || studio.post(&path, &body);
        let rows: Vec<Value> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(send)).collect();
            let ends = writers.into_iter().map(|writer| writer.join().unwrap());
            ends.collect()
        });
        let revisions = rows.iter().map(|row| row["revision"].as_u64().unwrap());
        let revisions: BTreeSet<u64> = revisions.collect();
        assert_eq!(revisions, (1..=8).collect(), "{path}");
        let paths: BTreeSet<&str> = rows
            .iter()
            .map(|row| row["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths.len(), WRITERS, "{path}");
        // A revision that all name is made once.
        let mut named = body.clone();
        named["revision"] = 100.into();
        let send = || studio.answer(Request::post(&path).json(&named)).status;
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(send)).collect();
            let ends = writers.into_iter().map(|writer| writer.join().unwrap());
            ends.collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 400, 400, 400, 400, 400, 400, 400], "{path}");
    }
}

/// A server that keeps its files in a folder, and the id of a working file.
fn with_folder(backend: Backend, folder: &Path) -> Option<(Studio, String)> {
    let server = Setup::new(BINARY, backend)
        .variable("PREVIEW_FOLDER", &folder.display().to_string())
        .start()?;
    let admin = server.admin_token();
    let studio = Studio { server, admin };
    let (path, body) = Place::new(&studio).working_file();
    let file = id(&studio.post(&path, &body));
    Some((studio, file))
}

fn stored(folder: &Path, id: &str) -> PathBuf {
    let place = folder.join("files/working");
    place.join(&id[..3]).join(&id[3..6]).join(id)
}

fn upload(studio: &Studio, file: &str, bytes: &[u8]) -> Response {
    let head = "--end\r\nContent-Disposition: form-data; name=\"file\"; \
                filename=\"../../scene.blend\"\r\n\r\n";
    let form = [head.as_bytes(), bytes, b"\r\n--end--\r\n"].concat();
    let request = Request::post(&format!("/data/working-files/{file}/file"));
    let request = request.header("Content-Type", "multipart/form-data; boundary=end");
    studio.answer(request.body(form))
}

fn the_content_of_a_working_file_is_replaced_and_served_in_pieces(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some((studio, file)) = with_folder(backend, folder.path()) else {
        return;
    };
    let path = format!("/data/working-files/{file}/file");
    assert_eq!(studio.answer(Request::get(&path)).status, 404);
    let first: Vec<u8> = (0..3_000_000_u32).map(|byte| byte as u8).collect();
    let answer = upload(&studio, &file, &first);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["size"], 3_000_000);
    assert_eq!(std::fs::read(stored(folder.path(), &file)).unwrap(), first);
    let answer = studio.answer(Request::get(&path));
    assert_eq!(answer.body, first);
    let header = |name: &str| answer.header(name).unwrap().to_owned();
    assert!(header("cache-control").starts_with("private"));
    let disposition = "attachment; filename=sh010_main_v001";
    assert_eq!(header("content-disposition"), disposition);
    let tag = header("etag");
    let part = Request::get(&path).header("Range", "bytes=2000000-2000003");
    let part = studio.answer(part);
    assert_eq!(part.status, 206);
    assert_eq!(part.body, first[2_000_000..=2_000_003]);
    let known = |tag: &str| studio.answer(Request::get(&path).header("If-None-Match", tag));
    assert_eq!(known(&tag).status, 304);
    let answer = upload(&studio, &file, b"second");
    assert_eq!(answer.json()["size"], 6);
    let again = known(&tag);
    assert_eq!((again.status, again.body), (200, b"second".to_vec()));
    let row = studio.get(&format!("/data/working-files/{file}"));
    assert_eq!(row["size"], 6);
}

fn the_content_of_a_deleted_working_file_is_removed(backend: Backend) {
    let folder = TempDir::new().unwrap();
    let Some((studio, file)) = with_folder(backend, folder.path()) else {
        return;
    };
    assert_eq!(upload(&studio, &file, b"content").status, 201);
    studio.delete(&format!("/data/working-files/{file}"));
    let _removing = Setup::new(BINARY, backend)
        .variable("PREVIEW_FOLDER", &folder.path().display().to_string())
        .variable("REMOVE_FILES", "true")
        .database(&studio.server.database_url)
        .start()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while stored(folder.path(), &file).exists() {
        assert!(Instant::now() < deadline, "the file stays");
        std::thread::sleep(Duration::from_millis(50));
    }
}
