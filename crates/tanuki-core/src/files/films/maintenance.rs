//! Commands that look after films.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use serde_json::json;
use tanuki_files::FileKind;

use super::{AGAIN_ARGUMENT, PREVIEW_ARGUMENT};
use crate::files::probe::{ProbeReport, Probed};
use crate::files::selection::is_ready;
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
        let mut pages = pin!(self.selected(selection, FILMS));
        while let Some(films) = pages.try_next().await? {
            let mut arguments = Vec::new();
            for film in films {
                if is_ready(&film) && !all {
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
        }
        Ok(report)
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
        let mut pages = pin!(self.selected(selection, FILMS));
        while let Some(films) = pages.try_next().await? {
            for film in films.iter().filter(|film| is_ready(film)) {
                let shown = self.local_film(film.id, &SHOWN).await;
                let Some((kind, file)) = shown.map_err(failed)? else {
                    report.unreadable(film, "no film is stored");
                    continue;
                };
                let found = match ffmpeg.probe(file.path()).await {
                    Ok(found) => found,
                    Err(error) => {
                        report.read += 1;
                        report.unreadable(film, error);
                        continue;
                    }
                };
                let about = tokio::fs::metadata(file.path()).await.map_err(failed)?;
                let probed = Probed {
                    size: found.video.size,
                    duration: Some(found.video.duration),
                    bytes: column_size(about.len()),
                };
                let place = format!("{}/{}", kind.bucket().name(), kind.prefix());
                self.compare(&mut report, film, (&place, probed), dry_run)
                    .await?;
            }
        }
        Ok(report)
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
        let mut pages = pin!(self.selected(selection, FILMS));
        while let Some(films) = pages.try_next().await? {
            let mut arguments = Vec::new();
            for film in films.iter().filter(|film| is_ready(film)) {
                if all || !self.has_file(FileKind::Tiles, film.id).await? {
                    arguments.push(json!({PREVIEW_ARGUMENT: film.id}));
                }
            }
            enqueued += arguments.len();
            self.enqueue_pictures(arguments).await?;
        }
        Ok(enqueued)
    }
}
