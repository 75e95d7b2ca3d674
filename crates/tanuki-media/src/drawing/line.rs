//! Straight lines, with an arrowhead and without.

use std::f64::consts::FRAC_PI_6;

use super::color::Color;
use super::figure::{Figure, Mark, stroke_width};
use super::object::Object;
use super::outline::Outline;

/// The length of the sides of an arrowhead.
const ARROWHEAD: f64 = 15.0;

/// A point, x and y.
type Point = (f64, f64);

/// Returns what a line looks like: from `x1`, `y1` to `x2`, `y2`.
pub(super) fn line(object: Object<'_>) -> Option<Figure> {
    let (start, end, mut figure) = ends(object)?;
    if let Some(color) = Color::of(object.value("stroke")) {
        let path = Outline::through(&[start, end], false)?.around((0.0, 0.0))?;
        figure
            .marks
            .push(Mark::stroke(path, color, stroke_width(object)));
    }
    Some(figure)
}

/// Returns what an arrow looks like: a line with the outline of a triangle at
/// its end.
pub(super) fn arrow(object: Object<'_>) -> Option<Figure> {
    let (_, end, _) = ends(object)?;
    let (x1, y1) = (object.number("x1")?, object.number("y1")?);
    let direction = (object.number("y2")? - y1).atan2(object.number("x2")? - x1);
    let mut figure = line(object)?;
    let length = object.positive("arrowHeadSize").unwrap_or(ARROWHEAD);
    let corner = |angle: f64| {
        let (sine, cosine) = (direction + angle).sin_cos();
        (end.0 - length * cosine, end.1 - length * sine)
    };
    let head = [corner(-FRAC_PI_6), end, corner(FRAC_PI_6)];
    let head = Outline::through(&head, true)?.around((0.0, 0.0))?;
    if let Some(color) = Color::of(object.value("stroke")) {
        let width = stroke_width(object);
        figure.marks.push(Mark::stroke(head.clone(), color, width));
    }
    if let Some(color) = Color::of(object.value("fill")) {
        figure.marks.push(Mark::fill(head, color));
    }
    Some(figure)
}

/// Returns the ends of a line from its centre, and an empty figure of its size.
fn ends(object: Object<'_>) -> Option<(Point, Point, Figure)> {
    let start = (object.number("x1")?, object.number("y1")?);
    let end = (object.number("x2")?, object.number("y2")?);
    let half = ((end.0 - start.0) / 2.0, (end.1 - start.1) / 2.0);
    let width = stroke_width(object);
    let figure = Figure {
        size: (half.0.abs() * 2.0 + width, half.1.abs() * 2.0 + width),
        centre: Some((start.0 + half.0, start.1 + half.1)),
        marks: Vec::new(),
        times: 1,
    };
    Some(((-half.0, -half.1), half, figure))
}
