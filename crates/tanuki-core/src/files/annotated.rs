//! Frames of previews with what is drawn on them: one as a picture, all in one
//! file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
use serde_json::Value;
use tanuki_domain::frame_rate;
use tanuki_files::{FileKind, Key, LocalFile, Scratch, ZipWriter};
use tanuki_media::bundle::{Bounded, PdfWriter};
use tanuki_media::film::Ffmpeg;
use tanuki_media::picture::{Picture, PictureError};
use tanuki_store::query::files::previews;
use tanuki_store::query::rows;
use uuid::Uuid;

use super::annotations::time_of;
use super::films::frames::StoredFilm;
use super::frame_grid::FrameGrid;
use super::pictures::MakeError;
use super::{Disposition, Download, PREVIEW_FILES, failed};
use crate::resource::Relations;
use crate::{Caller, Error, Files, Result};

/// How many frames one file may have.
const MAX_FRAMES: usize = 200;

/// How long it may take to make a file of all frames.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The name of the file in its folder until it is sent.
const BUNDLE: &str = "annotated-frames";

/// Previews that are pictures, as Zou names them.
const PICTURES: [&str; 4] = ["jpg", "jpeg", "jpe", "png"];

/// The frame rate of a production that has none.
const FRAME_RATE: f64 = 25.0;

/// What all frames of a preview are put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameBundle {
    /// An archive of PNG files.
    Zip,
    /// A document with a page for each.
    Pdf,
}

/// A frame and what is drawn on it.
struct Frame {
    /// Counted from 0; `None` of a picture.
    index: Option<u64>,
    /// The number in its name.
    number: u64,
    annotations: Vec<Value>,
}

/// What is drawn on.
enum Source {
    Film(Arc<Ffmpeg>, StoredFilm),
    Picture(LocalFile),
}

/// The kinds of previews that are drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Film,
    Picture,
}

impl Kind {
    fn of(extension: &str) -> Option<Self> {
        let extension = extension.to_lowercase();
        match extension.as_str() {
            "mp4" => Some(Self::Film),
            extension => PICTURES.contains(&extension).then_some(Self::Picture),
        }
    }
}

/// A preview with its drawings.
struct Annotated {
    id: Uuid,
    extension: String,
    annotations: Vec<Value>,
    grid: FrameGrid,
}

