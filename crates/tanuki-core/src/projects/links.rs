//! The task types and task statuses that a project uses, and their order.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::query::projects::links;
use tanuki_store::schema::{PROJECT_TASK_STATUS_LINK, PROJECT_TASK_TYPE_LINK, Table};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::access::ManagedProject;
use crate::events::Event;
use crate::fields::{column_value, id_of, placed_ids};
use crate::{Caller, Error, JsonRow, MalformedId, MaybeId, Projects, Result};

/// A task type to add to a project.
#[derive(Debug)]
pub struct TaskTypeLink {
    pub project_id: MaybeId,
    pub task_type_id: MaybeId,
    pub priority: Option<i64>,
}

/// A task status to add to a project.
#[derive(Debug)]
pub struct TaskStatusLink {
    pub project_id: MaybeId,
    pub task_status_id: MaybeId,
    pub priority: Option<i64>,
    /// Roles whose boards show the status.
    pub roles_for_board: Vec<String>,
}

/// The kind of link to order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkOrder {
    TaskTypes,
    TaskStatuses,
}

impl LinkOrder {
    fn table(self) -> &'static Table {
        match self {
            Self::TaskTypes => &PROJECT_TASK_TYPE_LINK,
            Self::TaskStatuses => &PROJECT_TASK_STATUS_LINK,
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::TaskTypes => "task_type_id",
            Self::TaskStatuses => "task_status_id",
        }
    }

    pub(super) fn projection(self) -> &'static Projection {
        static TYPES: LazyLock<Projection> =
            LazyLock::new(|| Projection::all_columns(&PROJECT_TASK_TYPE_LINK, &[]));
        static STATUSES: LazyLock<Projection> =
            LazyLock::new(|| Projection::all_columns(&PROJECT_TASK_STATUS_LINK, &[]));
        match self {
            Self::TaskTypes => &TYPES,
            Self::TaskStatuses => &STATUSES,
        }
    }
}

/// Converts JSON fields to the column values of a table. Unknown fields are
/// ignored.
pub(super) fn values_of(table: &'static Table, fields: &[(&str, Value)]) -> Result<Values> {
    let mut values = Values::new();
    for (name, json) in fields {
        if let Some(column) = table.column(name) {
            values.insert(column.name, column_value(column, json)?);
        }
    }
    Ok(values)
}

impl Projects<'_> {
    /// Adds a task type to a project or updates its priority there (upsert).
    /// Returns the link's row. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if `task_type_id` is malformed.
    pub async fn link_task_type(self, caller: &Caller, link: TaskTypeLink) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, link.project_id.found()?)
            .await?;
        let values = [("priority", link.priority.into())];
        self.link(LinkOrder::TaskTypes, project, &link.task_type_id, &values)
            .await
    }

    /// Adds a task status to a project or updates its priority and boards there
    /// (upsert). Returns the link's row. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if `task_status_id` is malformed.
    pub async fn link_task_status(self, caller: &Caller, link: TaskStatusLink) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, link.project_id.found()?)
            .await?;
        let values = [
            ("priority", link.priority.into()),
            ("roles_for_board", link.roles_for_board.into()),
        ];
        self.link(
            LinkOrder::TaskStatuses,
            project,
            &link.task_status_id,
            &values,
        )
        .await
    }

    async fn link(
        self,
        what: LinkOrder,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        target: &MaybeId,
        fields: &[(&'static str, Value)],
    ) -> Result<JsonRow> {
        let table = what.table();
        let target = target.hyphenated(MalformedId::Required(what.target()))?;
        let values = values_of(table, fields)?;
        let mut transaction = self.core.database().begin().await?;
        let ends = (project_id, what.target(), target);
        links::put(&mut transaction, table, ends, values, &self.core.defaults()).await?;
        self.link_event(transaction, caller, what, ends).await
    }

    /// Records `project:update`, commits the transaction and returns the row of
    /// the link. [`Error::NotFound`] if there is no such link.
    pub(super) async fn link_event(
        self,
        mut transaction: Transaction,
        caller: &Caller,
        what: LinkOrder,
        ends: links::Ends,
    ) -> Result<JsonRow> {
        let row = links::row(&mut transaction, what.projection(), ends)
            .await?
            .ok_or(Error::NotFound)?;
        let event = Event::named("project:update").in_project(Some(ends.0));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Sets the priorities of links in the order of the ids, starting at 1.
    /// Returns the links; ids that the project does not use are ignored.
    pub async fn order_links(
        self,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        what: LinkOrder,
        ids: &[Value],
    ) -> Result<Vec<JsonRow>> {
        let places = placed_ids(&format!("{}s", what.target()), ids)?;
        let mut transaction = self.core.database().begin().await?;
        let links = self
            .place_links(&mut transaction, project_id, what, &places)
            .await?;
        let event = Event::named("project:update").in_project(Some(project_id));
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        transaction.commit().await?;
        Ok(links)
    }

    /// Sets the priorities of the links to these targets. Returns a row for
    /// each place whose target the project uses.
    async fn place_links(
        self,
        transaction: &mut Transaction,
        project_id: Uuid,
        what: LinkOrder,
        places: &[(Uuid, i32)],
    ) -> Result<Vec<JsonRow>> {
        let targets: Vec<Uuid> = places.iter().map(|(target, _)| *target).collect();
        let ends = (project_id, what.target(), targets.as_slice());
        let used = links::rows(&mut *transaction, what.projection(), ends).await?;
        let used = by_target(what.target(), used);
        self.set_priorities(transaction, what.table(), &used, places)
            .await?;
        let links = links::rows(transaction, what.projection(), ends).await?;
        Ok(in_places(&by_target(what.target(), links), places))
    }

    /// Sets the priorities of those links, given by their other end, that have a
    /// place.
    pub(super) async fn set_priorities(
        self,
        transaction: &mut Transaction,
        table: &'static Table,
        links: &HashMap<Uuid, JsonRow>,
        places: &[(Uuid, i32)],
    ) -> Result<()> {
        let priority = |(target, place): &(Uuid, i32)| {
            Some((id_of(links.get(target)?, "id")?, (*place).into()))
        };
        let priorities: Vec<_> = places.iter().filter_map(priority).collect();
        let now = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        write::update_each(transaction, (table, "priority"), &priorities, now).await?;
        Ok(())
    }
}

/// Indexes rows of links by their other end, the column `target`.
pub(super) fn by_target(target: &str, links: Vec<JsonRow>) -> HashMap<Uuid, JsonRow> {
    let with_target = |link| Some((id_of(&link, target)?, link));
    links.into_iter().filter_map(with_target).collect()
}

/// Returns a row for each place that has a link, with the place as `priority`. A
/// target that is listed twice is there with both of its places.
pub(super) fn in_places(links: &HashMap<Uuid, JsonRow>, places: &[(Uuid, i32)]) -> Vec<JsonRow> {
    let placed = places.iter().filter_map(|(target, priority)| {
        let mut link = links.get(target)?.clone();
        link.insert("priority".into(), (*priority).into());
        Some(link)
    });
    placed.collect()
}
