//! Pictures of films that are stored: single frames, and tiles.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tanuki_files::{FileKind, Key, LocalFile};
use tanuki_media::film::{Ffmpeg, Film};
use tanuki_store::query::files::stored_previews::{self, PreviewFacts};
use uuid::Uuid;

use super::making::{pictures_of_frame, take};
use super::{FFMPEG_WAIT, PREVIEW_ARGUMENT};
use crate::access::ensure;
use crate::files::{ReceivedFiles, failed};
use crate::jobs::{FILM_PICTURES, Failure, Job, Outcome};
use crate::{Caller, Core, Error, Files, Result};

/// The argument of a job with the number of the frame, from 1 on, that the
/// pictures of a preview are to show.
const FRAME_ARGUMENT: &str = "frame";

/// How long a request waits for ffmpeg to be free.
const FREE_WAIT: Duration = Duration::from_secs(30);

/// Runs a job of the kind [`FILM_PICTURES`].
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move { core.files().make_film_pictures(&job).await })
}

/// A film that is stored, with what it holds.
#[derive(Debug)]
pub(in crate::files) struct StoredFilm {
    file: LocalFile,
    film: Film,
}

impl StoredFilm {
    /// Returns the number of frames; 0 if it is not known.
    pub fn frame_count(&self) -> u64 {
        self.film.video.frame_count()
    }
}

