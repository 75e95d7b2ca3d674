//! Adding entities to a playlist.

use std::collections::HashSet;

use serde_json::{Value, json};
use tanuki_store::query::playlists;
use tanuki_store::schema::{ENTITY, PLAYLIST};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::LockedPlaylist;
use crate::events::Event;
use crate::fields::id_of;
use crate::resource::require_in_project;
use crate::{Caller, JsonRow, Playlists, Result};

/// An entity to add, with the preview to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewEntry {
    pub entity_id: Uuid,
    /// `None`, or a preview of another entity: the preview with the highest
    /// revision, of the playlist's task type if it has one.
    pub preview_file_id: Option<Uuid>,
}

impl Playlists<'_> {
    /// Adds entities to the end of a playlist, each with a preview; one that is
    /// in it with that preview already is left out. Records
    /// `playlist:add_entity` for each that was added. Returns the playlist's
    /// JSON, every column. Requires a manager of the project, or the supervisor
    /// who created the playlist; the entities belong to the project, are shared
    /// with it, or belong to a project that the caller has access to.
    ///
    /// The playlist is locked meanwhile: of several who add to it at the same
    /// moment nobody loses an entry.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such
    /// playlist, [`Error::Denied`](crate::Error::Denied) without permission,
    /// [`Error::Invalid`](crate::Error::Invalid) for an entity of another
    /// project.
    pub async fn add_entries(
        self,
        caller: &Caller,
        id: Uuid,
        entries: &[NewEntry],
    ) -> Result<JsonRow> {
        let mut transaction = self.core.database().begin().await?;
        let playlist = self.lock_to_change(&mut transaction, caller, id).await?;
        let entities: Vec<Uuid> = entries.iter().map(|entry| entry.entity_id).collect();
        require_in_project(
            (&mut transaction).into(),
            caller,
            playlist.project_id,
            ("entity_id", &ENTITY),
            (&entities, true),
        )
        .await?;
        let sent: Vec<Uuid> = entries
            .iter()
            .filter_map(|entry| entry.preview_file_id)
            .collect();
        let owners = playlists::entities_of_previews(&mut transaction, &sent).await?;
        let latest =
            playlists::latest_previews(&mut transaction, &entities, playlist.task_type_id).await?;
        let entries = entries.iter().map(|entry| {
            let sent = entry
                .preview_file_id
                .filter(|preview| owners.get(preview) == Some(&entry.entity_id));
            let preview = sent.or_else(|| latest.get(&entry.entity_id).copied());
            (entry.entity_id, preview)
        });
        let (shots, added) = playlist.with(entries);
        if !added.is_empty() {
            let now = self.core.clock().timestamp();
            let values = Values::from([
                ("shots", Value::from(shots).into()),
                ("updated_at", now.into()),
            ]);
            write::update(&mut transaction, &PLAYLIST, id, values).await?;
        }
        let events = added.into_iter().map(|(entity, preview)| {
            Event::named("playlist:add_entity")
                .with("playlist_id", id.to_string())
                .with("entity_id", entity.to_string())
                .with("preview_file_id", json!(preview))
                .in_project(Some(playlist.project_id))
        });
        self.core
            .record_all(&mut transaction, events.collect(), Some(caller))
            .await?;
        let row = self.row(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(row)
    }
}

impl LockedPlaylist {
    /// Returns the entries with those that are not in the playlist yet at the
    /// end, and which these are.
    fn with(
        &self,
        entries: impl Iterator<Item = (Uuid, Option<Uuid>)>,
    ) -> (Vec<Value>, Vec<(Uuid, Option<Uuid>)>) {
        let mut shots = self.shots.clone();
        let known = |shot: &Value| {
            let shot = shot.as_object()?;
            Some((id_of(shot, "entity_id")?, id_of(shot, "preview_file_id")))
        };
        let mut known: HashSet<_> = shots.iter().filter_map(known).collect();
        let mut added = Vec::new();
        for (entity, preview) in entries {
            if !known.insert((entity, preview)) {
                continue;
            }
            let mut shot = JsonRow::from_iter([("entity_id".to_owned(), json!(entity))]);
            if let Some(preview) = preview {
                shot.insert("preview_file_id".into(), json!(preview));
            }
            shots.push(shot.into());
            added.push((entity, preview));
        }
        (shots, added)
    }
}
