//! Films one after another as one film.
//!
//! One encoder runs from the first film to the last. Each film is decoded by a
//! run of its own, fitted into the frame, and written into the pipe that the
//! encoder reads: there is one decoder at a time, so that memory does not depend
//! on the number of films. Sound is written to a file, for exactly as many
//! samples as the frames take, so that it does not drift.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, PipeWriter, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::task::JoinHandle;

use crate::child::{self, ChildError};

use super::burn_in::Burner;
use super::canvas::Layout;
use super::encode::{
    ProgressLines, aligned_sound, colours, expected_frames, fitted_picture, rate_of,
};
use super::tool::{fixed, input, quiet};
use super::{BurnIn, Ffmpeg, Film, FilmError, Rate};

/// Names of files in the folder.
const PICTURE: &str = "picture.mp4";
const SOUND: &str = "sound.pcm";
const PART: &str = "part.pcm";
const PROGRESS: &str = "progress.txt";
const JOINED: &str = "joined.mp4";

/// Samples of sound a second, and bytes of one: 16 bit stereo.
const SAMPLE_RATE: u32 = 48_000;
const SAMPLE: u64 = 4;

/// The constant rate factor of x264.
const QUALITY: &str = "20";

/// How films are joined.
#[derive(Debug, Clone)]
pub struct Joining {
    /// The size of the frame in pixels, of even numbers. Films of another shape
    /// are centred in it, black around.
    pub frame: (u32, u32),
    /// The frame rate. A film whose rate differs by a thousandth at most keeps
    /// all its frames; of others frames are repeated or left out.
    pub rate: Rate,
    /// The preset of x264, such as `medium`.
    pub preset: String,
}

/// A film that is being joined from others.
#[derive(Debug)]
pub struct JoinedFilm<'a> {
    ffmpeg: &'a Ffmpeg,
    joining: Joining,
    folder: PathBuf,
    /// The end of the pipe that the decoders get.
    frames: PipeWriter,
    encoder: Encoder,
    written: u64,
}

/// The task of the encoder, which is ended when it is dropped.
#[derive(Debug)]
struct Encoder(JoinHandle<Result<(), ChildError>>);

impl Drop for Encoder {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Ffmpeg {
    /// Begins to join films, with files in a folder of its own.
    ///
    /// # Errors
    /// [`FilmError::Temporary`] if there can be no pipe.
    pub fn join(&self, joining: Joining, folder: &Path) -> Result<JoinedFilm<'_>, FilmError> {
        let (reader, frames) = io::pipe()?;
        let arguments = encoder_arguments(&joining);
        let (ffmpeg, at) = (self.clone(), folder.to_owned());
        let run = async move {
            let program = (ffmpeg.ffmpeg.as_path(), arguments.as_slice());
            let streams = (Stdio::from(reader), Stdio::null());
            child::run_in_pipeline(program, &at, ffmpeg.limits, streams).await
        };
        Ok(JoinedFilm {
            ffmpeg: self,
            joining,
            folder: folder.to_owned(),
            frames,
            encoder: Encoder(tokio::spawn(run)),
            written: 0,
        })
    }
}

impl JoinedFilm<'_> {
    /// Adds a film at the end: its frames, with texts burnt in if they are given,
    /// and its first sound track for as long as they last, or silence. Returns
    /// the number of frames. After an error nothing can be added.
    ///
    /// # Errors
    /// [`FilmError::Unusable`] if it has no frame that can be decoded.
    pub async fn add(
        &mut self,
        (path, film): (&Path, &Film),
        burn_in: Option<&BurnIn>,
    ) -> Result<u64, FilmError> {
        let is_tone_mapped = film.video.colour.is_hdr && self.ffmpeg.can_tone_map();
        let arguments = decoder_arguments((path, film), &self.joining, is_tone_mapped);
        let program = (self.ffmpeg.ffmpeg.as_path(), arguments.as_slice());
        let (output, burning) = self.frames_of_decoder(burn_in)?;
        let streams = (Stdio::null(), Stdio::from(output));
        let limits = self.ffmpeg.limits;
        let decoded = child::run_in_pipeline(program, &self.folder, limits, streams).await;
        let burnt = match burning {
            Some(burning) => Some(burning.await.map_err(io::Error::other)?),
            None => None,
        };
        if self.encoder.0.is_finished() {
            // The decoder failed because nobody reads its frames.
            self.ended().await?;
            return Err(FilmError::Temporary("the encoder ended too early".into()));
        }
        decoded?;
        let frames = match burnt {
            Some(burnt) => burnt?,
            None => frames_written(&self.folder.join(PROGRESS)).await?,
        };
        if frames == 0 {
            return Err(FilmError::Unusable("no frame of it can be decoded".into()));
        }
        let rate = self.joining.rate;
        let from = rate.samples_before(self.written, SAMPLE_RATE) * SAMPLE;
        self.written += frames;
        let to = rate.samples_before(self.written, SAMPLE_RATE) * SAMPLE;
        let sound = self.folder.join(SOUND);
        let part = (!film.audio.is_empty()).then(|| self.folder.join(PART));
        let append = move || append_sound(&sound, part.as_deref(), (from, to));
        tokio::task::spawn_blocking(append)
            .await
            .map_err(io::Error::other)??;
        Ok(frames)
    }

    /// Returns the end of the pipe that a decoder writes frames to: that of the
    /// encoder, or of a task that burns texts into them first.
    fn frames_of_decoder(
        &self,
        burn_in: Option<&BurnIn>,
    ) -> io::Result<(PipeWriter, Option<JoinHandle<io::Result<u64>>>)> {
        let frames = self.frames.try_clone()?;
        let Some(burn_in) = burn_in else {
            return Ok((frames, None));
        };
        let (decoded, output) = io::pipe()?;
        let burner = Burner::new(burn_in, self.joining.frame);
        // Ends with the decoder, and with the encoder.
        let burning = tokio::task::spawn_blocking(move || burner.copy(decoded, frames));
        Ok((output, Some(burning)))
    }

    /// Ends the film, and returns its path in the folder: an mp4 with its index
    /// at the beginning. Checks that no frame was lost.
    ///
    /// # Errors
    /// [`FilmError::Temporary`] if the number of frames is wrong.
    pub async fn finish(self) -> Result<PathBuf, FilmError> {
        let Self {
            ffmpeg,
            joining,
            folder,
            frames,
            mut encoder,
            written,
        } = self;
        // The end of the encoder's input.
        drop(frames);
        ended(&mut encoder).await?;
        let arguments = muxer_arguments();
        child::run(&ffmpeg.ffmpeg, &arguments, &folder, ffmpeg.limits).await?;
        let joined = folder.join(JOINED);
        let made = ffmpeg.probe(&joined).await?;
        let is_whole = made.video.frames == Some(written) && made.video.rate == joining.rate;
        if !is_whole {
            let frames = made.video.frames.unwrap_or(0);
            return Err(FilmError::Temporary(format!(
                "it has {frames} frames at {} a second instead of {written} at {}",
                made.video.rate, joining.rate
            )));
        }
        Ok(joined)
    }

    async fn ended(&mut self) -> Result<(), FilmError> {
        ended(&mut self.encoder).await
    }
}

