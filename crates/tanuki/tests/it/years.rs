//! Dates of years that other clients cannot read.

use serde_json::{Value, json};
use tanuki_testkit::Backend;

use crate::on_both;
use crate::seeded::{ARTIST, PROJECT, Studio, TASK, refused};

on_both! {
    years_have_four_digits_wherever_a_date_is_written
    years_have_four_digits_wherever_a_date_is_asked_for
    a_comment_dated_in_no_year_leaves_its_task_alone
    stored_dates_of_other_years_are_shown_as_the_first_or_last_day
}

const NO_YEARS: [&str; 6] = [
    "0000-01-01",
    "+99999-01-01",
    "-0044-03-15",
    "10000-01-01",
    "00044-03-15",
    "0000-01-01T00:00:00",
];

fn years_have_four_digits_wherever_a_date_is_written(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let person = studio.id_of_first("/data/persons?relations=false");
    let task_type = studio.id_of_first("/data/task-types");
    let plan = format!("/data/projects/{PROJECT}");
    let budget = studio.created(
        &format!("{plan}/budgets"),
        &json!({"name": "one", "currency": "EUR"}),
    );
    let milestone = studio.created(
        "/data/milestones",
        &json!({"name": "m", "date": "9999-12-31", "project_id": PROJECT, "task_type_id": task_type}),
    );
    for year in NO_YEARS {
        let put = |path: &str, field: &str| {
            let body = json!({ field: year });
            refused(&studio.put(path, &body), &format!("{path} {field} {year}"));
        };
        put(&format!("/data/projects/{PROJECT}"), "start_date");
        put(&format!("/data/projects/{PROJECT}"), "end_date");
        put(&format!("/data/tasks/{TASK}"), "due_date");
        put(&format!("/data/tasks/{TASK}"), "real_start_date");
        put(&format!("/data/milestones/{milestone}"), "date");
        put(&format!("/data/persons/{person}"), "expiration_date");
        let post = |path: &str, body: Value| {
            refused(&studio.post(path, &body), &format!("{path} {year}"));
        };
        post(
            "/data/projects",
            json!({"name": year, "start_date": year, "production_type": "short"}),
        );
        post(
            "/data/milestones",
            json!({"name": "m", "date": year, "project_id": PROJECT}),
        );
        post(
            "/data/day-offs",
            json!({"person_id": person, "date": year, "end_date": "2026-01-02"}),
        );
        post(
            "/data/day-offs",
            json!({"person_id": person, "date": "2026-01-01", "end_date": year}),
        );
        post(
            "/data/time-spents",
            json!({"person_id": person, "task_id": TASK, "date": year, "duration": 1}),
        );
        post(
            "/data/schedule-items",
            json!({"project_id": PROJECT, "task_type_id": task_type, "start_date": year}),
        );
        post(
            &format!("{plan}/budgets/{budget}/entries"),
            json!({
                "start_date": year, "months_duration": 1, "daily_salary": 1,
                "position": "artist", "seniority": "mid",
            }),
        );
        post(
            "/data/persons",
            json!({
                "first_name": "A", "last_name": "B", "email": "ab@studio.test",
                "expiration_date": year, "is_bot": true,
            }),
        );
        let path = format!("/actions/tasks/{TASK}/time-spents/{year}/persons/{ARTIST}");
        let answer = studio.post(&path, &json!({"duration": 60}));
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.text()
        );
    }
    for day in ["0001-01-01", "9999-12-31"] {
        let path = format!("/data/milestones/{milestone}");
        let answer = studio.put(&path, &json!({"date": day}));
        assert_eq!(answer.json()["date"], day, "{}", answer.text());
    }
}

fn years_have_four_digits_wherever_a_date_is_asked_for(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for year in NO_YEARS {
        let year = tanuki_testkit::http::escaped(year);
        for path in [
            format!("/data/events/last?before={year}"),
            format!("/data/events/last?after={year}"),
            format!("/data/milestones?date={year}"),
            format!("/data/tasks?due_date={year}"),
            format!("/data/time-spents?start_date={year}&end_date=2026-01-01"),
            format!("/data/projects/{PROJECT}/day-offs?start_date={year}&end_date=2026-01-01"),
        ] {
            refused(&studio.get(&path), &path);
        }
    }
}

fn a_comment_dated_in_no_year_leaves_its_task_alone(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    for year in ["+10000-01-01", "0000-01-01", "-0044-03-15"] {
        let answer = studio.comment(json!({"created_at": format!("{year} 10:20:30")}));
        // As with any other text that is no time, it counts from now.
        assert_eq!(answer.status, 201, "{}", answer.text());
        let made = answer.json()["created_at"].as_str().unwrap().to_owned();
        assert!(made.starts_with("20"), "{made}");
    }
    assert_eq!(studio.comment(json!({})).status, 201);
    let last = studio.get(&format!("/data/tasks/{TASK}")).json()["last_comment_date"].clone();
    assert!(last.as_str().unwrap().starts_with("20"), "{last}");
}

fn stored_dates_of_other_years_are_shown_as_the_first_or_last_day(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let stored = match backend {
        Backend::Postgres => [
            ("'10000-01-01'", "9999-12-31"),
            ("'infinity'", "9999-12-31"),
            ("'-infinity'", "0001-01-01"),
            ("'0044-03-15 BC'", "0001-01-01"),
        ],
        Backend::Sqlite => [
            ("'10000-01-01'", "9999-12-31"),
            ("'+99999-01-01'", "9999-12-31"),
            ("'0000-01-01'", "0001-01-01"),
            ("'-0044-03-15'", "0001-01-01"),
        ],
    };
    for (written, shown) in stored {
        studio
            .server
            .sql(&format!(
                "UPDATE project SET start_date = {written} WHERE id = '{PROJECT}'; \
                 UPDATE task SET due_date = {written}, last_comment_date = {written} \
                 WHERE id = '{TASK}'"
            ))
            .unwrap();
        let projects = studio.get("/data/projects");
        assert_eq!(projects.status, 200, "{written}: {}", projects.text());
        let rows = projects.json();
        let mut rows = rows.as_array().unwrap().iter();
        let row = rows.find(|row| row["id"] == PROJECT).unwrap();
        assert_eq!(row["start_date"], shown, "{written}");
        let task = studio.get(&format!("/data/tasks/{TASK}"));
        assert_eq!(task.status, 200, "{written}: {}", task.text());
        let due = task.json()["due_date"].as_str().unwrap().to_owned();
        assert!(due.starts_with(shown), "{written}: {due}");
        for path in [
            format!("/data/projects/{PROJECT}/tasks"),
            "/data/shots/with-tasks".into(),
            "/data/tasks/open-tasks".into(),
        ] {
            let list = studio.get(&path);
            assert_eq!(list.status, 200, "{written} {path}: {}", list.text());
            serde_json::from_slice::<Value>(&list.body).unwrap();
        }
        assert_eq!(studio.comment(json!({})).status, 201, "{written}");
    }
}
