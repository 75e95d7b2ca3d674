//! Texts: lines of letters on a background.

use serde_json::Value;

use super::color::Color;
use super::figure::{Figure, Mark, rectangle, stroke_width};
use super::font::Font;
use super::object::Object;

/// What the web client writes with where the object does not say.
const SIZE: f64 = 16.0;

/// The background of texts in the web client, where the object has none.
const BACKGROUND: &str = "rgba(255, 255, 255, 0.8)";

/// How much larger than its text the background is, in either direction.
const PADDING: f64 = 10.0;

/// The height of a line without the space between lines, of the font's size.
const LINE: f64 = 1.13;

/// How far the baseline is above the end of a line, of its height.
const BELOW_BASELINE: f64 = 0.222;

/// The distance between lines, of their height.
const LINE_HEIGHT: f64 = 1.16;

/// The width of a text without letters.
const EMPTY_WIDTH: f64 = 2.0;

/// The stroke that makes letters bold, of the font's size.
const BOLD: f64 = 0.04;

/// The most letters that are drawn.
const MAX_LETTERS: usize = 10_000;

/// Returns what a text looks like. Lines end where it says so; the web client
/// does not wrap them.
pub(super) fn figure(object: Object<'_>) -> Option<Figure> {
    let text = object.text("text")?;
    let text = match text.char_indices().nth(MAX_LETTERS) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let size = object.positive("fontSize").unwrap_or(SIZE).min(10_000.0);
    let font = Font::new(size)?;
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let lines: Vec<&str> = lines.collect();
    let widths: Vec<f64> = lines.iter().map(|line| font.width(line)).collect();
    let widest = widths.iter().copied().fold(EMPTY_WIDTH, f64::max);
    let distance = size * LINE * object.positive("lineHeight").unwrap_or(LINE_HEIGHT);
    let height = distance * lines.len().saturating_sub(1) as f64 + size * LINE;
    let fill = Color::of(object.value("fill"));
    let stroke = Color::of(object.value("stroke"));
    let background = object
        .text("backgroundColor")
        .filter(|color| !color.is_empty());
    let background = Color::parse(background.unwrap_or(BACKGROUND));
    let whole = (widest + PADDING, height + PADDING);
    let mut marks = Vec::new();
    if background.alpha > 0 {
        let path = rectangle(whole.0 as f32 / 2.0, whole.1 as f32 / 2.0);
        marks.extend(path.map(|path| Mark::fill(path, background)));
    }
    for ((row, line), width) in (0_u32..).zip(&lines).zip(&widths) {
        let left = match object.text("textAlign") {
            Some("center") => -width / 2.0,
            Some("right") => widest / 2.0 - width,
            _ => -widest / 2.0,
        };
        let baseline = f64::from(row) * distance + size * LINE * (1.0 - BELOW_BASELINE);
        let Some(path) = font.outlines(line, (left, baseline - height / 2.0)) else {
            continue;
        };
        if let Some(color) = fill {
            if is_bold(object) {
                marks.push(Mark::stroke(path.clone(), color, size * BOLD));
            }
            marks.push(Mark::fill(path.clone(), color));
        }
        if let Some(color) = stroke {
            marks.push(Mark::stroke(path, color, stroke_width(object)));
        }
    }
    // The padding does not count for its position.
    let border = stroke_width(object);
    Some(Figure {
        size: (widest + border, height + border),
        centre: None,
        marks,
        times: 1,
    })
}

fn is_bold(object: Object<'_>) -> bool {
    match object.value("fontWeight") {
        Some(Value::String(weight)) => match weight.parse::<u32>() {
            Ok(weight) => weight >= 600,
            Err(_) => matches!(weight.as_str(), "bold" | "bolder"),
        },
        Some(weight) => weight.as_u64().is_some_and(|weight| weight >= 600),
        None => false,
    }
}
