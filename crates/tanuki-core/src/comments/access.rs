//! Who may read, change and delete a comment.

use serde_json::{Map, Value};
use tanuki_store::query::comments::{self, Status};
use tanuki_store::query::{access, tasks};
use tanuki_store::{Borrowed, Connection};
use uuid::Uuid;

use super::draft::sent_id;
use crate::access::{Standing, allow};
use crate::fields::id_of;
use crate::resource::{Deleting, Updating};
use crate::{Caller, Error, Result};

impl Caller {
    /// Whether the caller reads a comment: clients read what clients wrote and
    /// what is published to them, or only their own where a production
    /// isolates its clients; artists and vendors read what no client wrote.
    pub(crate) async fn reads_comment(
        &self,
        mut connection: Borrowed<'_>,
        comment: &Map<String, Value>,
    ) -> Result<()> {
        if self.is_admin() {
            return Ok(());
        }
        let task_id = id_of(comment, "object_id").ok_or(Error::NotFound)?;
        let task = tasks::facts(connection.again(), task_id)
            .await?
            .ok_or(Error::NotFound)?;
        let standing = self.enter(connection.again(), task.project_id).await?;
        if let Some(entity_id) = task.entity_id {
            self.reach(connection.again(), standing, entity_id).await?;
        }
        if standing.supervises() || standing.manages() {
            return Ok(());
        }
        let author = id_of(comment, "person_id").ok_or(Error::Denied)?;
        let facts = comments::reading_facts(connection, author, task.project_id).await?;
        if !standing.is_client() {
            return allow(!facts.by_client);
        }
        let is_published = comment.get("for_client") == Some(&Value::Bool(true));
        if facts.isolates_clients {
            allow(author == self.id || is_published)?;
        }
        allow(facts.by_client || is_published)
    }
}

/// Managers change everything; authors what they wrote; supervisors pin, and
/// they and whoever is assigned tick off checklists.
pub(super) async fn may_update(updating: Updating<'_>) -> Result<()> {
    let Updating {
        caller,
        transaction,
        row,
        data,
        ..
    } = updating;
    if caller.is_admin() {
        return Ok(());
    }
    let task_id = id_of(row, "object_id").ok_or(Error::NotFound)?;
    let task = tasks::facts(&mut *transaction, task_id)
        .await?
        .ok_or(Error::NotFound)?;
    let standing = caller.enter(&mut *transaction, task.project_id).await?;
    if standing.manages() {
        return Ok(());
    }
    caller
        .reads_comment((&mut *transaction).into(), row)
        .await?;
    let changes = |field: &str| {
        data.get(field)
            .is_some_and(|value| Some(value) != row.get(field))
    };
    allow(!changes("for_client"))?;
    let in_department = match task.task_type_id {
        Some(id) => {
            caller
                .supervises_type(&mut *transaction, standing, id)
                .await?
        }
        None => false,
    };
    let is_assigned = access::works_on_task(&mut *transaction, caller.id, task_id).await?;
    let is_author = id_of(row, "person_id") == Some(caller.id);
    allow(!changes("pinned") || in_department)?;
    allow(!changes("checklist") || is_author || in_department || is_assigned)?;
    let touches_text = data
        .keys()
        .any(|field| field != "pinned" && field != "checklist");
    allow(is_author || !touches_text)?;
    let own_id = Value::from(caller.id.to_string());
    allow(data.get("person_id").is_none_or(|id| *id == own_id))?;
    allow(!changes("object_id"))?;
    let Some(status) = data.get("task_status_id") else {
        return Ok(());
    };
    if !is_same_id(status, row.get("task_status_id")) {
        allow(
            caller
                .acts_on_task((&mut *transaction).into(), task_id)
                .await?,
        )?;
    }
    if !standing.is_artist() && !standing.is_client() {
        return Ok(());
    }
    let text = status.as_str().ok_or(Error::NotFound)?;
    may_set_status(transaction, standing, sent_id(text)?, task.project_id).await
}

fn is_same_id(one: &Value, other: Option<&Value>) -> bool {
    let text = |value: &Value| value.as_str().map(str::to_lowercase);
    text(one) == other.and_then(text)
}

/// Artists set the statuses that are open to them, clients those that the
/// production opens to clients.
pub(super) async fn may_set_status(
    connection: impl Connection,
    standing: Standing,
    id: Uuid,
    project_id: Option<Uuid>,
) -> Result<()> {
    if !standing.is_artist() && !standing.is_client() {
        return Ok(());
    }
    let Status {
        artists, clients, ..
    } = comments::status(connection, id, project_id)
        .await?
        .ok_or(Error::NotFound)?;
    allow(if standing.is_client() {
        clients
    } else {
        artists
    })
}

/// Managers of the production and the author.
pub(super) async fn may_delete(deleting: Deleting<'_>) -> Result<()> {
    let Deleting {
        caller,
        transaction,
        row,
        ..
    } = deleting;
    let task_id = id_of(row, "object_id").ok_or(Error::NotFound)?;
    let task = tasks::facts(&mut *transaction, task_id)
        .await?
        .ok_or(Error::NotFound)?;
    let standing = caller.standing(transaction, task.project_id).await?;
    let is_author = id_of(row, "person_id") == Some(caller.id);
    let manages = if standing.has_access() {
        standing.manages()
    } else {
        // Managers of other productions do not pass for authors here.
        allow(!caller.manages())?;
        false
    };
    allow(manages || (is_author && standing.has_access()))
}
