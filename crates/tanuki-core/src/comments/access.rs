//! Permission checks for reading, updating and deleting comments.

use serde_json::{Map, Value};
use tanuki_store::query::comments::{self, CommentVisibility, Status};
use tanuki_store::{Connection, Executor};
use uuid::Uuid;

use crate::access::{ProjectAccess, TaskAccess, ensure};
use crate::fields::id_of;
use crate::resource::{DeleteContext, UpdateContext};
use crate::{Caller, Error, Result};

impl Caller {
    /// Requires that the caller may read a comment. Admins, managers and
    /// supervisors of the project read all. Clients read comments that clients
    /// wrote or that are published to them (`for_client`); where the project
    /// isolates its clients, only their own and published ones. Artists and
    /// vendors read comments that no client wrote. In SQL:
    /// `visibility::comments` and `visibility::news`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment's task does not exist,
    /// [`Error::Denied`] without access to the project, the entity or the
    /// comment.
    pub(crate) async fn reads_comment(
        &self,
        mut connection: Executor<'_>,
        comment: &Map<String, Value>,
    ) -> Result<()> {
        if self.is_admin() {
            return Ok(());
        }
        let task_id = id_of(comment, "object_id").ok_or(Error::NotFound)?;
        let on_task = self.task_access(connection.reborrow(), task_id).await?;
        self.reads_comment_on(connection, &on_task, comment).await
    }

    /// Like [`reads_comment`](Self::reads_comment), for a comment whose task is
    /// loaded.
    async fn reads_comment_on(
        &self,
        mut connection: Executor<'_>,
        on_task: &TaskAccess,
        comment: &Map<String, Value>,
    ) -> Result<()> {
        on_task.require_read(connection.reborrow(), self).await?;
        let TaskAccess { task, access, .. } = on_task;
        if access.is_supervisor() || access.is_manager() {
            return Ok(());
        }
        let author = id_of(comment, "person_id").ok_or(Error::Denied)?;
        let facts = comments::comment_visibility(connection, author, task.project_id).await?;
        let is_published = comment.get("for_client") == Some(&Value::Bool(true));
        ensure(may_read(*access, facts, (author == self.id, is_published)))
    }
}

/// Whether a comment may be read with that access to its task's project. It may
/// be the reader's own, and published to clients.
fn may_read(
    access: ProjectAccess,
    facts: CommentVisibility,
    (is_own, is_published): (bool, bool),
) -> bool {
    if access.is_manager() || access.is_supervisor() {
        return true;
    }
    if !access.is_client() {
        return !facts.by_client;
    }
    is_published || (facts.by_client && (is_own || !facts.isolates_clients))
}

/// Requires that the caller may make these changes to a comment. Managers of
/// the project change every field; authors change their own comments;
/// supervisors of the task's department pin comments; they, the author and the
/// assignees of the task update the checklist. Only managers change
/// `for_client`. Another status also requires permission to edit the task and
/// [`may_set_status`].
///
/// # Errors
///
/// [`Error::NotFound`] if the task or the status does not exist,
/// [`Error::Denied`] without permission.
pub(super) async fn may_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
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
    let on_task = caller.task_access(&mut *transaction, task_id).await?;
    let TaskAccess { task, access, .. } = &on_task;
    ensure(access.is_granted())?;
    if access.is_manager() {
        return Ok(());
    }
    caller
        .reads_comment_on((&mut *transaction).into(), &on_task, row)
        .await?;
    let changes = |field: &str| {
        data.get(field)
            .is_some_and(|value| Some(value) != row.get(field))
    };
    ensure(!changes("for_client"))?;
    let in_department = on_task.is_supervisor();
    let is_assigned = task.is_assigned;
    let is_author = id_of(row, "person_id") == Some(caller.id);
    ensure(!changes("pinned") || in_department)?;
    ensure(!changes("checklist") || is_author || in_department || is_assigned)?;
    let touches_text = data
        .keys()
        .any(|field| field != "pinned" && field != "checklist");
    ensure(is_author || !touches_text)?;
    let own_id = Value::from(caller.id.to_string());
    ensure(data.get("person_id").is_none_or(|id| *id == own_id))?;
    ensure(!changes("object_id"))?;
    let Some(status) = data.get("task_status_id") else {
        return Ok(());
    };
    if !is_same_id(status, row.get("task_status_id")) {
        ensure(on_task.can_edit())?;
    }
    if !access.is_artist() && !access.is_client() {
        return Ok(());
    }
    let status_id = id_of(data, "task_status_id").ok_or(Error::NotFound)?;
    may_set_status(transaction, *access, status_id, task.project_id).await
}

