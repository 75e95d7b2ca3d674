//! Commands that look after pictures.

use std::fs::File;
use std::io::BufReader;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use serde_json::{Map, Value, json};
use tanuki_files::{FileKind, Key};
use tanuki_media::picture::{PictureError, header};
use tanuki_store::query::files::films::PreviewRow;
use uuid::Uuid;

use super::films::{AGAIN_ARGUMENT, PREVIEW_ARGUMENT};
use super::pictures::{MakeError, VERSIONS};
use super::probe::{ProbeReport, Probed};
use super::selection::is_ready;
use super::{PreviewSelection, column_size, failed};
use crate::jobs::PICTURE;
use crate::{Caller, Files, Result};

/// The extension of previews that are pictures.
const PICTURES: &str = "png";

/// The extension of previews that are films.
const FILMS: &str = "mp4";

impl Files<'_> {
    /// Enqueues jobs that make the thumbnails of pictures that lack one, or,
    /// with `all`, of all. Those of films that lack one are made of the first
    /// frame. Requires an admin. Returns how many.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied) for everybody else.
    pub async fn make_missing_thumbnails(
        self,
        caller: &Caller,
        selection: &PreviewSelection,
        all: bool,
    ) -> Result<usize> {
        caller.require_admin()?;
        let mut enqueued = 0;
        let mut pages = pin!(self.selected(selection, PICTURES));
        while let Some(pictures) = pages.try_next().await? {
            let lacking = self.lacking(pictures, all).await?;
            enqueued += lacking.len();
            self.enqueue_versions(lacking).await?;
        }
        let mut pages = pin!(self.selected(selection, FILMS));
        while let Some(films) = pages.try_next().await? {
            let lacking = self.lacking(films, false).await?;
            enqueued += lacking.len();
            self.show_first_frames(lacking).await?;
        }
        Ok(enqueued)
    }

    /// Returns the ids of those that are ready and lack a version, or of `all`
    /// that are ready.
    async fn lacking(self, previews: Vec<PreviewRow>, all: bool) -> Result<Vec<Uuid>> {
        let mut lacking = Vec::new();
        for preview in previews.iter().filter(|preview| is_ready(preview)) {
            if all || self.lacks_version(preview.id).await? {
                lacking.push(preview.id);
            }
        }
        Ok(lacking)
    }

    async fn lacks_version(self, id: Uuid) -> Result<bool> {
        for kind in VERSIONS {
            if !self.has_file(kind, id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn enqueue_versions(self, previews: Vec<Uuid>) -> Result<()> {
        let arguments = previews.into_iter().filter_map(|id| {
            let job = json!({PREVIEW_ARGUMENT: id, "extension": PICTURES, AGAIN_ARGUMENT: true});
            job.as_object().cloned()
        });
        let arguments: Vec<Map<String, Value>> = arguments.collect();
        let mut transaction = self.core.database().begin().await?;
        self.core
            .enqueue(&mut transaction, &PICTURE, arguments)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Reads the pictures that are stored, and corrects width, height and size
    /// of their rows, unless it is a `dry_run`. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`](crate::Error::Denied) for everybody else.
    pub async fn probe_pictures(
        self,
        caller: &Caller,
        selection: &PreviewSelection,
        dry_run: bool,
    ) -> Result<ProbeReport> {
        caller.require_admin()?;
        let mut report = ProbeReport::default();
        let mut pages = pin!(self.selected(selection, PICTURES));
        while let Some(pictures) = pages.try_next().await? {
            for picture in pictures.iter().filter(|picture| is_ready(picture)) {
                match self.probe_picture(picture.id).await? {
                    Ok(probed) => {
                        let file = ("the picture", probed);
                        self.compare(&mut report, picture, file, dry_run).await?;
                    }
                    Err(reason) => report.unreadable(picture, reason),
                }
            }
        }
        Ok(report)
    }

    /// Reads the header of the stored picture of a preview; or why it cannot be
    /// read.
    async fn probe_picture(self, id: Uuid) -> Result<Result<Probed, String>> {
        let stored = self.core.storage().local(Key::new(FileKind::Original, id));
        let Some(stored) = stored.await.map_err(failed)? else {
            return Ok(Err("no picture is stored".to_owned()));
        };
        let path = stored.path().to_owned();
        let max_pixels = self.core.settings().files.max_picture_pixels;
        let read = move || -> Result<Probed, MakeError> {
            let file = File::open(path)?;
            let bytes = column_size(file.metadata()?.len());
            let header = header(BufReader::new(file), PICTURES, max_pixels)?;
            Ok(Probed {
                size: (header.width, header.height),
                duration: None,
                bytes,
            })
        };
        match self.with_pictures(read).await? {
            Ok(probed) => Ok(Ok(probed)),
            Err(MakeError::Io(error) | MakeError::Picture(PictureError::Io(error))) => {
                Err(failed(error))
            }
            Err(MakeError::Picture(error)) => Ok(Err(error.to_string())),
        }
    }
}
