//! Paths while they are made: their points, and how far they reach.

use tiny_skia::{Path, PathBuilder};

/// A part of a path.
#[derive(Debug, Clone, Copy)]
enum Segment {
    Move((f64, f64)),
    Line((f64, f64)),
    Quad((f64, f64), (f64, f64)),
    Cubic((f64, f64), (f64, f64), (f64, f64)),
    Close,
}

/// The smallest box around points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    min: (f64, f64),
    max: (f64, f64),
}

impl Extent {
    /// A box around nothing.
    pub const EMPTY: Self = Self {
        min: (f64::INFINITY, f64::INFINITY),
        max: (f64::NEG_INFINITY, f64::NEG_INFINITY),
    };

    pub fn add(&mut self, (x, y): (f64, f64)) {
        self.min = (self.min.0.min(x), self.min.1.min(y));
        self.max = (self.max.0.max(x), self.max.1.max(y));
    }

    /// Adds a quadratic curve. fabric measures it as a cubic one whose control
    /// points are both its own; objects are placed by that.
    pub fn add_quad(&mut self, start: (f64, f64), control: (f64, f64), end: (f64, f64)) {
        self.add_cubic(start, (control, control), end);
    }

    /// Adds a cubic curve.
    pub fn add_cubic(
        &mut self,
        start: (f64, f64),
        (first, second): ((f64, f64), (f64, f64)),
        end: (f64, f64),
    ) {
        self.add(start);
        self.add(end);
        let x = [start.0, first.0, second.0, end.0];
        let y = [start.1, first.1, second.1, end.1];
        for time in turns(x).into_iter().chain(turns(y)).flatten() {
            self.add((along(x, time), along(y, time)));
        }
    }

    /// Returns the width and height; `None` around nothing.
    pub fn size(&self) -> Option<(f64, f64)> {
        let size = (self.max.0 - self.min.0, self.max.1 - self.min.1);
        (size.0 >= 0.0 && size.1 >= 0.0).then_some(size)
    }

    pub fn centre(&self) -> (f64, f64) {
        (
            f64::midpoint(self.min.0, self.max.0),
            f64::midpoint(self.min.1, self.max.1),
        )
    }
}

/// Returns the place on an axis of a cubic curve at a time from 0 to 1.
fn along([start, first, second, end]: [f64; 4], time: f64) -> f64 {
    let rest = 1.0 - time;
    rest * rest * (rest * start + 3.0 * time * first)
        + time * time * (3.0 * rest * second + time * end)
}

/// Returns when a cubic curve turns around on an axis.
fn turns([start, first, second, end]: [f64; 4]) -> [Option<f64>; 2] {
    // Its derivative, divided by three.
    let a = end - start + 3.0 * (first - second);
    let b = 2.0 * (start - 2.0 * first + second);
    let c = first - start;
    let within = |time: f64| (time > 0.0 && time < 1.0).then_some(time);
    if a.abs() < 1e-9 {
        return [if b.abs() < 1e-9 { None } else { within(-c / b) }, None];
    }
    let root = (b * b - 4.0 * a * c).sqrt();
    if root.is_nan() {
        return [None, None];
    }
    [
        within((-b + root) / (2.0 * a)),
        within((-b - root) / (2.0 * a)),
    ]
}

/// A path in the coordinates of its points.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    segments: Vec<Segment>,
    start: (f64, f64),
    at: (f64, f64),
    pub extent: Extent,
}

impl Outline {
    pub fn new() -> Self {
        Self {
            segments: Vec::new(),
            start: (0.0, 0.0),
            at: (0.0, 0.0),
            extent: Extent::EMPTY,
        }
    }

    /// Returns a path through points; `None` if there are fewer than two.
    pub fn through(points: &[(f64, f64)], is_closed: bool) -> Option<Self> {
        let (first, others) = points.split_first()?;
        if others.is_empty() {
            return None;
        }
        let mut outline = Self::new();
        outline.move_to(*first);
        for point in others {
            outline.line_to(*point);
        }
        if is_closed {
            outline.close();
        }
        Some(outline)
    }

    pub fn move_to(&mut self, point: (f64, f64)) {
        self.segments.push(Segment::Move(point));
        self.start = point;
        self.at = point;
    }

    pub fn line_to(&mut self, point: (f64, f64)) {
        self.extent.add(self.at);
        self.extent.add(point);
        self.segments.push(Segment::Line(point));
        self.at = point;
    }

    pub fn quad_to(&mut self, control: (f64, f64), point: (f64, f64)) {
        self.extent.add_quad(self.at, control, point);
        self.segments.push(Segment::Quad(control, point));
        self.at = point;
    }

    pub fn cubic_to(&mut self, first: (f64, f64), second: (f64, f64), point: (f64, f64)) {
        self.extent.add_cubic(self.at, (first, second), point);
        self.segments.push(Segment::Cubic(first, second, point));
        self.at = point;
    }

    pub fn close(&mut self) {
        self.segments.push(Segment::Close);
        self.at = self.start;
    }

    /// Returns the path with `centre` as its origin; `None` if nothing is drawn.
    pub fn around(&self, centre: (f64, f64)) -> Option<Path> {
        self.extent.size()?;
        let shift = |(x, y): (f64, f64)| ((x - centre.0) as f32, (y - centre.1) as f32);
        let mut builder = PathBuilder::new();
        for segment in &self.segments {
            match *segment {
                Segment::Move(point) => {
                    let (x, y) = shift(point);
                    builder.move_to(x, y);
                }
                Segment::Line(point) => {
                    let (x, y) = shift(point);
                    builder.line_to(x, y);
                }
                Segment::Quad(control, point) => {
                    let ((x1, y1), (x, y)) = (shift(control), shift(point));
                    builder.quad_to(x1, y1, x, y);
                }
                Segment::Cubic(first, second, point) => {
                    let ((x1, y1), (x2, y2)) = (shift(first), shift(second));
                    let (x, y) = shift(point);
                    builder.cubic_to(x1, y1, x2, y2, x, y);
                }
                Segment::Close => builder.close(),
            }
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_reaches_as_far_as_it_bulges() {
        let mut extent = Extent::EMPTY;
        extent.add_cubic((0.0, 0.0), ((0.0, 100.0), (100.0, 100.0)), (100.0, 0.0));
        assert_eq!(extent.size(), Some((100.0, 75.0)));
        let mut line = Extent::EMPTY;
        line.add_quad((0.0, 0.0), (5.0, 5.0), (10.0, 10.0));
        assert_eq!(line.size(), Some((10.0, 10.0)));
        assert_eq!(Extent::EMPTY.size(), None);
    }
}
