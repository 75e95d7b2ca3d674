//! The forms in which lists answer tasks.

use std::sync::LazyLock;

use sea_query::{Expr, SimpleExpr};
use tanuki_store::query::todos;
use tanuki_store::schema::{ENTITY, ENTITY_TYPE, Kind, PROJECT, TASK, TASK_STATUS, TASK_TYPE};
use tanuki_store::shape::Shape;

use super::shapes::{blank, blanking};
use crate::resource::Relations;

/// A task's JSON as it is asked for: with assignees or without, for the
/// studio's people or for clients.
pub(super) struct Forms([Shape; 4]);

impl Forms {
    fn of(complete: fn(Shape) -> Shape) -> Self {
        let plain = || complete(Shape::of(&TASK, &[]));
        let linked = || complete(Shape::linked(&TASK, &[]));
        Self([plain(), linked(), blank(plain()), blank(linked())])
    }

    pub fn form(&self, relations: Relations, for_client: bool) -> &Shape {
        let [plain, linked, blank, blank_linked] = &self.0;
        match (relations, for_client) {
            (Relations::Without, false) => plain,
            (Relations::With, false) => linked,
            (Relations::Without, true) => blank,
            (Relations::With, true) => blank_linked,
        }
    }
}

/// A task and no more.
pub(super) static PLAIN: LazyLock<Forms> = LazyLock::new(|| Forms::of(|shape| shape));

/// A task with the names of what it is of.
pub(super) static DETAILED: LazyLock<Forms> = LazyLock::new(|| {
    Forms::of(|shape| {
        shape
            .computing("project_name", Kind::Text, |_| name_of("project"))
            .computing("task_type_name", Kind::Text, |_| name_of("task_type"))
            .computing("task_status_name", Kind::Text, |_| name_of("task_status"))
            .computing("entity_type_name", Kind::Text, |_| name_of("entity_type"))
            .computing("entity_name", Kind::Text, |_| name_of("entity"))
            .at_end(&["assignees"])
    })
});

/// A task with all that it is in.
fn placed(shape: Shape) -> Shape {
    shape
        .within("project", ("task", "project_id"), &PROJECT)
        .within("task_type", ("task", "task_type_id"), &TASK_TYPE)
        .within("task_status", ("task", "task_status_id"), &TASK_STATUS)
        .within("entity", ("task", "entity_id"), &ENTITY)
        .within("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .beside("sequence", ("entity", "parent_id"), &ENTITY)
        .beside("episode", ("sequence", "parent_id"), &ENTITY)
        .beside("source", ("entity", "source_id"), &ENTITY)
        .beside("source_type", ("source", "entity_type_id"), &ENTITY_TYPE)
        .computing("project_name", Kind::Text, |_| name_of("project"))
        .computing("project_has_avatar", Kind::Boolean, |_| {
            Expr::col(("project", "has_avatar"))
        })
        .computing("entity_name", Kind::Text, |_| name_of("entity"))
        .computing("entity_description", Kind::Text, |_| {
            Expr::col(("entity", "description"))
        })
        .computing("entity_data", Kind::Json, |_| Expr::col(("entity", "data")))
        .computing("entity_preview_file_id", Kind::Text, |_| {
            todos::id_or_empty(Expr::col(("entity", "preview_file_id")))
        })
        .computing("entity_source_id", Kind::Text, |_| {
            todos::id_or_empty(Expr::col(("entity", "source_id")))
        })
        .computing("entity_type_name", Kind::Text, |_| name_of("entity_type"))
        .computing("entity_canceled", Kind::Boolean, |_| {
            Expr::col(("entity", "canceled"))
        })
        .computing("sequence_name", Kind::Text, |_| name_of("sequence"))
        .computing("episode_id", Kind::Text, |_| todos::episode_id())
        .computing("episode_name", Kind::Text, |_| todos::episode_name())
        .computing("task_type_for_entity", Kind::Text, |_| {
            Expr::col(("task_type", "for_entity"))
        })
}

/// What somebody has to do.
pub(super) static TODO: LazyLock<Shape> = LazyLock::new(|| {
    placed(Shape::linked(&TASK, &[]))
        .also("task_estimation", "estimation")
        .also("task_duration", "duration")
        .also("task_start_date", "start_date")
        .also("task_due_date", "due_date")
        .computing("task_type_name", Kind::Text, |_| name_of("task_type"))
        .computing("task_status_name", Kind::Text, |_| name_of("task_status"))
        .computing("task_type_color", Kind::Text, |_| color_of("task_type"))
        .computing("task_status_color", Kind::Text, |_| color_of("task_status"))
        .computing("task_status_short_name", Kind::Text, |_| status_called())
        .computing("last_comment", Kind::Json, todos::last_comment)
        .computing("episode_ids", Kind::Json, |dialect| {
            todos::cast_in(dialect, "id")
        })
        .optional("episode_ids")
        .computing("episode_names", Kind::Json, |dialect| {
            todos::cast_in(dialect, "name")
        })
        .optional("episode_names")
        .at_end(&["episode_ids", "episode_names", "assignees", "last_comment"])
});

/// A task of an open production.
pub(super) static OPEN: LazyLock<Forms> = LazyLock::new(|| {
    Forms::of(|shape| {
        placed(shape)
            .computing("type_name", Kind::Text, |_| name_of("task_type"))
            .computing("status_name", Kind::Text, |_| name_of("task_status"))
            .computing("type_color", Kind::Text, |_| color_of("task_type"))
            .computing("status_color", Kind::Text, |_| color_of("task_status"))
            .computing("status_short_name", Kind::Text, |_| status_called())
            .at_end(&["assignees"])
    })
});

/// Like [`OPEN`] with assignees, for rows of which the caller may see some and
/// not others.
pub(super) static OPEN_MASKED: LazyLock<Shape> =
    LazyLock::new(|| blanking(OPEN.form(Relations::With, false).clone()));

/// Like [`PLAIN`] without assignees, for such rows.
pub(super) static PLAIN_MASKED: LazyLock<Shape> =
    LazyLock::new(|| blanking(PLAIN.form(Relations::Without, false).clone()));

fn color_of(table: &'static str) -> SimpleExpr {
    Expr::col((table, "color"))
}

fn status_called() -> SimpleExpr {
    Expr::col(("task_status", "short_name"))
}

fn name_of(table: &'static str) -> SimpleExpr {
    Expr::col((table, "name"))
}
