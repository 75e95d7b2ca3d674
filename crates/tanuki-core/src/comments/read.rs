//! A comment as it is read: with its author, attachments and previews.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::{comments, rows, threads};
use tanuki_store::schema::{ATTACHMENT_FILE, COMMENT, PERSON, PREVIEW_FILE, TASK_STATUS};
use tanuki_store::shape::Shape;
use uuid::Uuid;

use super::draft::sent_id;
use super::resource::COMMENTS;
use crate::fields::id_of;
use crate::people::{self, SECRET};
use crate::resource::{Reading, Relations, first, is_true};
use crate::{Caller, Core, Error, Result};

/// Who wrote a comment or an answer.
pub(super) static AUTHOR: LazyLock<Shape> = LazyLock::new(author);

pub(crate) fn author() -> Shape {
    let keys = [
        "id",
        "first_name",
        "last_name",
        "full_name",
        "has_avatar",
        "role",
    ];
    Shape::only(&PERSON, &keys)
}

/// The links of a comment that come behind everything else.
pub(crate) const LINKS: [&str; 4] = [
    "mentions",
    "department_mentions",
    "acknowledgements",
    "attachment_files",
];

/// A comment of a task's conversation.
static ENTRY: LazyLock<Shape> = LazyLock::new(|| {
    let editor = ["id", "first_name", "last_name", "has_avatar", "role"];
    let status = ["id", "name", "short_name", "color"];
    let file = ["id", "name", "extension", "reply_id", "size"];
    let shape = Shape::linked(&COMMENT, &["previews", "attachment_files"])
        .holding("person", ("comment", "person_id"), author().at_end(&["id"]))
        .holding(
            "editor",
            ("comment", "editor_id"),
            Shape::only(&PERSON, &editor).at_end(&["id"]),
        )
        .holding(
            "task_status",
            ("comment", "task_status_id"),
            Shape::only(&TASK_STATUS, &status).at_end(&["id"]),
        );
    with_files(shape, &file).at_end(&[
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

/// What belongs to a comment.
static BELONGINGS: LazyLock<Shape> = LazyLock::new(|| {
    let file = ["id", "name", "extension", "size"];
    with_files(Shape::only(&COMMENT, &["id"]), &file)
});

/// A comment's shape with its previews and attachments.
fn with_files(shape: Shape, attachment: &[&'static str]) -> Shape {
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
    let preview = Shape::only(&PREVIEW_FILE, &preview);
    let attachment = Shape::only(&ATTACHMENT_FILE, attachment);
    shape
        .listing("previews", preview, threads::shown_previews)
        .listing("attachment_files", attachment, threads::attached_files)
}

/// A comment as it was just written, with its author's departments or without.
static WRITTEN: LazyLock<[Shape; 2]> = LazyLock::new(|| {
    [Shape::of(&PERSON, SECRET), Shape::linked(&PERSON, SECRET)].map(|author| {
        let status = Shape::of(&TASK_STATUS, &[]);
        Shape::linked(&COMMENT, &[])
            .at_end(&LINKS)
            .holding("task_status", ("comment", "task_status_id"), status)
            .holding("person", ("comment", "person_id"), author)
    })
});

/// The answer to a comment that was just written, with as much of its author
/// as the caller may see.
pub(super) async fn written(
    transaction: &mut Transaction,
    caller: &Caller,
    id: Uuid,
    with_departments: bool,
) -> Result<Map<String, Value>> {
    let shape = &WRITTEN[usize::from(with_departments)];
    let written = rows::by_id(transaction, shape, id).await?;
    let mut written = written.ok_or(Error::NotFound)?;
    if let Some(author) = written.get_mut("person") {
        people::show_colleague(caller, author);
    }
    Ok(written)
}

/// Completes a comment that the caller may read.
pub(super) async fn complete(reading: Reading<'_>) -> Result<()> {
    let Reading {
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
    core.add_reply_authors(std::slice::from_mut(row)).await?;
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
        if caller.standing(database, project_id).await?.is_client() {
            hide_rejected(row);
        }
    }
    Ok(())
}

/// What was rejected is not for clients.
fn hide_rejected(comment: &mut Map<String, Value>) {
    if let Some(Value::Array(previews)) = comment.get_mut("previews") {
        previews.retain(|preview| preview["validation_status"] != "rejected");
    }
}

impl Core {
    /// The comments on a task that the caller reads, the newest first.
    pub async fn task_comments(
        &self,
        caller: &Caller,
        task_id: &str,
    ) -> Result<Vec<Map<String, Value>>> {
        let database = self.database();
        let place = caller
            .enter_task(database.into(), sent_id(task_id)?)
            .await?;
        let (standing, project_id) = (place.standing, place.task.project_id);
        let with_clients = standing.manages() || standing.supervises() || standing.is_client();
        let task = (place.id, project_id);
        let mut thread = threads::of_task(database, &ENTRY, task, with_clients).await?;
        for comment in &mut thread {
            if comment.get("editor").is_some_and(Value::is_null) {
                comment.shift_remove("editor");
            }
        }
        if standing.is_client() {
            let facts = comments::reading_facts(database, caller.id, project_id).await?;
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

    /// A comment on a task.
    pub async fn task_comment(
        &self,
        caller: &Caller,
        task_id: &str,
        comment_id: &str,
    ) -> Result<Map<String, Value>> {
        let database = self.database();
        let row = self.comment_row(comment_id).await?;
        if !is_on_task(&row, task_id) {
            return Err(Error::NotFound);
        }
        caller.reads_comment(database.into(), &row).await?;
        Ok(row)
    }

    /// The row of a comment, without its links.
    pub(super) async fn comment_row(&self, id: &str) -> Result<Map<String, Value>> {
        let shape = (COMMENTS.shape)(Relations::Without);
        let row = rows::by_id(self.database(), shape, sent_id(id)?).await?;
        row.ok_or(Error::NotFound)
    }

    /// Puts its author into each reply.
    async fn add_reply_authors(&self, comments: &mut [Map<String, Value>]) -> Result<()> {
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
            rows::by_ids(self.database(), &AUTHOR, &ids)
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

/// Whether a comment is on the task of that id, as a path has it.
pub(super) fn is_on_task(comment: &Map<String, Value>, task_id: &str) -> bool {
    comment.get("object_id").and_then(Value::as_str) == Some(task_id)
}

/// Whether a client sees a comment: what is published to clients; what
/// clients wrote, or only their own where the production keeps them apart. Of
/// other comments that show previews they see that there is one.
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
