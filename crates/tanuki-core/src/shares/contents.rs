//! What a link shares: the previews that the entries of its playlist name.
//!
//! An entry shares its preview if that is of the entry's entity, with the
//! others of the same task and revision. Their tasks are those whose comments
//! are shown. Deleted entities and previews share nothing.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use tanuki_store::query::playlists::{PreviewPlace, preview_places};
use tanuki_store::query::shares;
use uuid::Uuid;

use super::{ShareError, ShareResult, SharedLink};
use crate::access::ensure;
use crate::fields::id_of;
use crate::{Error, JsonRow, Result, Shares};

/// The keys of a stored entry that are shown.
const SHOWN: [&str; 4] = ["id", "shot_id", "entity_id", "preview_file_id"];

/// An entry of a shared playlist.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// What is shown of the stored entry, with its entity in `id`.
    pub shot: JsonRow,
    pub entity_id: Option<Uuid>,
    /// The preview that it shares, and where that belongs.
    pub positioned: Option<(Uuid, PreviewPlace)>,
}

/// The entries of a shared playlist.
#[derive(Debug)]
pub(super) struct Contents(pub Vec<Entry>);

impl Contents {
    /// The ids of the previews that the entries name.
    pub fn previews(&self) -> Vec<Uuid> {
        let positioned = self.0.iter().filter_map(|entry| entry.positioned);
        let ids: BTreeSet<Uuid> = positioned.map(|(id, _)| id).collect();
        ids.into_iter().collect()
    }

    /// The ids of the tasks of these previews, in the order of the entries.
    pub fn tasks(&self) -> Vec<Uuid> {
        let mut known = BTreeSet::new();
        let positioned = self.0.iter().filter_map(|entry| entry.positioned);
        let tasks = positioned.map(|(_, place)| place.task_id);
        tasks.filter(|id| known.insert(*id)).collect()
    }
}

impl Shares<'_> {
    /// Reads what a link shares.
    pub(super) async fn contents(self, link: &SharedLink) -> Result<Contents> {
        let entries = shares::entries(self.core.database(), link.playlist_id).await?;
        self.contents_of(entries).await
    }

    /// Reads what stored entries share.
    pub(super) async fn contents_of(self, stored: Vec<Value>) -> Result<Contents> {
        let mut entries: Vec<Entry> = stored.into_iter().filter_map(entry).collect();
        let named = |entry: &Entry| id_of(&entry.shot, "preview_file_id");
        let previews: Vec<Uuid> = entries.iter().filter_map(named).collect();
        let places = preview_places(self.core.database(), &previews).await?;
        for entry in &mut entries {
            entry.positioned = positioned(entry, &places);
        }
        Ok(Contents(entries))
    }

    /// Requires that a link shares a preview.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, [`Error::Denied`] if
    /// the link does not share it.
    pub(super) async fn require_preview(self, link: &SharedLink, id: Uuid) -> Result<PreviewPlace> {
        let database = self.core.database();
        let place = preview_places(database, &[id]).await?.remove(&id);
        let place = place.ok_or(Error::NotFound)?;
        let stored = shares::entries(database, link.playlist_id).await?;
        // Only the entries of the preview's entity can share it.
        let same_entity = |stored: &Value| {
            entry(stored.clone()).is_some_and(|entry| entry.entity_id == Some(place.entity_id))
        };
        let stored = stored.into_iter().filter(same_entity).collect();
        let shared = self.contents_of(stored).await?.previews();
        ensure(shares::is_of_revisions(database, id, &shared).await?)?;
        Ok(place)
    }

    /// Requires that a link shows the comments on a task.
    ///
    /// # Errors
    /// [`ShareError::Denied`] with `reason` otherwise.
    pub(super) async fn require_task(
        self,
        link: &SharedLink,
        task_id: Uuid,
        reason: &'static str,
    ) -> ShareResult<()> {
        let contents = self.contents(link).await?;
        if contents.tasks().contains(&task_id) {
            Ok(())
        } else {
            Err(ShareError::Denied(reason))
        }
    }
}

/// Reads a stored entry; `None` if it is no object.
fn entry(stored: Value) -> Option<Entry> {
    let Value::Object(mut shot) = stored else {
        return None;
    };
    shot.retain(|key, _| SHOWN.contains(&key.as_str()));
    let named = ["id", "shot_id", "entity_id"];
    let entity_id = named.into_iter().find_map(|key| id_of(&shot, key));
    if let Some(id) = entity_id {
        shot.entry("id").or_insert_with(|| json!(id));
    }
    Some(Entry {
        shot,
        entity_id,
        positioned: None,
    })
}

/// The preview of an entry, if it is there and of the entry's entity.
fn positioned(entry: &Entry, places: &HashMap<Uuid, PreviewPlace>) -> Option<(Uuid, PreviewPlace)> {
    let id = id_of(&entry.shot, "preview_file_id")?;
    let place = places.get(&id)?;
    (entry.entity_id == Some(place.entity_id)).then_some((id, *place))
}
