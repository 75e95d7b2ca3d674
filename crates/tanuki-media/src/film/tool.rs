//! The programs ffmpeg and ffprobe.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::FilmError;
use crate::child::{self, Limits};

/// Demuxers that may read a film: containers that hold it themselves. Playlists
/// and lists of files would let a film name other files or addresses.
const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,\
                       ogg,mxf,gif,m4v,h264,hevc,dv,rm,ivf,nut,wtv";

/// The encoders that are needed.
const ENCODERS: [&str; 3] = ["libx264", "aac", "png"];

/// The longest answer to a question about the program, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// Where the programs are, if they are not in the `PATH`.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    pub ffmpeg: Option<PathBuf>,
    pub ffprobe: Option<PathBuf>,
}

/// ffmpeg and ffprobe, as they were found.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    pub(super) ffmpeg: PathBuf,
    pub(super) ffprobe: PathBuf,
    version: String,
    can_tone_map: bool,
    pub(super) limits: Limits,
}

impl Ffmpeg {
    /// Looks for the programs and asks for version, encoders and filters.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub async fn find(programs: &Programs, limits: Limits) -> Result<Self, String> {
        let ffmpeg = located(programs.ffmpeg.as_deref(), "ffmpeg")?;
        let ffprobe = located(programs.ffprobe.as_deref(), "ffprobe")?;
        let banner = ask(&ffmpeg, "-version").await?;
        let version = banner.split_whitespace().nth(2).unwrap_or("unknown");
        ask(&ffprobe, "-version").await?;
        let encoders = ask(&ffmpeg, "-encoders").await?;
        if let Some(missing) = ENCODERS.iter().find(|name| !lists(&encoders, name)) {
            let program = ffmpeg.display();
            return Err(format!("{program} {version} has no encoder {missing}"));
        }
        let filters = ask(&ffmpeg, "-filters").await?;
        Ok(Self {
            version: version.to_owned(),
            can_tone_map: lists(&filters, "zscale") && lists(&filters, "tonemap"),
            ffmpeg,
            ffprobe,
            limits,
        })
    }

    /// The version, such as `5.1.9-0+deb12u1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The path of the program `ffmpeg`.
    pub fn path(&self) -> &Path {
        &self.ffmpeg
    }

    /// The encoders in use.
    pub fn encoders(&self) -> [&'static str; 3] {
        ENCODERS
    }

    /// Whether films with a high dynamic range (PQ, HLG) are tone-mapped. It
    /// needs the filter `zscale`.
    pub fn can_tone_map(&self) -> bool {
        self.can_tone_map
    }
}

/// Returns whether a table of encoders or filters has a line of that name, which
/// stands behind the flags.
fn lists(table: &str, name: &str) -> bool {
    table
        .lines()
        .any(|line| line.split_whitespace().nth(1) == Some(name))
}

/// Returns the program of the settings, or that of the `PATH`.
fn located(setting: Option<&Path>, name: &str) -> Result<PathBuf, String> {
    if let Some(path) = setting {
        let missing = || format!("{} is no file", path.display());
        return path.is_file().then(|| path.to_owned()).ok_or_else(missing);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("{name} is not installed: the PATH has no program of that name"))
}

async fn ask(program: &Path, question: &str) -> Result<String, String> {
    let arguments: Vec<OsString> = vec!["-hide_banner".into(), question.into()];
    let limits = Limits {
        time: Duration::from_secs(20),
        niceness: 0,
        ..Limits::default()
    };
    let folder = std::env::temp_dir();
    // `-version` is in the banner, which is written in any case.
    let answer = collect(program, &arguments, &folder, limits);
    let answer = answer.await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Runs a program and returns what it writes to standard output.
pub(super) async fn collect(
    program: &Path,
    arguments: &[OsString],
    folder: &Path,
    limits: Limits,
) -> Result<Vec<u8>, FilmError> {
    let mut answer = Vec::new();
    let read = |piece: &[u8]| {
        if answer.len() + piece.len() > MAX_ANSWER {
            let reason = "it holds more streams than can be listed";
            return Err(FilmError::Unusable(reason.into()));
        }
        answer.extend_from_slice(piece);
        Ok(())
    };
    child::read(program, arguments, folder, limits, read).await?;
    Ok(answer)
}

/// Arguments that open a film and nothing else.
pub(super) fn input(film: &Path) -> Vec<OsString> {
    let mut url = OsString::from("file:");
    url.push(film);
    let mut arguments = fixed([
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        FORMATS,
        "-i",
    ]);
    arguments.push(url);
    arguments
}

/// Arguments that every run of ffmpeg begins with.
pub(super) fn quiet() -> Vec<OsString> {
    fixed(["-hide_banner", "-nostdin", "-y", "-v", "error"])
}

pub(super) fn fixed<const N: usize>(arguments: [&str; N]) -> Vec<OsString> {
    arguments.into_iter().map(OsString::from).collect()
}
