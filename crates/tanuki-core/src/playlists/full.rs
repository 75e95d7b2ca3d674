//! A playlist with the previews of its entities.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tanuki_store::projection::Projection;
use tanuki_store::query::playlists;
use tanuki_store::schema::PLAYLIST;
use tanuki_store::view::playlists::{BUILD, REVISION};
use uuid::Uuid;

use super::resource;
use crate::entities::others_of_revision;
use crate::fields::id_of;
use crate::{Caller, Error, JsonRow, MaybeId, Playlists, Result};

/// Projection of a playlist, without its build jobs.
pub(crate) static ROW: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PLAYLIST, &[]));

/// Keys of a preview that an entry repeats, as `preview_file_KEY`.
const REPEATED: [&str; 8] = [
    "id",
    "extension",
    "revision",
    "width",
    "height",
    "duration",
    "status",
    "task_id",
];

/// The previews of entities.
#[derive(Debug, Default)]
pub(super) struct PreviewsOfEntities {
    /// By entity: an object that maps ids of task types to the revisions,
    /// highest first, with the other previews of each in `previews`.
    by_entity: HashMap<Uuid, JsonRow>,
    /// By id: the previews as their entry repeats them.
    by_id: HashMap<Uuid, JsonRow>,
}

impl Playlists<'_> {
    /// Returns a playlist of a project in full. JSON: every column;
    /// `build_jobs`, newest first; and `shots` with `preview_files` (by task
    /// type, the previews of each revision together) and the preview to show in
    /// `preview_file_…`. Annotations are left out. Requires access to the
    /// project; vendors are denied, clients too unless it is shared with them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such project or no such playlist in
    /// it, [`Error::Denied`] without access.
    pub async fn playlist(
        self,
        caller: &Caller,
        project_id: Uuid,
        id: &MaybeId,
    ) -> Result<JsonRow> {
        let access = self.require_reader(caller, project_id).await?;
        let database = self.core.database();
        let id = id.found()?;
        let mut playlist = self.row(database, id).await?;
        if id_of(&playlist, "project_id") != Some(project_id) {
            return Err(Error::NotFound);
        }
        resource::require_read(access, &playlist)?;
        let jobs = playlists::builds(&BUILD, id);
        let jobs = jobs.rows(database).await?;
        playlist.insert("build_jobs".into(), jobs.into());
        let mut shots = match playlist.get_mut("shots").map(Value::take) {
            Some(Value::Array(shots)) => shots,
            _ => Vec::new(),
        };
        self.add_previews(&mut shots).await?;
        playlist.insert("shots".into(), shots.into());
        Ok(playlist)
    }

    /// Returns the project of a playlist that the caller may look at together
    /// with others: everybody who may read it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without access.
    pub async fn review_room(self, caller: &Caller, id: Uuid) -> Result<Uuid> {
        let database = self.core.database();
        let playlist = self.row(database, id).await?;
        resource::require_readable(caller, database, &playlist).await?;
        id_of(&playlist, "project_id").ok_or(Error::NotFound)
    }

    /// Adds to the entries of a playlist the previews of their entities, and
    /// what is shown of the preview that they name. An entry whose preview was
    /// deleted names none.
    async fn add_previews(self, shots: &mut Vec<Value>) -> Result<()> {
        shots.retain(Value::is_object);
        let mut entities = Vec::with_capacity(shots.len());
        for shot in shots.iter_mut().filter_map(Value::as_object_mut) {
            let named = ["id", "shot_id", "entity_id"];
            let entity = named.into_iter().find_map(|key| id_of(shot, key));
            if let Some(entity) = entity {
                entities.push(entity);
                shot.entry("id").or_insert_with(|| json!(entity));
            }
        }
        entities.sort_unstable();
        entities.dedup();
        let previews = self.previews_of(&entities).await?;
        for shot in shots.iter_mut().filter_map(Value::as_object_mut) {
            previews.add_to(shot);
        }
        Ok(())
    }

    /// Reads the previews of entities.
    async fn previews_of(self, entities: &[Uuid]) -> Result<PreviewsOfEntities> {
        let mut previews = PreviewsOfEntities::default();
        let database = self.core.database();
        for some in entities.chunks(playlists::MAX_ENTITIES) {
            let rows = playlists::previews_of(&REVISION, some);
            for row in rows.rows(database).await? {
                previews.take(row);
            }
        }
        Ok(previews)
    }
}

impl PreviewsOfEntities {
    /// Takes the previews in the order of their task types and revisions.
    fn take(&mut self, mut preview: JsonRow) {
        let (Some(id), Some(entity), Some(task_type)) = (
            id_of(&preview, "id"),
            id_of(&preview, "entity_id"),
            id_of(&preview, "task_type_id"),
        ) else {
            return;
        };
        for key in ["entity_id", "task_type_id", "position"] {
            preview.shift_remove(key);
        }
        if let Some(Value::String(status)) = preview.get_mut("status") {
            *status = label(status);
        }
        self.by_id.insert(id, preview.clone());
        let of_type = self
            .by_entity
            .entry(entity)
            .or_default()
            .entry(task_type.to_string())
            .or_insert_with(|| json!([]));
        let Value::Array(revisions) = of_type else {
            return;
        };
        match others_of_revision(revisions, &preview) {
            Some(others) => others.push(preview.into()),
            None => {
                preview.insert("previews".into(), json!([]));
                revisions.push(preview.into());
            }
        }
    }

    fn add_to(&self, shot: &mut JsonRow) {
        let of_entity = id_of(shot, "id").and_then(|entity| self.by_entity.get(&entity));
        let previews = of_entity.map_or_else(|| json!([]), |previews| json!(previews));
        shot.insert("preview_files".into(), previews);
        let shown = id_of(shot, "preview_file_id").and_then(|id| Some((id, self.by_id.get(&id)?)));
        let Some((id, preview)) = shown else {
            shot.shift_remove("preview_file_id");
            return;
        };
        repeat_preview(shot, preview);
        let others = of_entity.and_then(|types| others_behind(types, id));
        shot.insert(
            "preview_file_previews".into(),
            others.cloned().unwrap_or_else(|| json!([])),
        );
    }
}

/// Adds the preview that an entry shows, as `preview_file_KEY`.
pub(crate) fn repeat_preview(shot: &mut JsonRow, preview: &JsonRow) {
    for key in REPEATED {
        let value = preview.get(key).cloned().unwrap_or_default();
        shot.insert(format!("preview_file_{key}"), value);
    }
}

/// A status as the reference writes it in playlists, unlike everywhere else:
/// `Ready` for `ready`.
pub(crate) fn label(status: &str) -> String {
    let mut letters = status.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The other previews of the revision whose first preview this is; `None` if it
/// is not the first of one.
fn others_behind(by_type: &JsonRow, id: Uuid) -> Option<&Value> {
    let revisions = by_type.values().filter_map(Value::as_array).flatten();
    let mut first = revisions.filter(|first| {
        let named = first.get("id").and_then(Value::as_str);
        named.and_then(|text| text.parse().ok()) == Some(id)
    });
    first.next()?.get("previews")
}
