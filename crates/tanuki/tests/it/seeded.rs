//! A server with the rows of the seeds, and its admin.

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};

use crate::{BINARY, rows_of};

pub(crate) const PROJECT: &str = "bbbbbbbb-0000-4000-8000-000000000001";
pub(crate) const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
/// Who is assigned to the task.
pub(crate) const ARTIST: &str = "aaaaaaaa-0000-4000-8000-000000000003";
pub(crate) const SHOT: &str = "cccccccc-0000-4000-8000-000000000013";

/// A server with the rows of the seeds, and its admin.
pub(crate) struct Studio {
    pub(crate) server: Server,
    admin: String,
}

impl Studio {
    pub(crate) fn open(backend: Backend) -> Option<Self> {
        Self::open_with(Setup::new(BINARY, backend))
    }

    pub(crate) fn open_with(setup: Setup) -> Option<Self> {
        let server = setup.start()?;
        server.load_fixture(&rows_of("seeds")).unwrap();
        let admin = server.admin_token();
        Some(Self { server, admin })
    }

    pub(crate) fn send(&self, request: Request) -> Response {
        self.server.send(&request.bearer(&self.admin))
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send(Request::get(path))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        self.send(Request::post(path).json(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Response {
        self.send(Request::put(path).json(body))
    }

    /// A body as it is written, which a JSON library might mend.
    pub(crate) fn raw(&self, request: Request, body: &str) -> Response {
        let request = request.header("Content-Type", "application/json");
        self.send(request.body(body.as_bytes().to_vec()))
    }

    /// The first row of a list.
    pub(crate) fn first(&self, path: &str) -> Value {
        self.get(path).json()[0].clone()
    }

    pub(crate) fn id_of_first(&self, path: &str) -> String {
        self.first(path)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn created(&self, path: &str, body: &Value) -> String {
        let answer = self.post(path, body);
        assert!(answer.status < 300, "{path}: {}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn comment(&self, extra: Value) -> Response {
        let status = self.id_of_first("/data/task-status");
        let mut body = json!({"task_status_id": status, "comment": "hello"});
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        self.post(&format!("/actions/tasks/{TASK}/comment"), &body)
    }
}

pub(crate) fn refused(answer: &Response, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {}", answer.text());
}
