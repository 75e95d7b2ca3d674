//! Inserting a comment with all of its consequences in one transaction.

use std::sync::Arc;

use chrono::NaiveDateTime;
use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::comments::notifications::{Notification, Subject};
use tanuki_store::query::comments::write::{self, Automation, TaskForComment};
use tanuki_store::query::tasks;
use tanuki_store::schema::{COMMENT, NEWS, TASK};
use tanuki_store::write::{self as store_write, Values};
use uuid::Uuid;

use super::chain::{Cause, Chain, Link, Step, Unsettled, WrittenComment};
use super::draft::{Draft, Target, to_the_second};
use super::mentions::Mentions;
use super::tags;
use crate::events::Event;
use crate::{Caller, Comments, Error, Result};

impl Comments<'_> {
    /// Inserts a comment and applies its consequences: the task's status,
    /// counters and dates, notifications, news, and comments on other tasks
    /// because of tags or automations. Returns the comment's id.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task or the status does not exist,
    /// [`Error::Invalid`] if the task has reached its maximum of retakes.
    pub(super) async fn write_comment(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        draft: Draft,
    ) -> Result<Uuid> {
        let id = draft.id;
        let mut chain = Chain::from(draft);
        while let Some(step) = chain.next() {
            let next = match step {
                Step::Write(draft, link) => {
                    self.begin_comment(transaction, caller, &mut chain, (draft, link))
                        .await?
                }
                Step::Settle(unsettled) => self.settle(transaction, caller, *unsettled).await?,
                Step::Automate(cause, automation) => {
                    self.automate(transaction, caller, &mut chain, (&cause, &automation))
                        .await?
                }
                Step::TakeRevision {
                    source,
                    target,
                    comment_id,
                } => {
                    self.take_last_revision(transaction, caller, (&source, &target), comment_id)
                        .await?;
                    Vec::new()
                }
            };
            chain.put(next);
        }
        Ok(id)
    }

    /// Inserts the row of a comment. Returns the next steps: the copies on the
    /// tasks that its tags name, then its effect on its own task.
    async fn begin_comment(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        chain: &mut Chain,
        (draft, link): (Draft, Link),
    ) -> Result<Vec<Step>> {
        let Target {
            id: task_id,
            project_id,
            entity_id,
            task_type_id,
        } = draft.target;
        let mentions = self.mentioned(transaction, project_id, &draft.text).await?;
        let automations = write::automations(transaction, project_id, task_type_id).await?;
        let tags = draft.tags();
        // All consequences are on the same entity, so it is locked once, before
        // the task.
        let goes_on = !automations.is_empty() || !tags.is_empty();
        if let Some(id) = entity_id.filter(|_| goes_on && Chain::is_first(link)) {
            write::lock_entities_for_automations(transaction, &[id]).await?;
        }
        let stand = write::lock_task_for_comment(transaction, task_id, draft.status_id)
            .await?
            .ok_or(Error::NotFound)?;
        check_retakes(&stand)?;

        let written = self.insert_comment(transaction, &draft, mentions).await?;
        let mut events = vec![new_comment(&draft, &written)];
        let mut next = Vec::new();
        if !tags.is_empty() {
            self.core
                .record_all(transaction, std::mem::take(&mut events), Some(caller))
                .await?;
            next = spread(transaction, chain, (&draft, link), &stand, &tags).await?;
        }
        next.push(Step::Settle(Box::new(Unsettled {
            draft,
            link,
            stand,
            written,
            automations,
            events,
        })));
        Ok(next)
    }

    /// Applies the comment's status to its task and records the events. Returns
    /// the automations that the status triggers as the next steps.
    async fn settle(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        unsettled: Unsettled,
    ) -> Result<Vec<Step>> {
        let Unsettled {
            draft,
            link,
            stand,
            written,
            automations,
            mut events,
        } = unsettled;
        let moved = self
            .move_task(transaction, (&draft.target, &stand), &written, &mut events)
            .await?;
        let notifications = self
            .follow(transaction, &draft.target, &written, moved.changed)
            .await?;
        events.extend(notifications);
        if stand.entity_type != "Concept" {
            let news = self
                .add_news(transaction, &draft.target, &written, moved.changed)
                .await?;
            events.push(news);
        }
        self.core
            .record_all(transaction, events, Some(caller))
            .await?;
        let cause = Arc::new(Cause { draft, stand, link });
        let set_off = |automation: &Automation| Some(automation.status_id) == moved.status_id;
        Ok(automations
            .into_iter()
            .filter(set_off)
            .map(|automation| Step::Automate(Arc::clone(&cause), automation))
            .collect())
    }

    async fn insert_comment(
        self,
        transaction: &mut Transaction,
        draft: &Draft,
        mentions: Mentions,
    ) -> Result<WrittenComment> {
        let id = draft.id;
        // The time is read while the task is locked, so that the order of
        // creation dates is the order in which comments are counted.
        let defaults = self.core.defaults();
        let created_at = draft.created_at.unwrap_or(defaults.now);
        let values = draft.values(created_at)?;
        store_write::insert(transaction, &COMMENT, values, &defaults).await?;
        let Mentions {
            people,
            departments,
        } = &mentions;
        write::add_mentions(transaction, id, people, departments, &defaults).await?;
        Ok(WrittenComment {
            id,
            author_id: draft.author_id,
            status_id: Some(draft.status_id),
            created_at,
            mentions,
        })
    }

    /// Sets the task to the comment's status. If the task has a newer comment,
    /// the task is recomputed from all its comments instead.
    async fn move_task(
        self,
        transaction: &mut Transaction,
        (target, stand): (&Target, &TaskForComment),
        comment: &WrittenComment,
        events: &mut Vec<Event>,
    ) -> Result<TaskChange> {
        let at = to_the_second(comment.created_at);
        let now = self.core.clock().timestamp();
        if stand
            .last_comment
            .is_some_and(|last| to_the_second(last) > at)
        {
            tasks::recount(transaction, target.id, now).await?;
            events.push(Event::about("task", "update", target.id).in_project(target.project_id));
            let task = tasks::task_keys(&mut *transaction, target.id).await?;
            return Ok(TaskChange {
                changed: false,
                status_id: task.and_then(|task| task.task_status_id),
            });
        }
        let changed = stand.status_id != comment.status_id;
        let values = moved(stand, comment.status_id, changed, (at, now));
        store_write::update(transaction, &TASK, target.id, values).await?;
        events.push(Event::about("task", "update", target.id).in_project(target.project_id));
        if changed {
            let told = |action: &str| {
                Event::about("task", action, target.id)
                    .with("new_task_status_id", text(comment.status_id))
                    .with("previous_task_status_id", text(stand.status_id))
                    .with("person_id", comment.author_id.to_string())
                    .in_project(target.project_id)
            };
            events.push(told("status-changed"));
            if stand.given.is_feedback_request {
                events.push(told("to-review").with("comment_id", comment.id.to_string()));
            }
        }
        Ok(TaskChange {
            changed,
            status_id: comment.status_id,
        })
    }

    /// Creates notifications for the followers of the task and for those whom
    /// the comment mentions, except its author. Returns their events, which the
    /// caller of this function records.
    pub(super) async fn follow(
        self,
        transaction: &mut Transaction,
        target: &Target,
        comment: &WrittenComment,
        change: bool,
    ) -> Result<Vec<Event>> {
        let task_type_id = target.task_type_id;
        let followers =
            write::followers(transaction, target.id, task_type_id, target.entity_id).await?;
        let mentioned = self
            .mentioned_people(transaction, target.project_id, &comment.mentions)
            .await?;
        let learns = |kind: &'static str, change: bool| {
            move |person_id: Uuid| Notification {
                person_id,
                author_id: comment.author_id,
                subject: Subject::Task(target.id),
                comment_id: Some(comment.id),
                kind,
                reply_id: None,
                change,
                created_at: None,
            }
        };
        let notifications: Vec<Notification> = followers
            .into_iter()
            .map(learns("comment", change))
            .chain(mentioned.into_iter().map(learns("mention", false)))
            .filter(|notification| notification.person_id != comment.author_id)
            .collect();
        self.core
            .create_notifications(transaction, &notifications, |_| target.project_id)
            .await
    }

    /// Adds a comment to the news of its project. Returns the `news:new` event,
    /// which the caller of this function records.
    pub(super) async fn add_news(
        self,
        transaction: &mut Transaction,
        target: &Target,
        comment: &WrittenComment,
        change: bool,
    ) -> Result<Event> {
        let id = Uuid::new_v4();
        let values = Values::from([
            ("id", id.into()),
            ("comment_id", comment.id.into()),
            ("author_id", comment.author_id.into()),
            ("task_id", target.id.into()),
            ("change", change.into()),
            ("created_at", to_the_second(comment.created_at).into()),
        ]);
        store_write::insert(transaction, &NEWS, values, &self.core.defaults()).await?;
        let event = Event::about("news", "new", id)
            .with("task_status_id", text(comment.status_id))
            .with("task_type_id", text(target.task_type_id));
        Ok(event.in_project(target.project_id))
    }
}

