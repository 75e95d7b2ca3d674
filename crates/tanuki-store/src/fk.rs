//! Joins along the references of the schema.
//!
//! A join names a reference instead of a pair of columns. Each reference is
//! looked up in [`schema`](crate::schema) when the crate is compiled, so one
//! that the schema does not have is an error of the compiler.

use sea_query::{Expr, ExprTrait as _, JoinType, SelectStatement, SimpleExpr};

use crate::schema::{self, Table};

/// A column that refers to the `id` of a row in another table.
#[derive(Debug, Clone, Copy)]
pub struct ForeignKey {
    table: &'static str,
    column: &'static str,
    target: &'static str,
    /// The name of `table` in the statement, if it is another.
    from: &'static str,
    /// The name of `target` in the statement, if it is another.
    to: &'static str,
}

impl ForeignKey {
    /// Finds the reference of a column. Only for constants: it panics if the
    /// column refers to nothing.
    const fn of(table: &'static Table, column: &'static str) -> Self {
        let Some(target) = table.target_of(column) else {
            panic!("the schema has no such reference");
        };
        Self {
            table: table.name,
            column,
            target,
            from: table.name,
            to: target,
        }
    }

    /// The referring table has this alias in the statement.
    #[must_use]
    pub const fn table_as(mut self, alias: &'static str) -> Self {
        self.from = alias;
        self
    }

    /// The table that is referred to has this alias in the statement.
    #[must_use]
    pub const fn target_as(mut self, alias: &'static str) -> Self {
        self.to = alias;
        self
    }

    fn target_is_it(self) -> SimpleExpr {
        Expr::col((self.to, "id")).equals((self.from, self.column))
    }

    fn refers_to_it(self) -> SimpleExpr {
        Expr::col((self.from, self.column)).equals((self.to, "id"))
    }
}

/// Joins along references.
pub trait JoinByKey {
    /// Joins the row that a column refers to.
    fn inner_join_to(&mut self, key: ForeignKey) -> &mut Self;

    /// Joins the row that a column refers to, if it refers to one.
    fn left_join_to(&mut self, key: ForeignKey) -> &mut Self;

    /// Joins the rows that refer to a row.
    fn inner_join_from(&mut self, key: ForeignKey) -> &mut Self;
}

impl JoinByKey for SelectStatement {
    fn inner_join_to(&mut self, key: ForeignKey) -> &mut Self {
        let tables = (key.target, key.to);
        join(self, JoinType::InnerJoin, tables, key.target_is_it())
    }

    fn left_join_to(&mut self, key: ForeignKey) -> &mut Self {
        let tables = (key.target, key.to);
        join(self, JoinType::LeftJoin, tables, key.target_is_it())
    }

    fn inner_join_from(&mut self, key: ForeignKey) -> &mut Self {
        let tables = (key.table, key.from);
        join(self, JoinType::InnerJoin, tables, key.refers_to_it())
    }
}

fn join<'a>(
    select: &'a mut SelectStatement,
    kind: JoinType,
    (table, alias): (&'static str, &'static str),
    on: SimpleExpr,
) -> &'a mut SelectStatement {
    if table == alias {
        select.join(kind, table, on)
    } else {
        select.join_as(kind, table, alias, on)
    }
}

pub const ASSET_INSTANCE_ASSET: ForeignKey = ForeignKey::of(&schema::ASSET_INSTANCE, "asset_id");
pub const ASSET_INSTANCE_LINK_ASSET_INSTANCE: ForeignKey =
    ForeignKey::of(&schema::ASSET_INSTANCE_LINK, "asset_instance_id");
pub const ATTACHMENT_FILE_COMMENT: ForeignKey =
    ForeignKey::of(&schema::ATTACHMENT_FILE, "comment_id");
pub const CHAT_MESSAGE_CHAT: ForeignKey = ForeignKey::of(&schema::CHAT_MESSAGE, "chat_id");
pub const CHAT_OBJECT: ForeignKey = ForeignKey::of(&schema::CHAT, "object_id");
pub const COMMENT_OBJECT: ForeignKey = ForeignKey::of(&schema::COMMENT, "object_id");
pub const COMMENT_PERSON: ForeignKey = ForeignKey::of(&schema::COMMENT, "person_id");
pub const COMMENT_TASK_STATUS: ForeignKey = ForeignKey::of(&schema::COMMENT, "task_status_id");
pub const COMMENT_PREVIEW_LINK_PREVIEW_FILE: ForeignKey =
    ForeignKey::of(&schema::COMMENT_PREVIEW_LINK, "preview_file");
pub const ENTITY_ENTITY_TYPE: ForeignKey = ForeignKey::of(&schema::ENTITY, "entity_type_id");
pub const ENTITY_LINK_ENTITY_IN: ForeignKey = ForeignKey::of(&schema::ENTITY_LINK, "entity_in_id");
pub const ENTITY_LINK_ENTITY_OUT: ForeignKey =
    ForeignKey::of(&schema::ENTITY_LINK, "entity_out_id");
