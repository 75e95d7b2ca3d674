//! A production with its first rows, made through the API.

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server};

/// A fresh server, and the token of its admin.
pub(crate) struct Studio {
    pub server: Server,
    pub admin: String,
}

impl Studio {
    /// `None` where there is no such database.
    pub fn open(backend: Backend) -> Option<Self> {
        let server = crate::server(backend)?;
        let admin = server.admin_token();
        Some(Self { server, admin })
    }

    /// Sends a request as the admin.
    pub fn answer(&self, request: Request) -> Response {
        self.server.send(&request.bearer(&self.admin))
    }

    /// Sends a request that must succeed.
    pub fn send(&self, request: Request) -> Value {
        let answer = self.answer(request);
        assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
        if answer.status == 204 {
            return Value::Null;
        }
        answer.json()
    }

    pub fn get(&self, path: &str) -> Value {
        self.send(Request::get(path))
    }

    pub fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).as_array().unwrap().clone()
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.send(Request::post(path).json(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Value {
        self.send(Request::put(path).json(body))
    }

    pub fn delete(&self, path: &str) {
        self.send(Request::delete(path));
    }

    /// Makes a row and returns its id.
    pub fn made(&self, path: &str, body: &Value) -> String {
        id(&self.post(path, body))
    }

    pub fn project(&self, name: &str) -> String {
        self.made("/data/projects", &json!({"name": name}))
    }

    /// Makes an entity of a kind that has a route of its own, as `shots`.
    pub fn entity(&self, project: &str, kind: &str, body: &Value) -> String {
        self.made(&format!("/data/projects/{project}/{kind}"), body)
    }

    pub fn asset_type(&self, name: &str) -> String {
        self.made("/data/entity-types", &json!({"name": name}))
    }

    pub fn asset(&self, project: &str, asset_type: &str, name: &str) -> String {
        let path = format!("/data/projects/{project}/asset-types/{asset_type}/assets/new");
        self.made(&path, &json!({"name": name}))
    }

    pub fn task_type(&self, name: &str, for_entity: &str) -> String {
        let body = json!({"name": name, "for_entity": for_entity, "color": "#112233"});
        self.made("/data/task-types", &body)
    }

    /// Makes a task of an entity.
    pub fn task(&self, entity: &str, task_type: &str) -> String {
        let row = self.get(&format!("/data/entities/{entity}"));
        let status = &self.list("/data/task-status")[0]["id"];
        let body = json!({
            "name": "main", "project_id": row["project_id"], "entity_id": entity,
            "task_type_id": task_type, "task_status_id": status,
        });
        self.made("/data/tasks", &body)
    }

    pub fn cast(&self, project: &str, entity: &str, casting: &Value) -> Response {
        let path = format!("/data/projects/{project}/entities/{entity}/casting");
        self.answer(Request::put(&path).json(casting))
    }

    /// The ids of the assets that are cast in an entity.
    pub fn casting(&self, project: &str, entity: &str) -> Vec<String> {
        let path = format!("/data/projects/{project}/entities/{entity}/casting");
        let mut ids: Vec<String> = self
            .list(&path)
            .iter()
            .map(|link| link["asset_id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    }
}

pub(crate) fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}
