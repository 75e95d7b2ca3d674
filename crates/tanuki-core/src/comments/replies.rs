//! Replies to comments, stored in the comment's `replies` column.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDateTime;
use serde_json::{Map, Value, json};
use tanuki_store::Transaction;
use tanuki_store::projection::Projection;
use tanuki_store::query::comments::notifications::{Notification, Subject};
use tanuki_store::query::{comments, comments::threads, comments::write, rows};
use tanuki_store::schema::{COMMENT, PERSON};
use tanuki_store::write::{self as store_write, Values};
use uuid::Uuid;

use super::draft::{Target, to_the_second};
use super::mentions::Mentions;
use super::read::{AUTHOR, is_on_task};
use super::resource::COMMENTS;
use crate::access::ensure;
use crate::events::Event;
use crate::fields::id_of;
use crate::files::{ReceivedFiles, StagedAttachment, Upload};
use crate::resource::Relations;
use crate::{Caller, Comments, Error, JsonRow, MaybeId, Result};

/// A comment that the caller may reply to: proof of the permission check.
#[derive(Debug)]
pub struct ReplyTarget {
    comment_id: Uuid,
    target: Target,
}

static STUDIO: LazyLock<Projection> = LazyLock::new(|| Projection::only(&PERSON, &["studio_id"]));

