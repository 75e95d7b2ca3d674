//! Nobody reaches across productions: people of one of two productions read,
//! write and link nothing of the other.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Response;

use self::rows::{MARK, Person, RESOURCES, Rows, Studio, text};
use crate::on_both;

on_both! {
    rows_of_another_production_are_neither_read_nor_written
    references_to_rows_of_another_production_are_refused
    bodies_that_name_rows_of_another_production_change_none_of_them
    whoever_has_access_to_both_productions_casts_across_them
    tasks_are_made_by_the_team_of_the_production
    links_of_a_comment_are_not_taken_from_other_comments
}

fn studio(backend: Backend) -> Option<Studio> {
    Some(Studio::build(crate::server(backend)?))
}

/// What a field of a resource holds the id of, as [`Rows`] calls it; nothing
/// for ids of what the whole studio shares.
fn target(resource: &str, field: &str) -> Option<&'static str> {
    Some(match (resource, field) {
        ("/data/comments", "object_id") | (_, "task_id") => "task",
        ("/data/schedule-items", "object_id") => "shot",
        ("/data/chats", "object_id") | (_, "entity_id" | "asset_id" | "entity_out_id") => "asset",
        ("/data/preview-files", "source_file_id") | (_, "outputs") => "output_file",
        ("/data/output-files", "source_file_id") => "working_file",
        (_, "entities_out" | "entity_concept_links" | "target_asset_id") => "asset",
        (_, "entity_in_id" | "temporal_entity_id" | "entities_in" | "shots") => "shot",
        (_, "scene_id") => "scene",
        (_, "parent_id") => "sequence",
        (_, "source_id" | "episode_id") => "episode",
        (_, "preview_file_id" | "last_preview_file_id" | "previews") => "preview",
        (_, "asset_instance_id" | "instance_casting") => "instance",
        (_, "comment_id" | "comments") => "comment",
        (_, "attachment_files") => "attachment",
        (_, "chat_id") => "chat",
        (_, "chat_message_id") => "chat_message",
        (_, "playlist_id") => "playlist",
        (_, "budget_id") => "budget",
        (_, "search_filter_group_id") => "search_filter_group",
        (
            _,
            "production_schedule_version_id"
            | "production_schedule_from"
            | "from_schedule_version_id",
        ) => "version",
        (_, "project_id") => "project",
        _ => {
            let studio_wide = [
                "person_id",
                "author_id",
                "editor_id",
                "created_by",
                "assigner_id",
                "assignees",
                "participants",
                "mentions",
                "department_mentions",
                "acknowledgements",
                "team",
                "department_id",
                "departments",
                "task_type_id",
                "task_types",
                "task_status_id",
                "task_statuses",
                "entity_type_id",
                "asset_types",
                "ready_for",
                "software_id",
                "file_status_id",
                "output_type_id",
                "project_status_id",
                "status_automations",
                "default_preview_background_file_id",
                "preview_background_files",
                // Ids of what stands in JSON, or of what no route makes.
                "reply_id",
                "build_jobs",
            ];
            assert!(studio_wide.contains(&field), "{resource}: what is {field}?");
            return None;
        }
    })
}

/// Where rows of other productions make sense for those who have access there.
const ACROSS: [&str; 6] = [
    "episode_id",
    "entity_out_id",
    "asset_id",
    "entities_out",
    "entity_concept_links",
    "instance_casting",
];

/// The fields that hold ids in the body of an operation on a resource.
fn id_fields(description: &Value, path: &str, method: &str) -> Vec<(String, bool)> {
    let schema =
        &description["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    let properties = schema["properties"].as_object();
    let is_id = |schema: &Value| schema["format"] == "uuid";
    properties
        .into_iter()
        .flatten()
        .filter(|(_, schema)| is_id(schema) || is_id(&schema["items"]))
        .map(|(field, schema)| (field.clone(), is_id(&schema["items"])))
        .collect()
}

/// The path of the rows of a resource in the description.
fn row_path(description: &Value, path: &str) -> String {
    let paths = description["paths"].as_object().unwrap();
    let is_row = |known: &&String| {
        known
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with("/{") && rest.matches('/').count() == 1)
    };
    let found = paths
        .keys()
        .filter(is_row)
        .find(|path| !paths[*path]["put"]["requestBody"].is_null());
    found.unwrap_or_else(|| panic!("no rows of {path}")).clone()
}

