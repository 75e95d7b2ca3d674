//! Whom a comment mentions: `@First Last` of the team, `@Department`.

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::comments;
use tanuki_store::query::notifications::{self, Notification};
use tanuki_store::schema::{COMMENT, Link};
use tanuki_store::write::replace_links;
use uuid::Uuid;

use crate::fields::id_of;
use crate::{Caller, Core, Error, Result};

/// Whom a text mentions.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub people: Vec<Uuid>,
    pub departments: Vec<Uuid>,
}

impl Core {
    /// Whom of a production's team, and which departments, a text mentions.
    pub(super) async fn mentioned(
        &self,
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

    /// The people that are mentioned, and those of the team whose departments
    /// are; who is mentioned twice comes twice.
    pub(super) async fn mentioned_people(
        &self,
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

    /// Reads anew whom a comment mentions, and notifies them.
    pub(super) async fn replace_mentions(
        &self,
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
            replace_links(transaction, link, comment_id, ids, &self.defaults()).await?;
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
                task_id: place.task_id,
                comment_id: Some(comment_id),
                kind: "mention",
                reply_id: None,
                change: false,
                created_at: created_at.and_then(|text| crate::fields::timestamp(text).ok()),
            })
            .collect();
        self.notify(transaction, &mentions, place.project_id).await
    }

    /// Tells that a comment has moved a task to another status.
    pub(super) async fn publish_status_change(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        comment: &Map<String, Value>,
        (before, after): (Option<Uuid>, Option<Uuid>),
        (task_id, project_id): (Uuid, Option<Uuid>),
    ) -> Result<()> {
        let text = |id: Option<Uuid>| id.map(|id| id.to_string());
        let event = crate::events::Event::about("task", "status-changed", task_id)
            .with("new_task_status_id", text(after))
            .with("previous_task_status_id", text(before))
            .with("person_id", comment.get("person_id").cloned())
            .in_project(project_id);
        self.record(transaction, event, Some(caller)).await
    }
}

/// Whether `@name` stands in the text, followed by a space or the end.
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
