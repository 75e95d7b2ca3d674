//! Routes of the studio as a whole: events, and the order of task types and
//! statuses.

use crate::manifest::Routes;
use crate::routes::{events, order};

/// Mounts the routes of events, logins, task types and statuses.
pub(super) fn mount(routes: Routes) -> Routes {
    routes
        .tag("Events")
        .get(
            "/data/events/last",
            "The last events, newest first",
            events::last,
        )
        .get(
            "/data/events/login-logs/last",
            "The last logins, newest first",
            events::last_logins,
        )
        .tag("Crud")
        .post(
            "/data/task-type-links",
            "Let a production use a task type",
            order::link_task_type,
        )
        .post(
            "/data/task-status-links",
            "Let a production use a task status",
            order::link_task_status,
        )
        .post(
            "/actions/projects/{project_id}/task-type-links/reorder",
            "Put the task types of a production into order",
            order::order_project_task_types,
        )
        .post(
            "/actions/projects/{project_id}/task-status-links/reorder",
            "Put the task statuses of a production into order",
            order::order_project_task_statuses,
        )
        .post(
            "/actions/task-types/reorder",
            "Put the task types of the studio into order",
            order::order_task_types,
        )
}
