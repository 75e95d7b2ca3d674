//! Commands that look after pictures.

use std::fs::File;
use std::io::BufReader;

use serde_json::{Map, Value, json};
use tanuki_files::{FileKind, Key};
use tanuki_media::picture::{PictureError, header};
use tanuki_store::query::files::films::PreviewRow;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::films::{AGAIN_ARGUMENT, PREVIEW_ARGUMENT, ProbeReport};
use super::pictures::MakeError;
use super::{PreviewSelection, column_size, failed};
use crate::jobs::PICTURE;
use crate::{Caller, Files, Result};

/// The extension of previews that are pictures.
const PICTURES: &str = "png";

/// The versions of a picture.
const VERSIONS: [FileKind; 3] = [
    FileKind::Thumbnail,
    FileKind::SquareThumbnail,
    FileKind::PicturePreview,
];

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
        for extension in [PICTURES, "mp4"] {
            let mut after = None;
            loop {
                let previews = self.selected(selection, extension, after).await?;
                after = previews.last().map(|preview| preview.id);
                let mut lacking = Vec::new();
                for preview in previews.iter().filter(|preview| preview.status == "ready") {
                    let is_all = all && extension == PICTURES;
                    if is_all || self.lacks_version(preview.id).await? {
                        lacking.push(preview.id);
                    }
                }
                enqueued += lacking.len();
                match extension {
                    PICTURES => self.enqueue_versions(lacking).await?,
                    _ => self.show_first_frames(lacking).await?,
                }
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(enqueued)
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
        let mut after = None;
        loop {
            let previews = self.selected(selection, PICTURES, after).await?;
            after = previews.last().map(|preview| preview.id);
            for preview in previews.iter().filter(|preview| preview.status == "ready") {
                let (width, height, size) = match self.stored_size(preview.id).await? {
                    Ok(found) => found,
                    Err(reason) => {
                        report.lines.push(format!("{}: {reason}", preview.id));
                        continue;
                    }
                };
                report.read += 1;
                let Some(line) = difference(preview, (width, height, size)) else {
                    continue;
                };
                report.lines.push(line);
                if !dry_run {
                    let values = Values::from([
                        ("width", width.into()),
                        ("height", height.into()),
                        ("file_size", size.into()),
                    ]);
                    self.correct(preview.id, values).await?;
                }
            }
            if after.is_none() {
                return Ok(report);
            }
        }
    }

    /// Returns width and height of the stored picture of a preview, in pixels,
    /// and its size in bytes; or why it cannot be read.
    async fn stored_size(self, id: Uuid) -> Result<Result<(i64, i64, i64), String>> {
        let stored = self.core.storage().local(Key::new(FileKind::Original, id));
        let Some(stored) = stored.await.map_err(failed)? else {
            return Ok(Err("no picture is stored".to_owned()));
        };
        let path = stored.path().to_owned();
        let max_pixels = self.core.settings().files.max_picture_pixels;
        let read = move || -> Result<(u32, u32, u64), MakeError> {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            let header = header(BufReader::new(file), PICTURES, max_pixels)?;
            Ok((header.width, header.height, size))
        };
        match self.with_pictures(read).await? {
            Ok((width, height, size)) => Ok(Ok((width.into(), height.into(), column_size(size)))),
            Err(MakeError::Io(error) | MakeError::Picture(PictureError::Io(error))) => {
                Err(failed(error))
            }
            Err(MakeError::Picture(error)) => Ok(Err(error.to_string())),
        }
    }

    /// Sets columns of a preview that a command has found to be wrong.
    pub(super) async fn correct(self, id: Uuid, values: Values) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let Some((_, project_id)) = self.locked_preview(&mut transaction, id).await? else {
            return Ok(());
        };
        self.update_preview(&mut transaction, (id, project_id), values, None)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Says how a picture differs from its row; `None` if it does not.
fn difference(row: &PreviewRow, (width, height, size): (i64, i64, i64)) -> Option<String> {
    let mut differences = Vec::new();
    if (row.width, row.height) != (Some(width), Some(height)) {
        differences.push(format!("{width} x {height} pixels"));
    }
    if row.file_size != Some(size) {
        differences.push(format!("{size} bytes"));
    }
    let shown = differences.join(", ");
    (!differences.is_empty()).then(|| format!("{}: the picture has {shown}", row.id))
}
