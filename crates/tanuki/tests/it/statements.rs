//! How many statements an operation sends: a list that asks once a row, or a
//! check that asks again for what is known, shows here without a clock.

use std::path::Path;

use serde_json::{Value, json};
use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};
use uuid::Uuid;

use crate::{BINARY, on_both};

on_both! {
    an_operation_sends_as_many_statements_as_it_needs
    many_rows_are_changed_with_as_many_statements_as_a_few
    many_entities_are_deleted_with_as_many_statements_as_a_few
}

/// Production, shot and task of `scenarios/communication.sql` whose rows are read.
struct Rows {
    project: String,
    entity: String,
    task: String,
    person: String,
}

fn an_operation_sends_as_many_statements_as_it_needs(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let Some(server) = logging(backend, &log) else {
        return;
    };
    let token = server.admin_token();
    let first = |path: &str| -> Value {
        let answer = server.send(&Request::get(path).bearer(&token));
        answer.json()[0].clone()
    };
    let task = first("/data/tasks");
    let text = |key: &str| task[key].as_str().unwrap().to_owned();
    let rows = Rows {
        project: text("project_id"),
        entity: text("entity_id"),
        task: text("id"),
        person: first("/data/persons")["id"].as_str().unwrap().to_owned(),
    };
    for (path, most) in reads(&rows) {
        let before = statements(&log);
        let answer = server.send(&Request::get(&path).bearer(&token));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let sent = statements(&log) - before;
        assert!(sent >= 1, "{path}: the log tells nothing");
        assert!(sent <= most, "{path}: {sent} statements instead of {most}");
    }
    let before = statements(&log);
    let path = format!("/data/tasks/{}", rows.task);
    let change = Request::put(&path)
        .bearer(&token)
        .json(&json!({"priority": 3}));
    assert_eq!(server.send(&change).status, 200);
    let sent = statements(&log) - before;
    assert!(sent <= 6, "an update of a task: {sent} statements");
    let before = statements(&log);
    let comment = Request::post(&format!("/actions/tasks/{}/comment", rows.task))
        .bearer(&token)
        .json(&json!({"task_status_id": text("task_status_id"), "comment": "told"}));
    assert_eq!(server.send(&comment).status, 201);
    let sent = statements(&log) - before;
    assert!(sent <= 14, "a comment: {sent} statements");
}

/// A server with `scenarios/communication.sql` that logs its statements.
fn logging(backend: Backend, log: &Path) -> Option<Server> {
    let server = Setup::new(BINARY, backend)
        .variable("TANUKI_LOG", "warn,tanuki_store=trace")
        .log_to(log)
        .start()?;
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    Some(server)
}

/// The production of `communication.sql`, with a shot, a character and a person.
const PRODUCTION: &str = "bbbbbbbb-0000-4000-8000-000000000001";
const SHOT: &str = "cccccccc-0000-4000-8000-000000000002";
const ASSET: &str = "cccccccc-0000-4000-8000-000000000003";
const PERSON: &str = "aaaaaaaa-0000-4000-8000-000000000007";

/// Rows of which requests name few or many.
#[derive(Default)]
struct Many {
    assets: Vec<String>,
    shots: Vec<String>,
    tasks: Vec<String>,
    task_types: Vec<String>,
    template: String,
}

impl Many {
    fn create(count: usize, post: impl Fn(&str, Value) -> String, kinds: [Value; 2]) -> Self {
        let [asset_type, shot_type] = kinds;
        let mut many = Self {
            template: post("/data/project-templates", json!({"name": "Many"})),
            ..Self::default()
        };
        let of_shots = json!({"name": "Many", "for_entity": "Shot", "color": "#000000"});
        let of_shots = post("/data/task-types", of_shots);
        for number in 0..count {
            let entity = |kind: &Value| {
                let name = format!("many {number}");
                let body = json!({"name": name, "project_id": PRODUCTION, "entity_type_id": kind});
                post("/data/entities", body)
            };
            many.assets.push(entity(&asset_type));
            let shot = entity(&shot_type);
            let task =
                json!({"project_id": PRODUCTION, "entity_id": shot, "task_type_id": of_shots});
            let task = post("/data/tasks", task);
            let preview = json!({
                "name": "p", "task_id": task, "revision": 1, "position": 1, "extension": "png",
            });
            post("/data/preview-files", preview);
            many.shots.push(shot);
            many.tasks.push(task);
            let name = format!("T{number}");
            let body = json!({"name": name, "for_entity": "Shot", "color": "#000000"});
            let task_type = post("/data/task-types", body);
            let link = json!({"project_id": PRODUCTION, "task_type_id": task_type});
            post("/data/task-type-links", link);
            many.task_types.push(task_type);
        }
        many
    }

