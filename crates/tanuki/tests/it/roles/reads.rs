//! What each role reads in lists and single rows.

use serde_json::json;
use tanuki_testkit::Backend;

use super::{CANARIES, Canary, PEOPLE, Place, Studio};
use crate::on_both;

on_both! {
    nobody_reads_what_is_not_for_their_role_in_the_team
    nobody_finds_what_is_not_for_their_role_in_the_team
}

/// Lists and single rows in which something could show.
pub(super) const READS: &[&str] = &[
    "/data/tasks",
    "/data/tasks?relations=true",
    "/data/tasks?page=1",
    "/data/tasks?fields=name,estimation,data",
    "/data/tasks/{task}",
    "/data/tasks/{othertask}",
    "/data/tasks/{task}?relations=false",
    "/data/tasks/{task}/full",
    "/data/tasks/{othertask}/full",
    "/data/tasks/{task}/comments",
    "/data/tasks/{task}/comments/{internal}",
    "/data/tasks/{task}/previews",
    "/data/tasks/{task}/attachment-files",
    "/data/tasks/open-tasks",
    "/data/tasks/open-tasks/stats",
    "/data/tasks/open-tasks?project_id={project}",
    "/data/projects/{project}/tasks",
    "/data/projects/{project}/tasks?page=1",
    "/data/projects/{project}/comments",
    "/data/projects/{project}/attachment-files",
    "/data/projects/{project}/preview-files",
    "/data/projects/{project}/time-spents",
    "/data/projects/{project}/task-types/{animation}/time-spents",
    "/data/projects/{project}/schedule-items",
    "/data/projects/{project}/quotas/{animation}?count_mode=weighted",
    "/data/projects/{project}/shots",
    "/data/projects/{project}/sequences",
    "/data/entities",
    "/data/entities?page=1",
    "/data/entities?fields=name,data",
    "/data/entities/{shot}",
    "/data/entities/{other}",
    "/data/entities/{shot}/task-types/{animation}/tasks",
    "/data/entities/{shot}/time-spents",
    "/data/entities/{shot}/preview-files",
    "/data/playlists/entities/{shot}/preview-files",
    "/data/entities/{shot}/news",
    "/data/shots?project_id={project}",
    "/data/shots/all?project_id={project}",
    "/data/shots/{shot}",
    "/data/shots/{other}",
    "/data/shots/{shot}/tasks",
    "/data/shots/{shot}/tasks?relations=true",
    "/data/shots/{shot}/versions",
    "/data/shots/with-tasks?project_id={project}",
    "/data/sequences/{sequence}/shots",
    "/data/sequences/{sequence}/shot-tasks",
    "/data/sequences/{sequence}/scenes",
    "/data/comments/{internal}",
    "/data/attachment-files/{attachment}",
    "/data/attachment-files/{attachment}/file/canary-file.txt",
    "/data/preview-files",
    "/data/preview-files/{preview}",
    "/data/working-files",
    "/data/working-files/{working}",
    "/data/output-files",
    "/data/persons/{artist}/tasks",
    "/data/persons/{artist}/done-tasks",
    "/data/persons/{vendor}/tasks",
    "/data/persons/{artist}/related-tasks/{animation}",
    "/data/user/shots/{shot}/tasks",
    "/data/user/sequences/{sequence}/shots",
    "/data/user/projects/{project}/sequences",
    "/actions/tasks/{task}/time-spents",
    "/actions/tasks/{task}/time-spents/2026-11-02",
];

fn nobody_reads_what_is_not_for_their_role_in_the_team(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let mut wrong = Vec::new();
    let mut seen: Vec<(Place, Canary)> = Vec::new();
    for (name, .., place) in PEOPLE {
        for path in READS {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            assert!(answer.status < 500, "{name} {path}: {}", answer.text());
            if answer.status != 200 {
                continue;
            }
            // What one was asked for stands in no answer but their own.
            let text = answer.text();
            for (canary, mark) in CANARIES {
                if !text.contains(mark) {
                    continue;
                }
                seen.push((place, canary));
                if !place.reads(canary) {
                    wrong.push(format!("{name} ({place:?}) reads {canary:?} in {path}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} leaks:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    for place in [
        Place::Manager,
        Place::Supervisor,
        Place::Artist,
        Place::Client,
        Place::Vendor,
    ] {
        for (canary, _) in CANARIES {
            let reads = place.reads(canary);
            assert!(
                !reads || seen.contains(&(place, canary)),
                "{place:?} finds no {canary:?}"
            );
        }
    }
}

fn nobody_finds_what_is_not_for_their_role_in_the_team(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (name, .., place) in PEOPLE {
        let search = |query: &str| {
            let body = json!({"query": query, "limit": 50, "index_names": ["shots", "sequences"]});
            let token = &studio.tokens[name];
            let answer = studio.send(token, "POST", "/data/search", Some(&body));
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            answer.json()
        };
        let by_name = search("canary").to_string();
        for (canary, mark) in CANARIES {
            let reads = place.reads(canary);
            assert!(
                reads || !by_name.contains(mark),
                "{name} ({place:?}) finds {canary:?}"
            );
            let is_name = matches!(canary, Canary::Shot | Canary::OtherShot);
            assert!(
                !(reads && is_name) || by_name.contains(mark),
                "{name} ({place:?}) does not find {canary:?}"
            );
        }
        // A word of a value that is hidden finds nothing, which would tell it.
        let by_value = search("column")["shots"].to_string();
        let found = by_value.contains("canary-column");
        assert_eq!(found, place.reads(Canary::Column), "{name}: {by_value}");
        assert!(found || by_value == "[]", "{name}: {by_value}");
    }
}