impl Files<'_> {
    /// Returns a frame of a film, or a picture, with what is drawn on it, as
    /// PNG; `None` if no picture is stored. `number` is that of the frame, from
    /// 1 on; pictures have none. Requires a manager of the project.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, [`Error::Denied`]
    /// without permission, [`Error::Refused`] if nothing is drawn there,
    /// [`Error::Invalid`] if the preview is neither film nor picture or cannot be
    /// decoded, [`Error::Absent`] if no film is stored.
    pub async fn annotated_frame(
        self,
        caller: &Caller,
        id: Uuid,
        number: Option<u64>,
    ) -> Result<Option<Vec<u8>>> {
        let preview = self.annotated_preview(caller, id).await?;
        let kind = Kind::of(&preview.extension);
        let kind = kind.ok_or_else(|| unsupported("frame", &preview.extension))?;
        let frame = match kind {
            Kind::Film => {
                let number = number
                    .ok_or_else(|| Error::invalid("frame_number is required for movie previews"))?;
                preview.frame(number)?
            }
            Kind::Picture => {
                let first = preview.annotations.into_iter().next();
                let first = first.ok_or_else(|| {
                    Error::Refused("No annotation found on picture preview".into())
                })?;
                Frame::of_picture(1, first)
            }
        };
        let Some(source) = self.drawn_on(id, kind).await? else {
            return Ok(None);
        };
        let scratch = self.core.storage().scratch().await.map_err(failed)?;
        let picture = self.extracted(&source, &frame, &scratch).await?;
        let max_pixels = self.core.settings().files.max_picture_pixels;
        let draw = move || drawn(&picture, &frame.annotations, max_pixels);
        let png = self.with_pictures(draw).await?;
        png.map(Some).map_err(refused)
    }

    /// Returns all frames of a film that are drawn on, or the picture with each
    /// of its drawings, in one file; `None` if no picture is stored. Access and
    /// errors as for [`annotated_frame`](Self::annotated_frame).
    ///
    /// # Errors
    /// Also [`Error::Invalid`] for more than 200 frames, and
    /// [`Error::Unavailable`] if it takes longer than five minutes.
    pub async fn annotated_frames(
        self,
        caller: &Caller,
        id: Uuid,
        bundle: FrameBundle,
    ) -> Result<Option<Download>> {
        let preview = self.annotated_preview(caller, id).await?;
        if preview.annotations.is_empty() {
            return Err(Error::Refused("Preview file has no annotations".into()));
        }
        let kind = Kind::of(&preview.extension);
        let kind = kind.ok_or_else(|| unsupported("frames", &preview.extension))?;
        let Some(source) = self.drawn_on(id, kind).await? else {
            return Ok(None);
        };
        let frames = preview.frames(&source);
        if frames.is_empty() {
            let message = "No annotated frame could be extracted from this preview";
            return Err(Error::Refused(message.into()));
        }
        if frames.len() > MAX_FRAMES {
            return Err(Error::invalid(format!(
                "{} frames are drawn on, more than the {MAX_FRAMES} that one file may have.",
                frames.len()
            )));
        }
        let made = self.make_bundle(id, (&source, frames), bundle);
        let made = tokio::time::timeout(TIME_LIMIT, made).await;
        let too_slow = |_| Error::Unavailable("drawing on the frames took too long".into());
        made.map_err(too_slow)?.map(Some)
    }

    async fn make_bundle(
        self,
        id: Uuid,
        (source, frames): (&Source, Vec<Frame>),
        bundle: FrameBundle,
    ) -> Result<Download> {
        let name = self.download_name(id).await?;
        let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
        let scratch = self.core.storage().scratch().await.map_err(failed)?;
        let now = self.core.clock().timestamp();
        let path = scratch.path().join(BUNDLE);
        let writer = self.with_pictures(move || Writer::create(&path, bundle, now));
        let mut writer = writer.await?.map_err(failed)?;
        let max_pixels = self.core.settings().files.max_picture_pixels;
        for frame in frames {
            let picture = self.extracted(source, &frame, &scratch).await?;
            let name = format!("{stem}_frame_{}.png", frame.number);
            let add = move || -> Result<Writer, MakeError> {
                let png = drawn(&picture, &frame.annotations, max_pixels)?;
                writer.add(&name, &png)?;
                Ok(writer)
            };
            writer = self.with_pictures(add).await?.map_err(refused)?;
        }
        let finished = self.with_pictures(move || writer.finish()).await?;
        finished.map_err(failed)?;
        let (extension, mimetype) = match bundle {
            FrameBundle::Zip => ("zip", "application/zip"),
            FrameBundle::Pdf => ("pdf", "application/pdf"),
        };
        Ok(Download {
            name: format!("{stem}_annotated_frames.{extension}"),
            mimetype: mimetype.to_owned(),
            changed_at: now,
            disposition: Disposition::Attachment,
            kept: scratch.open(BUNDLE).await.map_err(failed)?,
        })
    }

    /// Loads a preview with its drawings, for managers of its project.
    async fn annotated_preview(self, caller: &Caller, id: Uuid) -> Result<Annotated> {
        let facts = self.film_facts(caller, id, true).await?;
        let database = self.core.database();
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let row = rows::by_id(database, projection, id).await?;
        let mut row = row.ok_or(Error::NotFound)?;
        let annotations = match row.remove("annotations") {
            Some(Value::Array(annotations)) => annotations,
            _ => Vec::new(),
        };
        let rates = match facts.task_id {
            Some(task_id) => previews::frame_rates(database, task_id).await?,
            None => Vec::new(),
        };
        let rate = rates.iter().find_map(|text| frame_rate::parse(text));
        Ok(Annotated {
            id,
            extension: facts.extension,
            annotations,
            grid: FrameGrid::new(rate.unwrap_or(FRAME_RATE)),
        })
    }

    /// Returns what is drawn on; `None` if no picture is stored.
    ///
    /// # Errors
    /// [`Error::Absent`] if no film is stored, [`Error::Invalid`] if it cannot
    /// be decoded or ffmpeg is missing.
    async fn drawn_on(self, id: Uuid, kind: Kind) -> Result<Option<Source>> {
        if kind == Kind::Film {
            let (ffmpeg, film) = self.sharp_film(id).await?;
            return Ok(Some(Source::Film(ffmpeg, film)));
        }
        let key = Key::new(FileKind::PicturePreview, id);
        let picture = self.core.storage().local(key).await.map_err(failed)?;
        Ok(picture.map(Source::Picture))
    }

    /// Returns the path of a frame as PNG, in the folder if it is of a film.
    async fn extracted(self, source: &Source, frame: &Frame, to: &Scratch) -> Result<PathBuf> {
        match source {
            Source::Picture(picture) => Ok(picture.path().to_owned()),
            Source::Film(ffmpeg, film) => {
                let index = frame.index.unwrap_or(0);
                self.frame_of((ffmpeg, film), index, to.path()).await
            }
        }
    }
}

