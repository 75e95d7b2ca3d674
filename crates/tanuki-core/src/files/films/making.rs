//! What is made of a film: films that browsers play, and pictures.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tanuki_files::{FileKind, Key, Received, Scratch, StagedFile};
use tanuki_media::film::container::PlayableFilm;
use tanuki_media::film::{Canvas, Encoding, Ffmpeg, Film, Rate};
use tanuki_store::query::files::films::FilmPreview;
use tokio::sync::watch;
use uuid::Uuid;

use super::setting;
use crate::blocking::off_worker;
use crate::events::Event;
use crate::files::pictures::{MadePictures, PICTURES, make_pictures};
use crate::jobs::{Failure, Job};
use crate::{Core, Files, JsonRow, Result, Settings};

/// How often the progress of an encode is recorded and published.
const REPORTING: Duration = Duration::from_secs(2);

/// What was made of a film, staged.
#[derive(Debug)]
pub(super) struct Made {
    /// The film that is shown comes first.
    pub films: Vec<StagedFile>,
    /// The pictures of the first frame.
    pub pictures: Option<MadePictures>,
    pub tiles: Option<StagedFile>,
    /// The size in pixels of the film that is shown.
    pub size: (u32, u32),
    /// In seconds.
    pub duration: f64,
    /// The keys of the film as it was sent in the preview's `data`.
    pub original: JsonRow,
    /// What `data` says of the film that is shown, as `tanuki_media`.
    pub media: Value,
    /// Deleted when all is published.
    pub _folder: Scratch,
}

impl Files<'_> {
    /// Encodes a film, and makes its pictures.
    pub(super) async fn encode(
        self,
        job: &Job,
        (id, preview): (Uuid, &FilmPreview),
        (ffmpeg, source): (&Ffmpeg, &Path),
    ) -> Result<Made, Failure> {
        let scratch = self.core.storage().scratch().await?;
        let film = ffmpeg.probe(source).await?;
        let encoding = encoding(self.core.settings(), preview);
        let (sender, percents) = watch::channel(0);
        let progress = |percent| {
            sender.send_if_modified(|so_far| std::mem::replace(so_far, percent) != percent);
        };
        let encoded = tokio::select! {
            encoded = ffmpeg.encode((source, &film), &encoding, scratch.path(), progress) => encoded?,
            never = self.report(job, (id, preview.project_id), percents) => match never {},
        };
        let shown = encoded.highdef.as_ref().unwrap_or(&encoded.lowdef);
        let made = ffmpeg.probe(shown).await?;
        if made.video.frames.is_none() {
            return Err(Failure::Final("no frame of it can be decoded".into()));
        }
        let media = json!({
            "encoded": true,
            "frames": made.video.frames,
            "rate": made.video.rate.to_string(),
            "tone_mapped": encoded.is_tone_mapped,
        });
        let pictures = pictures_of_frame(self.core, ffmpeg, (id, shown, &made), 0).await?;
        // The low definition is enough for tiles.
        let tiles = ffmpeg
            .extract_tiles((&encoded.lowdef, &made), scratch.path())
            .await;
        let tiles = match tiles {
            Ok(tiles) => Some(
                self.stage_made((&scratch, &tiles), FileKind::Tiles, id)
                    .await?,
            ),
            Err(error) => {
                tracing::warn!(%error, preview = %id, "a film has no tiles");
                None
            }
        };
        let mut films = Vec::new();
        for (kind, path) in [
            (FileKind::Movie, encoded.highdef.as_ref()),
            (FileKind::LowDefinition, Some(&encoded.lowdef)),
        ] {
            if let Some(path) = path {
                films.push(self.stage_made((&scratch, path), kind, id).await?);
            }
        }
        Ok(Made {
            films,
            pictures: Some(pictures),
            tiles,
            size: made.video.size,
            duration: made.video.duration,
            original: original(&film, source).await?,
            media,
            _folder: scratch,
        })
    }

    /// Keeps a film as it was sent, and makes its pictures.
    pub(super) async fn keep_as_sent(
        self,
        id: Uuid,
        (ffmpeg, source): (&Ffmpeg, &Path),
    ) -> Result<Made, Failure> {
        let scratch = self.core.storage().scratch().await?;
        let film = ffmpeg.probe(source).await?;
        let copy = scratch.path().join("sent");
        tokio::fs::copy(source, &copy).await?;
        let pictures = pictures_of_frame(self.core, ffmpeg, (id, source, &film), 0).await?;
        let tiles = ffmpeg
            .extract_tiles((source, &film), scratch.path())
            .await?;
        Ok(Made {
            films: vec![
                self.stage_made((&scratch, &copy), FileKind::Movie, id)
                    .await?,
            ],
            pictures: Some(pictures),
            tiles: Some(
                self.stage_made((&scratch, &tiles), FileKind::Tiles, id)
                    .await?,
            ),
            size: film.video.size,
            duration: film.video.duration,
            original: original(&film, source).await?,
            media: json!({
                "encoded": false,
                "frames": film.video.frames,
                "rate": film.video.rate.to_string(),
            }),
            _folder: scratch,
        })
    }

    /// Keeps a film that browsers play, without ffmpeg: as it was sent, but for
    /// its index, which comes first. It has no pictures.
    ///
    /// # Errors
    /// [`Failure::Final`] if browsers may not play it.
    pub(super) async fn keep_playable(self, id: Uuid, source: &Path) -> Result<Made, Failure> {
        let scratch = self.core.storage().scratch().await?;
        let (from, to) = (source.to_owned(), scratch.path().join("film.mp4"));
        let copy = to.clone();
        let facts = off_worker(move || {
            let playable = PlayableFilm::read(BufReader::new(File::open(from)?))?;
            let facts = playable.facts().clone();
            let mut target = BufWriter::new(File::create(to)?);
            playable.write(&mut target)?;
            target.flush()?;
            Ok::<_, tanuki_media::film::FilmError>(facts)
        });
        let facts = facts.await??;
        Ok(Made {
            films: vec![
                self.stage_made((&scratch, &copy), FileKind::Movie, id)
                    .await?,
            ],
            pictures: None,
            tiles: None,
            size: facts.size,
            duration: facts.duration,
            original: JsonRow::new(),
            media: json!({
                "encoded": false,
                "why": "ffmpeg was missing",
                "frames": facts.frames,
                "rate": facts.rate.to_string(),
            }),
            _folder: scratch,
        })
    }

    /// Stages a file of a temporary folder.
    async fn stage_made(
        self,
        (scratch, path): (&Scratch, &Path),
        kind: FileKind,
        id: Uuid,
    ) -> Result<StagedFile, Failure> {
        let received = take(scratch, path).await?;
        Ok(self.stage(received, Key::new(kind, id)).await?)
    }

    /// Records and publishes the progress of an encode, as
    /// `preview-file:progress`, for as long as it is polled.
    async fn report(
        self,
        job: &Job,
        (id, project_id): (Uuid, Uuid),
        mut percents: watch::Receiver<u8>,
    ) -> Infallible {
        loop {
            if percents.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let percent = *percents.borrow_and_update();
            if let Err(error) = self.publish_progress(job, (id, project_id), percent).await {
                tracing::debug!(%error, preview = %id, "the progress of a film is not recorded");
            }
            tokio::time::sleep(REPORTING).await;
        }
    }

    async fn publish_progress(
        self,
        job: &Job,
        (id, project_id): (Uuid, Uuid),
        percent: u8,
    ) -> Result<()> {
        self.core.report_progress(job, percent).await?;
        let event = Event::about("preview_file", "progress", id)
            .with("progress", percent)
            .in_project(Some(project_id))
            .not_recorded();
        let mut transaction = self.core.database().begin().await?;
        self.core.record(&mut transaction, event, None).await?;
        Ok(transaction.commit().await?)
    }
}

