//! Imports of the rows of ShotGrid: what only Tanuki does with them. The rows
//! and their responses are in `scenarios/shotgun_imports.jsonl`.

use serde_json::{Value, json};
use tanuki_testkit::Backend;

use crate::on_both;
use crate::row_imports::Studio;

on_both! {
    a_wrong_row_is_named_and_nothing_is_written
    rows_stay_in_their_production
    what_refers_to_nothing_is_left_out
    rows_of_a_list_are_found_again
    people_show_no_secrets_and_keep_their_role
    a_removed_row_is_gone_with_its_event
    lists_beyond_the_limit_are_refused
}

impl Studio {
    /// A studio with two productions, a sequence, an asset and a task.
    fn of_shotgrid(backend: Backend) -> Option<Self> {
        let studio = Self::start(backend, "shotgun")?;
        let film = json!({"name": "Film"});
        let rows = [
            (
                "projects",
                json!([
                    {"id": 1, "name": "Film", "sg_status": "Open"},
                    {"id": 2, "name": "Series", "sg_status": "Open"},
                ]),
            ),
            ("persons", json!([person(11, "ann")])),
            (
                "sequences",
                json!([{"id": 41, "code": "SQ", "description": null, "project": film}]),
            ),
            ("assets", json!([asset(51, 1)])),
            ("steps", json!([{"id": 81, "code": "Groom"}])),
            ("tasks", json!([task(101, 1)])),
        ];
        for (name, rows) in rows {
            studio.imported(name, &rows);
        }
        Some(studio)
    }

    /// Sends a list that is refused, and returns the message.
    fn refused(&self, name: &str, rows: &Value) -> String {
        let answer = self.import(name, rows);
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        answer.json()["message"].as_str().unwrap().to_owned()
    }

    fn count(&self, path: &str) -> usize {
        self.get(path).as_array().unwrap().len()
    }
}

fn person(id: i64, name: &str) -> Value {
    let email = format!("{name}@animfilms.com");
    json!({"id": id, "firstname": name, "lastname": "Grid", "email": email, "login": name})
}

fn asset(id: i64, project: i64) -> Value {
    json!({
        "id": id,
        "code": format!("Asset {id}"),
        "description": null,
        "sg_asset_type": "Props",
        "project": {"id": project},
    })
}

fn task(id: i64, project: i64) -> Value {
    json!({
        "id": id,
        "cached_display_name": format!("Task {id}"),
        "step": {"id": 81},
        "project": {"id": project},
        "entity": {"type": "Asset", "id": 51},
        "sg_status_list": null,
        "created_by": null,
        "task_assignees": [],
        "start_date": null,
        "due_date": null,
        "duration": 60,
        "sg_sort_order": 1,
    })
}

/// A row with another value of a key.
fn with(mut row: Value, key: &str, value: Value) -> Value {
    row[key] = value;
    row
}

fn a_wrong_row_is_named_and_nothing_is_written(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let before = studio.count("/data/entities");
    let (right, film) = (asset(52, 1), json!({"name": "Film"}));
    let mut without = asset(53, 1);
    without.as_object_mut().unwrap().remove("code");
    let long = "x".repeat(200);
    for (name, rows, message) in [
        (
            "assets",
            json!([right, without]),
            "[1].code: A required key is missing.",
        ),
        (
            "assets",
            json!([right, with(asset(53, 1), "code", json!(long))]),
            "[1].code: ",
        ),
        (
            "assets",
            json!([right, with(asset(53, 1), "code", Value::Null)]),
            "[1].code: ",
        ),
        (
            "assets",
            json!([right, with(asset(53, 1), "id", json!(99_999_999_999_i64))]),
            "[1].id: A whole number is expected.",
        ),
        (
            "assets",
            json!([right, with(asset(53, 1), "parents", json!([{"id": "x"}]))]),
            "[1].parents: An object with an id is expected.",
        ),
        (
            "assets",
            json!([with(right.clone(), "parents", json!([{"id": 52}]))]),
            "[0].parents: An asset cannot be its own parent.",
        ),
        (
            "shots",
            json!([{
                "id": 71,
                "code": "SH",
                "project": film,
                "sg_cut_in": i64::MAX,
                "sg_cut_duration": 1,
            }]),
            "[0].sg_cut_duration: The number is too large.",
        ),
        (
            "persons",
            json!([
                person(12, "bo"),
                with(person(13, "cy"), "email", json!("cy"))
            ]),
            "[1].email: ",
        ),
        (
            "status",
            json!([{"id": 1, "name": "Ready", "code": "rdy"}, {"id": 2, "name": "No code"}]),
            "[1].code: A required key is missing.",
        ),
        (
            "project-connections",
            json!([{"id": 1, "project": {"id": 1}, "user": null}]),
            "[0].user: A value is expected.",
        ),
    ] {
        let refused = studio.refused(name, &rows);
        assert!(refused.starts_with(message), "{name}: {refused}");
    }
    assert_eq!(studio.count("/data/entities"), before);
    assert_eq!(studio.count("/data/task-status?short_name=rdy"), 0);
    assert_eq!(studio.count("/data/persons?email=bo@animfilms.com"), 0);
}

