//! Comments before they are inserted.

use chrono::{NaiveDateTime, SubsecRound as _};
use serde_json::{Value, json};
use tanuki_domain::dates;
use tanuki_store::query::access::TaskRelation;
use tanuki_store::schema::COMMENT;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::tags;
use crate::access::TaskAccess;
use crate::fields::column_value;
use crate::{ConstraintViolation, Error, MaybeId, Result};

/// A comment as sent by the HTTP client.
#[derive(Debug)]
pub struct NewComment {
    pub task_status_id: MaybeId,
    pub text: String,
    /// The author, if not the caller. Ignored unless sent by a manager.
    pub person_id: Option<MaybeId>,
    /// The creation date, if not now. Ignored unless sent by a manager.
    pub created_at: String,
    pub checklist: Vec<Value>,
    pub links: Vec<Value>,
    /// Publishes the comment to clients. Ignored unless sent by a manager.
    pub for_client: bool,
}

/// The task that a comment is on, with its foreign keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
}

impl Target {
    /// The target of a comment on a task that was loaded for its author.
    pub fn of(place: &TaskAccess) -> Self {
        let TaskRelation {
            project_id,
            entity_id,
            task_type_id,
            ..
        } = place.task;
        Self {
            id: place.id,
            project_id,
            entity_id,
            task_type_id,
        }
    }
}

/// A comment whose permission checks have passed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The id of the row to insert.
    pub id: Uuid,
    pub target: Target,
    pub status_id: Uuid,
    pub author_id: Uuid,
    pub text: String,
    pub checklist: Vec<Value>,
    pub links: Vec<Value>,
    /// The creation date; `None` for now.
    pub created_at: Option<NaiveDateTime>,
    pub for_client: bool,
    /// Whether it is copied to the tasks that its `#tags` name.
    pub spreads: bool,
}

impl Draft {
    /// A comment without checklist, links or date, not published to clients,
    /// that is copied to the tasks that its tags name.
    pub fn plain(target: Target, status_id: Uuid, author_id: Uuid, text: String) -> Self {
        Self {
            id: Uuid::new_v4(),
            target,
            status_id,
            author_id,
            text,
            checklist: Vec::new(),
            links: Vec::new(),
            created_at: None,
            for_client: false,
            spreads: true,
        }
    }

    /// The `#tags` in lower case; empty if the comment is not copied to other
    /// tasks.
    pub fn tags(&self) -> Vec<String> {
        if self.spreads {
            tags::of(&self.text)
        } else {
            Vec::new()
        }
    }

    /// The column values of the row to insert.
    ///
    /// # Errors
    /// [`Error::Constraint`](crate::Error::Constraint) if a value does not fit
    /// its column.
    pub fn values(&self, created_at: NaiveDateTime) -> Result<Values> {
        let mut values = Values::from([
            ("id", self.id.into()),
            ("object_id", self.target.id.into()),
            ("object_type", "Task".into()),
            ("task_status_id", self.status_id.into()),
            ("person_id", self.author_id.into()),
            ("for_client", self.for_client.into()),
            ("created_at", created_at.into()),
        ]);
        for (field, value) in [
            ("text", json!(self.text)),
            ("checklist", json!(self.checklist)),
            ("links", json!(self.links)),
        ] {
            let column = COMMENT
                .column(field)
                .ok_or(Error::Constraint(ConstraintViolation::Format))?;
            values.insert(column.name, column_value(column, &value)?);
        }
        Ok(values)
    }
}

/// Parses `2026-01-05 10:20:30`, with a space or a `T`; `None` otherwise.
pub(super) fn moment(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|format| dates::parse_time(text, format))
}

/// Truncates to seconds, the precision of comment dates in tasks and news.
pub(super) fn to_the_second(at: NaiveDateTime) -> NaiveDateTime {
    at.trunc_subsecs(0)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_time_has_one_of_two_forms() {
        assert!(moment("2026-01-05 10:20:30").is_some());
        assert!(moment("2026-01-05T10:20:30").is_some());
        for text in [
            "",
            "soon",
            "2026-01-05",
            "2026-01-05T10:20:30.5",
            "2026-01-05T10:20:30Z",
        ] {
            assert!(moment(text).is_none(), "{text}");
        }
    }
}
