//! A comment before it is written.

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
use crate::{ConstraintViolation, Error, Result};

/// A comment as a client sends it.
#[derive(Debug, Default)]
pub struct NewComment {
    pub task_status_id: String,
    pub text: String,
    /// Whose it is, if it is not the caller's; managers alone say so.
    pub person_id: Option<String>,
    /// When it was written, if that is not now; managers alone say so.
    pub created_at: String,
    pub checklist: Vec<Value>,
    pub links: Vec<Value>,
    /// Clients may read it; managers alone say so.
    pub for_client: bool,
}

/// The task that a comment is on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
}

impl Target {
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

/// A comment whose author may write it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The id that it will have.
    pub id: Uuid,
    pub target: Target,
    pub status_id: Uuid,
    pub author_id: Uuid,
    pub text: String,
    pub checklist: Vec<Value>,
    pub links: Vec<Value>,
    /// When it was written, if that is not now.
    pub created_at: Option<NaiveDateTime>,
    pub for_client: bool,
    /// It goes to the tasks that its `#tags` name as well.
    pub spreads: bool,
}

impl Draft {
    /// A comment that says nothing but a text.
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

    /// The tags that say where it goes as well, in lower case.
    pub fn tags(&self) -> Vec<String> {
        if self.spreads {
            tags::of(&self.text)
        } else {
            Vec::new()
        }
    }

    /// The values of its row.
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

/// An id that a client sends; what is none is not there.
pub(super) fn sent_id(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::NotFound)
}

/// `2026-01-05 10:20:30` or with a `T`; other texts say nothing.
pub(super) fn moment(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|format| dates::parse_time(text, format))
}

/// Tasks and news keep when a comment was written to the second.
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