    /// Requests about the first `count` rows of each kind.
    fn requests(&self, count: usize) -> Vec<Request> {
        let [tasks, assets, shots, task_types] =
            [&self.tasks, &self.assets, &self.shots, &self.task_types].map(|ids| &ids[..count]);
        let cast = |asset: &String| json!({"asset_id": asset, "nb_occurences": 1});
        let casting: Vec<Value> = assets.iter().map(cast).collect();
        let casting_of =
            |entity: &str| format!("/data/projects/{PRODUCTION}/entities/{entity}/casting");
        let templates = (0..count).map(|number| {
            let template = format!("<Project>/<AssetType>/<Asset>/<TaskType>/<Task>/{number}");
            (format!("t{number}"), Value::from(template))
        });
        let tree = json!({"working": {
            "mountpoint": "/m", "root": "", "folder_path": Value::Object(templates.collect()),
        }});
        let guess = json!({"project_id": PRODUCTION, "file_path": "/m/a/b/c/d/e"});
        let one_each = |nb_occurences: u8| -> Value {
            let casting = |(shot, asset): (&String, &String)| {
                let cast = json!({"asset_id": asset, "nb_occurences": nb_occurences});
                (shot.clone(), json!([cast]))
            };
            Value::Object(shots.iter().zip(assets).map(casting).collect())
        };
        let none = shots.iter().map(|shot| (shot.clone(), json!([])));
        let castings = format!("/data/projects/{PRODUCTION}/entities/casting");
        let cast_one = |nb_occurences: u8| {
            Request::put(&format!("{castings}/assets/{ASSET}"))
                .json(&json!({"entity_ids": shots, "nb_occurences": nb_occurences}))
        };
        let of_type = |id: &String| json!({"task_type_id": id, "priority": 3});
        let of_types: Vec<Value> = task_types.iter().map(of_type).collect();
        vec![
            Request::put("/actions/tasks/set-priority")
                .json(&json!({"task_ids": tasks, "priority": 2})),
            Request::put(&format!("/actions/persons/{PERSON}/assign"))
                .json(&json!({"task_ids": tasks})),
            Request::put("/actions/tasks/clear-assignation")
                .json(&json!({"task_ids": tasks, "person_id": PERSON})),
            Request::put("/actions/tasks/set-main-preview").json(&json!({"task_ids": tasks})),
            Request::post("/actions/assets/share").json(&json!({"asset_ids": assets})),
            Request::put(&casting_of(SHOT)).json(&json!(casting)),
            Request::put(&casting_of(SHOT)).json(&json!([])),
            Request::put(&casting_of(&shots[0])).json(&json!(casting)),
            Request::post("/actions/task-types/reorder")
                .json(&json!({"task_type_ids": task_types})),
            Request::post(&format!(
                "/actions/projects/{PRODUCTION}/task-type-links/reorder"
            ))
            .json(&json!({"task_type_ids": task_types})),
            Request::put(&format!("/data/projects/{PRODUCTION}")).json(&json!({"file_tree": tree})),
            Request::post("/data/entities/guess-from-path").json(&guess),
            Request::put(&castings).json(&one_each(1)),
            Request::put(&castings).json(&one_each(2)),
            cast_one(2),
            cast_one(3),
            cast_one(0),
            Request::put(&castings).json(&Value::Object(none.collect())),
            Request::post(&format!("/data/projects/{PRODUCTION}/settings/batch"))
                .json(&json!({"task_types": of_types})),
            Request::post(&format!(
                "/actions/project-templates/{}/task-types/reorder",
                self.template
            ))
            .json(&json!({"task_type_ids": task_types})),
            Request::post("/import/kitsu/entities").json(&new_shots(count)),
            Request::post("/import/shotgun/steps").json(&new_steps(count)),
        ]
    }
}

/// Shots of another server, with a casting each.
fn new_shots(count: usize) -> Value {
    let shot = |_| {
        let id = Uuid::new_v4().to_string();
        json!({"id": id, "name": id, "project_id": PRODUCTION, "type": "Shot", "entities_out": [ASSET]})
    };
    (0..count).map(shot).collect()
}

