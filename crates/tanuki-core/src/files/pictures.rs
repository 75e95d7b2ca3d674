//! Pictures of previews: decoded once, and stored in the sizes that are shown.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use futures_util::future::{BoxFuture, try_join_all};
use tanuki_files::{FileKind, Key, Received, Scratch, StagedFile};
use tanuki_media::document::Document;
use tanuki_media::picture::{Header, Picture, PictureError, Size, header, write_variant};
use tanuki_store::query::files::stored_previews;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::films::{AGAIN_ARGUMENT, PREVIEW_ARGUMENT};
use super::{ReceivedFiles, column_size, failed};
use crate::blocking::off_worker;
use crate::jobs::{Failure, Job, Outcome};
use crate::{Core, Error, Files, Result};

/// Why a picture is not made.
#[derive(Debug)]
pub(crate) enum MakeError {
    /// The file is not a picture that is decoded.
    Picture(PictureError),
    /// The storage failed.
    Io(io::Error),
}

impl From<PictureError> for MakeError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Io(error) => Self::Io(error),
            error => Self::Picture(error),
        }
    }
}

impl From<io::Error> for MakeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<MakeError> for Failure {
    /// A file that is no picture stays one, however often it is tried.
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Io(error) => error.into(),
            MakeError::Picture(error) => Self::Final(error.to_string()),
        }
    }
}

/// The files of a picture, staged.
#[derive(Debug)]
pub(crate) struct MadePictures {
    /// Where the files are until they are published.
    pub folder: Scratch,
    /// The picture as PNG, and its versions for lists and previews.
    pub files: Vec<StagedFile>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Size of the picture as PNG, in bytes; 0 if only versions were made.
    pub size: i64,
}

impl Files<'_> {
    /// Runs work on pictures on a thread that may block. No more of it runs at
    /// the same time than the settings allow.
    ///
    /// # Errors
    /// [`Error::Failed`] if the work panics or the server shuts down.
    pub(crate) async fn with_pictures<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(self.core.picture_workers())
            .acquire_owned()
            .await
            .map_err(|error| Error::Failed(error.to_string()))?;
        off_worker(move || {
            // Released when the work ends, even if nobody waits for it.
            let _permit = permit;
            work()
        })
        .await
    }

    /// Reads the header of an upload that should be a picture.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not a readable picture or has too many
    /// pixels, [`Error::Failed`] if it cannot be read.
    pub(crate) async fn picture_header(self, upload: &Received, extension: &str) -> Result<Header> {
        let max_pixels = self.core.settings().files.max_picture_pixels;
        let (path, extension) = (upload.path().to_owned(), extension.to_owned());
        let read = move || -> Result<Header, MakeError> {
            let upload = BufReader::new(File::open(path)?);
            Ok(header(upload, &extension, max_pixels)?)
        };
        self.with_pictures(read).await?.map_err(refused)
    }

    /// Decodes an upload and scales it to one size, as PNG. Returns the file,
    /// and the folder that it is in until it is stored.
    ///
    /// # Errors
    /// As [`picture_header`](Self::picture_header).
    pub(crate) async fn scaled_picture(
        self,
        upload: &Received,
        extension: &str,
        size: Size,
    ) -> Result<(Received, Scratch)> {
        const NAME: &str = "scaled";
        let max_pixels = self.core.settings().files.max_picture_pixels;
        let (path, extension) = (upload.path().to_owned(), extension.to_owned());
        let scratch = self.core.storage().scratch().await.map_err(failed)?;
        let to = scratch.path().join(NAME);
        let made = self.with_pictures(move || -> Result<(), MakeError> {
            let upload = BufReader::new(File::open(path)?);
            let picture = Picture::decode(upload, &extension, max_pixels)?;
            write_scaled(&picture, size, &to)
        });
        made.await?.map_err(refused)?;
        let scaled = scratch.take(NAME).await.map_err(failed)?;
        Ok((scaled, scratch))
    }

    /// Like [`receive_preview_files`](Self::receive_preview_files), for the
    /// pictures of a preview, whose folder is kept until the commit.
    pub(crate) async fn receive_pictures(
        self,
        transaction: &mut tanuki_store::Transaction,
        arrivals: &mut ReceivedFiles,
        (id, made): (Uuid, MadePictures),
    ) -> Result<()> {
        arrivals.hold(made.folder);
        self.receive_preview_files(transaction, arrivals, (id, made.files))
            .await
    }

    /// Stores files of a preview with the commit of the transaction, and records
    /// them as stored.
    pub(crate) async fn receive_preview_files(
        self,
        transaction: &mut tanuki_store::Transaction,
        arrivals: &mut ReceivedFiles,
        (id, files): (Uuid, Vec<StagedFile>),
    ) -> Result<()> {
        let mut places = Vec::with_capacity(files.len());
        for file in files {
            places.push((file.key.bucket().name(), file.key.prefix()));
            self.receive(transaction, arrivals, file).await?;
        }
        let defaults = self.core.defaults();
        stored_previews::record_stored(transaction, id, &places, &defaults).await?;
        Ok(())
    }
}

