//! Routes of people: their time, and what admins do with their accounts.

use axum::http::StatusCode;
use tanuki_core::planning::quota_shot_shape;
use tanuki_core::tasks::shapes;
use tanuki_core::tasks::time::{DAY_OFFS, TIME_SPENTS};
use tanuki_core::{Shape, people};

use crate::answer::Answer;
use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::persons::{self, credentials, day_offs, departments, presence, quotas, time};

/// Mounts the routes of people.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes.tag("Persons");
    let routes = mount_day_offs(routes);
    let routes = mount_presence(routes);
    let routes = mount_departments(routes);
    let routes = mount_quotas(routes);
    let routes = mount_credentials(mount_tables(mount_time(routes)));
    mount_avatars(routes)
}

fn mount_avatars(routes: Routes) -> Routes {
    routes
        .delete(
            "/actions/persons/{person_id}/clear-avatar",
            "Remove the avatar of a person",
            persons::clear_avatar,
        )
        .answers_nothing()
        .tag("User")
        .delete(
            "/actions/user/clear-avatar",
            "Remove the caller's avatar",
            persons::clear_own_avatar,
        )
        .answers_nothing()
}

fn mount_credentials(routes: Routes) -> Routes {
    let success = || Shape::object([("success", Shape::boolean())]);
    routes
        .get(
            "/actions/persons/{person_id}/invite",
            "Mail an invitation to a person",
            credentials::invite,
        )
        .answers(move || success().with("message", Shape::text()))
        .post(
            "/actions/persons/{person_id}/reset-password-link",
            "A link under which a person chooses a password",
            credentials::reset_password_link,
        )
        .answers(|| Shape::object([("reset_password_link", Shape::text())]))
        .post(
            "/actions/persons/{person_id}/change-password",
            "Set a person's password",
            credentials::change_password,
        )
        .answers(success)
        .delete(
            "/actions/persons/{person_id}/disable-two-factor-authentication",
            "Switch off a person's second factors",
            credentials::disable_two_factor,
        )
        .answers(success)
}

fn mount_presence(routes: Routes) -> Routes {
    const LOGINS: &str = "/data/persons/{person_id}/desktop-login-logs";
    const OWN_LOGINS: &str = "/data/user/desktop-login-logs";
    routes
        .get(
            LOGINS,
            "A person's logins with desktop programs",
            presence::logins,
        )
        .answers(|| people::desktop_login_shape().list())
        .post(
            LOGINS,
            "Record a login of a person with a desktop program",
            presence::log_login,
        )
        .creates(people::desktop_login_shape)
        .get(
            "/data/persons/presence-logs/{month_date}",
            "Who was present on which days of a month, as CSV",
            presence::table,
        )
        .answer(|| Answer::file(StatusCode::OK, "text/csv"))
        .tag("User")
        .get(
            OWN_LOGINS,
            "The caller's logins with desktop programs",
            presence::own_logins,
        )
        .answers(|| people::desktop_login_shape().list())
        .post(
            OWN_LOGINS,
            "Record a login of the caller with a desktop program",
            presence::log_own_login,
        )
        .query(&[QueryParameter::Text("date")])
        .creates(people::desktop_login_shape)
        .tag("Persons")
}

fn mount_quotas(routes: Routes) -> Routes {
    const FILTERS: &[QueryParameter] = &[
        QueryParameter::Id("project_id"),
        QueryParameter::Id("task_type_id"),
        QueryParameter::Text("count_mode"),
    ];
    routes
        .get(
            "/data/persons/{person_id}/quota-shots/month/{year}/{month}",
            "Shots that count in a person's quotas of a month",
            quotas::month,
        )
        .query(FILTERS)
        .answers(|| quota_shot_shape().list())
        .get(
            "/data/persons/{person_id}/quota-shots/week/{year}/{week}",
            "Shots that count in a person's quotas of an ISO week",
            quotas::week,
        )
        .query(FILTERS)
        .answers(|| quota_shot_shape().list())
        .get(
            "/data/persons/{person_id}/quota-shots/day/{year}/{month}/{day}",
            "Shots that count in a person's quotas of a day",
            quotas::day,
        )
        .query(FILTERS)
        .answers(|| quota_shot_shape().list())
}

