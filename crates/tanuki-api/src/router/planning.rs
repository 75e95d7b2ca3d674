//! Routes of schedules, budgets and time of projects.

use tanuki_core::Shape;
use tanuki_core::planning::{
    BUDGET_ENTRIES, BUDGETS, SCHEDULE_ITEMS, SCHEDULE_VERSION_TASKS, shapes,
};
use tanuki_core::tasks::time::TIME_SPENTS;

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::planning::{budgets, schedule, statistics, time, versions};

/// Mounts the routes of planning and of time spent.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes.tag("Projects");
    let routes = mount_budgets(routes);
    let routes = mount_schedule(routes);
    mount_statistics(mount_time(mount_versions(routes)))
}

fn mount_budgets(routes: Routes) -> Routes {
    routes
        .get(
            "/data/projects/{project_id}/budgets",
            "Budgets of a production",
            budgets::list,
        )
        .answers(|| shapes::listed_budget().list())
        .post(
            "/data/projects/{project_id}/budgets",
            "Add a budget to a production",
            budgets::create,
        )
        .answers(|| BUDGETS.shape())
        .get(
            "/data/projects/{project_id}/budgets/time-spents",
            "Time spent on a production by department, person and month",
            budgets::time_spents,
        )
        .answers(shapes::time_by_department)
        .get(
            "/data/projects/{project_id}/budgets/{budget_id}",
            "A budget of a production",
            budgets::read,
        )
        .answers(|| BUDGETS.shape())
        .put(
            "/data/projects/{project_id}/budgets/{budget_id}",
            "Rename a budget or change its currency",
            budgets::update,
        )
        .answers(|| BUDGETS.shape())
        .delete(
            "/data/projects/{project_id}/budgets/{budget_id}",
            "Delete a budget with its entries",
            budgets::delete,
        )
        .answers_nothing()
        .get(
            "/data/projects/{project_id}/budgets/{budget_id}/entries",
            "Entries of a budget",
            budgets::entries,
        )
        .answers(|| shapes::listed_entry().list())
        .post(
            "/data/projects/{project_id}/budgets/{budget_id}/entries",
            "Add an entry to a budget",
            budgets::create_entry,
        )
        .answers(|| BUDGET_ENTRIES.shape())
        .get(
            "/data/projects/{project_id}/budgets/{budget_id}/entries/{entry_id}",
            "An entry of a budget",
            budgets::read_entry,
        )
        .answers(|| BUDGET_ENTRIES.shape())
        .put(
            "/data/projects/{project_id}/budgets/{budget_id}/entries/{entry_id}",
            "Update an entry of a budget",
            budgets::update_entry,
        )
        .answers(|| BUDGET_ENTRIES.shape())
        .delete(
            "/data/projects/{project_id}/budgets/{budget_id}/entries/{entry_id}",
            "Delete an entry of a budget",
            budgets::delete_entry,
        )
        .answers_nothing()
}

fn mount_schedule(routes: Routes) -> Routes {
    routes
        .get(
            "/data/projects/{project_id}/milestones",
            "Milestones of a production",
            schedule::milestones,
        )
        .answers(|| shapes::milestone().list())
        .get(
            "/data/projects/{project_id}/schedule-items",
            "Schedule items of a production",
            schedule::items,
        )
        .answers(|| SCHEDULE_ITEMS.shape().list())
        .get(
            "/data/projects/{project_id}/schedule-items/task-types",
            "Schedule items of the task types of a production",
            schedule::task_types,
        )
        .answers(|| shapes::task_type_item().list())
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/asset-types",
            "Schedule items of a task type by asset type",
            schedule::asset_types,
        )
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| shapes::item_of_object().list())
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/episodes",
            "Schedule items of a task type by episode",
            schedule::episodes,
        )
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| shapes::item_of_object().list())
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/sequences",
            "Schedule items of a task type by sequence",
            schedule::sequences,
        )
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| shapes::item_of_object().list())
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/edits",
            "Schedule items of a task type by edit",
            schedule::edits,
        )
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| shapes::item_of_object().list())
}

fn mount_versions(routes: Routes) -> Routes {
    const ACTIONS: &str = "/actions/production-schedule-versions/{production_schedule_version_id}";
    let action = |name: &str| format!("{ACTIONS}/{name}");
    routes
        .get(
            "/data/production-schedule-versions/{production_schedule_version_id}/task-links",
            "Planned dates of the tasks in a schedule version",
            versions::task_links,
        )
        .query(&[QueryParameter::Id("task_type_id")])
        .query(&[QueryParameter::Flag("relations")])
        .answers(|| SCHEDULE_VERSION_TASKS.shape().list())
        .post(
            &action("set-task-links-from-production"),
            "Fill a version of a schedule with how things stand",
            versions::fill,
        )
        .answers(|| done_with("task_link_count"))
        .post(
            &action("set-task-links-from-production-schedule-version"),
            "Fill a version of a schedule from another",
            versions::copy,
        )
        .answers(|| done_with("task_link_count"))
        .post(
            &action("apply-to-production"),
            "Plan the tasks of a production by a version of its schedule",
            versions::apply,
        )
        .answers(|| done_with("task_count"))
}

fn mount_time(routes: Routes) -> Routes {
    routes
        .get(
            "/data/projects/{project_id}/time-spents",
            "Time spent on a production",
            time::spent,
        )
        .answers(|| TIME_SPENTS.shape().list())
        .get(
            "/data/projects/{project_id}/task-types/{task_type_id}/time-spents",
            "Time spent on a task type of a production by person",
            time::spent_on_task_type,
        )
        .query(&[
            QueryParameter::Date("start_date"),
            QueryParameter::Date("end_date"),
        ])
        .answers(shapes::time_by_person)
        .get(
            "/data/projects/{project_id}/day-offs",
            "Days off of the team of a production by person",
            time::day_offs,
        )
        .query(&[
            QueryParameter::Date("start_date"),
            QueryParameter::Date("end_date"),
        ])
        .answers(shapes::days_off_by_person)
}

fn mount_statistics(routes: Routes) -> Routes {
    routes
        .tag("Shots")
        .get(
            "/data/projects/{project_id}/episodes/stats",
            "Statistics of tasks by episode, task type and status",
            statistics::episodes,
        )
        .answers(shapes::status_counts)
        .get(
            "/data/projects/{project_id}/episodes/retake-stats",
            "Statistics of retakes by episode and task type",
            statistics::retakes,
        )
        .answers(shapes::retake_counts)
        .get(
            "/data/projects/{project_id}/quotas/{task_type_id}",
            "Quotas of a task type: what each person finishes per day, week and month",
            statistics::quotas,
        )
        .query(&[
            QueryParameter::Text("count_mode"),
            QueryParameter::Id("studio_id"),
        ])
        .answers(shapes::quotas)
        .get(
            "/data/projects/{project_id}/quotas/persons/{person_id}",
            "Quotas of a person by task type",
            statistics::person_quotas,
        )
        .query(&[
            QueryParameter::Text("count_mode"),
            QueryParameter::Id("studio_id"),
        ])
        .answers(shapes::quotas)
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/set-shot-nb-frames",
            "Set the number of frames of shots from their previews",
            statistics::set_shot_frames,
        )
        .query(&[QueryParameter::Id("episode_id")])
        .answers(|| shapes::shot_frames().list())
}

/// The shape of a response to an action on a schedule: a count of tasks.
fn done_with(count: &str) -> Shape {
    Shape::object([("success", Shape::boolean()), (count, Shape::integer())])
}
