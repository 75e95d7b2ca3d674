//! Routes of people: their time, and what admins do with their accounts.

use tanuki_core::Shape;
use tanuki_core::tasks::shapes;
use tanuki_core::tasks::time::{DAY_OFFS, TIME_SPENTS};

use crate::extract::QueryParameter;
use crate::manifest::Routes;
use crate::routes::persons::{credentials, day_offs, time};

/// Mounts the routes of people.
pub(super) fn mount(routes: Routes) -> Routes {
    let routes = routes.tag("Persons");
    let routes = mount_day_offs(routes);
    mount_credentials(mount_tables(mount_time(routes)))
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
        .answers(|| {
            let in_range = shapes::time_spent_on_task().list();
            TIME_SPENTS.shape().list().or(in_range)
        })
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
