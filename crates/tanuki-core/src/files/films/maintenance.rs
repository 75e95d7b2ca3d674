//! Commands that look after films.

use serde_json::json;
use tanuki_files::FileKind;
use tanuki_store::query::files::films::PreviewRow;
use tanuki_store::write::Values;

use super::{AGAIN_ARGUMENT, PREVIEW_ARGUMENT};
use crate::files::{PreviewSelection, column_size, failed};
use crate::jobs::FILM;
use crate::{Caller, Error, Files, Result};

/// The extension of previews that are films.
const FILMS: &str = "mp4";

/// The films that are shown of a preview.
const SHOWN: [FileKind; 2] = [FileKind::Movie, FileKind::LowDefinition];

/// How many films are encoded again, and how many cannot be.
#[derive(Debug, Default)]
pub struct EncodingReport {
    /// How many jobs were enqueued.
    pub enqueued: usize,
    /// Of how many films the file as it was sent is not stored.
    pub without_source: usize,
}

/// The result of probing stored films or pictures.
#[derive(Debug, Default)]
pub struct ProbeReport {
    /// How many were read.
    pub read: usize,
    /// A sentence for each row that was, or would be, changed, or whose file
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
        selection: &PreviewSelection,
        all: bool,
    ) -> Result<EncodingReport> {
        caller.require_admin()?;
        let mut report = EncodingReport::default();
        let mut after = None;
        loop {
            let films = self.selected(selection, FILMS, after).await?;
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
        selection: &PreviewSelection,
        dry_run: bool,
    ) -> Result<ProbeReport> {
        caller.require_admin()?;
        let found = self.core.ffmpeg().get().await;
        let ffmpeg = found.map_err(Error::invalid)?;
        let mut report = ProbeReport::default();
        let mut after = None;
        loop {
            let films = self.selected(selection, FILMS, after).await?;
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
                let (width, height) = (i64::from(width), i64::from(height));
                let facts = (width, height, probed.video.duration);
                if let Some(line) = difference(film, facts, (kind, size)) {
                    report.lines.push(line);
                    if !dry_run {
                        let values = Values::from([
                            ("width", width.into()),
                            ("height", height.into()),
                            ("duration", probed.video.duration.into()),
                            ("file_size", column_size(size).into()),
                        ]);
                        self.correct(film.id, values).await?;
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
        selection: &PreviewSelection,
        all: bool,
    ) -> Result<usize> {
        caller.require_admin()?;
        let mut enqueued = 0;
        let mut after = None;
        loop {
            let films = self.selected(selection, FILMS, after).await?;
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
}

/// Says how a film differs from its row; `None` if it does not.
fn difference(
    row: &PreviewRow,
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
