//! A comment as it is read: with its author, attachments and previews.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::query::{comments, rows};
use tanuki_store::schema::{ATTACHMENT_FILE, PERSON, PREVIEW_FILE};
use tanuki_store::shape::Shape;
use uuid::Uuid;

use crate::fields::id_of;
use crate::resource::{Reading, first, is_true};
use crate::{Core, Result};

static AUTHOR: LazyLock<Shape> = LazyLock::new(|| {
    Shape::only(
        &PERSON,
        &[
            "id",
            "first_name",
            "last_name",
            "full_name",
            "has_avatar",
            "role",
        ],
    )
});

static ATTACHMENT: LazyLock<Shape> =
    LazyLock::new(|| Shape::only(&ATTACHMENT_FILE, &["id", "name", "extension", "size"]));

static PREVIEW: LazyLock<Shape> = LazyLock::new(|| {
    Shape::only(
        &PREVIEW_FILE,
        &[
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
        ],
    )
});

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
    core.add_reply_authors(row).await?;
    if row.contains_key("attachment_files") {
        let files = comments::of_comment(database, &ATTACHMENT, id).await?;
        row.insert("attachment_files".into(), files.into());
    }
    let with_previews = first(parameters, "with_previews").is_some_and(is_true);
    if with_previews && row.contains_key("previews") {
        let task = id_of(row, "object_id");
        let project_id = match task {
            Some(id) => rows::project_of(database, "task", id).await?.flatten(),
            None => None,
        };
        let standing = caller.standing(database, project_id).await?;
        let mut previews = comments::previews(database, &PREVIEW, id).await?;
        // What was rejected is not for clients.
        previews
            .retain(|preview| !standing.is_client() || preview["validation_status"] != "rejected");
        row.insert("previews".into(), previews.into());
    }
    Ok(())
}

impl Core {
    /// Puts its author into each reply.
    async fn add_reply_authors(&self, comment: &mut Map<String, Value>) -> Result<()> {
        let Some(replies) = comment.get_mut("replies").and_then(Value::as_array_mut) else {
            return Ok(());
        };
        let ids: Vec<Uuid> = replies
            .iter()
            .filter_map(|reply| id_of(reply.as_object()?, "person_id"))
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
        for reply in replies.iter_mut().filter_map(Value::as_object_mut) {
            let author = id_of(reply, "person_id").and_then(|id| authors.get(&id).cloned());
            reply.insert("person".into(), author.into());
        }
        Ok(())
    }
}