fn check_no_mix(studio: &Studio, who: &Person, what: &str, answer: &Response) {
    let text = answer.text();
    let who = who.name;
    assert!(answer.status < 500, "{who}: {what}: {text}");
    let took = answer.status < 300 && studio.names_b(&text);
    assert!(!took, "{who}: {what}: {} {text}", answer.status);
}

fn references_to_rows_of_another_production_are_refused(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let description = crate::description::description(&studio.server);
    let before = studio.rows_about_b();
    let mut checked = 0;
    for (path, kind) in RESOURCES {
        let fields = id_fields(&description, &row_path(&description, path), "put");
        for (field, is_list) in fields {
            let Some(target) = target(path, &field) else {
                continue;
            };
            let id = json!(studio.b[target]);
            let body = json!({&field: if is_list { json!([id]) } else { id }});
            let row = format!("{path}/{}", studio.a[kind]);
            let admin = Some(&studio.admin).filter(|_| !ACROSS.contains(&field.as_str()));
            for person in studio.people.iter().chain(admin) {
                let answer = studio.send(person, "PUT", &row, Some(&body));
                check_no_mix(&studio, person, &format!("PUT {row} {body}"), &answer);
                checked += 1;
            }
        }
    }
    let mut number = 0;
    for (kind, (path, made_from)) in &studio.bodies {
        for (field, is_list) in id_fields(&description, path, "post") {
            let Some(target) = target(path, &field) else {
                continue;
            };
            let id = json!(studio.b[target]);
            let mut body = made_from.clone();
            number += 1;
            if body.get("name").is_some() {
                body["name"] = format!("{kind} {number}").into();
            }
            body[&field] = if is_list { json!([id]) } else { id };
            for person in &studio.people {
                let answer = studio.send(person, "POST", path, Some(&body));
                check_no_mix(&studio, person, &format!("POST {path} {body}"), &answer);
                checked += 1;
            }
        }
    }
    assert!(checked > 900, "{checked} requests");
    assert_eq!(studio.rows_about_b(), before);
}

/// The path with its parameters replaced by ids of rows: the production is of
/// `projects`, everything else of `others`.
fn filled(path: &str, projects: &Rows, others: &Rows) -> String {
    let parts = path.split('/').map(|part| {
        let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        else {
            return part.to_owned();
        };
        let kind = match name {
            "project_id" => return projects["project"].clone(),
            "edit_id" => "edit",
            "concept_id" => "concept",
            "concept_folder_id" => "concept_folder",
            "preview_file_id" => "preview",
            "attachment_file_id" => "attachment",
            "asset_instance_id" => "instance",
            "entity_link_id" => "entity_link",
            "production_schedule_version_id" => "version",
            "metadata_descriptor_id" => "descriptor",
            "entry_id" => "budget_entry",
            "entity_id" => "asset",
            "date" => return "2026-01-05".into(),
            name => name.trim_end_matches("_id"),
        };
        others.get(kind).unwrap_or(&others["asset"]).clone()
    });
    parts.collect::<Vec<_>>().join("/")
}

