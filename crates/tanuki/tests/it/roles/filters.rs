//! Filters on values that a role does not see: which rows they find would tell
//! them.

use tanuki_testkit::Backend;

use super::{PEOPLE, Place, Studio};
use crate::on_both;

on_both! {
    lists_with_tasks_are_not_narrowed_by_metadata
    a_filter_on_a_hidden_value_is_refused
    productions_hide_their_own_metadata_from_guests
}

/// Lists with a filter, and whether vendors are shown the column.
const FILTERS: &[(&str, &str, bool)] = &[
    ("/data/tasks?estimation=31337.25", "estimation", true),
    ("/data/tasks?duration=31337.25&page=1", "duration", true),
    ("/data/tasks?assignees={artist}", "assignees", true),
    (
        "/data/tasks?priority=0&project_id={project}",
        "priority",
        true,
    ),
    (
        "/data/tasks?fields=id&estimation=[31337.25]",
        "estimation",
        true,
    ),
    (
        "/data/tasks?data={\"mood\":\"canary-task-column\"}",
        "data",
        false,
    ),
    ("/data/entities?data={}", "data", false),
    ("/data/entities?data=[{}]&page=1", "data", false),
    ("/data/shots?project_id={project}&data={}", "data", false),
    (
        "/data/sequences/with-tasks?project_id={project}&assigned_to={artist}",
        "assigned_to",
        true,
    ),
    (
        "/data/episodes/with-tasks?project_id={project}&assigned_to={artist}",
        "assigned_to",
        true,
    ),
    ("/data/sequences/{sequence}/shots?data={}", "data", false),
    ("/data/assets?project_id={project}&data={}", "data", false),
    (
        "/data/tasks/open-tasks?project_id={project}&priority=0",
        "priority",
        true,
    ),
    (
        "/data/tasks/open-tasks?person_id={artist}",
        "person_id",
        true,
    ),
];

fn a_filter_on_a_hidden_value_is_refused(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (name, .., place) in PEOPLE {
        for (path, column, vendors_see) in FILTERS {
            let path = path.replace('"', "%22").replace("={}", "=%7B%7D");
            let path = path.replace("[{}]", "[%7B%7D]").replace("={%22", "=%7B%22");
            let answer = studio.send(&studio.tokens[name], "GET", &path, None);
            let text = answer.text();
            assert!(answer.status < 500, "{name} {path}: {text}");
            let is_refused = answer.status == 400
                && text.contains(&format!("Filtering on {column} is not allowed."));
            match place {
                Place::Client => assert!(
                    is_refused || answer.status == 403,
                    "{name} {path}: {} {text}",
                    answer.status
                ),
                Place::Vendor | Place::IdleVendor if !vendors_see => assert!(
                    is_refused || answer.status == 403,
                    "{name} {path}: {} {text}",
                    answer.status
                ),
                _ => assert!(!is_refused, "{name} {path}: {text}"),
            }
        }
        // What they are shown filters as before.
        let shown = "/data/tasks?project_id={project}&task_type_id={animation}";
        let answer = studio.send(&studio.tokens[name], "GET", shown, None);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
}

/// These lists know no filter on metadata, neither one that fits nor one that
/// does not.
fn lists_with_tasks_are_not_narrowed_by_metadata(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (name, .., place) in PEOPLE {
        if !matches!(place, Place::Client | Place::Vendor) {
            continue;
        }
        let list = |more: &str| {
            let path = format!("/data/shots/with-tasks?project_id={{project}}{more}");
            studio.send(&studio.tokens[name], "GET", &path, None)
        };
        let all = list("");
        assert_eq!(all.status, 200, "{name}");
        for filter in ["&data=%7B%7D", "&data=none", "&estimation=31337.25"] {
            let answer = list(filter);
            assert_eq!(answer.json(), all.json(), "{name} {filter}");
        }
    }
}

fn productions_hide_their_own_metadata_from_guests(backend: Backend) {
    use serde_json::json;
    let Some(mut studio) = Studio::open(backend) else {
        return;
    };
    let field = json!({
        "name": "Budget", "entity_type": "Project", "data_type": "string",
        "departments": ["{department}"], "for_client": false,
    });
    studio.make("", "/data/projects/{project}/metadata-descriptors", field);
    let data = json!({"data": {"budget": "canary-project-column", "open": "open-to-all"}});
    let admin = studio.admin.clone();
    let changed = studio.send(&admin, "PUT", "/data/projects/{project}", Some(&data));
    assert_eq!(changed.status, 200, "{}", changed.text());
    let reads = [
        "/data/projects",
        "/data/projects?page=1",
        "/data/projects/{project}",
        "/data/projects/open",
        "/data/projects/all",
        "/data/projects/all?name=Canary",
        "/data/user/context",
        "/data/user/projects/open",
    ];
    for (name, .., place) in PEOPLE {
        if place == Place::Left {
            continue;
        }
        let is_guest = matches!(place, Place::Client | Place::Vendor | Place::IdleVendor);
        for path in reads {
            let answer = studio.send(&studio.tokens[name], "GET", path, None);
            assert!(answer.status < 500, "{name} {path}: {}", answer.text());
            let text = answer.text();
            let shows = text.contains("canary-project-column");
            assert!(!(is_guest && shows), "{name} reads it in {path}: {text}");
            if text.contains("open-to-all") {
                assert_eq!(shows, !is_guest, "{name} {path}: {text}");
            }
        }
        let own = studio.send(&studio.tokens[name], "GET", "/data/projects", None);
        assert!(own.text().contains("open-to-all"), "{name}");
    }
}
