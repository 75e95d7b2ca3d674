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

impl Core {
    /// Reads anew whom a comment mentions, and notifies them.
    pub(super) async fn reset_mentions(
        &self,
        transaction: &mut Transaction,
        comment_id: Uuid,
        comment: &Map<String, Value>,
    ) -> Result<()> {
        let text = comment.get("text").and_then(Value::as_str).unwrap_or("");
        let place = comments::place(&mut *transaction, comment_id)
            .await?
            .ok_or(Error::NotFound)?;
        let mut people = match place.project_id {
            Some(id) => comments::team_names(transaction, id).await?,
            None => Vec::new(),
        };
        people.retain(|(_, name)| is_mentioned(text, name));
        let mut departments = comments::department_names(transaction).await?;
        departments.retain(|(_, name)| is_mentioned(text, name));
        let ids = |named: &[(Uuid, String)]| named.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let (mut people, departments) = (ids(&people), ids(&departments));
        for (field, ids) in [("mentions", &people), ("department_mentions", &departments)] {
            let link: &Link = COMMENT
                .link(field)
                .ok_or_else(|| Error::Failed(format!("comments have no {field}")))?;
            replace_links(transaction, link, comment_id, ids, &self.defaults()).await?;
        }
        notifications::remove_mentions(transaction, comment_id).await?;
        if let Some(project_id) = place.project_id {
            people.extend(comments::members_of(transaction, project_id, &departments).await?);
        }
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
    pub(super) async fn tell_status_change(
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
