//! Reading comments with their author, attachments and previews.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::query::{comments, comments::threads, rows};
use tanuki_store::schema::{ATTACHMENT_FILE, COMMENT, PERSON, PREVIEW_FILE, TASK_STATUS};
use tanuki_store::view::comments::author;
use tanuki_store::view::people::SECRET;
use uuid::Uuid;

use crate::fields::id_of;
use crate::parameters::{first, is_true};
use crate::resource::ReadContext;
use crate::{Caller, Comments, Error, JsonRow, MaybeId, Result, people};

/// Projection of the author of a comment or reply.
pub(super) static AUTHOR: LazyLock<Projection> = LazyLock::new(author);

/// Links of a comment that come last in its JSON.
pub(crate) const LINKS: [&str; 4] = [
    "mentions",
    "department_mentions",
    "acknowledgements",
    "attachment_files",
];

/// Projection of a comment with its links.
pub(super) static LINKED: LazyLock<Projection> =
    LazyLock::new(|| Projection::with_links(&COMMENT, &[]).at_end(&LINKS));

/// Projection of a comment without its links.
pub(super) static PLAIN: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&COMMENT, &[]));

/// Projection of a comment in the list of a task's comments.
pub(super) static ENTRY: LazyLock<Projection> = LazyLock::new(|| {
    let editor = ["id", "first_name", "last_name", "has_avatar", "role"];
    let status = ["id", "name", "short_name", "color"];
    let file = ["id", "name", "extension", "reply_id", "size"];
    let projection = Projection::with_links(&COMMENT, &["previews", "attachment_files"])
        .embed("person", ("comment", "person_id"), author().at_end(&["id"]))
        .embed(
            "editor",
            ("comment", "editor_id"),
            Projection::only(&PERSON, &editor).at_end(&["id"]),
        )
        .embed(
            "task_status",
            ("comment", "task_status_id"),
            Projection::only(&TASK_STATUS, &status).at_end(&["id"]),
        );
    with_files(projection, &file).at_end(&[
        "person",
        "editor",
        "task_status",
        "acknowledgements",
        "previews",
        "mentions",
        "department_mentions",
        "attachment_files",
    ])
});

/// Projection of a comment's previews and attachments only.
static BELONGINGS: LazyLock<Projection> = LazyLock::new(|| {
    let file = ["id", "name", "extension", "size"];
    with_files(Projection::only(&COMMENT, &["id"]), &file)
});

/// Adds embedded previews and attachments to a projection of comments.
fn with_files(projection: Projection, attachment: &[&'static str]) -> Projection {
    let preview = [
        "id",
        "task_id",
        "revision",
        "extension",
        "width",
        "height",
        "duration",
        "status",
        "validation_status",
        "original_name",
        "position",
        "annotations",
    ];
    let preview = Projection::only(&PREVIEW_FILE, &preview);
    let attachment = Projection::only(&ATTACHMENT_FILE, attachment);
    projection
        .embed_many("previews", preview, threads::shown_previews)
        .embed_many("attachment_files", attachment, threads::attached_files)
}

/// Projections of a newly created comment: without and with the departments of
/// its author.
pub(super) static WRITTEN: LazyLock<[Projection; 2]> = LazyLock::new(|| {
    [
        Projection::all_columns(&PERSON, SECRET),
        Projection::with_links(&PERSON, SECRET),
    ]
    .map(|author| {
        let status = Projection::all_columns(&TASK_STATUS, &[]);
        Projection::with_links(&COMMENT, &[])
            .at_end(&LINKS)
            .embed("task_status", ("comment", "task_status_id"), status)
            .embed("person", ("comment", "person_id"), author)
    })
});

/// Returns the JSON of a newly created comment. Personal fields of the author
/// are hidden as the caller's role requires.
pub(super) async fn written(
    transaction: &mut Transaction,
    caller: &Caller,
    id: Uuid,
    with_departments: bool,
) -> Result<JsonRow> {
    let projection = &WRITTEN[usize::from(with_departments)];
    let written = rows::by_id(transaction, projection, id).await?;
    let mut written = written.ok_or(Error::NotFound)?;
    if let Some(author) = written.get_mut("person") {
        people::show_colleague(caller, author);
    }
    Ok(written)
}

/// Completes the JSON of a single comment that the caller may read: author,
/// authors of replies, attachments, and with `?with_previews=true` its
/// previews.
pub(super) async fn complete(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core,
        caller,
        parameters,
        id,
        row,
        ..
    } = reading;
    let database = core.database();
    if let Some(author) = id_of(row, "person_id") {
        let author = rows::by_id(database, &AUTHOR, author).await?;
        row.insert("person".into(), author.into());
    }
    core.comments()
        .add_reply_authors(std::slice::from_mut(row))
        .await?;
    if !row.contains_key("previews") {
        return Ok(());
    }
    let belongings = rows::by_id(database, &BELONGINGS, id).await?;
    let mut belongings = belongings.unwrap_or_default();
    let mut add = |key: &str, row: &mut Map<String, Value>| {
        let list = belongings.remove(key).unwrap_or_default();
        row.insert(key.to_owned(), list);
    };
    add("attachment_files", row);
    if first(parameters, "with_previews").is_some_and(is_true) {
        add("previews", row);
        let project_id = match id_of(row, "object_id") {
            Some(id) => rows::project_of(database, "task", id).await?.flatten(),
            None => None,
        };
        if caller
            .project_access(database, project_id)
            .await?
            .is_client()
        {
            hide_rejected(row);
        }
    }
    Ok(())
}