fn rows_stay_in_their_production(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let series = json!({"name": "Series"});
    let other = "It is of another production.";
    let moved = "The row with this id is of another production.";
    for (name, row, message) in [
        (
            "sequences",
            json!({"id": 41, "code": "SQ", "description": null, "project": series}),
            format!("[0].id: {moved}"),
        ),
        (
            "assets",
            with(asset(52, 2), "parents", json!([{"id": 51}])),
            format!("[0].parents: {other}"),
        ),
        (
            "shots",
            json!({
                "id": 71,
                "code": "SH",
                "project": series,
                "sg_sequence": {"id": 41},
                "sg_cut_in": 1,
                "sg_cut_duration": 1,
            }),
            format!("[0].sg_sequence: {other}"),
        ),
        ("tasks", task(102, 2), format!("[0].entity: {other}")),
        (
            "tasks",
            task(102, 990),
            "[0].project: It refers to nothing.".to_owned(),
        ),
    ] {
        assert_eq!(studio.refused(name, &json!([row])), message);
    }
}

fn what_refers_to_nothing_is_left_out(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let assignees = json!([{"id": 990}, {"id": 11}]);
    let row = with(task(102, 1), "task_assignees", assignees);
    let tasks = studio.imported("tasks", &json!([row]));
    let path = format!("/data/tasks/{}", tasks[0]["id"].as_str().unwrap());
    let assigned = studio.get(&path);
    assert_eq!(assigned["assignees"].as_array().unwrap().len(), 1);
    let version = |task: i64| {
        json!({
            "id": 111,
            "code": "v1",
            "description": null,
            "sg_task": {"id": task},
            "sg_uploaded_movie": null,
        })
    };
    assert_eq!(
        studio.imported("versions", &json!([version(990)])),
        json!([])
    );
    let known = studio.imported("versions", &json!([version(102)]));
    assert_eq!(known[0]["name"], "v1");
}

fn rows_of_a_list_are_found_again(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let named = |id: i64, name: &str| with(asset(id, 1), "code", json!(name));
    let rows = json!([named(52, "First"), asset(53, 1), named(52, "Second")]);
    let imported = studio.imported("assets", &rows);
    assert_eq!(imported[0], imported[2]);
    assert_eq!(imported[0]["name"], "Second");
    assert_eq!(imported[1]["name"], "Asset 53");
    let again = studio.imported("assets", &rows);
    assert_eq!(again[1]["id"], imported[1]["id"]);
    // A task type that has the name in another case.
    let steps =
        json!([{"id": 82, "code": "GROOM"}, {"id": 83, "code": "Layout", "color": "1,2,3"}]);
    let steps = studio.imported("steps", &steps);
    assert_eq!(steps[0]["name"], "Groom");
    assert_eq!(studio.count("/data/departments?name=Groom"), 1);
    assert_eq!(steps[1]["color"], "#010203");
}

fn people_show_no_secrets_and_keep_their_role(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let mut ann = with(person(11, "ann"), "department", json!({"name": "Fur"}));
    ann["permission_rule_set"] = json!({"name": "Admin"});
    let bo = with(person(12, "bo"), "permission_rule_set", Value::Null);
    let nobody = with(person(13, "no"), "email", json!("changeme@email.com"));
    let people = studio.imported("persons", &json!([ann, bo, nobody]));
    assert_eq!(people.as_array().unwrap().len(), 2);
    assert_eq!(people[0]["role"], "user");
    for secret in ["password", "login_failed_attemps", "totp_secret", "jti"] {
        assert_eq!(people[0].get(secret), None, "{secret}");
    }
    let path = format!(
        "/data/persons/{}?relations=true",
        people[0]["id"].as_str().unwrap()
    );
    let departments = studio.get(&path)["departments"].clone();
    let fur = studio.get("/data/departments?name=Fur");
    assert_eq!(departments, json!([fur[0]["id"]]));
}

fn a_removed_row_is_gone_with_its_event(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let gone = studio.imported("remove/sequence", &json!({"id": 41}));
    assert_eq!(gone["success"], true);
    let events = studio.get("/data/events/last?limit=1");
    assert_eq!(events[0]["name"], "sequence:delete");
    // With its task.
    let asset = studio.imported("remove/asset", &json!({"id": 51}));
    assert_eq!(asset["success"], true);
    assert_eq!(studio.count("/data/tasks"), 0);
    // An open production without anything in it.
    let project = studio.imported("remove/project", &json!({"id": 2}));
    assert_eq!(project["success"], true);
    let again = studio.imported("remove/project", &json!({"id": 2}));
    assert_eq!(again, json!({"success": true}));
    // Nothing is removed for want of an id.
    for wrong in [
        json!({"id": null}),
        json!({}),
        json!([]),
        json!({"id": 1.5}),
    ] {
        assert_eq!(
            studio.import("remove/person", &wrong).status,
            400,
            "{wrong}"
        );
    }
}

fn lists_beyond_the_limit_are_refused(backend: Backend) {
    let Some(studio) = Studio::of_shotgrid(backend) else {
        return;
    };
    let statuses = |count: i64| {
        let rows = (0..count).map(|id| json!({"id": id, "name": "S", "code": format!("s{id}")}));
        rows.collect::<Value>()
    };
    let refused = studio.refused("status", &statuses(5001));
    assert!(refused.contains("5000"), "{refused}");
    let parents: Value = (0..1001).map(|id| json!({"id": id})).collect();
    let row = with(asset(52, 1), "parents", parents);
    let refused = studio.refused("assets", &json!([row]));
    assert!(refused.starts_with("[0].parents"), "{refused}");
}
