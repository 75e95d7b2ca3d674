//! Routes of the caller's own work: `/data/user/…`.

use tanuki_core::Shape;
use tanuki_core::projects::shapes::open_project;
use tanuki_core::tasks::shapes;
use tanuki_core::tasks::time::{DAY_OFFS, TIME_SPENTS};
use tanuki_core::work as core;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::work::{time, todos};
use crate::routes::{context, notifications, projects, saved_searches, subscriptions, work};

/// Mounts the routes of what is assigned to the caller, and of what they keep
/// for themselves.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes.tag("User");
    let routes = mount_assigned(routes);
    let routes = mount_time(mount_todos(routes));
    let routes = mount_saved_searches(routes);
    let routes = mount_notifications(routes);
    mount_subscriptions(routes)
}

fn mount_assigned(routes: Routes) -> Routes {
    routes
        .get(
            "/data/user/context",
            "Everything that the web client loads at login",
            context::context,
        )
        .answers(core::context_shape)
        .get(
            "/data/user/projects/open",
            "The caller's open productions",
            projects::open_of_user,
        )
        .query(&[QueryParameter::Text("name")])
        .answers(|| open_project().list())
        .get(
            "/data/user/projects/{project_id}/asset-types",
            "Asset types of the caller's tasks in a production",
            work::asset_types,
        )
        .answers(|| core::asset_type_shape().list())
        .get(
            "/data/user/projects/{project_id}/asset-types/{asset_type_id}/assets",
            "Assets of a type with tasks of the caller",
            work::assets,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/projects/{project_id}/episodes",
            "Episodes with tasks of the caller",
            work::episodes,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/projects/{project_id}/sequences",
            "Sequences with tasks of the caller",
            work::sequences,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/shots",
            "Shots of a sequence with tasks of the caller",
            work::shots,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/scenes",
            "Scenes of a sequence with tasks of the caller",
            work::scenes,
        )
        .answers(|| core::entity_shape().list())
        .get(
            "/data/user/shots/{shot_id}/tasks",
            "The caller's tasks on a shot",
            work::shot_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/shots/{shot_id}/task-types",
            "Types of the caller's tasks on a shot",
            work::shot_task_types,
        )
        .answers(|| core::task_type_shape().list())
        .get(
            "/data/user/assets/{asset_id}/tasks",
            "The caller's tasks on an asset",
            work::asset_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/assets/{asset_id}/task-types",
            "Types of the caller's tasks on an asset",
            work::asset_task_types,
        )
        .answers(|| core::task_type_shape().list())
        .get(
            "/data/user/scenes/{scene_id}/tasks",
            "The caller's tasks on a layout scene",
            work::scene_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/scenes/{scene_id}/task-types",
            "Types of the caller's tasks on a layout scene",
            work::scene_task_types,
        )
        .answers(|| core::task_type_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/tasks",
            "The caller's tasks on a sequence",
            work::sequence_tasks,
        )
        .answers(|| core::task_shape().list())
        .get(
            "/data/user/sequences/{sequence_id}/task-types",
            "Types of the caller's tasks on a sequence",
            work::sequence_task_types,
        )
        .answers(|| core::task_type_shape().list())
}

fn mount_todos(routes: Routes) -> Routes {
    let todos = |is_done| move |caller, api| todos::list(is_done, caller, api);
    routes
        .get(
            "/data/user/tasks",
            "The caller's tasks that are not done",
            todos(false),
        )
        .answers(|| shapes::own_todo().list())
        .get(
            "/data/user/done-tasks",
            "The caller's tasks that are done",
            todos(true),
        )
        .answers(|| shapes::own_todo().list())
        .get(
            "/data/user/tasks-to-check",
            "Tasks that wait for the caller's feedback",
            todos::to_check,
        )
        .query(&[
            QueryParameter::Integer("page"),
            QueryParameter::Integer("limit"),
            QueryParameter::Text("order_by"),
            QueryParameter::Id("project_id"),
            QueryParameter::Id("task_type_id"),
            QueryParameter::Id("task_status_id"),
            QueryParameter::Id("person_id"),
            QueryParameter::Id("episode_id"),
            QueryParameter::Date("due_date_since"),
            QueryParameter::Date("due_date_until"),
        ])
        .answers(|| shapes::to_check().list().or(shapes::to_check_page()))
        .get(
            "/data/user/tasks-to-check/filter-values",
            "What the tasks that wait for the caller's feedback can be filtered by",
            todos::filter_values,
        )
        .answers(shapes::to_check_filter_values)
}