fn mount_departments(routes: Routes) -> Routes {
    routes
        .post(
            "/actions/persons/{person_id}/departments/add",
            "Add a person to a department",
            departments::add,
        )
        .creates(people::full_shape)
        .delete(
            "/actions/persons/{person_id}/departments/{department_id}",
            "Remove a person from a department",
            departments::remove,
        )
        .answers_nothing()
}

fn mount_day_offs(routes: Routes) -> Routes {
    let listed = || DAY_OFFS.shape().list();
    routes
        .get(
            "/data/persons/{person_id}/day-offs",
            "Days off of a person",
            day_offs::all,
        )
        .answers(listed)
        .get(
            "/data/persons/{person_id}/day-offs/{date}",
            "The day off of a person on a date; empty if they work",
            day_offs::date,
        )
        .answers(|| DAY_OFFS.shape().or(Shape::object([])))
        .get(
            "/data/persons/{person_id}/day-offs/week/{year}/{week}",
            "Days off of a person in an ISO week",
            day_offs::week,
        )
        .answers(listed)
        .get(
            "/data/persons/{person_id}/day-offs/month/{year}/{month}",
            "Days off of a person in a month",
            day_offs::month,
        )
        .answers(listed)
        .get(
            "/data/persons/{person_id}/day-offs/year/{year}",
            "Days off of a person in a year",
            day_offs::year,
        )
        .answers(listed)
        .get(
            "/data/persons/day-offs/{year}",
            "Days off of everybody in a year",
            day_offs::everybody_in_year,
        )
        .answers(listed)
        .get(
            "/data/persons/day-offs/{year}/{month}",
            "Days off of everybody in a month",
            day_offs::everybody_in_month,
        )
        .answers(listed)
}

fn mount_time(routes: Routes) -> Routes {
    const IN_PROJECT: &[QueryParameter] = &[QueryParameter::Id("project_id")];
    routes
        .get(
            "/data/persons/{person_id}/time-spents",
            "Time that a person spent",
            time::all,
        )
        .query(&[
            QueryParameter::Date("start_date"),
            QueryParameter::Date("end_date"),
        ])
        .answers(shapes::time_spents)
        .get(
            "/data/persons/{person_id}/time-spents/{date}",
            "Time that a person spent on a date",
            time::date,
        )
        .answers(|| TIME_SPENTS.shape().list())
        .get(
            "/data/persons/{person_id}/time-spents/month/all/{year}/{month}",
            "Time that a person spent in a month, day by day",
            time::days_of_month,
        )
        .answers(|| TIME_SPENTS.shape().list())
        .get(
            "/data/persons/{person_id}/time-spents/year/{year}",
            "Time that a person spent in a year by task",
            time::year,
        )
        .query(IN_PROJECT)
        .answers(|| shapes::worked_on().list())
        .get(
            "/data/persons/{person_id}/time-spents/month/{year}/{month}",
            "Time that a person spent in a month by task",
            time::month,
        )
        .query(IN_PROJECT)
        .answers(|| shapes::worked_on().list())
        .get(
            "/data/persons/{person_id}/time-spents/week/{year}/{week}",
            "Time that a person spent in an ISO week by task",
            time::week,
        )
        .query(IN_PROJECT)
        .answers(|| shapes::worked_on().list())
        .get(
            "/data/persons/{person_id}/time-spents/day/{year}/{month}/{day}",
            "Time that a person spent in a day by task",
            time::day,
        )
        .query(IN_PROJECT)
        .answers(|| shapes::worked_on().list())
}

fn mount_tables(routes: Routes) -> Routes {
    const FILTERS: &[QueryParameter] = &[
        QueryParameter::Id("project_id"),
        QueryParameter::Id("department_id"),
        QueryParameter::Id("studio_id"),
    ];
    routes
        .get(
            "/data/persons/time-spents/year-table",
            "Time spent by year and person",
            time::year_table,
        )
        .query(FILTERS)
        .answers(shapes::time_table)
        .get(
            "/data/persons/time-spents/month-table/{year}",
            "Time spent in a year by month and person",
            time::month_table,
        )
        .query(FILTERS)
        .answers(shapes::time_table)
        .get(
            "/data/persons/time-spents/week-table/{year}",
            "Time spent in a year by ISO week and person",
            time::week_table,
        )
        .query(FILTERS)
        .answers(shapes::time_table)
        .get(
            "/data/persons/time-spents/day-table/{year}/{month}",
            "Time spent in a month by day and person",
            time::day_table,
        )
        .query(FILTERS)
        .answers(shapes::time_table)
}
