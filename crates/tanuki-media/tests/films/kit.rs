//! Making small films, encoding them, and reading them back.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tanuki_media::child::Limits;
use tanuki_media::film::{Canvas, Encoded, Encoding, Ffmpeg, Film, FilmError, Programs, Rate};
use tanuki_testkit::tools;
use tempfile::TempDir;

/// The size of films with numbered frames.
pub const SIZE: (usize, usize) = (160, 96);

/// How many frames a numbered film can have: a block of 16 pixels is a bit.
const BITS: usize = SIZE.0 / 16;

/// ffmpeg, and a folder for films.
pub struct Studio {
    pub ffmpeg: Ffmpeg,
    pub folder: TempDir,
}

impl Studio {
    /// `None` where ffmpeg is not installed.
    pub async fn open() -> Option<Self> {
        tools::or_skip(tools::program("ffmpeg"), "the tests of films", "ffmpeg")?;
        let programs = Programs::default();
        let ffmpeg = Ffmpeg::find(&programs, Limits::default());
        Some(Self {
            ffmpeg: ffmpeg.await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs ffmpeg with the arguments of a line; the last is the name of the
    /// film, whose path is returned.
    pub fn make(&self, line: &str) -> PathBuf {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let name = arguments.last().unwrap();
        let made = Command::new(self.ffmpeg.path())
            .args(["-nostdin", "-v", "error", "-y"])
            .args(&arguments)
            .current_dir(self.folder.path())
            .status();
        assert!(made.unwrap().success(), "{line}");
        self.path(name)
    }

    /// Makes a film whose frames show their numbers, as bits: blocks of 16
    /// pixels that are white or black.
    pub fn numbered(&self, rate: &str, frames: u32, rest: &str) -> PathBuf {
        self.make(&format!("{} {rest}", numbers(rate, frames)))
    }

    /// Encodes a film at the production's rate, as wide as it is.
    pub async fn encode(&self, film: &Path, rate: &str) -> Result<(Film, Encoded), FilmError> {
        self.encode_as(film, encoding(rate, "160x096")).await
    }

    pub async fn encode_as(
        &self,
        path: &Path,
        encoding: Encoding,
    ) -> Result<(Film, Encoded), FilmError> {
        let film = self.ffmpeg.probe(path).await?;
        let folder = self.folder.path();
        let encoded = self
            .ffmpeg
            .encode((path, &film), &encoding, folder, |_| {})
            .await?;
        let made = self.ffmpeg.probe(encoded.highdef.as_ref().unwrap()).await?;
        Ok((made, encoded))
    }

    /// Reads the numbers that the frames of a film show.
    pub fn numbers_of(&self, film: &Path) -> Vec<u32> {
        let (width, height) = SIZE;
        let scale = format!("scale={width}:{height}:flags=neighbor");
        let pixels = self.read(film, &["-vf", &scale, "-pix_fmt", "gray", "-f", "rawvideo"]);
        pixels
            .chunks_exact(width * height)
            .map(|frame| number(frame, 1))
            .collect()
    }

    /// Decodes a film to standard output.
    pub fn read(&self, film: &Path, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(self.ffmpeg.path())
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(film)
            .args(arguments)
            .args(["-vsync", "passthrough", "-"])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", film.display());
        output.stdout
    }

    /// What ffprobe says of one entry, a line for each stream.
    pub fn ask(&self, film: &Path, entries: &str) -> Vec<String> {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-of", "csv=p=0", "-show_entries", entries])
            .arg(film)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines
            .map(|line| line.trim_end_matches(',').to_owned())
            .collect()
    }
}

/// The input of a film with numbered frames.
pub fn numbers(rate: &str, frames: u32) -> String {
    let (width, height) = SIZE;
    format!(
        "-f lavfi -i color=black:s={width}x{height}:r={rate}:d=20,\
         geq=lum='if(mod(floor(N/pow(2,floor(X/16))),2),235,16)':cb=128:cr=128,\
         trim=end_frame={frames}"
    )
}

/// Reads the number that a frame of grey or RGB pixels shows.
pub fn number(frame: &[u8], channels: usize) -> u32 {
    let (width, height) = SIZE;
    let bits = (0..BITS).map(|bit| {
        let pixel = (height / 2) * width + bit * 16 + 8;
        u32::from(frame[pixel * channels] > 128) << bit
    });
    bits.sum()
}

pub fn encoding(rate: &str, resolution: &str) -> Encoding {
    Encoding {
        canvas: Canvas::of_resolution(resolution),
        rate: Rate::parse(rate).unwrap(),
        highdef_bitrate: 28,
        lowdef_bitrate: 6,
        preset: "ultrafast".into(),
        buffer: 2.0,
        with_highdef: true,
    }
}