/// Decodes a picture and writes those of these pictures of a preview to a folder,
/// each under the prefix of its kind. Takes a while: to be called through
/// [`Files::with_pictures`].
///
/// # Errors
/// [`MakeError::Picture`] if the file is not a readable picture or has too many
/// pixels, [`MakeError::Io`] if a file cannot be read or written.
pub(crate) fn write_pictures(
    folder: &Path,
    source: &Path,
    (extension, max_pixels): (&str, u64),
    kinds: &[FileKind],
) -> Result<(u32, u32), MakeError> {
    let source = BufReader::new(File::open(source)?);
    let picture = Picture::decode(source, extension, max_pixels)?;
    // The PNG takes about as long as all versions together.
    std::thread::scope(|threads| {
        let versions = threads.spawn(|| write_versions(folder, &picture));
        if kinds.contains(&FileKind::Original) {
            write_original(folder, &picture)?;
        }
        versions
            .join()
            .map_err(|_| io::Error::other("scaling a picture panicked"))?
    })?;
    Ok((picture.width(), picture.height()))
}

fn write_original(folder: &Path, picture: &Picture) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(folder.join(FileKind::Original.prefix()))?);
    picture.write_png(&mut file)?;
    file.flush()
}

fn write_versions(folder: &Path, picture: &Picture) -> Result<(), MakeError> {
    for (kind, size) in [
        (FileKind::Thumbnail, Size::THUMBNAIL),
        (FileKind::SquareThumbnail, Size::SQUARE),
        (FileKind::PicturePreview, Size::preview_of(picture)),
    ] {
        write_scaled(picture, size, &folder.join(kind.prefix()))?;
    }
    Ok(())
}

fn write_scaled(picture: &Picture, size: Size, to: &Path) -> Result<(), MakeError> {
    let scaled = picture.resized(size)?;
    let mut file = BufWriter::new(File::create(to)?);
    write_variant(&scaled, &mut file)?;
    Ok(file.flush()?)
}

/// The versions of a picture.
pub(super) const VERSIONS: [FileKind; 3] = [
    FileKind::Thumbnail,
    FileKind::SquareThumbnail,
    FileKind::PicturePreview,
];

/// The pictures that every preview with a picture has.
pub(super) const PICTURES: [FileKind; 4] = [
    FileKind::Original,
    FileKind::Thumbnail,
    FileKind::SquareThumbnail,
    FileKind::PicturePreview,
];

/// Makes these pictures of a preview of a local file, and stages them: all
/// [`PICTURES`], or the [`VERSIONS`] only.
///
/// # Errors
/// As [`write_pictures`]; [`Error::Failed`] as the second if the work is
/// stopped.
pub(crate) async fn make_pictures(
    core: &Core,
    id: Uuid,
    (source, extension): (&Path, &str),
    kinds: &'static [FileKind],
) -> Result<Result<MadePictures, MakeError>> {
    let scratch = core.storage().scratch().await.map_err(failed)?;
    let (folder, source) = (scratch.path().to_owned(), source.to_owned());
    let extension = extension.to_owned();
    let max_pixels = core.settings().files.max_picture_pixels;
    let write = move || write_pictures(&folder, &source, (&extension, max_pixels), kinds);
    let (width, height) = match core.files().with_pictures(write).await? {
        Ok(size) => size,
        Err(error) => return Ok(Err(error)),
    };
    let mut files = Vec::with_capacity(kinds.len());
    let mut size = 0;
    for &kind in kinds {
        let file = scratch.take(kind.prefix()).await.map_err(failed)?;
        if kind == FileKind::Original {
            size = column_size(file.size);
        }
        files.push(core.files().stage(file, Key::new(kind, id)));
    }
    let files = try_join_all(files).await?;
    Ok(Ok(MadePictures {
        folder: scratch,
        files,
        width,
        height,
        size,
    }))
}

/// Makes the pictures of a document, which is drawn first.
///
/// # Errors
/// As [`make_pictures`].
async fn make_pictures_of_document(
    core: &Core,
    id: Uuid,
    (source, document): (&Path, Document),
) -> Result<Result<MadePictures, MakeError>> {
    const NAME: &str = "drawn";
    let not_drawn = |reason| Ok(Err(MakeError::Picture(PictureError::Unreadable(reason))));
    if !core.settings().files.draws_documents {
        return not_drawn("this program draws no documents".into());
    }
    let scratch = core.storage().scratch().await.map_err(failed)?;
    let drawn = scratch.path().join(NAME);
    let permit = core.picture_workers().acquire().await;
    let drawing = document.draw((source, &drawn), scratch.path()).await;
    drop(permit);
    if let Err(error) = drawing {
        tracing::info!(preview_file_id = %id, %error, "a document cannot be drawn");
        return not_drawn(error.to_string());
    }
    make_pictures(core, id, (&drawn, "png"), &PICTURES).await
}