async fn ended(encoder: &mut Encoder) -> Result<(), FilmError> {
    match (&mut encoder.0).await {
        Ok(ended) => Ok(ended?),
        Err(error) => Err(FilmError::Temporary(format!(
            "the encoder stopped: {error}"
        ))),
    }
}

/// Decodes a film: frames to standard output, sound into a file.
fn decoder_arguments(
    (path, film): (&Path, &Film),
    joining: &Joining,
    is_tone_mapped: bool,
) -> Vec<OsString> {
    let video = &film.video;
    let rate = rate_of(video, joining.rate);
    let layout = Layout::within(joining.frame, video.size);
    let picture = fitted_picture(video, (rate, is_tone_mapped), layout);
    let graph = format!("[0:{}]{picture}[picture]", video.index);
    let mut arguments = quiet();
    arguments.extend(fixed(["-nostats", "-progress", PROGRESS]));
    arguments.extend(input(path));
    arguments.extend(["-filter_complex".into(), graph.into()]);
    arguments.extend(fixed(["-map", "[picture]", "-r", &rate.to_string()]));
    arguments.extend(fixed(["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]));
    if let Some(track) = film.audio.first() {
        // A little more than is needed: it is cut off at the sample.
        let frames = expected_frames(video, rate).unwrap_or(1);
        let filters = aligned_sound(video.delay, Some(rate.time_of(frames + 1)));
        arguments.extend(fixed(["-map", &format!("0:{}", track.index)]));
        arguments.extend(fixed(["-af", &filters, "-ac", "2"]));
        arguments.extend(fixed(["-ar", &SAMPLE_RATE.to_string()]));
        arguments.extend(fixed(["-f", "s16le", PART]));
    }
    arguments
}

/// Encodes the frames of standard input.
fn encoder_arguments(joining: &Joining) -> Vec<OsString> {
    let (width, height) = joining.frame;
    let mut arguments = quiet();
    arguments.extend(fixed(["-f", "rawvideo", "-pix_fmt", "yuv420p"]));
    arguments.extend(fixed(["-video_size", &format!("{width}x{height}")]));
    arguments.extend(fixed(["-framerate", &joining.rate.to_string()]));
    arguments.extend(fixed(["-i", "pipe:0", "-map", "0:v"]));
    arguments.extend(fixed(["-c:v", "libx264", "-preset", &joining.preset]));
    // Without B-frames the first frame is at the very beginning.
    arguments.extend(fixed(["-crf", QUALITY, "-bf", "0", "-pix_fmt", "yuv420p"]));
    arguments.extend(colours());
    arguments.extend(fixed(["-f", "mp4", PICTURE]));
    arguments
}

/// Puts the encoded frames and the sound into one file.
fn muxer_arguments() -> Vec<OsString> {
    let mut arguments = quiet();
    arguments.extend(fixed(["-i", PICTURE]));
    arguments.extend(fixed(["-f", "s16le", "-ar", &SAMPLE_RATE.to_string()]));
    arguments.extend(fixed(["-ac", "2", "-i", SOUND]));
    arguments.extend(fixed(["-map", "0:v", "-map", "1:a", "-c:v", "copy"]));
    arguments.extend(fixed(["-c:a", "aac", "-b:a", "192k"]));
    arguments.extend(fixed(["-movflags", "+faststart", "-f", "mp4", JOINED]));
    arguments
}

/// Reads how many frames a run of ffmpeg has written.
async fn frames_written(progress: &Path) -> Result<u64, FilmError> {
    let lines = tokio::fs::read(progress).await?;
    Ok(ProgressLines::default().last_frame(&lines).unwrap_or(0))
}

/// Writes the sound of a film at its place, in bytes: what there is of it, and
/// silence.
fn append_sound(sound: &Path, part: Option<&Path>, (from, to): (u64, u64)) -> io::Result<()> {
    let mut sound = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(sound)?;
    if let Some(part) = part {
        sound.seek(SeekFrom::Start(from))?;
        let mut part = File::open(part)?.take(to - from);
        io::copy(&mut part, &mut sound)?;
    }
    sound.set_len(to)
}
