//! What is measured.

use serde_json::json;

use crate::client::Request;
use crate::studio::Facts;

/// One line of the report.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub work: Work,
    /// How many times the reference's speed is asked for.
    pub goal: Option<f64>,
}

/// What a case does.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// A small answer, asked for over sixteen connections.
    Light(fn(&Facts) -> String),
    /// Small answers of one kind that take turns: nobody asks for what somebody
    /// else asks for at the same moment.
    Turns(fn(&Facts) -> Vec<String>),
    /// Searches for these texts in turn, by one client.
    Search(&'static [&'static str]),
    /// A large answer, asked for by one client; and the query by which psql
    /// fetches the same rows.
    Heavy {
        path: fn(&Facts) -> String,
        rows: fn(&Facts) -> String,
    },
    /// A change: its number is that of the request.
    Write(fn(&Facts, &str, usize) -> Request),
    /// Logging in, by one client.
    Login,
}

impl Case {
    /// Whether the answer may have `name` in its name, if one is asked for.
    pub fn is_named(&self, asked: &[String]) -> bool {
        asked.is_empty() || asked.iter().any(|name| self.name.contains(name.as_str()))
    }
}

const fn light(name: &'static str, path: fn(&Facts) -> String, goal: f64) -> Case {
    Case {
        name,
        work: Work::Light(path),
        goal: Some(goal),
    }
}

const fn heavy(
    name: &'static str,
    path: fn(&Facts) -> String,
    rows: fn(&Facts) -> String,
    goal: f64,
) -> Case {
    Case {
        name,
        work: Work::Heavy { path, rows },
        goal: Some(goal),
    }
}

/// What people search for in the synthetic studio: names, their beginnings and
/// parts, of sequence and shot, with typos, and words of descriptions and
/// metadata.
const SEARCHES: [&str; 12] = [
    "SH0120",
    "SH0",
    "sq0042 sh0120",
    "SQ00",
    "asset 0042",
    "Asset 00420",
    "assett 00420",
    "0777",
    "charcter 0042",
    "enviroment",
    "last15",
    "silhouette",
];