/// What people read when a file is not a picture.
fn refused(error: MakeError) -> Error {
    match error {
        MakeError::Io(error) | MakeError::Picture(PictureError::Io(error)) => failed(error),
        MakeError::Picture(PictureError::Unreadable(reason)) => {
            tracing::info!(reason, "an upload is not a readable picture");
            Error::invalid("Uploaded file is not a readable picture.")
        }
        MakeError::Picture(PictureError::TooLarge { pixels, limit }) => Error::invalid(format!(
            "The picture has {pixels} pixels, more than the {limit} that are allowed \
             (MAX_IMAGE_PIXELS)."
        )),
    }
}

/// Runs a job of [`PICTURE`](crate::jobs::PICTURE): makes the pictures of an
/// uploaded preview.
pub(crate) fn run(core: Core, job: Job) -> BoxFuture<'static, Outcome> {
    Box::pin(async move {
        let id = job.id(PREVIEW_ARGUMENT)?;
        if job.flag(AGAIN_ARGUMENT, false) {
            return make_versions_again(&core, id).await;
        }
        process(&core, id, job.text("extension").to_owned()).await
    })
}

/// Makes the versions of a picture that is ready from the one that is stored.
async fn make_versions_again(core: &Core, id: Uuid) -> Outcome {
    let facts = stored_previews::facts(core.database(), id).await?;
    if facts.is_none_or(|facts| facts.status != "ready" || facts.extension != "png") {
        return Ok(Some("the preview was deleted, or is no picture".into()));
    }
    let source = core.storage().local(Key::new(FileKind::Original, id)).await;
    let Some(source) = source.map_err(failed)? else {
        return Err(Failure::Final("no picture is stored".into()));
    };
    // The stored picture stays as it is.
    let made = make_pictures(core, id, (source.path(), "png"), &VERSIONS).await??;
    let mut transaction = core.database().begin().await?;
    let Some((_, project_id)) = core.files().locked_preview(&mut transaction, id).await? else {
        return Ok(Some("the preview was deleted".into()));
    };
    let mut arrivals = ReceivedFiles::default();
    core.files()
        .receive_pictures(&mut transaction, &mut arrivals, (id, made))
        .await?;
    // They have another ETag and time now.
    core.files()
        .update_preview(&mut transaction, (id, project_id), Values::new(), None)
        .await?;
    core.files().commit_with(transaction, arrivals).await?;
    Ok(None)
}

async fn process(core: &Core, id: Uuid, extension: String) -> Outcome {
    let Some(facts) = stored_previews::facts(core.database(), id).await? else {
        return Ok(Some("the preview was deleted".into()));
    };
    if facts.status == "ready" {
        return Ok(Some("it was processed before".into()));
    }
    let is_picture = facts.extension == "png";
    let source = match is_picture {
        true => FileKind::PictureSource,
        false => FileKind::OtherPreview,
    };
    let source = core.storage().local(Key::new(source, id)).await;
    let Some(source) = source.map_err(failed)? else {
        return give_up(core, id, "its file is not stored", false).await;
    };
    let source = source.path();
    let made = match Document::of(&extension) {
        Some(document) => make_pictures_of_document(core, id, (source, document)).await?,
        None => make_pictures(core, id, (source, &extension), &PICTURES).await?,
    };
    let made = match made {
        Ok(made) => Some(made),
        Err(MakeError::Io(error)) => return Err(failed(error).into()),
        Err(MakeError::Picture(error)) if is_picture => {
            return give_up(core, id, &error.to_string(), true).await;
        }
        // Of other files a picture is welcome, and none no fault.
        Err(MakeError::Picture(_)) => None,
    };
    let mut transaction = core.database().begin().await?;
    let preview = core.files().locked_preview(&mut transaction, id).await?;
    let Some((preview, project_id)) = preview else {
        return Ok(Some("the preview was deleted".into()));
    };
    let mut arrivals = ReceivedFiles::default();
    let mut values = Values::new();
    if let Some(made) = made {
        values.insert("width", i64::from(made.width).into());
        values.insert("height", i64::from(made.height).into());
        if is_picture {
            values.insert("file_size", made.size.into());
        }
        core.files()
            .receive_pictures(&mut transaction, &mut arrivals, (id, made))
            .await?;
    }
    core.files()
        .preview_is_ready(&mut transaction, (&preview, project_id), values)
        .await?;
    core.files().commit_with(transaction, arrivals).await?;
    Ok(None)
}

/// Makes the preview of a job that was given up broken, unless it says why
/// already.
pub(crate) fn give_up_job(core: Core, job: Job, reason: String) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        match job.id(PREVIEW_ARGUMENT) {
            Ok(id) => core.files().preview_is_broken(id, &reason, false).await,
            Err(_) => Ok(()),
        }
    })
}

/// Ends a job whose preview cannot be shown.
async fn give_up(core: &Core, id: Uuid, reason: &str, may_be_sent_again: bool) -> Outcome {
    core.files()
        .preview_is_broken(id, reason, may_be_sent_again)
        .await?;
    Err(Failure::Final(reason.to_owned()))
}
