//! Encoding the films that browsers play.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::child;

use super::canvas::{Layout, lowdef_size};
use super::tool::{fixed, input, quiet};
use super::{Audio, Canvas, Ffmpeg, Film, FilmError, Rate, Video};

/// Names of the encoded files in their folder.
const HIGHDEF: &str = "highdef.mp4";
const LOWDEF: &str = "lowdef.mp4";

/// Exact conversion of colours when a picture is scaled.
const SCALING: &str = "flags=bicubic+accurate_rnd+full_chroma_int";

/// How a film is encoded.
#[derive(Debug, Clone)]
pub struct Encoding {
    /// The size of the frame.
    pub canvas: Canvas,
    /// The production's frame rate. A film whose rate differs by a thousandth
    /// at most keeps its own.
    pub rate: Rate,
    /// Mbit/s of the film in high definition.
    pub highdef_bitrate: u32,
    /// Mbit/s of the film in low definition.
    pub lowdef_bitrate: u32,
    /// The preset of x264, such as `medium`.
    pub preset: String,
    /// The buffer over which the bit rate is kept, in seconds; 0: it is kept
    /// on average only.
    pub buffer: f64,
    /// Whether the film in high definition is made.
    pub with_highdef: bool,
}

/// An encoded film.
#[derive(Debug)]
pub struct Encoded {
    /// The film in high definition, if it was to be made.
    pub highdef: Option<PathBuf>,
    /// The film in low definition.
    pub lowdef: PathBuf,
    /// Whether a high dynamic range was brought into that of BT.709.
    pub is_tone_mapped: bool,
}

impl Ffmpeg {
    /// Encodes a film in one run, into a folder of its own: H.264 with 8 bit
    /// 4:2:0, tagged as BT.709, a keyframe every second frame, the index at the
    /// beginning, and every sound track as AAC, or a silent one where there is
    /// none. The sound is as long as the picture. `progress` gets percents.
    ///
    /// # Errors
    /// [`FilmError::Unusable`] if ffmpeg cannot decode it, or it has no frame.
    pub async fn encode(
        &self,
        (path, film): (&Path, &Film),
        encoding: &Encoding,
        folder: &Path,
        mut progress: impl FnMut(u8),
    ) -> Result<Encoded, FilmError> {
        let rate = rate_of(&film.video, encoding.rate);
        let expected = expected_frames(&film.video, rate);
        let mut lines = ProgressLines::default();
        let read = |piece: &[u8]| {
            if let (Some(frame), Some(expected)) = (lines.last_frame(piece), expected) {
                // 100 is for what is complete.
                let percent = frame.saturating_mul(100) / expected.max(1);
                progress(percent.min(99) as u8);
            }
            Ok::<(), FilmError>(())
        };
        let is_tone_mapped = film.video.colour.is_hdr && self.can_tone_map();
        let arguments = arguments((path, film), encoding, (rate, is_tone_mapped));
        child::read(&self.ffmpeg, &arguments, folder, self.limits, read).await?;
        Ok(Encoded {
            highdef: encoding.with_highdef.then(|| folder.join(HIGHDEF)),
            lowdef: folder.join(LOWDEF),
            is_tone_mapped,
        })
    }
}

/// The rate at which a film is encoded: its own if that is the production's
/// within a thousandth, else the production's.
pub(super) fn rate_of(video: &Video, production: Rate) -> Rate {
    if video.rate.is_near(production) {
        video.rate
    } else {
        production
    }
}

pub(super) fn expected_frames(video: &Video, rate: Rate) -> Option<u64> {
    match video.frames {
        Some(frames) if rate == video.rate => Some(frames),
        _ => Some(rate.frames_in(video.duration)),
    }
    .filter(|frames| *frames > 0)
}

/// The time in seconds at which the film ends; `None` if that is not known.
fn end_of(video: &Video, rate: Rate) -> Option<f64> {
    expected_frames(video, rate).map(|frames| rate.time_of(frames))
}

