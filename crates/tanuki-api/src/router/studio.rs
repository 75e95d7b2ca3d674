//! Routes of the studio as a whole: events, the search, and the order of task
//! types and statuses.

use serde_json::{Value, json};

use tanuki_core::Shape;
use tanuki_core::event_log::{event_shape, login_shape};
use tanuki_core::projects::LinkOrder;
use tanuki_core::projects::shapes::setting_link;
use tanuki_core::studio::TASK_TYPES;

use crate::extract::{QueryParameter, id_schema};
use crate::manifest::Routes;
use crate::routes::{events, order, search};

/// Mounts the routes of events, logins, the search, task types and statuses.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Events")
        .get(
            "/data/events/last",
            "The last events, newest first",
            events::last,
        )
        .query(&[
            QueryParameter::Integer("limit"),
            QueryParameter::Text("after"),
            QueryParameter::Text("before"),
            QueryParameter::Id("cursor_event_id"),
            QueryParameter::Flag("only_files"),
            QueryParameter::Id("project_id"),
            QueryParameter::Text("name"),
            QueryParameter::Texts("name_prefixes"),
            QueryParameter::Texts("name_suffixes"),
            QueryParameter::Texts("person_ids"),
        ])
        .answers(|| event_shape().list())
        .get(
            "/data/events/names",
            "The names of the recorded events",
            events::names,
        )
        .answers(|| Shape::text().list())
        .get(
            "/data/events/login-logs/last",
            "The last logins, newest first",
            events::last_logins,
        )
        .query(&[
            QueryParameter::Integer("limit"),
            QueryParameter::Text("after"),
            QueryParameter::Text("before"),
            QueryParameter::Id("cursor_login_log_id"),
            QueryParameter::Texts("person_ids"),
        ])
        .answers(|| login_shape().list())
        .tag("Search")
        .post(
            "/data/search",
            "Entities and people by words of their names, descriptions and metadata",
            search::search,
        )
        .answers(tanuki_core::search::shape)
        .tag("Crud")
        .post(
            "/data/task-type-links",
            "Add a task type to a production",
            order::link_task_type,
        )
        .query(&[
            QueryParameter::Id("project_id"),
            QueryParameter::Id("task_type_id"),
            QueryParameter::Integer("priority"),
        ])
        .creates(|| setting_link(LinkOrder::TaskTypes))
        .post(
            "/data/task-status-links",
            "Add a task status to a production",
            order::link_task_status,
        )
        .query(&[
            QueryParameter::Id("project_id"),
            QueryParameter::Id("task_status_id"),
            QueryParameter::Integer("priority"),
            QueryParameter::Texts("roles_for_board"),
        ])
        .creates(|| setting_link(LinkOrder::TaskStatuses))
        .post(
            "/actions/projects/{project_id}/task-type-links/reorder",
            "Reorder the task types of a production",
            order::order_project_task_types,
        )
        .json(|| id_list("task_type_ids"))
        .answers(|| setting_link(LinkOrder::TaskTypes).list())
        .post(
            "/actions/projects/{project_id}/task-status-links/reorder",
            "Reorder the task statuses of a production",
            order::order_project_task_statuses,
        )
        .json(|| id_list("task_status_ids"))
        .answers(|| setting_link(LinkOrder::TaskStatuses).list())
        .post(
            "/actions/task-types/reorder",
            "Reorder the task types of the studio",
            order::order_task_types,
        )
        .json(|| id_list("task_type_ids"))
        .answers(|| TASK_TYPES.shape().list())
}

/// The schema of an object with one list of ids.
fn id_list(key: &str) -> Value {
    let ids = json!({"type": "array", "items": id_schema()});
    json!({"type": "object", "properties": {key: ids}, "required": [key]})
}