impl Annotated {
    /// Returns a frame of a film; `number` is counted from 1.
    ///
    /// # Errors
    /// [`Error::Invalid`] if nothing is drawn on it.
    fn frame(self, number: u64) -> Result<Frame> {
        let times: Vec<Option<f64>> = self.annotations.iter().map(time_of).collect();
        let index = number.saturating_sub(1);
        let found = self.grid.find(&times, index);
        let found = found.ok_or_else(|| {
            Error::Refused(format!("No annotation found for frame {number}").into())
        })?;
        let all = self.annotations.into_iter().zip(times);
        let same =
            all.filter(|(_, time)| time.is_some_and(|time| self.grid.frame_at(time) == found));
        Ok(Frame {
            index: Some(index),
            number,
            annotations: same.map(|(annotation, _)| annotation).collect(),
        })
    }

    /// Returns the frames that are drawn on, in the order of their annotations;
    /// those beyond the end of a film are left out.
    fn frames(self, source: &Source) -> Vec<Frame> {
        let Source::Film(_, film) = source else {
            let annotations = (1..).zip(self.annotations);
            return annotations
                .map(|(number, annotation)| Frame::of_picture(number, annotation))
                .collect();
        };
        let count = film.frame_count();
        let mut frames: Vec<Frame> = Vec::new();
        let mut places = BTreeMap::new();
        for annotation in self.annotations {
            let Some(time) = time_of(&annotation) else {
                continue;
            };
            let index = self.grid.frame_at(time);
            if count > 0 && index >= count {
                tracing::debug!(preview = %self.id, index, "a drawing is beyond the end of its film");
                continue;
            }
            let place = *places.entry(index).or_insert(frames.len());
            match frames.get_mut(place) {
                Some(frame) => frame.annotations.push(annotation),
                None => frames.push(Frame {
                    index: Some(index),
                    number: index + 1,
                    annotations: vec![annotation],
                }),
            }
        }
        frames
    }
}

impl Frame {
    fn of_picture(number: u64, annotation: Value) -> Self {
        Self {
            index: None,
            number,
            annotations: vec![annotation],
        }
    }
}

/// Writes the file of all frames.
enum Writer {
    Zip(ZipWriter<Bounded<BufWriter<File>>>),
    Pdf(PdfWriter<BufWriter<File>>),
}

impl Writer {
    fn create(path: &Path, bundle: FrameBundle, now: NaiveDateTime) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        Ok(match bundle {
            FrameBundle::Zip => Self::Zip(ZipWriter::new(Bounded::new(file), now.and_utc().into())),
            FrameBundle::Pdf => Self::Pdf(PdfWriter::new(file)?),
        })
    }

    fn add(&mut self, name: &str, png: &[u8]) -> io::Result<()> {
        match self {
            Self::Zip(zip) => zip.add(name, png),
            Self::Pdf(pdf) => pdf.add(png),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Zip(zip) => zip.finish().map(drop),
            Self::Pdf(pdf) => pdf.finish().map(drop),
        }
    }
}

/// Draws annotations on a picture; returns PNG. Takes a while: to be called
/// through [`Files::with_pictures`].
fn drawn(picture: &Path, annotations: &[Value], max_pixels: u64) -> Result<Vec<u8>, MakeError> {
    let file = BufReader::new(File::open(picture)?);
    let mut picture = Picture::decode(file, "png", max_pixels)?;
    for annotation in annotations {
        picture = picture.with_drawings(annotation)?;
    }
    let mut png = Vec::new();
    picture.write_png(&mut png)?;
    Ok(png)
}

/// What people read when a preview is neither film nor picture.
fn unsupported(what: &str, extension: &str) -> Error {
    let extension = extension.to_lowercase();
    Error::invalid(format!(
        "Cannot extract annotated {what} from preview with extension '{extension}'"
    ))
}

fn refused(error: MakeError) -> Error {
    match error {
        MakeError::Io(error) | MakeError::Picture(PictureError::Io(error)) => failed(error),
        MakeError::Picture(error) => {
            Error::invalid(format!("The picture cannot be drawn on: {error}."))
        }
    }
}