/// Removes rejected previews, which clients must not see.
fn hide_rejected(comment: &mut Map<String, Value>) {
    if let Some(Value::Array(previews)) = comment.get_mut("previews") {
        previews.retain(|preview| preview["validation_status"] != "rejected");
    }
}

impl Comments<'_> {
    /// Lists the comments on a task that the caller may read, newest first.
    /// JSON: [`ENTRY`], without `editor` if the comment was never edited.
    /// Requires access to the task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task does not exist, [`Error::Denied`]
    /// without access.
    pub async fn task_comments(self, caller: &Caller, task_id: Uuid) -> Result<Vec<JsonRow>> {
        let database = self.core.database();
        let place = caller.require_task_access(database.into(), task_id).await?;
        let (access, project_id) = (place.access, place.task.project_id);
        let with_clients = access.is_manager() || access.is_supervisor() || access.is_client();
        let mut thread =
            threads::of_task(database, &ENTRY, place.id, project_id, with_clients).await?;
        for comment in &mut thread {
            if comment.get("editor").is_some_and(Value::is_null) {
                comment.shift_remove("editor");
            }
        }
        if access.is_client() {
            let facts = comments::comment_visibility(database, caller.id, project_id).await?;
            let isolated = facts.isolates_clients;
            let clients = threads::client_ids(database, project_id).await?;
            thread.iter_mut().for_each(hide_rejected);
            thread.retain_mut(|comment| {
                let author = id_of(comment, "person_id");
                let by_client = author.is_some_and(|author| clients.contains(&author));
                shown_to_client(comment, (caller.id, isolated), by_client)
            });
        }
        self.add_reply_authors(&mut thread).await?;
        Ok(thread)
    }

    /// Returns the row of a comment on a task.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment does not exist or is not on the task,
    /// [`Error::Denied`] if the caller may not read it.
    pub async fn task_comment(
        self,
        caller: &Caller,
        task: &MaybeId,
        comment_id: Uuid,
    ) -> Result<JsonRow> {
        let database = self.core.database();
        let row = self.comment_row(comment_id).await?;
        if !is_on_task(&row, task) {
            return Err(Error::NotFound);
        }
        caller.reads_comment(database.into(), &row).await?;
        Ok(row)
    }

    /// Returns the row of a comment, without links and without a permission
    /// check; [`Error::NotFound`] if it does not exist.
    pub(crate) async fn comment_row(self, id: Uuid) -> Result<JsonRow> {
        let row = rows::by_id(self.core.database(), &PLAIN, id).await?;
        row.ok_or(Error::NotFound)
    }

    /// Embeds the author in each reply, with one query for all comments.
    pub(super) async fn add_reply_authors(self, comments: &mut [Map<String, Value>]) -> Result<()> {
        let mut replies: Vec<&mut Map<String, Value>> = comments
            .iter_mut()
            .filter_map(|comment| comment.get_mut("replies")?.as_array_mut())
            .flatten()
            .filter_map(Value::as_object_mut)
            .collect();
        let ids: Vec<Uuid> = replies
            .iter()
            .filter_map(|reply| id_of(reply, "person_id"))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let authors: BTreeMap<Uuid, Map<String, Value>> =
            rows::by_ids(self.core.database(), &AUTHOR, &ids)
                .await?
                .into_iter()
                .filter_map(|author| Some((id_of(&author, "id")?, author)))
                .collect();
        for reply in &mut replies {
            let author = id_of(reply, "person_id").and_then(|id| authors.get(&id).cloned());
            reply.insert("person".into(), author.into());
        }
        Ok(())
    }
}

/// Whether the comment is on the task of the path parameter. Compares strings,
/// so an id in upper case does not match.
pub(super) fn is_on_task(comment: &Map<String, Value>, task: &MaybeId) -> bool {
    comment.get("object_id").and_then(Value::as_str) == Some(task.as_str())
}

/// Whether a client sees a comment: published ones, and those of clients, or
/// only their own where the project isolates its clients. Other comments with
/// previews are included with their text, attachments, checklist and replies
/// emptied.
fn shown_to_client(
    comment: &mut Map<String, Value>,
    (own_id, isolated): (Uuid, bool),
    by_client: bool,
) -> bool {
    let published = comment["for_client"] == true;
    let own = id_of(comment, "person_id") == Some(own_id);
    let has_previews = comment["previews"]
        .as_array()
        .is_some_and(|list| !list.is_empty());
    if has_previews && !by_client && !published {
        comment.insert("text".into(), "".into());
        for key in ["attachment_files", "checklist", "replies"] {
            comment.insert(key.into(), Vec::<Value>::new().into());
        }
        return true;
    }
    published || if isolated { own } else { by_client }
}
