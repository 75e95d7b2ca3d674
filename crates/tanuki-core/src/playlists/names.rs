//! What the files made of a playlist are called, and which previews they hold.

use serde_json::Value;
use tanuki_store::query::playlists::PlaylistContext;
use uuid::Uuid;

use crate::fields::id_of;
use crate::slug::small_slug;

/// The name of a file of a playlist without its extension: the production, its
/// episode in a TV show, and the playlist.
pub(super) fn of_playlist(context: &PlaylistContext) -> String {
    let mut parts = vec![context.project.as_str()];
    if context.production_type == "tvshow" {
        parts.push(match &context.episode {
            Some(episode) => episode,
            None if !context.is_for_all => "main pack",
            None if context.for_entity == "asset" => "all assets",
            None => "all shots",
        });
    }
    parts.push(&context.playlist);
    let parts: Vec<String> = parts.into_iter().map(small_slug).collect();
    parts.join("_")
}

/// The previews that the entries of a playlist name, in its order.
pub(super) fn previews_of(shots: &Value) -> Vec<Uuid> {
    let shots = shots.as_array().into_iter().flatten();
    shots
        .filter_map(|shot| id_of(shot.as_object()?, "preview_file_id"))
        .collect()
}

/// An entry of a playlist: the entity, and the preview that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub entity_id: Uuid,
    pub preview_id: Option<Uuid>,
}

/// The entries of a playlist that name an entity, in its order.
pub(super) fn entries_of(shots: &Value) -> Vec<Entry> {
    let shots = shots.as_array().into_iter().flatten();
    shots
        .filter_map(Value::as_object)
        .filter_map(|shot| {
            Some(Entry {
                entity_id: id_of(shot, "entity_id").or_else(|| id_of(shot, "id"))?,
                preview_id: id_of(shot, "preview_file_id"),
            })
        })
        .collect()
}
