//! The shapes of responses about budgets, schedules, time and statistics, for
//! the description of the API.

use tanuki_store::Shape;
use tanuki_store::view::planning::OF_OBJECT;

use super::{budgets, schedule};
use crate::tasks::time::{DAY_OFFS, TIME_SPENTS};

/// A budget in the list of a project.
pub fn listed_budget() -> Shape {
    budgets::LISTED.shape()
}

/// An entry in the list of a budget.
pub fn listed_entry() -> Shape {
    budgets::LISTED_ENTRY.shape()
}

/// Time spent by the id of the department, in it by the id of the person, and
/// of them by month, in minutes; each with its `total`.
pub fn time_by_department() -> Shape {
    let total = |parts: Shape| parts.by_key().with("total", Shape::number());
    total(total(Shape::number())).by_key()
}

/// A milestone in the list of a project.
pub fn milestone() -> Shape {
    schedule::LISTED_MILESTONE.shape()
}

/// A schedule item of a task type.
pub fn task_type_item() -> Shape {
    schedule::OF_TASK_TYPE.shape()
}

/// A schedule item of an asset type, an episode, a sequence or an edit.
pub fn item_of_object() -> Shape {
    OF_OBJECT.shape()
}

/// Time spent by the id of the person.
pub fn time_by_person() -> Shape {
    TIME_SPENTS.shape().list().by_key()
}

/// Days off by the id of the person.
pub fn days_off_by_person() -> Shape {
    DAY_OFFS.shape().list().by_key()
}

fn count() -> Shape {
    Shape::object([
        ("count", Shape::integer()),
        ("frames", Shape::integer()),
        ("drawings", Shape::integer()),
    ])
}

/// Counts by the id of the episode, in it by the id of the task type, and of
/// it by the id of the status; `all` has the sums.
pub fn status_counts() -> Shape {
    let of_status = count()
        .with("name", Shape::text().or_null())
        .with("color", Shape::text().or_null());
    of_status.by_key().by_key().by_key()
}

/// Counts of retakes by the id of the episode and in it by the id of the task
/// type; `all` has the sums. `evolution` is by take.
pub fn retake_counts() -> Shape {
    let takes = || Shape::object([("done", count()), ("retake", count()), ("other", count())]);
    let of_type = takes()
        .with("max_retake_count", Shape::integer())
        .with("evolution", takes().by_key());
    of_type.by_key().by_key()
}

/// Quotas by the id of the person or of the task type; `total` has the sums.
pub fn quotas() -> Shape {
    let period = || {
        Shape::object([
            ("frames", Shape::integer().by_key()),
            ("seconds", Shape::number().by_key()),
            ("count", Shape::number().by_key()),
            ("entries", Shape::integer().by_key()),
            ("drawings", Shape::integer().by_key()),
        ])
    };
    let quota = Shape::object([
        ("day", period()),
        ("week", period()),
        ("month", period()),
        ("year", period().without("entries")),
    ]);
    quota.by_key()
}

/// A shot with the number of frames that it was given.
pub fn shot_frames() -> Shape {
    Shape::object([("id", Shape::id()), ("nb_frames", Shape::integer())])
}
