//! How the job of a film ends: the preview's row, its stored files and events.

use serde_json::Value;
use tanuki_files::{FileKind, Key, StagedFile};
use tanuki_store::query::files::stored;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::making::Made;
use crate::files::processed::{REASON, data_of};
use crate::files::{ReceivedFiles, column_size};
use crate::jobs::Outcome;
use crate::{Files, Result};

/// The key of a preview's `data` with what is known of a film.
const MEDIA: &str = "tanuki_media";

/// The longest reason that a preview keeps, in characters.
const MAX_REASON: usize = 500;

impl Files<'_> {
    /// Stores what was made of a film, and marks its preview as ready. Nothing
    /// is stored if the preview was deleted meanwhile.
    pub(super) async fn finish_film(self, id: Uuid, made: Made) -> Outcome {
        let mut transaction = self.core.database().begin().await?;
        let Some((row, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(Some("the preview was deleted".into()));
        };
        let keeps_source = self.core.settings().films.keep_source;
        let mut data = data_of(&row);
        data.remove(REASON);
        data.extend(made.original);
        data.insert("movie_prefixes".into(), prefixes(&made.films, keeps_source));
        data.insert(MEDIA.into(), made.media);
        let shown = made.films.first().map_or(0, |film| column_size(film.size));
        let values = Values::from([
            ("width", i64::from(made.size.0).into()),
            ("height", i64::from(made.size.1).into()),
            ("duration", made.duration.into()),
            ("file_size", shown.into()),
            ("data", Value::Object(data).into()),
        ]);
        let mut arrivals = ReceivedFiles::default();
        let films = made.films.into_iter().chain(made.tiles).collect();
        self.receive_preview_files(&mut transaction, &mut arrivals, (id, films))
            .await?;
        if let Some(pictures) = made.pictures {
            self.receive_pictures(&mut transaction, &mut arrivals, (id, pictures))
                .await?;
        }
        if !keeps_source {
            let source = Key::new(FileKind::Source, id);
            let place = (source.bucket().name(), source.prefix());
            stored::discard(&mut transaction, place, id, &self.core.defaults()).await?;
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
        let reason: Option<String> = reason.map(|reason| reason.chars().take(MAX_REASON).collect());
        let mark = (status, reason.as_deref());
        self.mark_preview(id, mark, Values::new(), |status| status != "ready")
            .await
    }
}

/// The prefixes of the films that are stored, as Zou lists them.
fn prefixes(films: &[StagedFile], keeps_source: bool) -> Value {
    let mut prefixes: Vec<&str> = films.iter().map(|film| film.key.prefix()).collect();
    if keeps_source {
        prefixes.push(FileKind::Source.prefix());
    }
    prefixes.into()
}
