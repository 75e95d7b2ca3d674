//! What an object looks like, in its own coordinates.

use tiny_skia::{Path, PathBuilder, Rect};

use super::color::Color;
use super::object::Object;

/// A path that is filled or stroked.
#[derive(Debug)]
pub(super) struct Mark {
    pub path: Path,
    pub color: Color,
    /// The width of the stroke; `None` if the path is filled.
    pub width: Option<f64>,
}

impl Mark {
    /// Creates a path that is filled.
    pub fn fill(path: Path, color: Color) -> Self {
        Self {
            path,
            color,
            width: None,
        }
    }

    /// Creates a path that is stroked; the width is in units of the object.
    pub fn stroke(path: Path, color: Color, width: f64) -> Self {
        Self {
            path,
            color,
            width: Some(width),
        }
    }
}

/// What an object looks like. The origin is its centre.
#[derive(Debug)]
pub(super) struct Figure {
    /// The size of the box by which it is placed, its stroke included.
    pub size: (f64, f64),
    /// Where its centre is if the object has no position.
    pub centre: Option<(f64, f64)>,
    /// In the order in which they are drawn.
    pub marks: Vec<Mark>,
    /// How often the marks are drawn, one after another.
    pub times: u8,
}

impl Figure {
    /// A figure of one path, filled and stroked with the paints of the object.
    /// `size` is without the stroke.
    pub fn painted(object: Object<'_>, path: Path, size: (f64, f64)) -> Self {
        let width = stroke_width(object);
        let fill = Color::of(object.value("fill"));
        let stroke = Color::of(object.value("stroke"));
        let fill = fill.map(|color| Mark::fill(path.clone(), color));
        let stroke = stroke.map(|color| Mark::stroke(path, color, width));
        let mut marks: Vec<Mark> = fill.into_iter().chain(stroke).collect();
        if object.text("paintFirst") == Some("stroke") {
            marks.reverse();
        }
        Self {
            size: (size.0 + width, size.1 + width),
            centre: None,
            marks,
            times: 1,
        }
    }
}

/// Returns the width of the stroke of an object. The web client takes 0 for 1.
pub(super) fn stroke_width(object: Object<'_>) -> f64 {
    object.positive("strokeWidth").unwrap_or(1.0)
}

/// Returns a rectangle around the origin.
pub(super) fn rectangle(half_width: f32, half_height: f32) -> Option<Path> {
    let rectangle = Rect::from_ltrb(-half_width, -half_height, half_width, half_height)?;
    Some(PathBuilder::from_rect(rectangle))
}
