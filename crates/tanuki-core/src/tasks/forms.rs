//! The forms in which lists answer tasks.

use std::sync::LazyLock;

use sea_query::{Expr, SimpleExpr};
use tanuki_store::schema::{Kind, TASK};
use tanuki_store::shape::Shape;

use super::shapes::blank;
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
    })
});

fn name_of(table: &'static str) -> SimpleExpr {
    Expr::col((table, "name"))
}
