//! Routes of schedules, budgets and time of projects.

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
        .post(
            "/data/projects/{project_id}/budgets",
            "Add a budget to a production",
            budgets::create,
        )
        .get(
            "/data/projects/{project_id}/budgets/time-spents",
            "Time spent on a production by department, person and month",
            budgets::time_spents,
        )
        .get(
            "/data/projects/{project_id}/budgets/{budget_id}",
            "A budget of a production",
            budgets::read,
        )
        .put(
            "/data/projects/{project_id}/budgets/{budget_id}",
            "Rename a budget or change its currency",
            budgets::update,
        )
        .delete(
            "/data/projects/{project_id}/budgets/{budget_id}",
            "Delete a budget with its entries",
            budgets::delete,
        )
        .get(
            "/data/projects/{project_id}/budgets/{budget_id}/entries",
            "Entries of a budget",
            budgets::entries,
        )
        .post(
            "/data/projects/{project_id}/budgets/{budget_id}/entries",
            "Add an entry to a budget",
            budgets::create_entry,
        )
        .get(
            "/data/projects/{project_id}/budgets/{budget_id}/entries/{entry_id}",
            "An entry of a budget",
            budgets::read_entry,
        )
        .put(
            "/data/projects/{project_id}/budgets/{budget_id}/entries/{entry_id}",
            "Give an entry of a budget new values",
            budgets::update_entry,
        )
        .delete(
            "/data/projects/{project_id}/budgets/{budget_id}/entries/{entry_id}",
            "Delete an entry of a budget",
            budgets::delete_entry,
        )
}

fn mount_schedule(routes: Routes) -> Routes {
    routes
        .get(
            "/data/projects/{project_id}/milestones",
            "Milestones of a production",
            schedule::milestones,
        )
        .get(
            "/data/projects/{project_id}/schedule-items",
            "Everything in the schedule of a production",
            schedule::items,
        )
        .get(
            "/data/projects/{project_id}/schedule-items/task-types",
            "Schedule of the task types of a production",
            schedule::task_types,
        )
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/asset-types",
            "Schedule of a task type by asset type",
            schedule::asset_types,
        )
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/episodes",
            "Schedule of a task type by episode",
            schedule::episodes,
        )
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/sequences",
            "Schedule of a task type by sequence",
            schedule::sequences,
        )
        .get(
            "/data/projects/{project_id}/schedule-items/{task_type_id}/edits",
            "Schedule of a task type by edit",
            schedule::edits,
        )
}

fn mount_versions(routes: Routes) -> Routes {
    const ACTIONS: &str = "/actions/production-schedule-versions/{production_schedule_version_id}";
    let action = |name: &str| format!("{ACTIONS}/{name}");
    routes
        .get(
            "/data/production-schedule-versions/{production_schedule_version_id}/task-links",
            "When tasks are planned in a version of a schedule",
            versions::task_links,
        )
        .query(&[QueryParameter::Id("task_type_id")])
        .post(
            &action("set-task-links-from-production"),
            "Fill a version of a schedule with how things stand",
            versions::fill,
        )
        .post(
            &action("set-task-links-from-production-schedule-version"),
            "Fill a version of a schedule from another",
            versions::copy,
        )
        .post(
            &action("apply-to-production"),
            "Plan the tasks of a production by a version of its schedule",
            versions::apply,
        )
}

fn mount_time(routes: Routes) -> Routes {
    routes
        .get(
            "/data/projects/{project_id}/time-spents",
            "Time spent on a production",
            time::spent,
        )
        .get(
            "/data/projects/{project_id}/task-types/{task_type_id}/time-spents",
            "Time spent on a task type of a production by person",
            time::spent_on_task_type,
        )
        .query(&[
            QueryParameter::Date("start_date"),
            QueryParameter::Date("end_date"),
        ])
        .get(
            "/data/projects/{project_id}/day-offs",
            "Days off of the team of a production by person",
            time::day_offs,
        )
        .query(&[
            QueryParameter::Date("start_date"),
            QueryParameter::Date("end_date"),
        ])
}

fn mount_statistics(routes: Routes) -> Routes {
    routes
        .tag("Shots")
        .get(
            "/data/projects/{project_id}/episodes/stats",
            "Tasks of a series by episode, task type and status",
            statistics::episodes,
        )
        .get(
            "/data/projects/{project_id}/episodes/retake-stats",
            "Retakes of a series by episode and task type",
            statistics::retakes,
        )
        .get(
            "/data/projects/{project_id}/quotas/{task_type_id}",
            "Shots that people finish of a task type",
            statistics::quotas,
        )
        .query(&[
            QueryParameter::Text("count_mode"),
            QueryParameter::Id("studio_id"),
        ])
        .get(
            "/data/projects/{project_id}/quotas/persons/{person_id}",
            "Shots that a person finishes by task type",
            statistics::person_quotas,
        )
        .query(&[
            QueryParameter::Text("count_mode"),
            QueryParameter::Id("studio_id"),
        ])
        .post(
            "/actions/projects/{project_id}/task-types/{task_type_id}/set-shot-nb-frames",
            "Give shots the lengths of their films",
            statistics::set_shot_frames,
        )
}