fn rows_of_another_production_are_neither_read_nor_written(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let description = crate::description::description(&studio.server);
    let before = studio.rows_about_b();
    let mut requests: BTreeSet<(String, String)> = BTreeSet::new();
    for (method, path) in crate::description::described(&description) {
        if path.starts_with("/auth") || !path.contains('{') && method != "GET" {
            continue;
        }
        for projects in [&studio.a, &studio.b] {
            requests.insert((method.clone(), filled(&path, projects, &studio.b)));
        }
    }
    for (path, kind) in RESOURCES {
        for method in ["GET", "PUT", "DELETE"] {
            requests.insert((method.into(), format!("{path}/{}", studio.b[kind])));
        }
        requests.insert(("GET".into(), format!("{path}?relations=true")));
    }
    for (method, path) in &requests {
        for person in &studio.people {
            let body = (method != "GET").then(|| json!({"name": "x", "person_id": person.id}));
            let answer = studio.send(person, method, path, body.as_ref());
            let (who, status) = (person.name, answer.status);
            let text = answer.text();
            assert!(status < 500, "{who}: {method} {path}: {text}");
            assert!(!text.contains(MARK), "{who}: {method} {path}: {text}");
        }
    }
    assert_eq!(studio.rows_about_b(), before);
}

/// Replaces `{a.task}` and the like by ids.
fn with_ids(studio: &Studio, text: &str) -> String {
    let mut text = text.to_owned();
    for (side, rows) in [("a", &studio.a), ("b", &studio.b)] {
        for (kind, id) in rows {
            text = text.replace(&format!("{{{side}.{kind}}}"), id);
        }
    }
    for person in &studio.people {
        text = text.replace(&format!("{{{}}}", person.name), &person.id);
    }
    assert!(!text.contains("{a.") && !text.contains("{b."), "{text}");
    text
}

/// Routes whose bodies and paths name rows, with rows of production B where
/// production A is at work. What `echoes` answers the ids that it was sent,
/// whatever became of them.
const MIXED: &str = include_str!("mixed.jsonl");

fn bodies_that_name_rows_of_another_production_change_none_of_them(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let before = studio.rows_about_b();
    for line in with_ids(&studio, MIXED).lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let action = text(&request, "do");
        let (method, path) = action.split_once(' ').unwrap();
        let body = request.get("body");
        for person in &studio.people {
            let answer = studio.send(person, method, path, body);
            if request["echoes"] == true {
                assert!(answer.status < 500, "{line}: {}", answer.text());
            } else {
                check_no_mix(&studio, person, line, &answer);
            }
        }
        assert_eq!(studio.rows_about_b(), before, "{line}");
    }
}

