//! Settings of films.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use tanuki_core::settings::FilmSettings;

use super::Vars;

/// The presets of x264.
const PRESETS: [&str; 9] = [
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
];

pub(super) fn from_vars(vars: &Vars) -> Result<FilmSettings> {
    let default = FilmSettings::default();
    let seconds = vars.number("JOB_QUEUE_TIMEOUT", default.time_limit.as_secs())?;
    let preset = vars.text("MOVIE_ENCODING_PRESET", &default.preset);
    if !PRESETS.contains(&preset.as_str()) {
        let expected = format!("one of {}", PRESETS.join(", "));
        return Err(vars.wrong("MOVIE_ENCODING_PRESET", &preset, &expected));
    }
    Ok(FilmSettings {
        ffmpeg: vars.get("TANUKI_FFMPEG").map(PathBuf::from),
        ffprobe: vars.get("TANUKI_FFPROBE").map(PathBuf::from),
        at_once: vars.number("TANUKI_FILMS_AT_ONCE", default.at_once)?,
        niceness: niceness(vars, default.niceness)?,
        is_bound: true,
        time_limit: Duration::from_secs(seconds.max(1)),
        preset,
        buffer: buffer(vars, default.buffer)?,
        skip: vars.flag("SKIP_NORMALIZATION_FULL", default.skip)?,
        skip_highdef: vars.flag("SKIP_NORMALIZATION_HIGHDEF", default.skip_highdef)?,
        keep_source: vars.flag("PREVIEW_SAVE_SOURCE_FILE", default.keep_source)?,
    })
}

fn niceness(vars: &Vars, default: i32) -> Result<i32> {
    let niceness = vars.number("TANUKI_FILM_NICENESS", default)?;
    if (0..=19).contains(&niceness) {
        return Ok(niceness);
    }
    let text = niceness.to_string();
    Err(vars.wrong("TANUKI_FILM_NICENESS", &text, "a whole number from 0 to 19"))
}

fn buffer(vars: &Vars, default: f64) -> Result<f64> {
    let text = vars.text("MOVIE_VBV_BUFSIZE_FACTOR", &default.to_string());
    let buffer = text.trim().parse().ok();
    buffer
        .filter(|buffer: &f64| (0.0..=100.0).contains(buffer))
        .ok_or_else(|| vars.wrong("MOVIE_VBV_BUFSIZE_FACTOR", &text, "a number from 0 to 100"))
}