/// Builds the copies of a comment for the tasks of the same entity that its
/// tags name.
async fn spread(
    transaction: &mut Transaction,
    chain: &mut Chain,
    (draft, link): (&Draft, Link),
    stand: &TaskForComment,
    tags: &[String],
) -> Result<Vec<Step>> {
    let Some(entity_id) = draft.target.entity_id else {
        return Ok(Vec::new());
    };
    let mut copies = Vec::new();
    for sibling in write::siblings(transaction, entity_id).await? {
        if !tags::name(tags, &sibling.task_type, &stand.task_type) {
            continue;
        }
        let target = Target {
            id: sibling.id,
            task_type_id: sibling.task_type_id,
            ..draft.target
        };
        let status_id = sibling.status_id.ok_or(Error::NotFound)?;
        let text = format!("{}\n\n____\nFrom {} task", draft.text, stand.task_type);
        let copy = Draft {
            spreads: false,
            ..Draft::plain(target, status_id, draft.author_id, text)
        };
        copies.push(Step::Write(copy, chain.copy(link, sibling.id)));
    }
    Ok(copies)
}

/// The effect of a comment on its task.
struct TaskChange {
    changed: bool,
    /// The task's status after the comment.
    status_id: Option<Uuid>,
}

fn text(id: Option<Uuid>) -> Option<String> {
    id.map(|id| id.to_string())
}

