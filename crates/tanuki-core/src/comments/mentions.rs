//! Mentions in comments: `@First Last` of a team member, `@Department`.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::comments;
use tanuki_store::query::comments::notifications::{self, Notification, Subject};
use tanuki_store::schema::{COMMENT, Link};
use tanuki_store::write::replace_links;
use uuid::Uuid;

use crate::fields::id_of;
use crate::{Caller, Comments, Error, Result};

/// The ids that a text mentions.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub people: Vec<Uuid>,
    pub departments: Vec<Uuid>,
}

/// A task whose status was changed by a comment.
pub(super) struct StatusChange {
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub before: Option<Uuid>,
    pub after: Option<Uuid>,
}

impl Comments<'_> {
    /// Finds the team members of the project and the departments that a text
    /// mentions. Without a project, only departments.
    pub(super) async fn mentioned(
        self,
        transaction: &mut Transaction,
        project_id: Option<Uuid>,
        text: &str,
    ) -> Result<Mentions> {
        if !text.contains('@') {
            return Ok(Mentions::default());
        }
        let people = match project_id {
            Some(id) => comments::team_names(transaction, id).await?,
            None => Vec::new(),
        };
        let departments = comments::department_names(transaction).await?;
        let among = |named: Vec<(Uuid, String)>| {
            let mentioned = named
                .into_iter()
                .filter(|(_, name)| is_mentioned(text, name));
            mentioned.map(|(id, _)| id).collect()
        };
        Ok(Mentions {
            people: among(people),
            departments: among(departments),
        })
    }

    /// The mentioned people, and the team members in the mentioned departments.
    /// May contain duplicates.
    pub(super) async fn mentioned_people(
        self,
        transaction: &mut Transaction,
        project_id: Option<Uuid>,
        mentions: &Mentions,
    ) -> Result<Vec<Uuid>> {
        let mut people = mentions.people.clone();
        if let Some(id) = project_id.filter(|_| !mentions.departments.is_empty()) {
            people.extend(comments::members_of(transaction, id, &mentions.departments).await?);
        }
        Ok(people)
    }

    /// Parses the mentions of an updated comment again, replaces its links, and
    /// replaces its mention notifications.
    pub(super) async fn replace_mentions(
        self,
        transaction: &mut Transaction,
        comment_id: Uuid,
        comment: &Map<String, Value>,
    ) -> Result<()> {
        let text = comment.get("text").and_then(Value::as_str).unwrap_or("");
        let place = comments::task_of_comment(&mut *transaction, comment_id)
            .await?
            .ok_or(Error::NotFound)?;
        let mentions = self.mentioned(transaction, place.project_id, text).await?;
        for (field, ids) in [
            ("mentions", &mentions.people),
            ("department_mentions", &mentions.departments),
        ] {
            let link: &Link = COMMENT
                .link(field)
                .ok_or_else(|| Error::Failed(format!("comments have no {field}")))?;
            replace_links(transaction, link, comment_id, ids, &self.core.defaults()).await?;
        }
        notifications::remove_mentions(transaction, comment_id).await?;
        let people = self
            .mentioned_people(transaction, place.project_id, &mentions)
            .await?;
        let author_id = id_of(comment, "person_id").ok_or(Error::NotFound)?;
        let created_at = comment.get("created_at").and_then(Value::as_str);
        let mentions: Vec<Notification> = people
            .into_iter()
            .map(|person_id| Notification {
                person_id,
                author_id,
                subject: Subject::Task(place.task_id),
                comment_id: Some(comment_id),
                kind: "mention",
                reply_id: None,
                change: false,
                created_at: created_at.and_then(|text| crate::fields::timestamp(text).ok()),
            })
            .collect();
        self.core
            .notify(transaction, &mentions, place.project_id)
            .await
    }

    /// Records `task:status-changed` after a comment changed a task's status.
    pub(super) async fn publish_status_change(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        comment: &Map<String, Value>,
        change: StatusChange,
    ) -> Result<()> {
        let text = |id: Option<Uuid>| id.map(|id| id.to_string());
        let event = crate::events::Event::about("task", "status-changed", change.task_id)
            .with("new_task_status_id", text(change.after))
            .with("previous_task_status_id", text(change.before))
            .with("person_id", comment.get("person_id").cloned())
            .in_project(change.project_id);
        self.core.record(transaction, event, Some(caller)).await
    }
}

/// Whether the text contains `@name`, followed by a space or the end.
fn is_mentioned(text: &str, name: &str) -> bool {
    let mention = format!("@{name}");
    text.match_indices(&mention).any(|(place, _)| {
        let rest = &text[place + mention.len()..];
        rest.is_empty() || rest == "\n" || rest.starts_with(' ')
    })
}

#[cfg(test)]
mod tests {
    use super::is_mentioned;

    #[test]
    fn a_mention_ends_with_a_space_or_the_text() {
        assert!(is_mentioned("@Ada Byron", "Ada Byron"));
        assert!(is_mentioned("see @Ada Byron please", "Ada Byron"));
        assert!(is_mentioned("@Ada Byrons and @Ada Byron", "Ada Byron"));
        assert!(!is_mentioned("@Ada Byron, see", "Ada Byron"));
        assert!(!is_mentioned("Ada Byron", "Ada Byron"));
    }
}
