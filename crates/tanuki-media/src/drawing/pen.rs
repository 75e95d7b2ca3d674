//! Strokes of a pen: points with the pressure at each.

use super::color::Color;
use super::figure::{Figure, Mark, stroke_width};
use super::object::Object;
use super::outline::{Extent, Outline};

/// A point, x and y.
type Point = (f64, f64);

/// The length of the line that a single point is drawn as, of the stroke's
/// width; its round ends make a dot of it.
const DOT: f64 = 0.001;

/// A part of a stroke: a curve from the middle between two points to the middle
/// between the next, with the pressure of the point between them.
struct Part {
    start: Point,
    control: Point,
    end: Point,
    pressure: f64,
}

/// Returns what a stroke looks like.
pub(super) fn figure(object: Object<'_>) -> Option<Figure> {
    let width = stroke_width(object);
    let color = object.value("stroke").filter(|color| !color.is_null());
    let color = color.map_or(Some(Color::BLACK), |color| Color::of(Some(color)))?;
    let points = points(object);
    let parts = parts(&points, width)?;
    let mut extent = Extent::EMPTY;
    for part in &parts {
        extent.add_quad(part.start, part.control, part.end);
    }
    let (size, centre) = (extent.size()?, extent.centre());
    let mut marks = Vec::with_capacity(parts.len());
    let mut drawn = 1.0;
    for part in parts {
        if part.pressure > 0.0 {
            // A canvas keeps its width when it is given one of nothing.
            drawn = part.pressure * width;
        }
        let mut outline = Outline::new();
        outline.move_to(part.start);
        outline.quad_to(part.control, part.end);
        if let Some(path) = outline.around(centre) {
            marks.push(Mark::stroke(path, color, drawn));
        }
    }
    Some(Figure {
        size: (size.0 + width, size.1 + width),
        centre: Some(centre),
        marks,
        // As the web client draws it, which shows where the colour is
        // translucent, and at the edges.
        times: 2,
    })
}

/// Returns the points of a stroke with their pressures. One without a pressure
/// has all of it.
fn points(object: Object<'_>) -> Vec<(Point, f64)> {
    let points = object.list("strokePoints").iter().filter_map(Object::of);
    let points = points.filter_map(|point| {
        let pressure = point.number("pressure").unwrap_or(1.0);
        Some((point.point()?, pressure))
    });
    points.collect()
}

/// Returns the parts of a stroke; `None` if it has fewer than two points.
fn parts(points: &[(Point, f64)], width: f64) -> Option<Vec<Part>> {
    let ((first, pressure), (second, _)) = (*points.first()?, *points.get(1)?);
    if points.len() == 2 {
        let (start, end, pressure) = match first == second {
            true => {
                let shift = DOT * width;
                let end = (second.0 + shift, second.1);
                ((first.0 - shift, first.1), end, pressure)
            }
            // A straight line is as wide as the stroke.
            false => (first, second, 1.0),
        };
        return Some(vec![Part {
            start,
            control: start,
            end,
            pressure,
        }]);
    }
    let middle =
        |one: Point, other: Point| (f64::midpoint(one.0, other.0), f64::midpoint(one.1, other.1));
    let mut start = first;
    let pairs = points.windows(2).filter_map(|pair| match pair {
        [one, other] => Some((*one, *other)),
        _ => None,
    });
    let parts = pairs.map(|((point, pressure), (next, _))| {
        let end = middle(point, next);
        let part = Part {
            start,
            control: point,
            end,
            pressure,
        };
        start = end;
        part
    });
    Some(parts.collect())
}
