//! Drawings on previews by several people at the same moment.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;

on_both! { what_is_drawn_at_the_same_moment_is_kept }

const REVIEWERS: usize = 8;
const STROKES: usize = 10;

fn what_is_drawn_at_the_same_moment_is_kept(backend: Backend) {
    let Some(server) = crate::server_with("communication", backend) else {
        return;
    };
    let admin = server.admin_token();
    let preview = json!({
        "name": "film", "revision": 1, "extension": "mp4", "status": "ready",
        "task_id": "dddddddd-0000-4000-8000-000000000001",
    });
    let request = Request::post("/data/preview-files").bearer(&admin);
    let preview = server.send(&request.json(&preview)).json();
    let path = format!(
        "/actions/preview-files/{}/update-annotations",
        preview["id"].as_str().unwrap()
    );
    let draw = |body: &Value| {
        let answer = server.send(&Request::put(&path).bearer(&admin).json(body));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["annotations"].clone()
    };
    std::thread::scope(|scope| {
        for reviewer in 0..REVIEWERS {
            let draw = &draw;
            scope.spawn(move || {
                for stroke in 0..STROKES {
                    let id = format!("{reviewer}-{stroke}");
                    // All of them on the same two frames.
                    let time = if stroke % 2 == 0 { 0.0 } else { 1.2 };
                    draw(&json!({
                        "additions": [{"time": time, "drawing": {"objects": [{"id": id}]}}],
                    }));
                }
            });
        }
    });
    let annotations = draw(&json!({}));
    let entries = annotations.as_array().unwrap();
    assert_eq!(entries.len(), 2, "{annotations}");
    let objects = entries
        .iter()
        .flat_map(|entry| entry["drawing"]["objects"].as_array().unwrap());
    let ids: BTreeSet<&str> = objects
        .map(|object| object["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), REVIEWERS * STROKES, "nothing is lost");
}
