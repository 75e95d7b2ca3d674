//! How the job of a film ends: the preview's row, its stored files and events.

use serde_json::{Map, Value};
use tanuki_files::{FileKind, Key, Received};
use tanuki_store::query::files::{stored, stored_previews};
use tanuki_store::query::locks;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::making::Made;
use crate::files::processed::REASON;
use crate::files::{ReceivedFiles, size_of};
use crate::jobs::Outcome;
use crate::{Files, JsonRow, Result};

/// The key of a preview's `data` with what is known of a film.
const MEDIA: &str = "tanuki_media";

/// The longest reason that a preview keeps, in characters.
const MAX_REASON: usize = 500;

impl Files<'_> {
    /// Stores what was made of a film, and marks its preview as ready. Nothing
    /// is stored if the preview was deleted meanwhile.
    pub(super) async fn finish_film(self, id: Uuid, made: Made) -> Outcome {
        let defaults = self.core.defaults();
        let mut transaction = self.core.database().begin().await?;
        locks::entity_of(&mut transaction, ("preview_file", "task_id"), id).await?;
        let Some((row, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(Some("the preview was deleted".into()));
        };
        let keeps_source = self.core.settings().films.keep_source;
        let mut data = data_of(&row);
        data.remove(REASON);
        data.extend(made.original);
        data.insert("movie_prefixes".into(), prefixes(&made.films, keeps_source));
        data.insert(MEDIA.into(), made.media);
        let shown = made.films.first().map_or(0, |(film, _)| size_of(film));
        let values = Values::from([
            ("width", i64::from(made.size.0).into()),
            ("height", i64::from(made.size.1).into()),
            ("duration", made.duration.into()),
            ("file_size", shown.into()),
            ("data", Value::Object(data).into()),
        ]);
        let mut arrivals = ReceivedFiles::default();
        let tiles = made
            .tiles
            .map(|tiles| (tiles, Key::new(FileKind::Tiles, id)));
        for (received, key) in made.films.into_iter().chain(tiles) {
            let place = (key.bucket().name(), key.prefix());
            stored_previews::record_stored(&mut transaction, id, &[place], &defaults).await?;
            self.receive(&mut transaction, &mut arrivals, (received, key))
                .await?;
        }
        if let Some(pictures) = made.pictures {
            self.receive_pictures(&mut transaction, &mut arrivals, (id, pictures))
                .await?;
        }
        if !keeps_source {
            let source = Key::new(FileKind::Source, id);
            let place = (source.bucket().name(), source.prefix());
            stored::discard(&mut transaction, place, id, &defaults).await?;
        }
        self.preview_is_ready(&mut transaction, (&row, project_id), values)
            .await?;
        self.commit_with(transaction, arrivals).await?;
        Ok(None)
    }

    /// Marks the preview of a film as broken, for a reason that people read in
    /// its `data`. One that is ready, or was deleted, is left alone.
    pub(super) async fn mark_broken(self, id: Uuid, reason: &str) -> Result<()> {
        self.mark_film(id, "broken", Some(reason)).await
    }

    /// Marks the preview of a film as one without a film.
    pub(super) async fn mark_missing(self, id: Uuid, reason: &str) -> Result<()> {
        self.mark_film(id, "missing", Some(reason)).await
    }

    /// Marks the preview of a film as being encoded.
    pub(super) async fn mark_processing(self, id: Uuid) -> Result<()> {
        self.mark_film(id, "processing", None).await
    }

    async fn mark_film(self, id: Uuid, status: &'static str, reason: Option<&str>) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let Some((row, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(());
        };
        let mut data = data_of(&row);
        let reason: Option<Value> =
            reason.map(|reason| reason.chars().take(MAX_REASON).collect::<String>().into());
        let so_far = row.get("status").and_then(Value::as_str);
        let is_so = so_far == Some(status) && data.get(REASON) == reason.as_ref();
        if is_so || so_far == Some("ready") {
            return Ok(());
        }
        match reason {
            Some(reason) => data.insert(REASON.into(), reason),
            None => data.remove(REASON),
        };
        let values = Values::from([
            ("status", status.into()),
            ("data", Value::Object(data).into()),
        ]);
        self.update_preview(&mut transaction, (id, project_id), values, None)
            .await?;
        Ok(transaction.commit().await?)
    }
}

fn data_of(row: &JsonRow) -> Map<String, Value> {
    let data = row.get("data").and_then(Value::as_object);
    data.cloned().unwrap_or_default()
}

/// The prefixes of the films that are stored, as Zou lists them.
fn prefixes(films: &[(Received, Key)], keeps_source: bool) -> Value {
    let mut prefixes: Vec<&str> = films.iter().map(|(_, key)| key.prefix()).collect();
    if keeps_source {
        prefixes.push(FileKind::Source.prefix());
    }
    prefixes.into()
}