/// Steps of ShotGrid, with a department each.
fn new_steps(count: usize) -> Value {
    let step = |_| {
        let id = Uuid::new_v4();
        json!({"id": (id.as_u128() % 2_000_000_000) as u32, "code": id.to_string()})
    };
    (0..count).map(step).collect()
}

/// Lists of up to 16 ids are written in another way than longer ones, in as many
/// statements.
fn many_rows_are_changed_with_as_many_statements_as_a_few(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let Some(server) = logging(backend, &log) else {
        return;
    };
    let token = server.admin_token();
    let post = |path: &str, body: Value| created(&server, &token, path, &body);
    let kinds = [kind(&server, &token, ASSET), kind(&server, &token, SHOT)];
    let (few, count) = (3, 40);
    let many = Many::create(count, post, kinds);
    let sent = |request: Request| {
        let before = statements(&log);
        let answer = server.send(&request.clone().bearer(&token));
        assert!(answer.status < 300, "{request:?}: {}", answer.text());
        (statements(&log) - before, answer.json())
    };
    // The second round finds what the first one has prepared.
    for round in 0..2 {
        for (short, long) in many.requests(few).into_iter().zip(many.requests(count)) {
            let named = format!("{long:?}");
            let named = &named[..named.len().min(120)];
            let (of_few, _) = sent(short);
            let (of_many, answer) = sent(long);
            assert!(of_few > 0, "{named}: the log tells nothing");
            // The long request finds some of its rows as the short one has left
            // them, and may send a few statements more for these.
            assert!(
                round == 0 || of_many <= of_few + 3,
                "{named}: {of_many} statements instead of {of_few}"
            );
            if let Some(rows) = answer.as_array().filter(|rows| !rows.is_empty()) {
                assert!(rows.len() >= count, "{named}: {answer}");
            }
        }
    }
    let path = format!("/data/tasks?relations=true&project_id={PRODUCTION}");
    let tasks = server.send(&Request::get(&path).bearer(&token)).json();
    let tasks = tasks.as_array().unwrap().iter();
    let changed: Vec<&Value> = tasks
        .filter(|task| many.tasks.iter().any(|id| task["id"] == **id))
        .collect();
    assert_eq!(changed.len(), count);
    for task in changed {
        assert_eq!(task["priority"], 2, "{task}");
        assert_eq!(task["assignees"], json!([]), "{task}");
    }
}

/// Shots with a task, a preview and a casting, and the assets cast in them.
fn many_entities_are_deleted_with_as_many_statements_as_a_few(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let Some(server) = logging(backend, &log) else {
        return;
    };
    let token = server.admin_token();
    let (few, count) = (3, 40);
    let many = {
        let post = |path: &str, body: Value| created(&server, &token, path, &body);
        let kinds = [kind(&server, &token, ASSET), kind(&server, &token, SHOT)];
        Many::create(2 * few + count, post, kinds)
    };
    let send = |request: Request| {
        let answer = server.send(&request.clone().bearer(&token));
        assert!(answer.status < 300, "{request:?}: {}", answer.text());
        answer.json()
    };
    let cast = |asset: &String| json!({"asset_id": asset, "nb_occurences": 1});
    let main_previews = json!({"task_ids": many.tasks});
    send(Request::put("/actions/tasks/set-main-preview").json(&main_previews));
    let castings = many.shots.iter().zip(&many.assets);
    let castings = castings.map(|(shot, asset)| (shot.clone(), json!([cast(asset)])));
    let castings = Value::Object(castings.collect());
    let path = format!("/data/projects/{PRODUCTION}/entities/casting");
    send(Request::put(&path).json(&castings));
    let path = format!("/actions/projects/{PRODUCTION}/delete-entities?force=true");
    for ids in [&many.shots, &many.assets] {
        // The first request prepares statements.
        let mut sent = Vec::new();
        for ids in [&ids[..few], &ids[few..2 * few], &ids[2 * few..]] {
            let before = statements(&log);
            let deleted = send(Request::post(&path).json(&json!(ids)));
            sent.push(statements(&log) - before);
            assert_eq!(deleted.as_array().unwrap().len(), ids.len());
        }
        assert!(sent[1] > 0, "the log tells nothing");
        assert!(
            sent[2] <= sent[1] + 1,
            "statements of 3, 3 and 40: {sent:?}"
        );
    }
    let left = send(Request::get(&format!(
        "/data/entities?project_id={PRODUCTION}"
    )));
    let left = left.as_array().unwrap().iter();
    let is_of = |ids: &[String], row: &Value| ids.iter().any(|id| row["id"] == **id);
    let left = left.filter(|row| is_of(&many.shots, row) || is_of(&many.assets, row));
    assert_eq!(left.count(), 0);
}

