//! Lists of people's work whose statements or texts are made by hand: the same
//! rows on both databases, and for each role what it may see.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tanuki_testkit::Backend;
use tanuki_testkit::http::Request;

use crate::on_both;
use crate::seeded::{ARTIST, PROJECT, Studio};

on_both! {
    days_off_are_grouped_by_person_and_described_to_managers
    related_tasks_are_those_of_entities_that_a_person_works_on
    who_is_in_no_team_has_no_open_projects
}

const MANAGER: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CLIENT: &str = "aaaaaaaa-0000-4000-8000-000000000005";

fn days_off_are_grouped_by_person_and_described_to_managers(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for (person, day) in [
        (ARTIST, "2031-01-06"),
        (MANAGER, "2031-01-08"),
        (ARTIST, "2031-01-10"),
    ] {
        let off = json!({"person_id": person, "date": day, "end_date": day, "description": "ill"});
        studio.created("/data/day-offs", &off);
    }
    let within = |year: u32| {
        format!("/data/projects/{PROJECT}/day-offs?start_date={year}-01-01&end_date={year}-12-31")
    };
    let all = studio.get(&within(2031)).json();
    let people: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(people, [ARTIST, MANAGER], "in the order of their first day");
    let days = all[ARTIST].as_array().unwrap().iter();
    let days: Vec<&Value> = days.map(|off| &off["date"]).collect();
    assert_eq!(days, ["2031-01-06", "2031-01-10"]);
    assert_eq!(all[MANAGER][0]["description"], "ill");
    assert_eq!(studio.get(&within(1990)).json(), json!({}));

    let seen_by = |person: &str| {
        let request = Request::get(&within(2031)).bearer(&log_in(&studio, person));
        studio.server.send(&request)
    };
    let seen = seen_by(ARTIST).json();
    assert_eq!(seen[ARTIST], all[ARTIST]);
    let of_manager = &seen[MANAGER][0];
    assert_eq!(of_manager["date"], "2031-01-08");
    assert_eq!(of_manager.get("description"), None, "{of_manager}");

    assert_eq!(seen_by(CLIENT).status, 403);
}

fn related_tasks_are_those_of_entities_that_a_person_works_on(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let tasks = studio.get("/data/tasks?relations=true").json();
    let tasks = tasks.as_array().unwrap();
    let open = studio.get("/data/projects/open").json();
    let open: BTreeSet<&str> = ids(&open);
    let works_on = |person: &str| -> BTreeSet<&str> {
        let own = tasks.iter().filter(|task| {
            let assignees = task["assignees"].as_array().unwrap();
            assignees.iter().any(|assignee| assignee == person)
        });
        own.filter_map(|task| task["entity_id"].as_str()).collect()
    };
    let types = studio.get("/data/task-types").json();
    let mut found = 0;
    for person in [ARTIST, CLIENT, MANAGER] {
        let entities = works_on(person);
        for task_type in types.as_array().unwrap() {
            let expected: BTreeSet<&str> = tasks
                .iter()
                .filter(|task| task["task_type_id"] == task_type["id"])
                .filter(|task| open.contains(task["project_id"].as_str().unwrap()))
                .filter(|task| {
                    let entity = task["entity_id"].as_str();
                    entity.is_some_and(|entity| entities.contains(entity))
                })
                .map(|task| task["id"].as_str().unwrap())
                .collect();
            let id = task_type["id"].as_str().unwrap();
            let related = studio
                .get(&format!("/data/persons/{person}/related-tasks/{id}"))
                .json();
            assert_eq!(related.as_array().unwrap().len(), expected.len());
            assert_eq!(ids(&related), expected, "{person} {task_type}");
            found += expected.len();
        }
    }
    assert!(works_on(MANAGER).is_empty());
    assert!(found > 1, "the artist works on nothing");
}

fn who_is_in_no_team_has_no_open_projects(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let person = json!({
        "first_name": "New", "last_name": "Artist", "email": "new@studio.com", "role": "user",
    });
    let person = studio.created("/data/persons", &person);
    let token = log_in(&studio, &person);
    let get = |path: &str| {
        studio
            .server
            .send(&Request::get(path).bearer(&token))
            .json()
    };
    assert_eq!(get("/data/projects/open"), json!([]));
    let context = get("/data/user/context");
    assert_eq!(context["projects"], json!([]));
    assert_eq!(context["project_roles"], json!({}));
}

/// Gives a person a password, and returns a token for it.
fn log_in(studio: &Studio, person: &str) -> String {
    let password = json!({"password": "a long password", "password_2": "a long password"});
    let path = format!("/actions/persons/{person}/change-password");
    let changed = studio.post(&path, &password);
    assert_eq!(changed.status, 200, "{}", changed.text());
    let row = studio.get(&format!("/data/persons/{person}")).json();
    let email = row["email"].as_str().unwrap();
    studio.server.log_in(email, "a long password")
}

fn ids(rows: &Value) -> BTreeSet<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap()).collect()
}