/// How a film is encoded: as its shot, its task type, its production and the
/// settings have it, in this order.
fn encoding(settings: &Settings, film: &FilmPreview) -> Encoding {
    let positive = |rate: Option<i64>| {
        let rate = rate.and_then(|rate| u32::try_from(rate).ok());
        rate.filter(|rate| *rate > 0)
    };
    let most = positive(Some(settings.client.movie_highdef_bitrate)).unwrap_or(1);
    let highdef = positive(film.highdef_bitrate).unwrap_or(most).min(most);
    let lowdef = positive(film.lowdef_bitrate)
        .or(positive(Some(settings.client.movie_lowdef_bitrate)))
        .unwrap_or(1);
    let settings = &settings.films;
    Encoding {
        canvas: Canvas::of_resolution(&setting(film, "resolution", film.resolution.as_deref())),
        rate: Rate::parse(&setting(film, "fps", film.fps.as_deref())).unwrap_or(Rate::DEFAULT),
        highdef_bitrate: highdef,
        lowdef_bitrate: lowdef.min(highdef),
        preset: settings.preset.clone(),
        buffer: settings.buffer,
        with_highdef: !settings.skip_highdef,
    }
}

/// What a preview's `data` says of the film as it was sent.
async fn original(film: &Film, source: &Path) -> Result<JsonRow, Failure> {
    let size = tokio::fs::metadata(source).await?.len();
    let (width, height) = film.video.size;
    let facts = [
        ("original_width", Value::from(width)),
        ("original_height", height.into()),
        ("original_duration", film.video.duration.into()),
        ("original_file_size", size.into()),
    ];
    Ok(facts
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect())
}

/// Makes the pictures of a frame of a film, counted from 0.
///
/// # Errors
/// [`Failure::Final`] if the frame cannot be decoded.
pub(super) async fn pictures_of_frame(
    core: &Core,
    ffmpeg: &Ffmpeg,
    (id, path, film): (Uuid, &Path, &Film),
    frame: u64,
) -> Result<MadePictures, Failure> {
    let scratch = core.storage().scratch().await?;
    let frame = ffmpeg
        .extract_frame((path, film), frame, scratch.path())
        .await?;
    Ok(make_pictures(core, id, (&frame, "png"), &PICTURES).await??)
}

/// Takes a file of a temporary folder, to store it.
pub(crate) async fn take(scratch: &Scratch, path: &Path) -> io::Result<Received> {
    let name = path.file_name().and_then(|name| name.to_str());
    scratch.take(name.unwrap_or_default()).await
}