/// Sends a creation and returns the id of the new row.
fn created(server: &Server, token: &str, path: &str, body: &Value) -> String {
    let answer = server.send(&Request::post(path).bearer(token).json(body));
    assert!(answer.status < 300, "{path}: {}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The entity type of an entity.
fn kind(server: &Server, token: &str, entity: &str) -> Value {
    let path = format!("/data/entities/{entity}");
    let row = server.send(&Request::get(&path).bearer(token)).json();
    row["entity_type_id"].clone()
}

/// What is read, and the statements that it may send: one for who asks, and
/// one for an answer that is about one thing.
fn reads(rows: &Rows) -> Vec<(String, usize)> {
    let Rows {
        project,
        entity,
        task,
        person,
    } = rows;
    let of_all = [
        ("/auth/authenticated", 1),
        // Some lists for the whole studio and some of the caller, read together.
        ("/data/user/context", 21),
        ("/data/projects/open", 6),
        ("/data/task-types", 2),
        ("/data/persons?relations=true", 2),
        ("/data/projects?relations=true", 2),
        ("/data/tasks?relations=true", 2),
        ("/data/persons/task-dates", 2),
        ("/data/tasks?page=1&limit=5", 3),
        ("/data/comments?page=1&limit=5", 3),
        ("/data/notifications?page=1&limit=5", 3),
        ("/data/news?page=1&limit=5", 3),
        ("/data/time-spents?page=1&limit=5", 3),
        // Caller and studio, sums, tasks.
        ("/data/tasks/open-tasks", 3),
        ("/data/tasks/open-tasks/stats", 2),
        ("/data/tasks/open-tasks/burndown", 2),
        ("/data/user/tasks", 2),
        ("/data/user/done-tasks", 2),
        ("/data/user/notifications", 2),
        ("/data/user/tasks-to-check/filter-values", 3),
        ("/data/projects/news", 3),
        ("/data/persons/time-spents/month-table/2026", 2),
    ];
    let of_rows = [
        (format!("/data/tasks?project_id={project}"), 2),
        (format!("/data/tasks/open-tasks?project_id={project}"), 3),
        (format!("/data/entities?project_id={project}"), 2),
        (format!("/data/comments?object_id={task}"), 2),
        // Caller and studio, sums, tasks.
        (
            format!("/data/user/tasks-to-check?page=1&episode_id={entity}"),
            4,
        ),
        // With its team, settings, descriptors and status.
        (format!("/data/projects/{project}"), 7),
        (format!("/data/projects/{project}/news"), 4),
        (
            format!("/data/projects/{project}/comments?page=1&limit=50"),
            4,
        ),
        (format!("/data/shots/with-tasks?project_id={project}"), 3),
        (format!("/data/assets/with-tasks?project_id={project}"), 3),
        (format!("/data/projects/{project}/playlists"), 2),
        (format!("/data/projects/{project}/episodes/stats"), 3),
        (
            format!("/data/projects/{project}/quotas/persons/{person}"),
            7,
        ),
        (format!("/data/tasks/{task}"), 2),
        (format!("/data/tasks/{task}/full"), 2),
        // With the place of the caller, and who answered.
        (format!("/data/tasks/{task}/comments"), 4),
        (format!("/data/entities/{entity}"), 2),
        (format!("/data/entities/{entity}/news"), 4),
        (format!("/data/persons/{person}"), 2),
        (format!("/data/persons/{person}/tasks"), 3),
        (format!("/data/persons/{person}/done-tasks"), 3),
        (format!("/data/persons/{person}/time-spents/2026-11-02"), 3),
    ];
    let of_all = of_all.map(|(path, most)| (path.to_owned(), most));
    of_all.into_iter().chain(of_rows).collect()
}

/// How many statements a log has, without those of the job queue, which runs
/// beside the requests.
pub(crate) fn statements(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).unwrap();
    let is_counted = |line: &&str| line.contains("statement sql=") && !line.contains("tanuki_job");
    text.lines().filter(is_counted).count()
}