fn mount_time(routes: Routes) -> Routes {
    routes
        .get(
            "/data/user/time-spents",
            "Time that the caller spent",
            time::all,
        )
        .query(&[
            QueryParameter::Date("start_date"),
            QueryParameter::Date("end_date"),
        ])
        .answers(shapes::time_spents)
        .get(
            "/data/user/time-spents/{date}",
            "Time that the caller spent on a date",
            time::on_date,
        )
        .answers(|| TIME_SPENTS.shape().list())
        .get(
            "/data/user/tasks/{task_id}/time-spents/{date}",
            "Time that the caller spent on a task on a date; null if they spent none",
            time::on_task,
        )
        .answers(|| TIME_SPENTS.shape().or_null())
        .get(
            "/data/user/day-offs/{date}",
            "The caller's day off on a date; empty if they work",
            time::day_off,
        )
        .answers(|| DAY_OFFS.shape().or(Shape::object([])))
}

fn mount_saved_searches(routes: Routes) -> Routes {
    let (filters, filter) = ("/data/user/filters", "/data/user/filters/{filter_id}");
    let groups = "/data/user/filter-groups";
    let group = "/data/user/filter-groups/{filter_group_id}";
    routes
        .get(
            filters,
            "The caller's filters and those shared with them, by list type and production",
            saved_searches::filters,
        )
        .answers(core::filters_shape)
        .post(filters, "Save a filter", saved_searches::create_filter)
        .creates(core::filter_shape)
        .put(filter, "Change a filter", saved_searches::update_filter)
        .answers(core::filter_shape)
        .delete(filter, "Delete a filter", saved_searches::remove_filter)
        .answers_nothing()
        .get(
            groups,
            "The caller's groups of filters and those shared with them, by list type and production",
            saved_searches::groups,
        )
        .answers(core::filter_groups_shape)
        .post(groups, "Create a group of filters", saved_searches::create_group)
        .creates(core::filter_group_shape)
        .get(group, "A group of filters of the caller", saved_searches::group)
        .answers(core::filter_group_shape)
        .put(group, "Change a group of filters", saved_searches::update_group)
        .answers(core::filter_group_shape)
        .delete(
            group,
            "Delete a group of filters, with its filters",
            saved_searches::remove_group,
        )
        .answers_nothing()
}

fn mount_notifications(routes: Routes) -> Routes {
    let notification = "/data/user/notifications/{notification_id}";
    routes
        .get(
            "/data/user/notifications",
            "The caller's latest notifications, at most 100",
            notifications::notifications,
        )
        .query(&[
            QueryParameter::Text("after"),
            QueryParameter::Text("before"),
            QueryParameter::Id("task_type_id"),
            QueryParameter::Id("task_status_id"),
            QueryParameter::Text("type"),
            QueryParameter::Flag("read"),
            QueryParameter::Flag("watching"),
        ])
        .answers(|| core::notification_shape().list())
        .get(
            notification,
            "A notification of the caller",
            notifications::notification,
        )
        .answers(core::notification_shape)
        .put(
            notification,
            "Mark a notification as read or unread",
            notifications::update,
        )
        .answers(core::notification_row_shape)
        .post(
            "/actions/user/notifications/mark-all-as-read",
            "Mark all notifications of the caller as read",
            notifications::mark_all,
        )
        .answers(|| Shape::object([("success", Shape::boolean())]))
}

fn mount_subscriptions(routes: Routes) -> Routes {
    let of_sequence = "/actions/user/sequences/{sequence_id}/task-types/{task_type_id}";
    let routes = routes
        .get(
            "/data/user/tasks/{task_id}/subscribed",
            "Whether the caller is subscribed to a task",
            subscriptions::is_subscribed,
        )
        .answers(Shape::boolean)
        .post(
            "/actions/user/tasks/{task_id}/subscribe",
            "Subscribe to a task",
            subscriptions::subscribe,
        )
        .creates(core::subscription_shape)
        .delete(
            "/actions/user/tasks/{task_id}/unsubscribe",
            "Unsubscribe from a task",
            subscriptions::unsubscribe,
        )
        .answers_nothing()
        .post(
            "/actions/user/tasks/subscribe",
            "Subscribe to several tasks",
            subscriptions::subscribe_many,
        )
        .creates(|| core::subscription_shape().list())
        .post(
            "/actions/user/tasks/unsubscribe",
            "Unsubscribe from several tasks",
            subscriptions::unsubscribe_many,
        )
        .answers(|| Shape::text().list())
        .post(
            &format!("{of_sequence}/subscribe"),
            "Subscribe to a task type of a sequence",
            subscriptions::subscribe_to_sequence,
        )
        .creates(core::subscription_shape)
        .delete(
            &format!("{of_sequence}/unsubscribe"),
            "Unsubscribe from a task type of a sequence",
            subscriptions::unsubscribe_from_sequence,
        )
        .answers_nothing();
    ["entities", "sequences"].iter().fold(routes, |routes, of| {
        routes
            .get(
                &format!("/data/user/{of}/{{sequence_id}}/task-types/{{task_type_id}}/subscribed"),
                "Whether the caller is subscribed to a task type of a sequence",
                subscriptions::is_subscribed_to_sequence,
            )
            .answers(Shape::boolean)
    })
}
