//! Answers whose size is a span of dates or a count that a client chose.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server};

use crate::{on_both, server_with};

on_both! {
    quotas_of_tasks_that_take_millennia_are_answered_at_once
    quotas_of_long_tasks_are_counted_by_working_days
    retakes_without_number_are_counted_within_bounds
}

/// The production of `communication.sql` and a shot's task that is assigned.
const PRODUCTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const TASK: &str = "dddddddd-0000-4000-8000-000000000001";

struct Asked {
    server: Server,
    admin: String,
    task_type: String,
}

impl Asked {
    /// With a shot that took that long.
    fn of(backend: Backend, start: &str, end: &str) -> Option<Self> {
        let server = server_with("communication", backend)?;
        let admin = server.admin_token();
        let dates = json!({"real_start_date": start, "end_date": end, "done_date": end});
        let path = format!("/data/tasks/{TASK}");
        let task = server.send(&Request::put(&path).bearer(&admin).json(&dates));
        assert_eq!(task.status, 200, "{}", task.text());
        let task_type = task.json()["task_type_id"].as_str().unwrap().to_owned();
        Some(Self {
            server,
            admin,
            task_type,
        })
    }

    /// An answer, which comes soon and is not too long.
    fn get(&self, path: &str) -> Value {
        let begun = Instant::now();
        let answer = self.server.send(&Request::get(path).bearer(&self.admin));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let length = answer.text().len();
        assert!(length < 4 * 1024 * 1024, "{path}: {length} bytes");
        assert!(begun.elapsed() < Duration::from_secs(15), "{path}");
        answer.json()
    }

    fn quotas(&self, mode: &str) -> Value {
        let task_type = &self.task_type;
        self.get(&format!(
            "/data/projects/{PRODUCTION}/quotas/{task_type}?count_mode={mode}"
        ))
    }
}

fn quotas_of_tasks_that_take_millennia_are_answered_at_once(backend: Backend) {
    for end in ["2026-06-30T12:00:00", "9999-12-31T23:59:59"] {
        let Some(asked) = Asked::of(backend, "0001-01-01T00:00:00", end) else {
            return;
        };
        for mode in ["weighted", "weighteddone", "feedback", "done"] {
            let quotas = asked.quotas(mode);
            let days = quotas["total"]["day"]["count"].as_object().unwrap();
            assert!((1..=4000).contains(&days.len()), "{mode}: {}", days.len());
            assert!(days.contains_key(&end[..10]), "{mode}");
        }
        let artist = "aaaaaaaa-0000-4000-8000-000000000007";
        asked.get(&format!(
            "/data/projects/{PRODUCTION}/quotas/persons/{artist}?count_mode=weighted"
        ));
    }
}

/// Two years, which are counted as a whole, day by day the same as those of
/// short spans.
fn quotas_of_long_tasks_are_counted_by_working_days(backend: Backend) {
    let Some(asked) = Asked::of(backend, "2023-01-02T10:00:00", "2024-12-31T10:00:00") else {
        return;
    };
    let quotas = asked.quotas("weighted");
    let year = &quotas["total"]["year"]["count"];
    // 260 and 262 working days.
    let sum = year["2023"].as_f64().unwrap() + year["2024"].as_f64().unwrap();
    let people = quotas.as_object().unwrap().len() - 1;
    assert!((sum - people as f64).abs() < 0.02, "{year}");
    let months = quotas["total"]["month"]["count"].as_object().unwrap();
    assert_eq!(months.len(), 24);
    let entries = &quotas["total"]["day"]["entries"];
    assert_eq!(
        (&entries["2023-01"], &entries["2024-02"]),
        (&json!(22), &json!(21))
    );
}

fn retakes_without_number_are_counted_within_bounds(backend: Backend) {
    let Some(asked) = Asked::of(backend, "2026-01-05T10:00:00", "2026-01-09T10:00:00") else {
        return;
    };
    // A shot of an episode, which is what these statistics are of.
    let parts = "UPDATE entity SET parent_id = 'cccccccc-0000-4000-8000-000000000004' \
                 WHERE id = 'cccccccc-0000-4000-8000-000000000001'";
    asked.server.sql(parts).unwrap();
    let path = format!("/data/tasks/{TASK}");
    let many = json!({"retake_count": i32::MAX});
    let changed = asked
        .server
        .send(&Request::put(&path).bearer(&asked.admin).json(&many));
    assert_eq!(changed.status, 200, "{}", changed.text());
    asked.get(&format!(
        "/data/projects/{PRODUCTION}/episodes/retake-stats"
    ));
    // And one more is no failure.
    let rows = asked.get("/data/task-status?short_name=retake");
    let body = json!({"task_status_id": rows[0]["id"], "comment": "again"});
    let comment = Request::post(&format!("/actions/tasks/{TASK}/comment"));
    let comment = asked.server.send(&comment.bearer(&asked.admin).json(&body));
    assert_eq!(comment.status, 201, "{}", comment.text());
    let row = asked.get(&path);
    assert_eq!(row["retake_count"], i32::MAX);
}
