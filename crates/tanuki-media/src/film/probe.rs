//! What a film holds.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::tool::{collect, fixed, input};
use super::{Ffmpeg, FilmError, Rate};
use crate::child::Limits;

/// How long ffprobe may take.
const PROBE_TIME: Duration = Duration::from_secs(120);

/// A film has at most this many sound tracks that are kept.
const MAX_TRACKS: usize = 16;

/// Pixels of a frame at most, as of an 8K film with room to spare.
const MAX_PIXELS: u64 = 16384 * 8192;

/// What a film holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    pub video: Video,
    /// The sound tracks that can be decoded, at most 16.
    pub audio: Vec<Audio>,
}

/// The picture stream of a film.
#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    pub(super) index: u32,
    /// Such as `h264`.
    pub codec: String,
    /// The size in pixels at which it is shown: turned, and with square pixels.
    pub size: (u32, u32),
    /// Frames per second; the average if it varies.
    pub rate: Rate,
    /// Whether every frame is shown for the same time.
    pub is_constant: bool,
    /// The number of frames, where the container tells it.
    pub frames: Option<u64>,
    /// In seconds; 0 if the container does not tell it.
    pub duration: f64,
    /// Seconds from the beginning of the film to the first frame.
    pub(super) delay: f64,
    pub(super) colour: Colour,
}

impl Video {
    /// The number of frames: what the container tells, or what the rate and the
    /// duration amount to.
    pub fn frame_count(&self) -> u64 {
        self.frames
            .unwrap_or_else(|| self.rate.frames_in(self.duration))
    }
}

/// A sound track of a film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    pub(super) index: u32,
    pub channels: u32,
}

/// How the numbers of a picture stream stand for colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Colour {
    /// The matrix by its name in the filter `scale`; `None` for RGB.
    pub matrix: Option<&'static str>,
    pub is_hdr: bool,
}

impl Ffmpeg {
    /// Returns what a film holds. The picture is the first that is no cover.
    ///
    /// # Errors
    /// [`FilmError::Unusable`] if it is no film, or holds no picture.
    pub async fn probe(&self, film: &Path) -> Result<Film, FilmError> {
        let mut arguments = fixed(["-hide_banner", "-v", "error", "-print_format", "json"]);
        arguments.extend(fixed(["-show_format", "-show_streams"]));
        arguments.extend(input(film));
        let limits = Limits {
            time: PROBE_TIME.min(self.limits.time),
            ..self.limits
        };
        let folder = film.parent().unwrap_or(Path::new("."));
        let answer = collect(&self.ffprobe, &arguments, folder, limits).await?;
        read(&answer)
    }
}

fn read(answer: &[u8]) -> Result<Film, FilmError> {
    let report: Report = serde_json::from_slice(answer)
        .map_err(|error| FilmError::Unusable(format!("ffprobe cannot be understood: {error}")))?;
    let begins = report.format.start_time.as_deref().and_then(seconds);
    let video = report
        .streams
        .iter()
        .find(|stream| stream.kind() == "video" && stream.disposition.attached_pic == 0)
        .ok_or_else(|| FilmError::Unusable("it holds no picture stream".into()))?;
    let audio = report.streams.iter().filter(|stream| {
        let is_known = stream
            .codec_name
            .as_deref()
            .is_some_and(|name| name != "unknown");
        let rate = stream.sample_rate.as_deref().and_then(seconds);
        stream.kind() == "audio" && is_known && stream.channels > 0 && rate.is_some_and(|r| r > 0.0)
    });
    let audio = audio.take(MAX_TRACKS).map(|stream| Audio {
        index: stream.index,
        channels: stream.channels,
    });
    Ok(Film {
        audio: audio.collect(),
        video: picture(video, begins, &report.format)?,
    })
}