fn arguments(
    (path, film): (&Path, &Film),
    encoding: &Encoding,
    (rate, is_tone_mapped): (Rate, bool),
) -> Vec<OsString> {
    let layout = encoding.canvas.layout(film.video.size);
    let mut arguments = quiet();
    arguments.extend(fixed([
        "-nostats",
        "-stats_period",
        "1",
        "-progress",
        "pipe:1",
    ]));
    arguments.extend(input(path));
    let end = end_of(&film.video, rate);
    if film.audio.is_empty() {
        if let Some(end) = end {
            arguments.extend(fixed(["-t", &format!("{end:.6}")]));
        }
        arguments.extend(fixed(["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]));
    }
    let graph = picture_filters(&film.video, (rate, is_tone_mapped), layout, encoding);
    arguments.extend(["-filter_complex".into(), graph.into()]);
    let highdef = (HIGHDEF, "[highdef]", encoding.highdef_bitrate);
    let lowdef = (LOWDEF, "[lowdef]", encoding.lowdef_bitrate);
    for output in [highdef, lowdef] {
        if output.0 == LOWDEF || encoding.with_highdef {
            arguments.extend(output_arguments(output, film, encoding, rate));
        }
    }
    arguments
}

/// The filters of the picture, which end in `[highdef]` and `[lowdef]`.
fn picture_filters(
    video: &Video,
    timing: (Rate, bool),
    layout: Layout,
    encoding: &Encoding,
) -> String {
    let fitted = fitted_picture(video, timing, layout);
    let mut graph = format!("[0:{}]{fitted}", video.index);
    let (width, height) = lowdef_size(layout.frame);
    if encoding.with_highdef {
        graph += ",split=2[highdef][rest];[rest]";
    } else {
        graph += ",";
    }
    graph += &format!(
        "scale={width}:{height}:{SCALING}:in_color_matrix=bt709:out_color_matrix=bt709,setsar=1[lowdef]"
    );
    graph
}

/// The filters that make frames of one size, rate and colour space of a film.
pub(super) fn fitted_picture(
    video: &Video,
    (rate, is_tone_mapped): (Rate, bool),
    Layout { frame, picture }: Layout,
) -> String {
    // Each frame of a constant rate gets the time of its number: none is
    // doubled or left out, whatever the container's times are rounded to.
    let timing = if video.is_constant && rate == video.rate {
        format!("settb={},setpts=N", rate.time_base())
    } else {
        format!("setpts=PTS-STARTPTS,fps={rate}:start_time=0")
    };
    let tone_mapping = if is_tone_mapped {
        "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,\
         zscale=t=bt709:m=bt709:r=tv,format=yuv420p,"
    } else {
        ""
    };
    let matrix = match video.colour.matrix {
        _ if is_tone_mapped => ":in_color_matrix=bt709".to_owned(),
        Some(matrix) => format!(":in_color_matrix={matrix}"),
        None => String::new(),
    };
    format!(
        "{timing},{tone_mapping}scale={}:{}:{SCALING}{matrix}:out_color_matrix=bt709:\
         out_range=tv,format=yuv420p,pad={}:{}:(ow-iw)/2:(oh-ih)/2,setsar=1,\
         setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
        picture.0, picture.1, frame.0, frame.1
    )
}

fn output_arguments(
    (name, picture, bitrate): (&str, &str, u32),
    film: &Film,
    encoding: &Encoding,
    rate: Rate,
) -> Vec<OsString> {
    let mut arguments = fixed(["-map", picture]);
    for (number, track) in film.audio.iter().enumerate() {
        let end = end_of(&film.video, rate);
        arguments.extend(track_arguments((number, track), film.video.delay, end));
    }
    if film.audio.is_empty() {
        arguments.extend(fixed(["-map", "1:a"]));
    }
    arguments.extend(fixed(["-c:v", "libx264", "-preset", &encoding.preset]));
    arguments.extend(fixed(["-pix_fmt", "yuv420p", "-r", &rate.to_string()]));
    // A keyframe every second frame makes stepping quick. Without B-frames the
    // first frame is at the very beginning.
    arguments.extend(fixed(["-g", "2", "-sc_threshold", "0", "-bf", "0"]));
    let bitrate = bitrate.max(1);
    let megabits = format!("{bitrate}M");
    arguments.extend(fixed(["-b:v", &megabits]));
    if encoding.buffer > 0.0 {
        let buffer = format!(
            "{}k",
            (f64::from(bitrate) * encoding.buffer * 1000.0) as u64
        );
        arguments.extend(fixed(["-maxrate", &megabits, "-bufsize", &buffer]));
    }
    arguments.extend(colours());
    arguments.extend(fixed([
        "-c:a",
        "aac",
        "-shortest",
        "-max_muxing_queue_size",
        "9999",
    ]));
    arguments.extend(fixed([
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-sn",
        "-dn",
    ]));
    arguments.extend(fixed([
        "-write_tmcd",
        "0",
        "-movflags",
        "+faststart",
        "-f",
        "mp4",
    ]));
    arguments.push(name.into());
    arguments
}

/// The tags of an encoded picture.
pub(super) fn colours() -> Vec<OsString> {
    fixed([
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-colorspace",
        "bt709",
        "-color_range",
        "tv",
    ])
}

/// The filters of a sound track that begins with the first frame. It goes on in
/// silence until the end if that is given, and without end if not.
pub(super) fn aligned_sound(delay: f64, end: Option<f64>) -> String {
    let mut filters = format!("asetpts=PTS-{delay:.6}/TB,aresample=async=1:first_pts=0,apad");
    if let Some(end) = end {
        filters += &format!(",atrim=end={end:.6}");
    }
    filters
}

/// A sound track. Where the film ends is not always known before (`-shortest`).
fn track_arguments(
    (number, track): (usize, &Audio),
    delay: f64,
    end: Option<f64>,
) -> Vec<OsString> {
    let stream = format!("0:{}", track.index);
    let mut arguments = fixed(["-map", &stream]);
    let filters = aligned_sound(delay, end);
    arguments.extend([format!("-filter:a:{number}").into(), filters.into()]);
    // Of other numbers of channels AAC has no layout.
    if !matches!(track.channels, 1..=6 | 8) {
        arguments.extend([format!("-ac:a:{number}").into(), "2".into()]);
    }
    arguments
}

/// The lines `key=value` that ffmpeg writes about its progress.
#[derive(Debug, Default)]
pub(super) struct ProgressLines {
    line: Vec<u8>,
}

impl ProgressLines {
    /// Returns the last number of a frame in a piece of output.
    pub fn last_frame(&mut self, piece: &[u8]) -> Option<u64> {
        let mut last = None;
        for byte in piece {
            if *byte == b'\n' {
                let line = String::from_utf8_lossy(&self.line);
                if let Some(frame) = line.strip_prefix("frame=") {
                    last = frame.trim().parse().ok().or(last);
                }
                self.line.clear();
            } else if self.line.len() < 200 {
                self.line.push(*byte);
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_across_pieces() {
        let mut lines = ProgressLines::default();
        assert_eq!(lines.last_frame(b"frame=1"), None);
        assert_eq!(lines.last_frame(b"2\nfps=3\nframe= 40\nfra"), Some(40));
        assert_eq!(lines.last_frame(b"me=x\n"), None);
    }
}
