//! The shapes of responses about tasks, for the description of the API.

use tanuki_store::Shape;
use tanuki_store::view::entities;
use tanuki_store::view::tasks::{
    DETAILED, OPEN_MASKED, PLAIN, SPENT_ON_TASK, TO_CHECK, TODO, blanking,
};

use super::time::TIME_SPENTS;
use super::{full, spent};

/// A task with its assignees.
pub fn task() -> Shape {
    PLAIN.shape()
}

/// A task with the names of what it refers to.
pub fn detailed() -> Shape {
    DETAILED.shape()
}

/// A new task with the names of its type and status.
pub fn created() -> Shape {
    let keys = [
        "task_status_name",
        "task_status_short_name",
        "task_status_color",
        "task_type_name",
        "task_type_color",
    ];
    let named = keys
        .iter()
        .fold(task(), |task, key| task.with(key, Shape::text()));
    named.with("task_type_priority", Shape::integer().or_null())
}

/// A task in somebody's to-do list.
pub fn todo() -> Shape {
    TODO.shape()
}

/// A task in the caller's own to-do list: values are blank where they are a
/// client.
pub fn own_todo() -> Shape {
    blanking(TODO.clone()).shape()
}

/// A task to check.
pub fn to_check() -> Shape {
    TO_CHECK.shape()
}

/// A page of tasks to check, with totals.
pub fn to_check_page() -> Shape {
    let stats = Shape::object([
        ("total", Shape::integer()),
        ("total_duration", Shape::number()),
        ("total_estimation", Shape::number()),
    ]);
    Shape::object([
        ("data", to_check().list()),
        ("stats", stats),
        ("page", Shape::integer()),
        ("limit", Shape::integer()),
        ("is_more", Shape::boolean()),
    ])
}

/// What tasks to check can be filtered by.
pub fn to_check_filter_values() -> Shape {
    let ids = || Shape::id().list();
    Shape::object([
        ("project_ids", ids()),
        ("task_type_ids", ids()),
        ("task_status_ids", ids()),
        ("episode_ids", ids()),
        ("person_ids", ids()),
    ])
}

/// A task with everything that belongs to it.
pub fn full() -> Shape {
    blanking(full::FULL.clone()).shape()
}

/// The row of a preview.
pub fn preview() -> Shape {
    full::PREVIEWS.shape()
}

/// Time that a person spent on a task in a day.
pub fn time_spent() -> Shape {
    spent::SPENT.shape()
}

/// A person's time spent: rows, or in a range of dates rows with the project
/// and the type of the task.
pub fn time_spents() -> Shape {
    let in_range = SPENT_ON_TASK.shape().list();
    TIME_SPENTS.shape().list().or(in_range)
}

/// A task that somebody worked on, with the minutes.
pub fn worked_on() -> Shape {
    Shape::object([
        ("task_id", Shape::id()),
        ("task_type_id", Shape::id()),
        ("project_id", Shape::id()),
        ("project_name", Shape::text()),
        ("entity_name", Shape::text()),
        ("entity_type_name", Shape::text()),
        ("sequence_name", Shape::text().or_null()),
        ("episode_name", Shape::text().or_null()),
        ("duration", Shape::number()),
    ])
}

/// Minutes by the number of the day, week, month or year, and in it by the id
/// of the person.
pub fn time_table() -> Shape {
    Shape::number().by_key().by_key()
}

/// Time spent on a task by the id of the person, and their sum.
pub fn time_by_person() -> Shape {
    time_spent().list().by_key().with("total", Shape::number())
}

/// An entity with the status of its main preview.
pub fn shown_entity() -> Shape {
    let entity = entities::PLAIN.shape();
    entity.with("preview_file_status", Shape::text())
}

/// From when to when a person has tasks.
pub fn dates_of_person() -> Shape {
    let period = Shape::object([("start_date", Shape::date()), ("end_date", Shape::date())]);
    Shape::object([
        ("person_id", Shape::id()),
        ("min_date", Shape::date().or_null()),
        ("max_date", Shape::date().or_null()),
        ("busy_periods", period.list()),
    ])
}

/// A page of the tasks of open projects, with totals.
pub fn open() -> Shape {
    let of_status = Shape::object([
        ("task_status_id", Shape::id()),
        ("amount", Shape::integer()),
    ]);
    let stats = Shape::object([
        ("total_duration", Shape::number()),
        ("total_estimation", Shape::number()),
        ("total", Shape::integer()),
        ("status", of_status.list()),
    ]);
    Shape::object([
        ("data", OPEN_MASKED.shape().list()),
        ("stats", stats),
        ("limit", Shape::integer()),
        ("is_more", Shape::boolean()),
        ("page", Shape::integer()),
    ])
}

/// Totals of the tasks of open projects by the id of the project.
pub fn open_stats() -> Shape {
    let amounts = || {
        Shape::object([
            ("amount", Shape::integer()),
            ("amount_done", Shape::integer()),
            ("total_duration", Shape::number()),
            ("total_estimation", Shape::number()),
        ])
    };
    let of_type = amounts()
        .with("task_status_id", Shape::id())
        .with("task_type_id", Shape::id())
        .with("project_id", Shape::id());
    amounts().with("task_types", of_type.list()).by_key()
}

/// The burndown of the tasks of open projects.
pub fn burndown() -> Shape {
    let day = Shape::object([
        ("date", Shape::date()),
        ("done", Shape::integer()),
        ("done_estimation", Shape::number()),
    ]);
    Shape::object([
        ("total", Shape::integer()),
        ("total_estimation", Shape::number()),
        ("start_date", Shape::date().or_null()),
        ("end_date", Shape::date().or_null()),
        ("done_by_day", day.list()),
    ])
}
