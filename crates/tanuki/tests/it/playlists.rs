//! Playlists that several people change at the same moment.

use std::collections::BTreeSet;

use serde_json::json;
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::studio::Studio;

on_both! {
    entries_that_are_added_at_once_are_all_kept
}

const WRITERS: usize = 8;

fn entries_that_are_added_at_once_are_all_kept(backend: Backend) {
    let Some(studio) = &Studio::open(backend) else {
        return;
    };
    let project = studio.project("Review");
    let asset_type = studio.asset_type("Props");
    let assets: Vec<String> = (0..3 * WRITERS)
        .map(|number| studio.asset(&project, &asset_type, &format!("prop {number}")))
        .collect();
    let playlist = studio.made(
        "/data/playlists",
        &json!({"name": "Daily", "project_id": project, "for_entity": "asset"}),
    );
    let path = format!("/actions/playlists/{playlist}/add-entities");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            // Each entity is added by three writers.
            let own = (0..9).map(|step| &assets[(3 * writer + step) % assets.len()]);
            let entities: Vec<_> = own.map(|id| json!({"entity_id": id})).collect();
            let path = &path;
            scope.spawn(move || {
                for entity in entities {
                    let body = json!({"entities": [entity]});
                    let response = studio.answer(Request::post(path).json(&body));
                    assert_eq!(response.status, 200, "{}", response.text());
                }
            });
        }
    });
    let stored = studio.get(&format!("/data/projects/{project}/playlists/{playlist}"));
    let shots = stored["shots"].as_array().unwrap();
    let added: BTreeSet<_> = shots
        .iter()
        .map(|shot| shot["entity_id"].as_str().unwrap())
        .collect();
    assert_eq!(added, assets.iter().map(String::as_str).collect());
    assert_eq!(shots.len(), assets.len(), "none is in it twice");
}