fn new_comment(draft: &Draft, comment: &WrittenComment) -> Event {
    Event::about("comment", "new", comment.id)
        .with("task_id", draft.target.id.to_string())
        .with("task_status_id", draft.status_id.to_string())
        .with("person_id", draft.author_id.to_string())
        .with("for_client", draft.for_client)
        .in_project(draft.target.project_id)
}

/// Checks the maximum of retakes. An entity may override the project's maximum
/// with `max_retakes` in its `data`; without a maximum in the project, neither
/// applies.
///
/// # Errors
///
/// [`Error::Invalid`] if the maximum is reached.
fn check_retakes(stand: &TaskForComment) -> Result<()> {
    if !stand.given.is_retake || stand.max_retakes <= 0 {
        return Ok(());
    }
    let own = stand
        .entity_data
        .as_ref()
        .and_then(|data| match data.get("max_retakes")? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        });
    let most = own.filter(|most| *most != 0).unwrap_or(stand.max_retakes);
    if most > 0 && stand.retakes >= most {
        return Err(Error::invalid("No more retakes allowed on this task"));
    }
    Ok(())
}

/// The column values of a task after its newest comment. A status that is
/// neither done nor a request for feedback clears the end date.
fn moved(
    stand: &TaskForComment,
    status_id: Option<Uuid>,
    changed: bool,
    (at, now): (NaiveDateTime, NaiveDateTime),
) -> Values {
    let mut values = Values::from([
        ("task_status_id", status_id.into()),
        ("last_comment_date", at.into()),
        ("updated_at", now.into()),
    ]);
    if !changed {
        return values;
    }
    let given = &stand.given;
    if given.is_retake {
        let retakes = (stand.retakes + 1).min(i32::MAX.into());
        values.insert("retake_count", retakes.into());
    }
    if given.is_wip && !stand.is_begun {
        values.insert("real_start_date", now.into());
    }
    if given.is_feedback_request {
        values.insert("end_date", now.into());
    } else if !given.is_done {
        values.insert("end_date", None::<NaiveDateTime>.into());
    }
    values.insert("done_date", given.is_done.then_some(now).into());
    values
}