fn picture(stream: &Stream, begins: Option<f64>, format: &Format) -> Result<Video, FilmError> {
    let unusable = |reason: &str| FilmError::Unusable(reason.to_owned());
    let codec = stream.codec_name.clone().unwrap_or_default();
    if codec.is_empty() || codec == "unknown" {
        return Err(unusable(
            "its picture has a format that ffmpeg does not know",
        ));
    }
    let (width, height) = (stream.width, stream.height);
    if width == 0 || height == 0 {
        return Err(unusable("its picture has no size"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let reason = format!("its picture of {width} x {height} pixels is too large");
        return Err(FilmError::Unusable(reason));
    }
    let base = stream.r_frame_rate.as_deref().and_then(Rate::parse);
    let average = stream.avg_frame_rate.as_deref().and_then(Rate::parse);
    let rate = match (base, average) {
        // A container of coarse times tells the average imprecisely.
        (Some(base), Some(average)) if base.is_near(average) => base,
        (base, average) => average.or(base).unwrap_or(Rate::DEFAULT),
    };
    let own = stream.duration.as_deref().and_then(seconds);
    let whole = format.duration.as_deref().and_then(seconds);
    let duration = own.or(whole).unwrap_or(0.0);
    let frames: Option<u64> = stream
        .nb_frames
        .as_deref()
        .and_then(|text| text.parse().ok());
    // Without a count, as in Matroska, the two rates have to do.
    let fits = frames.is_none_or(|frames| rate.frames_in(duration).abs_diff(frames) <= 1);
    let starts = stream.start_time.as_deref().and_then(seconds);
    Ok(Video {
        index: stream.index,
        size: shown_size(stream),
        is_constant: fits && base.zip(average).is_some_and(|(a, b)| a.is_near(b)),
        rate,
        frames: frames.filter(|frames| *frames > 0),
        duration,
        delay: starts
            .zip(begins)
            .map_or(0.0, |(own, film)| (own - film).max(0.0)),
        colour: colour(stream),
        codec,
    })
}

/// The size at which a stream is shown.
fn shown_size(stream: &Stream) -> (u32, u32) {
    let (width, height) = (stream.width, stream.height);
    let aspect = stream.sample_aspect_ratio.as_deref().and_then(|text| {
        let (num, den) = text.split_once(':')?;
        let (num, den): (f64, f64) = (num.parse().ok()?, den.parse().ok()?);
        let aspect = num / den;
        // What is further from square is a mistake of the file.
        (0.1..=10.0).contains(&aspect).then_some(aspect)
    });
    let width = (f64::from(width) * aspect.unwrap_or(1.0)).round().max(1.0) as u32;
    let turned = stream.side_data_list.iter().find_map(|data| data.rotation);
    let turned = turned.unwrap_or(0.0).rem_euclid(180.0);
    if (45.0..135.0).contains(&turned) {
        (height, width)
    } else {
        (width, height)
    }
}

fn colour(stream: &Stream) -> Colour {
    let format = stream.pix_fmt.as_deref().unwrap_or_default();
    let rgb = [
        "rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8", "gray", "mono", "ya",
    ];
    let is_rgb = rgb.iter().any(|start| format.starts_with(start));
    let transfer = stream.color_transfer.as_deref().unwrap_or_default();
    let matrix = match stream.color_space.as_deref().unwrap_or_default() {
        "bt709" => "bt709",
        "smpte170m" | "bt470bg" => "bt601",
        "fcc" => "fcc",
        "smpte240m" => "smpte240m",
        "bt2020nc" | "bt2020c" => "bt2020",
        // Untagged. Players take films of high definition for BT.709.
        _ if stream.width >= 1280 || stream.height > 576 => "bt709",
        _ => "bt601",
    };
    Colour {
        matrix: (!is_rgb).then_some(matrix),
        is_hdr: matches!(transfer, "smpte2084" | "arib-std-b67") && !is_rgb,
    }
}

/// Parses a number of seconds.
fn seconds(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite())
}

/// What ffprobe writes.
#[derive(Debug, Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
struct Format {
    start_time: Option<String>,
    duration: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    index: u32,
    codec_type: Option<String>,
    codec_name: Option<String>,
    pix_fmt: Option<String>,
    width: u32,
    height: u32,
    sample_aspect_ratio: Option<String>,
    r_frame_rate: Option<String>,
    avg_frame_rate: Option<String>,
    nb_frames: Option<String>,
    start_time: Option<String>,
    duration: Option<String>,
    color_space: Option<String>,
    color_transfer: Option<String>,
    sample_rate: Option<String>,
    channels: u32,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
}

impl Stream {
    fn kind(&self) -> &str {
        self.codec_type.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: u32,
}

#[derive(Debug, Default, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(stream: &str) -> Result<Film, FilmError> {
        let defaults = r#""index":0,"codec_type":"video","codec_name":"h264","width":640,
            "height":480,"r_frame_rate":"24/1","avg_frame_rate":"24/1""#;
        let text = format!(r#"{{"streams":[{{{defaults},{stream}}}],"format":{{}}}}"#);
        read(text.as_bytes())
    }

    #[test]
    fn a_turned_film_with_oblong_pixels_is_shown_upright() {
        let turned = film(
            r#""sample_aspect_ratio":"4:3","side_data_list":[{"rotation":-90}],"nb_frames":"48","duration":"2.0""#,
        );
        let video = turned.unwrap().video;
        assert_eq!(video.size, (480, 853));
        assert_eq!((video.frames, video.is_constant), (Some(48), true));
        let plain = film(r#""sample_aspect_ratio":"0:1","side_data_list":[{"rotation":180}]"#);
        assert_eq!(plain.unwrap().video.size, (640, 480));
    }

    #[test]
    fn a_film_whose_count_and_duration_differ_has_no_constant_rate() {
        let odd = film(r#""nb_frames":"40","duration":"2.0""#).unwrap();
        assert!(!odd.video.is_constant);
    }

    #[test]
    fn covers_and_films_without_picture_are_refused() {
        for stream in [
            r#""disposition":{"attached_pic":1}"#,
            r#""codec_type":"audio""#,
            r#""width":0"#,
            r#""codec_name":null"#,
            r#""width":60000,"height":60000"#,
        ] {
            let text =
                r#"{"streams":[{"codec_type":"video","codec_name":"h264","width":6,"height":6}]}"#;
            assert!(read(text.as_bytes()).is_ok());
            let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
            let changes: serde_json::Value =
                serde_json::from_str(&format!("{{{stream}}}")).unwrap();
            for (key, change) in changes.as_object().unwrap() {
                value["streams"][0][key] = change.clone();
            }
            let text = value.to_string();
            assert!(read(text.as_bytes()).is_err(), "{stream}");
        }
    }

    #[test]
    fn the_matrix_of_untagged_films_goes_by_their_size() {
        let matrix = |text: &str| film(text).unwrap().video.colour.matrix;
        assert_eq!(matrix(r#""pix_fmt":"yuv420p""#), Some("bt601"));
        assert_eq!(matrix(r#""pix_fmt":"gbrp""#), None);
        assert_eq!(
            matrix(r#""pix_fmt":"yuv420p","color_space":"bt709""#),
            Some("bt709")
        );
        let hdr = film(
            r#""pix_fmt":"yuv420p10le","color_space":"bt2020nc","color_transfer":"smpte2084""#,
        );
        assert!(hdr.unwrap().video.colour.is_hdr);
    }
}
