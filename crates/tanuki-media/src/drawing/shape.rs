//! The objects of the web client that are shapes, and which other kinds there
//! are.

use serde_json::Value;
use tiny_skia::{Path, PathBuilder, Rect};

use super::figure::{Figure, rectangle};
use super::object::{Kind, Object, number};
use super::outline::Outline;
use super::{line, pen, text};

/// How far the control points of a quarter of a circle are from its ends, of
/// its radius.
const QUARTER: f32 = 0.552_285;

/// The most parts of a path.
const MAX_SEGMENTS: usize = 100_000;

/// Returns what an object looks like; `None` if nothing of it can be drawn.
/// Groups have objects and no marks.
pub(super) fn figure(object: Object<'_>) -> Option<Figure> {
    match object.kind()? {
        Kind::Path => of_path(object),
        Kind::Pen => pen::figure(object),
        Kind::Rectangle => of_rectangle(object),
        Kind::Circle => {
            let radius = object.positive("radius")?;
            of_ellipse(object, (radius, radius))
        }
        Kind::Ellipse => {
            let radii = (object.positive("rx")?, object.positive("ry")?);
            of_ellipse(object, radii)
        }
        Kind::Line => line::line(object),
        Kind::Arrow => line::arrow(object),
        Kind::Polyline => of_outline(object, &Outline::through(&object.points("points"), false)?),
        Kind::Polygon => of_outline(object, &Outline::through(&object.points("points"), true)?),
        Kind::Text => text::figure(object),
        Kind::Group => Some(Figure {
            size: (
                object.positive("width").unwrap_or(0.0),
                object.positive("height").unwrap_or(0.0),
            ),
            centre: None,
            marks: Vec::new(),
            times: 1,
        }),
    }
}

fn of_outline(object: Object<'_>, outline: &Outline) -> Option<Figure> {
    let (size, centre) = (outline.extent.size()?, outline.extent.centre());
    let path = outline.around(centre)?;
    Some(Figure {
        centre: Some(centre),
        ..Figure::painted(object, path, size)
    })
}

fn of_path(object: Object<'_>) -> Option<Figure> {
    let path = match object.value("path")? {
        Value::String(text) => text.clone(),
        Value::Array(commands) => path_data(commands),
        _ => return None,
    };
    of_outline(object, &outline(&path))
}

/// Writes the commands of a path, which fabric stores as lists, as SVG does.
fn path_data(commands: &[Value]) -> String {
    let mut data = String::new();
    for command in commands.iter().filter_map(Value::as_array) {
        let Some((Value::String(name), values)) = command.split_first() else {
            continue;
        };
        let values: Option<Vec<String>> = values
            .iter()
            .map(|value| number(value).map(|number| number.to_string()))
            .collect();
        // A command with something else than numbers ends the path.
        let Some(values) = values.filter(|_| name.len() == 1) else {
            break;
        };
        data += name;
        data += &values.join(" ");
        data.push(' ');
    }
    data
}

/// Parses the data of a path as SVG does: up to the first error.
fn outline(data: &str) -> Outline {
    use svgtypes::SimplePathSegment as Segment;
    let mut outline = Outline::new();
    let segments = svgtypes::SimplifyingPathParser::from(data);
    for segment in segments.take(MAX_SEGMENTS) {
        match segment {
            Ok(Segment::MoveTo { x, y }) => outline.move_to((x, y)),
            Ok(Segment::LineTo { x, y }) => outline.line_to((x, y)),
            Ok(Segment::Quadratic { x1, y1, x, y }) => outline.quad_to((x1, y1), (x, y)),
            Ok(Segment::CurveTo {
                x1,
                y1,
                x2,
                y2,
                x,
                y,
            }) => outline.cubic_to((x1, y1), (x2, y2), (x, y)),
            Ok(Segment::ClosePath) => outline.close(),
            Err(_) => break,
        }
    }
    outline
}

fn of_rectangle(object: Object<'_>) -> Option<Figure> {
    let size = (object.positive("width")?, object.positive("height")?);
    let half = (size.0 / 2.0, size.1 / 2.0);
    let radii = (object.positive("rx"), object.positive("ry"));
    let path = match (radii.0.or(radii.1), radii.1.or(radii.0)) {
        (Some(rx), Some(ry)) => rounded(
            (half.0 as f32, half.1 as f32),
            (rx.min(half.0) as f32, ry.min(half.1) as f32),
        ),
        _ => rectangle(half.0 as f32, half.1 as f32),
    };
    Some(Figure::painted(object, path?, size))
}

/// Returns a rectangle around the origin with round corners.
fn rounded((w, h): (f32, f32), (rx, ry): (f32, f32)) -> Option<Path> {
    let (kx, ky) = (rx * (1.0 - QUARTER), ry * (1.0 - QUARTER));
    let mut path = PathBuilder::new();
    path.move_to(-w + rx, -h);
    path.line_to(w - rx, -h);
    path.cubic_to(w - kx, -h, w, -h + ky, w, -h + ry);
    path.line_to(w, h - ry);
    path.cubic_to(w, h - ky, w - kx, h, w - rx, h);
    path.line_to(-w + rx, h);
    path.cubic_to(-w + kx, h, -w, h - ky, -w, h - ry);
    path.line_to(-w, -h + ry);
    path.cubic_to(-w, -h + ky, -w + kx, -h, -w + rx, -h);
    path.close();
    path.finish()
}

fn of_ellipse(object: Object<'_>, (rx, ry): (f64, f64)) -> Option<Figure> {
    let bounds = Rect::from_ltrb(-rx as f32, -ry as f32, rx as f32, ry as f32)?;
    let path = PathBuilder::from_oval(bounds)?;
    Some(Figure::painted(object, path, (rx * 2.0, ry * 2.0)))
}