impl Files<'_> {
    /// Returns a frame of a film as PNG. Requires a manager of the project.
    /// Frames are counted from 1; 0 is the first too, and beyond the end is the
    /// last.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview or it is no film,
    /// [`Error::Denied`] without permission, [`Error::Absent`] if no film is
    /// stored, [`Error::Invalid`] if it cannot be decoded or ffmpeg is missing.
    pub async fn extract_frame(self, caller: &Caller, id: Uuid, number: u64) -> Result<Vec<u8>> {
        let facts = self.film_facts(caller, id, true).await?;
        if facts.extension != "mp4" {
            return Err(Error::NotFound);
        }
        let (ffmpeg, stored) = self.sharp_film(id).await?;
        let scratch = self.core.storage().scratch().await.map_err(failed)?;
        let frame = number.saturating_sub(1);
        let frame = self.frame_of((&ffmpeg, &stored), frame, scratch.path());
        tokio::fs::read(frame.await?).await.map_err(failed)
    }

    /// Returns the film from which frames are taken, and what decodes it.
    ///
    /// # Errors
    /// [`Error::Absent`] if no film is stored, [`Error::Invalid`] if it cannot be
    /// decoded or ffmpeg is missing, [`Error::Unavailable`] if ffmpeg is busy.
    pub(in crate::files) async fn sharp_film(self, id: Uuid) -> Result<(Arc<Ffmpeg>, StoredFilm)> {
        let ffmpeg = self.ffmpeg_or_refused().await?;
        let _permit = self.core.ffmpeg().permit(FREE_WAIT).await?;
        let stored = self.stored_film(&ffmpeg, id, SHARP).await;
        let stored = stored.map_err(refused)?.ok_or(NO_FILM)?;
        Ok((ffmpeg, stored))
    }

    /// Writes a frame of a film, counted from 0, as PNG into a folder, and
    /// returns its path. One beyond the end is the last.
    ///
    /// # Errors
    /// As [`sharp_film`](Self::sharp_film).
    pub(in crate::files) async fn frame_of(
        self,
        (ffmpeg, stored): (&Ffmpeg, &StoredFilm),
        frame: u64,
        folder: &Path,
    ) -> Result<PathBuf> {
        let _permit = self.core.ffmpeg().permit(FREE_WAIT).await?;
        let film = (stored.file.path(), &stored.film);
        let extracted = ffmpeg.extract_frame(film, frame, folder).await;
        extracted.map_err(|error| refused(error.into()))
    }

    /// Makes the tiles of a film, stores and returns them as PNG. For the team
    /// of the project; vendors need a task of the entity.
    ///
    /// # Errors
    /// As [`extract_frame`](Self::extract_frame), but [`Error::Invalid`] if the
    /// preview is no film.
    pub async fn extract_tile(self, caller: &Caller, id: Uuid) -> Result<Vec<u8>> {
        let facts = self.film_facts(caller, id, false).await?;
        if facts.extension != "mp4" {
            return Err(Error::invalid("Preview file is not a movie"));
        }
        let ffmpeg = self.ffmpeg_or_refused().await?;
        let _permit = self.core.ffmpeg().permit(FREE_WAIT).await?;
        let made = self.make_tiles(&ffmpeg, id).await.map_err(refused)?;
        let bytes = made.ok_or(NO_FILM)?;
        Ok(bytes)
    }

    /// Has the missing tiles of a film made, once in an hour.
    pub(crate) async fn request_tiles(self, id: Uuid, facts: &PreviewFacts) -> Result<()> {
        let now = self.core.clock().timestamp();
        if facts.extension == "mp4"
            && facts.status == "ready"
            && self.core.ffmpeg().is_first_request(id, now)
        {
            self.enqueue_pictures(vec![json!({PREVIEW_ARGUMENT: id})])
                .await?;
        }
        Ok(())
    }

    /// Has the pictures of films made anew of their first frames.
    pub(in crate::files) async fn show_first_frames(self, films: Vec<Uuid>) -> Result<()> {
        let first = |id: Uuid| json!({PREVIEW_ARGUMENT: id, FRAME_ARGUMENT: 1});
        self.enqueue_pictures(films.into_iter().map(first).collect())
            .await
    }

    /// Has the pictures of a film made anew of a frame, counted from 1.
    pub(crate) async fn show_frame(self, id: Uuid, frame: i64) -> Result<()> {
        let arguments = json!({PREVIEW_ARGUMENT: id, FRAME_ARGUMENT: frame.max(1)});
        self.enqueue_pictures(vec![arguments]).await
    }

    pub(super) async fn enqueue_pictures(self, arguments: Vec<Value>) -> Result<()> {
        let arguments = arguments
            .into_iter()
            .filter_map(|arguments| match arguments {
                Value::Object(arguments) => Some(arguments),
                _ => None,
            });
        let arguments: Vec<Map<String, Value>> = arguments.collect();
        let mut transaction = self.core.database().begin().await?;
        self.core
            .enqueue(&mut transaction, &FILM_PICTURES, arguments)
            .await?;
        Ok(transaction.commit().await?)
    }

    async fn make_film_pictures(self, job: &Job) -> Outcome {
        let id = job.id(PREVIEW_ARGUMENT)?;
        let facts = stored_previews::facts(self.core.database(), id).await?;
        if facts.is_none_or(|facts| facts.status != "ready") {
            return Ok(Some("the preview was deleted, or is not ready".into()));
        }
        let ffmpeg = self.core.ffmpeg().get().await;
        let ffmpeg = ffmpeg.map_err(|missing| Failure::Waiting(missing, FFMPEG_WAIT))?;
        let frame = job.arguments.get(FRAME_ARGUMENT).and_then(Value::as_u64);
        let Some(frame) = frame else {
            let made = self.make_tiles(&ffmpeg, id).await?;
            return match made {
                Some(_) => Ok(None),
                None => Err(Failure::Final("no film is stored".into())),
            };
        };
        let stored = self.stored_film(&ffmpeg, id, SHARP).await?;
        let stored = stored.ok_or_else(|| Failure::Final("no film is stored".into()))?;
        let film = (id, stored.file.path(), &stored.film);
        let pictures = pictures_of_frame(self.core, &ffmpeg, film, frame.saturating_sub(1)).await?;
        let mut transaction = self.core.database().begin().await?;
        let Some((_, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(Some("the preview was deleted".into()));
        };
        let mut arrivals = ReceivedFiles::default();
        self.receive_pictures(&mut transaction, &mut arrivals, (id, pictures))
            .await?;
        // Its pictures have another ETag and time now.
        let unchanged = tanuki_store::write::Values::new();
        self.update_preview(&mut transaction, (id, project_id), unchanged, None)
            .await?;
        self.commit_with(transaction, arrivals).await?;
        Ok(None)
    }

    /// Makes and stores the tiles of a film, and returns them; `None` if no film
    /// is stored.
    async fn make_tiles(self, ffmpeg: &Ffmpeg, id: Uuid) -> Result<Option<Vec<u8>>, Failure> {
        let Some(stored) = self.stored_film(ffmpeg, id, SMALL).await? else {
            return Ok(None);
        };
        let scratch = self.core.storage().scratch().await?;
        let film = (stored.file.path(), &stored.film);
        let tiles = ffmpeg.extract_tiles(film, scratch.path()).await?;
        let bytes = tokio::fs::read(&tiles).await?;
        let received = take(&scratch, &tiles).await?;
        let tiles = vec![self.stage(received, Key::new(FileKind::Tiles, id)).await?];
        let mut transaction = self.core.database().begin().await?;
        if self.locked_preview(&mut transaction, id).await?.is_none() {
            return Ok(None);
        }
        let mut arrivals = ReceivedFiles::default();
        self.receive_preview_files(&mut transaction, &mut arrivals, (id, tiles))
            .await?;
        self.commit_with(transaction, arrivals).await?;
        Ok(Some(bytes))
    }

    /// Returns the first film of these kinds that is stored.
    async fn stored_film(
        self,
        ffmpeg: &Ffmpeg,
        id: Uuid,
        kinds: [FileKind; 3],
    ) -> Result<Option<StoredFilm>, Failure> {
        let Some((_, file)) = self.local_film(id, &kinds).await? else {
            return Ok(None);
        };
        let film = ffmpeg.probe(file.path()).await?;
        Ok(Some(StoredFilm { file, film }))
    }

    /// Returns a local path of the first film of these kinds that is stored.
    pub(crate) async fn local_film(
        self,
        id: Uuid,
        kinds: &[FileKind],
    ) -> io::Result<Option<(FileKind, LocalFile)>> {
        for kind in kinds {
            if let Some(file) = self.core.storage().local(Key::new(*kind, id)).await? {
                return Ok(Some((*kind, file)));
            }
        }
        Ok(None)
    }

    /// Loads a preview for those who may have pictures of it: managers of its
    /// project, or everybody who may read it.
    pub(in crate::files) async fn film_facts(
        self,
        caller: &Caller,
        id: Uuid,
        for_managers: bool,
    ) -> Result<PreviewFacts> {
        let facts = self.preview_facts(id).await?;
        let on_task = self.access_to_preview(caller, &facts).await?;
        if for_managers {
            ensure(on_task.access.is_manager())?;
        } else {
            on_task.require_read(self.core.database(), caller).await?;
        }
        Ok(facts)
    }

    async fn ffmpeg_or_refused(self) -> Result<Arc<Ffmpeg>> {
        let found = self.core.ffmpeg().get().await;
        found.map_err(|missing| Error::invalid(format!("Films cannot be decoded: {missing}.")))
    }
}

/// Films in the order in which frames are taken from them.
pub(crate) const SHARP: [FileKind; 3] =
    [FileKind::Movie, FileKind::LowDefinition, FileKind::Source];

/// Films in the order in which small pictures are taken from them.
const SMALL: [FileKind; 3] = [FileKind::LowDefinition, FileKind::Movie, FileKind::Source];

/// What clients read when a preview has no film.
const NO_FILM: Error = Error::Absent("No stored movie for this preview file.");

/// What people read when a picture cannot be made while they wait.
fn refused(failure: Failure) -> Error {
    match failure {
        Failure::Final(reason) => Error::invalid(format!("The film cannot be decoded: {reason}.")),
        Failure::Temporary(reason) | Failure::Waiting(reason, _) => Error::Failed(reason),
    }
}
