//! What the entries of a playlist show, for files that are made of it.

use tanuki_store::query::playlists::{self, ShownEntity, ShownPreview};
use uuid::Uuid;

use super::names::Entry;
use crate::{Playlists, Result};

/// An entry of a playlist, with what it shows.
#[derive(Debug, Clone)]
pub(super) struct ShownEntry {
    pub entity_id: Uuid,
    pub entity: ShownEntity,
    /// `None` if the entry names none, or one that was deleted or is of another
    /// entity.
    pub preview: Option<(Uuid, ShownPreview)>,
}

impl Playlists<'_> {
    /// Returns what entries show, in their order. Those whose entity was deleted
    /// are left out.
    pub(super) async fn shown(self, entries: &[Entry]) -> Result<Vec<ShownEntry>> {
        let database = self.core.database();
        let named: Vec<Uuid> = entries.iter().map(|entry| entry.entity_id).collect();
        let entities = playlists::shown_entities(database, &named).await?;
        let named: Vec<Uuid> = entries
            .iter()
            .filter_map(|entry| entry.preview_id)
            .collect();
        let previews = playlists::shown_previews(database, &named).await?;
        let shown = entries.iter().filter_map(|entry| {
            let preview = entry.preview_id.and_then(|id| {
                let preview = previews.get(&id)?;
                (preview.entity_id == entry.entity_id).then(|| (id, preview.clone()))
            });
            Some(ShownEntry {
                entity_id: entry.entity_id,
                entity: entities.get(&entry.entity_id)?.clone(),
                preview,
            })
        });
        Ok(shown.collect())
    }
}