pub const ENTITY_PARENT: ForeignKey = ForeignKey::of(&schema::ENTITY, "parent_id");
pub const ENTITY_PREVIEW_FILE: ForeignKey = ForeignKey::of(&schema::ENTITY, "preview_file_id");
pub const ENTITY_PROJECT: ForeignKey = ForeignKey::of(&schema::ENTITY, "project_id");
pub const ENTITY_SOURCE: ForeignKey = ForeignKey::of(&schema::ENTITY, "source_id");
pub const NEWS_COMMENT: ForeignKey = ForeignKey::of(&schema::NEWS, "comment_id");
pub const NEWS_TASK: ForeignKey = ForeignKey::of(&schema::NEWS, "task_id");
pub const NOTIFICATION_AUTHOR: ForeignKey = ForeignKey::of(&schema::NOTIFICATION, "author_id");
pub const NOTIFICATION_COMMENT: ForeignKey = ForeignKey::of(&schema::NOTIFICATION, "comment_id");
pub const NOTIFICATION_PERSON: ForeignKey = ForeignKey::of(&schema::NOTIFICATION, "person_id");
pub const NOTIFICATION_PLAYLIST: ForeignKey = ForeignKey::of(&schema::NOTIFICATION, "playlist_id");
pub const NOTIFICATION_TASK: ForeignKey = ForeignKey::of(&schema::NOTIFICATION, "task_id");
pub const PLAYLIST_EPISODE: ForeignKey = ForeignKey::of(&schema::PLAYLIST, "episode_id");
pub const PLAYLIST_PROJECT: ForeignKey = ForeignKey::of(&schema::PLAYLIST, "project_id");
pub const PLAYLIST_SHARE_LINK_PLAYLIST: ForeignKey =
    ForeignKey::of(&schema::PLAYLIST_SHARE_LINK, "playlist_id");
pub const PREVIEW_FILE_TASK: ForeignKey = ForeignKey::of(&schema::PREVIEW_FILE, "task_id");
pub const VERSION_TASK_ASSIGNEE_VERSION_TASK: ForeignKey = ForeignKey::of(
    &schema::PRODUCTION_SCHEDULE_VERSION_TASK_LINK_PERSON_LINK,
    "production_schedule_version_task_link_id",
);
pub const DEPARTMENT_LINK_DEPARTMENT: ForeignKey =
    ForeignKey::of(&schema::DEPARTMENT_LINK, "department_id");
pub const PERSON_STUDIO: ForeignKey = ForeignKey::of(&schema::PERSON, "studio_id");
pub const PROJECT_PERSON_LINK_PERSON: ForeignKey =
    ForeignKey::of(&schema::PROJECT_PERSON_LINK, "person_id");
pub const PROJECT_PERSON_LINK_PROJECT: ForeignKey =
    ForeignKey::of(&schema::PROJECT_PERSON_LINK, "project_id");
pub const PROJECT_PROJECT_STATUS: ForeignKey =
    ForeignKey::of(&schema::PROJECT, "project_status_id");
pub const PROJECT_STATUS_AUTOMATION_LINK_STATUS_AUTOMATION: ForeignKey = ForeignKey::of(
    &schema::PROJECT_STATUS_AUTOMATION_LINK,
    "status_automation_id",
);
pub const PROJECT_TASK_TYPE_LINK_TASK_TYPE: ForeignKey =
    ForeignKey::of(&schema::PROJECT_TASK_TYPE_LINK, "task_type_id");
pub const STATUS_AUTOMATION_IN_TASK_STATUS: ForeignKey =
    ForeignKey::of(&schema::STATUS_AUTOMATION, "in_task_status_id");
pub const TASK_ASSIGNER: ForeignKey = ForeignKey::of(&schema::TASK, "assigner_id");
pub const TASK_ENTITY: ForeignKey = ForeignKey::of(&schema::TASK, "entity_id");
pub const TASK_PERSON_LINK_PERSON: ForeignKey =
    ForeignKey::of(&schema::TASK_PERSON_LINK, "person_id");
pub const TASK_PERSON_LINK_TASK: ForeignKey = ForeignKey::of(&schema::TASK_PERSON_LINK, "task_id");
pub const TASK_PROJECT: ForeignKey = ForeignKey::of(&schema::TASK, "project_id");
pub const TASK_TASK_STATUS: ForeignKey = ForeignKey::of(&schema::TASK, "task_status_id");
pub const TASK_TASK_TYPE: ForeignKey = ForeignKey::of(&schema::TASK, "task_type_id");
pub const TASK_TYPE_DEPARTMENT: ForeignKey = ForeignKey::of(&schema::TASK_TYPE, "department_id");
pub const TIME_SPENT_PERSON: ForeignKey = ForeignKey::of(&schema::TIME_SPENT, "person_id");
pub const TIME_SPENT_TASK: ForeignKey = ForeignKey::of(&schema::TIME_SPENT, "task_id");

#[cfg(test)]
mod tests {
    use sea_query::{PostgresQueryBuilder, Query};

    use super::*;

    #[test]
    fn joins_follow_a_reference_in_both_directions() {
        let mut select = Query::select();
        select
            .column(("task", "id"))
            .from("task")
            .inner_join_to(TASK_ENTITY)
            .left_join_to(ENTITY_PARENT.target_as("sequence"))
            .left_join_to(ENTITY_PARENT.table_as("sequence").target_as("episode"))
            .inner_join_from(TASK_PERSON_LINK_TASK);
        assert_eq!(
            select.to_string(PostgresQueryBuilder),
            "SELECT \"task\".\"id\" FROM \"task\" \
             INNER JOIN \"entity\" ON \"entity\".\"id\" = \"task\".\"entity_id\" \
             LEFT JOIN \"entity\" AS \"sequence\" ON \"sequence\".\"id\" = \"entity\".\"parent_id\" \
             LEFT JOIN \"entity\" AS \"episode\" ON \"episode\".\"id\" = \"sequence\".\"parent_id\" \
             INNER JOIN \"task_person_link\" ON \"task_person_link\".\"task_id\" = \"task\".\"id\""
        );
    }
}
