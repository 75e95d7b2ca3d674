//! Projections of tasks in lists.

use std::sync::LazyLock;

use sea_query::{Expr, SimpleExpr};
use tanuki_store::projection::Projection;
use tanuki_store::query::tasks::todos;
use tanuki_store::schema::{
    ColumnType, ENTITY, ENTITY_TYPE, PROJECT, TASK, TASK_STATUS, TASK_TYPE,
};

use super::projections::{blank, blanking};
use crate::resource::Relations;

/// Variants of a projection: with or without assignees, and with the values
/// hidden from clients or not.
pub(super) struct Forms([Projection; 4]);

impl Forms {
    fn of(complete: fn(Projection) -> Projection) -> Self {
        let plain = || complete(Projection::all_columns(&TASK, &[]));
        let linked = || complete(Projection::with_links(&TASK, &[]));
        Self([plain(), linked(), blank(plain()), blank(linked())])
    }

    /// Returns the projection with or without the ids of linked rows; for
    /// clients the one with blanked values.
    pub fn form(&self, relations: Relations, for_client: bool) -> &Projection {
        let [plain, linked, blank, blank_linked] = &self.0;
        match (relations, for_client) {
            (Relations::Without, false) => plain,
            (Relations::With, false) => linked,
            (Relations::Without, true) => blank,
            (Relations::With, true) => blank_linked,
        }
    }
}

/// The columns of a task.
pub(super) static PLAIN: LazyLock<Forms> = LazyLock::new(|| Forms::of(|projection| projection));

/// A task with the names of its project, type, status, entity and entity type.
pub(super) static DETAILED: LazyLock<Forms> = LazyLock::new(|| {
    Forms::of(|projection| {
        projection
            .computed("project_name", ColumnType::Text, |_| name_of("project"))
            .computed("task_type_name", ColumnType::Text, |_| name_of("task_type"))
            .computed("task_status_name", ColumnType::Text, |_| {
                name_of("task_status")
            })
            .computed("entity_type_name", ColumnType::Text, |_| {
                name_of("entity_type")
            })
            .computed("entity_name", ColumnType::Text, |_| name_of("entity"))
            .at_end(&["assignees"])
    })
});

/// Joins the project, type, status, entity, sequence and episode of a task and
/// adds their columns.
fn placed(projection: Projection) -> Projection {
    projection
        .inner_join("project", ("task", "project_id"), &PROJECT)
        .inner_join("task_type", ("task", "task_type_id"), &TASK_TYPE)
        .inner_join("task_status", ("task", "task_status_id"), &TASK_STATUS)
        .inner_join("entity", ("task", "entity_id"), &ENTITY)
        .inner_join("entity_type", ("entity", "entity_type_id"), &ENTITY_TYPE)
        .left_join("sequence", ("entity", "parent_id"), &ENTITY)
        .left_join("episode", ("sequence", "parent_id"), &ENTITY)
        .left_join("source", ("entity", "source_id"), &ENTITY)
        .left_join("source_type", ("source", "entity_type_id"), &ENTITY_TYPE)
        .computed("project_name", ColumnType::Text, |_| name_of("project"))
        .computed("project_has_avatar", ColumnType::Boolean, |_| {
            Expr::col(("project", "has_avatar"))
        })
        .computed("entity_name", ColumnType::Text, |_| name_of("entity"))
        .computed("entity_description", ColumnType::Text, |_| {
            Expr::col(("entity", "description"))
        })
        .computed("entity_data", ColumnType::Json, |_| {
            Expr::col(("entity", "data"))
        })
        .computed("entity_preview_file_id", ColumnType::Text, |_| {
            todos::id_or_empty(Expr::col(("entity", "preview_file_id")))
        })
        .computed("entity_source_id", ColumnType::Text, |_| {
            todos::id_or_empty(Expr::col(("entity", "source_id")))
        })
        .computed("entity_type_name", ColumnType::Text, |_| {
            name_of("entity_type")
        })
        .computed("entity_canceled", ColumnType::Boolean, |_| {
            Expr::col(("entity", "canceled"))
        })
        .computed("sequence_name", ColumnType::Text, |_| name_of("sequence"))
        .computed("episode_id", ColumnType::Text, |_| todos::episode_id())
        .computed("episode_name", ColumnType::Text, |_| todos::episode_name())
        .computed("task_type_for_entity", ColumnType::Text, |_| {
            Expr::col(("task_type", "for_entity"))
        })
}

/// A task in somebody's to-do list.
pub(super) static TODO: LazyLock<Projection> = LazyLock::new(|| {
    placed(Projection::with_links(&TASK, &[]))
        .alias("task_estimation", "estimation")
        .alias("task_duration", "duration")
        .alias("task_start_date", "start_date")
        .alias("task_due_date", "due_date")
        .computed("task_type_name", ColumnType::Text, |_| name_of("task_type"))
        .computed("task_status_name", ColumnType::Text, |_| {
            name_of("task_status")
        })
        .computed("task_type_color", ColumnType::Text, |_| {
            color_of("task_type")
        })
        .computed("task_status_color", ColumnType::Text, |_| {
            color_of("task_status")
        })
        .computed("task_status_short_name", ColumnType::Text, |_| {
            status_called()
        })
        .computed("last_comment", ColumnType::Json, todos::last_comment)
        .computed("episode_ids", ColumnType::Json, |dialect| {
            todos::cast_in(dialect, "id")
        })
        .optional("episode_ids")
        .computed("episode_names", ColumnType::Json, |dialect| {
            todos::cast_in(dialect, "name")
        })
        .optional("episode_names")
        .at_end(&["episode_ids", "episode_names", "assignees", "last_comment"])
});

/// A task of an open project.
pub(super) static OPEN: LazyLock<Forms> = LazyLock::new(|| {
    Forms::of(|projection| {
        placed(projection)
            .computed("type_name", ColumnType::Text, |_| name_of("task_type"))
            .computed("status_name", ColumnType::Text, |_| name_of("task_status"))
            .computed("type_color", ColumnType::Text, |_| color_of("task_type"))
            .computed("status_color", ColumnType::Text, |_| {
                color_of("task_status")
            })
            .computed("status_short_name", ColumnType::Text, |_| status_called())
            .at_end(&["assignees"])
    })
});

/// [`OPEN`] with assignees, for lists that mix rows with and without values
/// hidden from the caller.
pub(super) static OPEN_MASKED: LazyLock<Projection> =
    LazyLock::new(|| blanking(OPEN.form(Relations::With, false).clone()));

/// [`PLAIN`] without assignees, for such mixed lists.
pub(super) static PLAIN_MASKED: LazyLock<Projection> =
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