impl Comments<'_> {
    /// Requires that the caller may reply to a comment: to their own comments,
    /// and to those on tasks that they may edit or were mentioned on. Only
    /// managers and clients reply to comments that clients can read; clients
    /// reply to other clients of the same studio only.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment or task does not exist,
    /// [`Error::Denied`] without permission, or if the comment is not on the
    /// task.
    pub async fn may_reply(
        self,
        caller: &Caller,
        task: &MaybeId,
        comment_id: Uuid,
    ) -> Result<ReplyTarget> {
        let database = self.core.database();
        let comment = self.comment_row(comment_id).await?;
        ensure(is_on_task(&comment, task))?;
        let place = caller.task_access(database, task.found()?).await?;
        let author_id = id_of(&comment, "person_id").ok_or(Error::Denied)?;
        let facts =
            comments::comment_visibility(database, author_id, place.task.project_id).await?;
        let access = place.access;
        ensure(access.is_granted())?;
        if author_id != caller.id {
            if !place.can_edit() {
                caller.answers_mention(database.into(), &place).await?;
            }
            if access.is_client() && facts.by_client {
                ensure(self.share_studio(caller.id, author_id).await?)?;
            }
        }
        let is_for_clients = facts.by_client || comment.get("for_client") == Some(&true.into());
        ensure(!is_for_clients || access.has_manager_role() || access.is_client())?;
        Ok(ReplyTarget {
            comment_id,
            target: Target::of(&place),
        })
    }

    /// Whether two people are of the same studio (or both of none).
    async fn share_studio(self, one: Uuid, other: Uuid) -> Result<bool> {
        let database = self.core.database();
        let [one, other] = [
            rows::by_id(database, &STUDIO, one).await?,
            rows::by_id(database, &STUDIO, other).await?,
        ];
        Ok(one == other)
    }

    /// Adds a reply to a comment, records the event and creates notifications.
    /// Returns the reply as JSON, with its author as `person` and new
    /// `attachment_files` if there are any.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the comment was deleted meanwhile. Who may reply was
    /// checked for the [`ReplyTarget`].
    pub async fn reply(
        self,
        caller: &Caller,
        answering: ReplyTarget,
        (text, files): (&str, Vec<Upload>),
    ) -> Result<JsonRow> {
        let ReplyTarget { comment_id, target } = answering;
        let files = self.core.files().stage_attachments(files).await?;
        let mut transaction = self.core.database().begin().await?;
        let comment = locked(&mut transaction, comment_id).await?;
        let mentions = self
            .mentioned(&mut transaction, target.project_id, text)
            .await?;
        let reply = Reply {
            id: Uuid::new_v4(),
            at: to_the_second(self.core.clock().timestamp()),
            author_id: caller.id,
        };
        let mut row = reply.row(text, &mentions);
        let mut replies = replies_of(&comment);
        replies.push(row.clone().into());
        self.store_replies(&mut transaction, comment_id, &replies)
            .await?;
        let event = Event::named("comment:reply")
            .with("task_id", target.id.to_string())
            .with("comment_id", comment_id.to_string())
            .with("reply_id", reply.id.to_string())
            .in_project(target.project_id);
        self.core
            .record(&mut transaction, event, Some(caller))
            .await?;
        let mut concerned = repliers(&mut transaction, &replies).await?;
        concerned.extend(id_of(&comment, "person_id"));
        self.notify_of_reply(
            &mut transaction,
            (&target, comment_id),
            &reply,
            (concerned, &mentions),
        )
        .await?;
        let author = rows::by_id(&mut transaction, &AUTHOR, caller.id).await?;
        let mut arrivals = ReceivedFiles::default();
        if !files.is_empty() {
            let attached = self
                .attach_to_reply(&mut transaction, &mut arrivals, comment_id, reply.id, files)
                .await?;
            row.insert("attachment_files".into(), attached.into());
        }
        self.core.files().commit_with(transaction, arrivals).await?;
        row.insert("person".into(), author.into());
        Ok(row)
    }

    async fn attach_to_reply(
        self,
        transaction: &mut Transaction,
        arrivals: &mut ReceivedFiles,
        comment_id: Uuid,
        reply_id: Uuid,
        files: Vec<StagedAttachment>,
    ) -> Result<Vec<JsonRow>> {
        let owner = Values::from([
            ("comment_id", comment_id.into()),
            ("reply_id", reply_id.into()),
        ]);
        let mut attached = self.attach(transaction, arrivals, &owner, files).await?;
        for file in &mut attached {
            file.insert("reply_id".into(), reply_id.to_string().into());
        }
        Ok(attached)
    }

    /// Notifies the followers of the task, the participants of the
    /// conversation, and those whom the reply mentions. Never the author of the
    /// reply.
    async fn notify_of_reply(
        self,
        transaction: &mut Transaction,
        (target, comment_id): (&Target, Uuid),
        reply: &Reply,
        (mut concerned, mentions): (BTreeSet<Uuid>, &Mentions),
    ) -> Result<()> {
        let (id, project_id) = (target.id, target.project_id);
        concerned.extend(
            write::followers(transaction, id, target.task_type_id, target.entity_id).await?,
        );
        let mentioned = self
            .mentioned_people(transaction, project_id, mentions)
            .await?;
        let learns = |kind: &'static str, created_at: Option<NaiveDateTime>| {
            move |person_id: Uuid| Notification {
                person_id,
                author_id: reply.author_id,
                subject: Subject::Task(id),
                comment_id: Some(comment_id),
                kind,
                reply_id: Some(reply.id),
                change: false,
                created_at,
            }
        };
        let notifications: Vec<Notification> = concerned
            .into_iter()
            .map(learns("reply", Some(reply.at)))
            .chain(mentioned.into_iter().map(learns("reply-mention", None)))
            .filter(|notification| notification.person_id != reply.author_id)
            .collect();
        self.core
            .notify(transaction, &notifications, project_id)
            .await
    }

    /// Deletes a reply with its attachments and notifications. Returns the
    /// comment's row. Requires the reply's author or an admin, with access to
    /// the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the comment or reply does not exist,
    /// [`Error::Denied`] without permission.
    pub async fn delete_reply(
        self,
        caller: &Caller,
        comment_id: Uuid,
        reply: &MaybeId,
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let comment = locked(&mut transaction, comment_id).await?;
        let mut replies = replies_of(&comment);
        let found = replies
            .iter()
            .find(|other| other["id"] == reply.as_str())
            .ok_or(Error::NotFound)?;
        if found["person_id"] != caller.id.to_string() {
            caller.require_admin()?;
        }
        replies.retain(|other| other["id"] != reply.as_str());
        self.store_replies(&mut transaction, comment_id, &replies)
            .await?;
        if let Some(id) = reply.id() {
            threads::remove_reply(&mut transaction, comment_id, id).await?;
        }
        let task_id = id_of(&comment, "object_id").ok_or(Error::NotFound)?;
        let project_id = rows::project_of(&mut transaction, "task", task_id)
            .await?
            .ok_or(Error::NotFound)?;
        caller
            .require_project_access(&mut transaction, project_id)
            .await?;
        let event = Event::named("comment:delete-reply")
            .with("task_id", task_id.to_string())
            .with("comment_id", comment_id.to_string())
            .with("reply_id", reply.as_str())
            .in_project(project_id);
        self.core.publish(&mut transaction, event);
        let answer = locked(&mut transaction, comment_id).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Writes the `replies` column of a comment.
    async fn store_replies(
        self,
        transaction: &mut Transaction,
        comment_id: Uuid,
        replies: &[Value],
    ) -> Result<()> {
        let values = Values::from([
            ("replies", json!(replies).into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        store_write::update(transaction, &COMMENT, comment_id, values).await?;
        Ok(())
    }
}

/// A reply that is being written.
struct Reply {
    id: Uuid,
    at: NaiveDateTime,
    author_id: Uuid,
}

impl Reply {
    /// The JSON that is stored in the comment's `replies`.
    fn row(&self, text: &str, mentions: &Mentions) -> JsonRow {
        let ids = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect::<Vec<_>>();
        let date = self.at.format("%Y-%m-%dT%H:%M:%S").to_string();
        [
            ("id", json!(self.id.to_string())),
            ("date", json!(date)),
            ("person_id", json!(self.author_id.to_string())),
            ("text", json!(text)),
            ("mentions", json!(ids(&mentions.people))),
            ("department_mentions", json!(ids(&mentions.departments))),
            ("created_at", json!(date)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    }
}

/// Reads a comment and locks its row until the end of the transaction.
pub(super) async fn locked(transaction: &mut Transaction, id: Uuid) -> Result<JsonRow> {
    let projection = (COMMENTS.projection)(Relations::Without);
    let comment = rows::locked(transaction, projection, id).await?;
    comment.ok_or(Error::NotFound)
}

fn replies_of(comment: &Map<String, Value>) -> Vec<Value> {
    let replies = comment.get("replies").and_then(Value::as_array);
    replies.cloned().unwrap_or_default()
}

/// The authors of the replies, without people who were deleted.
async fn repliers(transaction: &mut Transaction, replies: &[Value]) -> Result<BTreeSet<Uuid>> {
    let ids: Vec<Uuid> = replies
        .iter()
        .filter_map(|reply| id_of(reply.as_object()?, "person_id"))
        .collect();
    let there = rows::existing(transaction, PERSON.name, &ids).await?;
    Ok(there.into_iter().collect())
}
