//! Commands that look after films.

use serde_json::json;
use tanuki_files::{FileKind, Key};
use tanuki_store::query::files::films::{self, FilmRow, WhichFilms};
use tanuki_store::write::Values;
use uuid::Uuid;

use super::{AGAIN_ARGUMENT, PREVIEW_ARGUMENT};
use crate::files::failed;
use crate::jobs::FILM;
use crate::{Caller, Error, Files, Result};

/// How many films are looked at in one statement.
const BATCH: u64 = 500;

/// The films that are shown of a preview.
const SHOWN: [FileKind; 2] = [FileKind::Movie, FileKind::LowDefinition];

/// The films that a command is about: all of these ids or this project; all
/// there are if it names neither.
#[derive(Debug, Default)]
pub struct FilmSelection {
    pub ids: Vec<Uuid>,
    pub project: Option<Uuid>,
}

/// How many films are encoded again, and how many cannot be.
#[derive(Debug, Default)]
pub struct EncodingReport {
    /// How many jobs were enqueued.
    pub enqueued: usize,
    /// Of how many films the file as it was sent is not stored.
    pub without_source: usize,
}

/// The result of probing stored films.
#[derive(Debug, Default)]
pub struct ProbeReport {
    /// How many films were read.
    pub read: usize,
    /// A sentence for each row that was, or would be, changed, or whose film
    /// cannot be read.
    pub lines: Vec<String>,
}

impl Files<'_> {
    /// Enqueues jobs that encode films again, of which the file as it was sent
    /// is stored. Those that are ready only with `all`. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else, [`Error::Failed`] if the storage
    /// cannot be read.
    pub async fn encode_again(
        self,
        caller: &Caller,
        selection: &FilmSelection,
        all: bool,
    ) -> Result<EncodingReport> {
        caller.require_admin()?;
        let mut report = EncodingReport::default();
        let mut after = None;
        loop {
            let films = self.films(selection, after).await?;
            after = films.last().map(|film| film.id);
            let mut arguments = Vec::new();
            for film in films {
                if film.status == "ready" && !all {
                    continue;
                }
                if !self.has_file(FileKind::Source, film.id).await? {
                    report.without_source += 1;
                    continue;
                }
                let job = json!({PREVIEW_ARGUMENT: film.id, AGAIN_ARGUMENT: true});
                arguments.extend(job.as_object().cloned());
            }
            report.enqueued += arguments.len();
            let mut transaction = self.core.database().begin().await?;
            self.core
                .enqueue(&mut transaction, &FILM, arguments)
                .await?;
            transaction.commit().await?;
            if after.is_none() {
                return Ok(report);
            }
        }
    }

    /// Reads the films that are stored, and corrects width, height, duration
    /// and size of their rows, unless it is a `dry_run`. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else, [`Error::Invalid`] if ffmpeg is
    /// missing.
    pub async fn probe_films(
        self,
        caller: &Caller,
        selection: &FilmSelection,
        dry_run: bool,
    ) -> Result<ProbeReport> {
        caller.require_admin()?;
        let found = self.core.ffmpeg().get().await;
        let ffmpeg = found.map_err(Error::invalid)?;
        let mut report = ProbeReport::default();
        let mut after = None;
        loop {
            let films = self.films(selection, after).await?;
            after = films.last().map(|film| film.id);
            for film in films.iter().filter(|film| film.status == "ready") {
                let shown = self.local_film(film.id, &SHOWN).await;
                let Some((kind, file)) = shown.map_err(failed)? else {
                    report.lines.push(format!("{}: no film is stored", film.id));
                    continue;
                };
                report.read += 1;
                let probed = ffmpeg.probe(file.path()).await;
                let probed = match probed {
                    Ok(probed) => probed,
                    Err(error) => {
                        report.lines.push(format!("{}: {error}", film.id));
                        continue;
                    }
                };
                let size = tokio::fs::metadata(file.path())
                    .await
                    .map_err(failed)?
                    .len();
                let (width, height) = probed.video.size;
                let facts = (width.into(), height.into(), probed.video.duration);
                if let Some(line) = difference(film, facts, (kind, size)) {
                    report.lines.push(line);
                    if !dry_run {
                        self.correct(film.id, facts, size).await?;
                    }
                }
            }
            if after.is_none() {
                return Ok(report);
            }
        }
    }

    /// Enqueues jobs that make the tiles of films that have none, or, with
    /// `all`, of all. Requires an admin. Returns how many.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else.
    pub async fn make_missing_tiles(
        self,
        caller: &Caller,
        selection: &FilmSelection,
        all: bool,
    ) -> Result<usize> {
        caller.require_admin()?;
        let mut enqueued = 0;
        let mut after = None;
        loop {
            let films = self.films(selection, after).await?;
            after = films.last().map(|film| film.id);
            let mut arguments = Vec::new();
            for film in films.iter().filter(|film| film.status == "ready") {
                if all || !self.has_file(FileKind::Tiles, film.id).await? {
                    arguments.push(json!({PREVIEW_ARGUMENT: film.id}));
                }
            }
            enqueued += arguments.len();
            self.enqueue_pictures(arguments).await?;
            if after.is_none() {
                return Ok(enqueued);
            }
        }
    }

    async fn films(self, selection: &FilmSelection, after: Option<Uuid>) -> Result<Vec<FilmRow>> {
        let which = WhichFilms {
            ids: &selection.ids,
            project: selection.project,
            after,
        };
        Ok(films::list(self.core.database(), which, BATCH).await?)
    }

    async fn has_file(self, kind: FileKind, id: Uuid) -> Result<bool> {
        let opened = self.core.storage().open(Key::new(kind, id)).await;
        Ok(opened.map_err(failed)?.is_some())
    }

    async fn correct(self, id: Uuid, facts: (i64, i64, f64), size: u64) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let Some((_, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(());
        };
        let values = Values::from([
            ("width", facts.0.into()),
            ("height", facts.1.into()),
            ("duration", facts.2.into()),
            ("file_size", i64::try_from(size).unwrap_or(i64::MAX).into()),
        ]);
        self.update_preview(&mut transaction, (id, project_id), values, None)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Says how a film differs from its row; `None` if it does not.
fn difference(
    row: &FilmRow,
    (width, height, duration): (i64, i64, f64),
    (kind, size): (FileKind, u64),
) -> Option<String> {
    let mut differences = Vec::new();
    if (row.width, row.height) != (Some(width), Some(height)) {
        differences.push(format!("{width} x {height} pixels"));
    }
    if row
        .duration
        .is_none_or(|own| (own - duration).abs() > 0.001)
    {
        differences.push(format!("{duration:.3} seconds"));
    }
    if row.file_size != i64::try_from(size).ok() {
        differences.push(format!("{size} bytes"));
    }
    let place = format!("{}/{}", kind.bucket().name(), kind.prefix());
    let shown = differences.join(", ");
    (!differences.is_empty()).then(|| format!("{}: {place} has {shown}", row.id))
}