fn is_same_id(one: &Value, other: Option<&Value>) -> bool {
    let text = |value: &Value| value.as_str().map(str::to_lowercase);
    text(one) == other.and_then(text)
}

/// Requires that the role may set the status: artists only statuses with
/// `is_artist_allowed`, clients only those that the project opens to clients.
/// Other roles may set every status.
///
/// # Errors
///
/// [`Error::NotFound`] if the status does not exist, [`Error::Denied`]
/// otherwise.
pub(super) async fn may_set_status(
    connection: impl Connection,
    access: ProjectAccess,
    id: Uuid,
    project_id: Option<Uuid>,
) -> Result<()> {
    if !access.is_artist() && !access.is_client() {
        return Ok(());
    }
    let status = comments::status(connection, id, project_id).await?;
    ensure(allows_status(access, status.ok_or(Error::NotFound)?))
}

/// Whether a status may be set with that access to the project.
fn allows_status(access: ProjectAccess, status: Status) -> bool {
    if access.is_client() {
        status.clients
    } else {
        status.artists || !access.is_artist()
    }
}

/// Requires a manager of the project, or the author with access to it.
pub(super) async fn may_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        caller,
        transaction,
        row,
        ..
    } = deleting;
    let task_id = id_of(row, "object_id").ok_or(Error::NotFound)?;
    let access = caller.task_access(transaction, task_id).await?.access;
    let is_author = id_of(row, "person_id") == Some(caller.id);
    let manages = if access.is_granted() {
        access.is_manager()
    } else {
        // Managers of other projects are refused, even as authors.
        ensure(!caller.manages())?;
        false
    };
    ensure(manages || (is_author && access.is_granted()))
}

#[cfg(test)]
mod tests {
    use tanuki_domain::Role;

    use super::*;

    #[test]
    fn who_reads_a_comment() {
        let by_client = |isolates_clients| CommentVisibility {
            by_client: true,
            isolates_clients,
        };
        let by_studio = CommentVisibility::default();
        let (own, published, neither) = ((true, false), (false, true), (false, false));
        // Manager, supervisor, artist, vendor, client.
        for (facts, comment, expected) in [
            (by_studio, neither, [true, true, true, true, false]),
            (by_studio, published, [true, true, true, true, true]),
            (by_client(false), neither, [true, true, false, false, true]),
            (by_client(false), own, [true, true, false, false, true]),
            (by_client(true), neither, [true, true, false, false, false]),
            (by_client(true), own, [true, true, false, false, true]),
            (by_client(true), published, [true, true, false, false, true]),
        ] {
            for (role, expected) in [
                Role::Manager,
                Role::Supervisor,
                Role::User,
                Role::Vendor,
                Role::Client,
            ]
            .into_iter()
            .zip(expected)
            {
                let found = may_read(ProjectAccess::member_as(role), facts, comment);
                assert_eq!(found, expected, "{role}: {facts:?} {comment:?}");
            }
        }
    }

    #[test]
    fn who_comments_with_which_status() {
        for (artists, clients) in [(false, false), (true, false), (false, true), (true, true)] {
            let status = Status { artists, clients };
            for (role, expected) in [
                (Role::Admin, true),
                (Role::Manager, true),
                (Role::Supervisor, true),
                (Role::User, artists),
                // They set any status of the tasks that they may edit, as in Zou.
                (Role::Vendor, true),
                (Role::Client, clients),
            ] {
                let found = allows_status(ProjectAccess::member_as(role), status);
                assert_eq!(found, expected, "{role}: {status:?}");
            }
        }
    }
}
