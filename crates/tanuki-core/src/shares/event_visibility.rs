//! Which published events those receive who opened a link.

use std::collections::BTreeSet;

use serde_json::Value;
use tanuki_store::database::{Audience, EventMessage};
use tanuki_store::query::shares;
use uuid::Uuid;

use super::SharedLink;
use crate::{Result, Shares};

/// The events that a link shows: those about its playlist, about the previews
/// that it shares, and about the comments that it shows.
#[derive(Debug, Clone)]
pub struct LinkEventVisibility {
    project_id: Uuid,
    playlist_id: Uuid,
    tasks: BTreeSet<Uuid>,
    previews: BTreeSet<Uuid>,
    /// The guests of the link, whose comments it shows.
    guests: BTreeSet<Uuid>,
}

impl Shares<'_> {
    /// Reads which events a link shows, now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn event_visibility(self, link: &SharedLink) -> Result<LinkEventVisibility> {
        let database = self.core.database();
        let contents = self.contents(link).await?;
        let previews = shares::ids_of_revisions(database, &contents.previews()).await?;
        let guests = shares::guests(database, link.id).await?;
        Ok(LinkEventVisibility {
            project_id: link.project_id,
            playlist_id: link.playlist_id,
            tasks: contents.tasks().into_iter().collect(),
            previews: previews.into_iter().collect(),
            guests: guests.into_iter().collect(),
        })
    }
}

impl LinkEventVisibility {
    /// Whether the link shows an event.
    pub fn permits(&self, event: &EventMessage) -> bool {
        if event.audience != Audience::Project(self.project_id) {
            return false;
        }
        let EventMessage { name, data, .. } = event;
        let id = |key: &str| Uuid::try_parse(data.get(key)?.as_str()?).ok();
        let (kind, change) = name.split_once(':').unwrap_or((name, ""));
        match kind {
            "playlist" => id("playlist_id") == Some(self.playlist_id),
            "preview-file" => id("preview_file_id").is_some_and(|id| self.previews.contains(&id)),
            "comment" => {
                let is_shown = change == "delete"
                    || data.get("for_client") == Some(&Value::Bool(true))
                    || id("person_id").is_some_and(|id| self.guests.contains(&id));
                is_shown && id("task_id").is_some_and(|id| self.tasks.contains(&id))
            }
            _ => false,
        }
    }
}