/// Every case, in the order of the report.
pub const CASES: [Case; 27] = [
    light("who am I", |_| "/auth/authenticated".into(), 25.0),
    light("a shot", |its| format!("/data/shots/{}", its.shot), 25.0),
    light(
        "an asset",
        |its| format!("/data/assets/{}", its.asset),
        25.0,
    ),
    light("a task", |its| format!("/data/tasks/{}", its.task), 25.0),
    Case {
        name: "shots in turn",
        work: Work::Turns(|its| paths("/data/shots/", its.shots.iter())),
        goal: None,
    },
    Case {
        name: "tasks in turn",
        work: Work::Turns(|its| {
            let tasks = its.tasks.iter().map(|(task, _)| task);
            paths("/data/tasks/", tasks.take(its.shots.len()))
        }),
        goal: None,
    },
    light(
        "a production",
        |its| format!("/data/projects/{}", its.project),
        25.0,
    ),
    light("task types", |_| "/data/task-types".into(), 25.0),
    light("task statuses", |_| "/data/task-status".into(), 25.0),
    light(
        "a task's comments",
        |its| format!("/data/tasks/{}/comments", its.task),
        20.0,
    ),
    light(
        "a shot's tasks",
        |its| format!("/data/shots/{}/tasks", its.shot),
        20.0,
    ),
    light(
        "a task in full",
        |its| format!("/data/tasks/{}/full", its.task),
        20.0,
    ),
    light(
        "people with their links",
        |_| "/data/persons?relations=true".into(),
        20.0,
    ),
    Case {
        name: "search, one client",
        work: Work::Search(&SEARCHES),
        goal: Some(20.0),
    },
    light(
        "what the web client loads at login",
        |_| "/data/user/context".into(),
        20.0,
    ),
    heavy(
        "one's own tasks",
        |_| "/data/user/tasks".into(),
        |_| {
            tasks_where(
                "l.person_id = (select id from person where role = 'admin') and not s.is_done",
            )
        },
        15.0,
    ),
    heavy(
        "tasks to check",
        |_| "/data/user/tasks-to-check".into(),
        |_| tasks_where("s.is_feedback_request"),
        15.0,
    ),
    light(
        "one's notifications",
        |_| "/data/user/notifications".into(),
        20.0,
    ),
    light(
        "news of a production",
        |its| format!("/data/projects/{}/news", its.project),
        20.0,
    ),
    heavy(
        "shots with tasks",
        |its| format!("/data/shots/with-tasks?project_id={}", its.project),
        |its| with_tasks(its, "= 'Shot'"),
        8.0,
    ),
    heavy(
        "assets with tasks",
        |its| format!("/data/assets/with-tasks?project_id={}", its.project),
        |its| with_tasks(its, "in ('Character', 'Prop', 'Environment', 'FX')"),
        8.0,
    ),
    heavy(
        "tasks of a production",
        |its| format!("/data/tasks?project_id={}", its.project),
        |its| format!("select * from task where project_id = '{}'", its.project),
        15.0,
    ),
    heavy(
        "entities of a production",
        |its| format!("/data/entities?project_id={}", its.project),
        |its| format!("select * from entity where project_id = '{}'", its.project),
        15.0,
    ),
    Case {
        name: "comment",
        work: Work::Write(|its, token, number| {
            let (task, _) = task(its, number);
            let path = format!("/actions/tasks/{task}/comment");
            let body = json!({
                "task_status_id": its.status,
                "comment": format!("Comment {number}: the silhouette reads well."),
            });
            Request::new("POST", &path, token, Some(&body))
        }),
        goal: Some(15.0),
    },
    Case {
        name: "task status",
        work: Work::Write(|its, token, number| {
            let path = format!("/data/tasks/{}", task(its, number).0);
            let rounds = number / its.tasks.len();
            let status = if rounds.is_multiple_of(2) {
                &its.other_status
            } else {
                &its.status
            };
            Request::new(
                "PUT",
                &path,
                token,
                Some(&json!({"task_status_id": status})),
            )
        }),
        goal: None,
    },
    Case {
        name: "time spent",
        work: Work::Write(|its, token, number| {
            let day = 1 + number / its.tasks.len() % 28;
            let (task, person) = task(its, number);
            let path =
                format!("/actions/tasks/{task}/time-spents/2026-02-{day:02}/persons/{person}");
            Request::new("POST", &path, token, Some(&json!({"duration": 60})))
        }),
        goal: None,
    },
    Case {
        name: "login, bcrypt 12",
        work: Work::Login,
        goal: None,
    },
];

fn paths<'a>(place: &str, ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    ids.map(|id| format!("{place}{id}")).collect()
}

fn task(its: &Facts, number: usize) -> &(String, String) {
    &its.tasks[number % its.tasks.len()]
}

/// Entities, their tasks and whom these are assigned to, as rows.
fn with_tasks(its: &Facts, types: &str) -> String {
    format!(
        "select e.*, t.*, a.people from entity e join entity_type k on k.id = e.entity_type_id \
         left join task t on t.entity_id = e.id \
         left join (select task_id, array_agg(person_id) people from task_person_link \
         group by task_id) a on a.task_id = t.id \
         where e.project_id = '{}' and k.name {types}",
        its.project
    )
}

/// Tasks with what they refer to and whom they are assigned to, as rows.
fn tasks_where(condition: &str) -> String {
    format!(
        "select t.*, p.name, e.*, y.name, s.name, l.person_id from task t \
         join project p on p.id = t.project_id join entity e on e.id = t.entity_id \
         join task_type y on y.id = t.task_type_id join task_status s on s.id = t.task_status_id \
         left join task_person_link l on l.task_id = t.id where {condition}"
    )
}
