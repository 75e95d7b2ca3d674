//! Validation of the settings of a project.

use serde_json::{Map, Value};
use tanuki_domain::frame_rate;
use tanuki_store::schema::PRODUCTION_STYLES;

use crate::settings::StudioSettings;
use crate::{Error, Result};

/// Requires that the settings in the fields of a project are ones that the studio
/// allows; `current` is the project before an update.
///
/// # Errors
///
/// Those of the fields: the message names the field.
pub(crate) fn check_settings(
    studio: &StudioSettings,
    data: &mut Map<String, Value>,
    current: &Map<String, Value>,
) -> Result<()> {
    check_style(data)?;
    check_resolution(data)?;
    check_frame_rate(data)?;
    check_bitrates(studio, data, current)
}

/// Validates `production_style`; null is replaced by the default `2d3d`.
fn check_style(data: &mut Map<String, Value>) -> Result<()> {
    let Some(style) = data.get_mut("production_style") else {
        return Ok(());
    };
    if style.is_null() {
        *style = "2d3d".into();
    }
    let known = |style: &str| PRODUCTION_STYLES.contains(&style);
    if style.as_str().is_some_and(known) {
        return Ok(());
    }
    Err(Error::invalid("Invalid production_style"))
}

/// Validates `resolution`: `1920x1080`, `x1080`, empty or null.
fn check_resolution(data: &Map<String, Value>) -> Result<()> {
    let text = match data.get("resolution") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(text)) => text,
        Some(_) => {
            return Err(Error::WrongType {
                field: "resolution",
                expected: "a text",
            });
        }
    };
    let side =
        |text: &str| matches!(text.len(), 3 | 4) && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match text.split_once('x') {
        Some((width, height)) => (width.is_empty() || side(width)) && side(height),
        None => text.is_empty(),
    };
    if fits {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid resolution {text}. Expected format: '1920x1080' or 'x1080'."
    )))
}

/// Validates `fps` (frames per second): a number greater than 0 such as `25`,
/// `23.976` or `23,976`, empty or null. Durations of shots are computed with
/// it.
pub(super) fn check_frame_rate(data: &Map<String, Value>) -> Result<()> {
    let text = match data.get("fps") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(text)) if text.is_empty() => return Ok(()),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if frame_rate::parse(&text).is_some() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid fps {text}. Expected a number over 0, such as '25', '23.976' or '23,976'."
    )))
}

/// Validates bit rates that change: whole numbers of Mbit/s from 1 to the
/// studio's maximum, low definition not above high definition.
pub(super) fn check_bitrates(
    studio: &StudioSettings,
    data: &Map<String, Value>,
    current: &Map<String, Value>,
) -> Result<()> {
    check_inherited_bitrates(studio, data, current, None)
}

/// Like [`check_bitrates`], with the high definition bit rate that is inherited
/// if none is set.
pub(super) fn check_inherited_bitrates(
    studio: &StudioSettings,
    data: &Map<String, Value>,
    current: &Map<String, Value>,
    inherited: Option<i64>,
) -> Result<()> {
    let changed = |field: &str| {
        data.get(field)
            .filter(|value| *value != current.get(field).unwrap_or(&Value::Null))
    };
    let most = studio.highdef_bitrate;
    for bitrate in ["hd_bitrate_compression", "ld_bitrate_compression"]
        .into_iter()
        .filter_map(changed)
    {
        let fits = bitrate
            .as_i64()
            .is_some_and(|rate| (1..=most).contains(&rate));
        if !fits && !bitrate.is_null() {
            return Err(Error::invalid(format!(
                "Invalid bitrate {}. Expected an integer number of Mbit/s between 1 and {most}.",
                crate::fields::as_python(bitrate)
            )));
        }
    }
    let Some(low) = changed("ld_bitrate_compression").and_then(Value::as_i64) else {
        return Ok(());
    };
    let high = data
        .get("hd_bitrate_compression")
        .or_else(|| current.get("hd_bitrate_compression"))
        .and_then(Value::as_i64)
        .or(inherited)
        .filter(|rate| *rate != 0)
        .unwrap_or(most)
        .min(most);
    if low > high {
        return Err(Error::invalid(format!(
            "The low definition bitrate ({low}) cannot exceed the high definition one ({high})."
        )));
    }
    Ok(())
}