fn whoever_has_access_to_both_productions_casts_across_them(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let manager = studio.person("manager");
    let path = with_ids(
        &studio,
        "/data/projects/{a.project}/entities/{a.shot}/casting",
    );
    let casting = json!([{"asset_id": studio.b["asset"], "nb_occurences": 1}]);
    let cast = || studio.send(manager, "PUT", &path, Some(&casting));
    assert_eq!(cast().status, 400);
    // A shared asset is for all.
    let asset = format!("/data/entities/{}", studio.b["asset"]);
    let share = |is_shared: bool| {
        let body = json!({"is_shared": is_shared});
        let answer = studio.send(&studio.admin, "PUT", &asset, Some(&body));
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let empty = || {
        let answer = studio.send(manager, "PUT", &path, Some(&json!([])));
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    share(true);
    assert_eq!(cast().status, 200);
    empty();
    share(false);
    assert_eq!(cast().status, 400);
    // So is any for whoever is in both teams.
    let team = format!("/data/projects/{}/team", studio.b["project"]);
    let body = json!({"person_id": manager.id});
    assert_eq!(
        studio
            .send(&studio.admin, "POST", &team, Some(&body))
            .status,
        201
    );
    assert_eq!(cast().status, 200);
    // A shot stays in sequences of its own production even so.
    let shot = format!("/data/entities/{}", studio.a["shot"]);
    let body = json!({"parent_id": studio.b["sequence"]});
    for person in [manager, &studio.admin] {
        let answer = studio.send(person, "PUT", &shot, Some(&body));
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(text(&answer.json(), "message").contains("parent_id"));
    }
}

fn tasks_are_made_by_the_team_of_the_production(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let (_, made_from) = &studio.bodies["task"];
    let make = |person: &Person, side: &Rows, more: Value| {
        let mut body = made_from.clone();
        body["name"] = format!("by {}", person.name).into();
        body["entity_id"] = json!(side["asset"]);
        body["project_id"] = json!(side["project"]);
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        studio.send(person, "POST", "/data/tasks", Some(&body))
    };
    let allowed: BTreeMap<&str, u16> = studio
        .people
        .iter()
        .map(|person| (person.name, make(person, &studio.a, json!({})).status))
        .collect();
    let expected = [
        ("artist", 201),
        ("bot", 201),
        ("client", 403),
        ("idle", 403),
        ("manager", 201),
        ("outsider", 403),
        ("supervisor", 201),
        ("vendor", 403),
    ];
    assert_eq!(allowed, expected.into());
    for person in &studio.people {
        assert_eq!(
            make(person, &studio.b, json!({})).status,
            403,
            "{}",
            person.name
        );
    }
    // The wall before a vendor does not fall by a task of their own making.
    let idle = studio.person("idle");
    let asset = format!("/data/assets/{}", studio.a["asset"]);
    assert_eq!(studio.send(idle, "GET", &asset, None).status, 403);
    let own = json!({"assignees": [idle.id]});
    assert_eq!(make(idle, &studio.a, own.clone()).status, 403);
    assert_eq!(studio.send(idle, "GET", &asset, None).status, 403);
    // Nor does an artist assign others.
    assert_eq!(make(studio.person("artist"), &studio.a, own).status, 403);
    // The production is the entity's, for admins too.
    for person in [studio.person("manager"), &studio.admin] {
        let elsewhere = json!({"name": "elsewhere", "project_id": studio.b["project"]});
        let answer = make(person, &studio.a, elsewhere);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(text(&answer.json(), "message").contains("project_id"));
        let unsaid = json!({"name": format!("of {}", person.name), "project_id": null});
        let answer = make(person, &studio.a, unsaid);
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(answer.json()["project_id"], json!(studio.a["project"]));
    }
}

fn links_of_a_comment_are_not_taken_from_other_comments(backend: Backend) {
    let Some(studio) = studio(backend) else {
        return;
    };
    let artist = studio.person("artist");
    // Somebody else's comment on the same task, with a file.
    let (_, made_from) = &studio.bodies["comment"];
    let mut body = made_from.clone();
    body["person_id"] = json!(studio.person("client").id);
    let other = studio.send(&studio.admin, "POST", "/data/comments", Some(&body));
    let other = text(&other.json(), "id");
    let body = json!({"name": "secret.txt", "comment_id": other, "extension": "txt"});
    let file = studio.send(&studio.admin, "POST", "/data/attachment-files", Some(&body));
    let file = text(&file.json(), "id");
    let comment = format!("/data/comments/{}", studio.a["comment"]);
    let own_file = &studio.a["attachment"];
    let body = json!({
        "text": "changed", "attachment_files": [file], "previews": [], "acknowledgements": [],
    });
    let answer = studio.send(artist, "PUT", &comment, Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["text"], "changed");
    let shown = studio.send(&studio.admin, "GET", &comment, None).json();
    assert!(shown["previews"].to_string().contains(&studio.a["preview"]));
    let comment_of = |file: &str| {
        let path = format!("/data/attachment-files/{file}");
        studio.send(&studio.admin, "GET", &path, None).json()["comment_id"].clone()
    };
    assert_eq!(comment_of(&file), json!(other));
    assert_eq!(comment_of(own_file), json!(studio.a["comment"]));
    // What is of another production is refused, for admins too, or passed over.
    for (field, kind) in [("attachment_files", "attachment"), ("previews", "preview")] {
        let body = json!({field: [studio.b[kind]]});
        for person in [artist, studio.person("manager")] {
            let answer = studio.send(person, "PUT", &comment, Some(&body));
            check_no_mix(&studio, person, field, &answer);
        }
        let answer = studio.send(&studio.admin, "PUT", &comment, Some(&body));
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(text(&answer.json(), "message").contains(field));
    }
    let shown = studio.send(&studio.admin, "GET", &comment, None).text();
    assert!(!studio.names_b(&shown), "{shown}");
    assert_eq!(
        comment_of(&studio.b["attachment"]),
        json!(studio.b["comment"])
    );
}
