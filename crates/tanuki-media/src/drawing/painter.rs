//! Draws objects, within bounds.

use tiny_skia::{Rect, Transform};

use super::figure::{Figure, Mark, rectangle};
use super::layer::Layer;
use super::object::{Kind, Object};
use super::placement::placement;
use super::shape;

/// How deep groups are within groups.
const MAX_DEPTH: usize = 8;

/// How many objects are drawn, those in groups and erasers included.
const MAX_OBJECTS: usize = 20_000;

/// How much is drawn, in about nanoseconds.
const MAX_WORK: u64 = 5_000_000_000;

/// What a path costs, and each of its points, beside the pixels.
const WORK_OF_PATH: u64 = 5_000;
const WORK_OF_POINT: u64 = 100;

/// Draws objects until there are too many.
#[derive(Debug)]
pub(super) struct Painter {
    /// How many more objects may be drawn.
    objects: usize,
    /// How much more may be drawn.
    work: u64,
}

impl Default for Painter {
    fn default() -> Self {
        Self {
            objects: MAX_OBJECTS,
            work: MAX_WORK,
        }
    }
}

impl Painter {
    /// Draws an object. `map` is that of its parent's coordinates to those of
    /// the picture.
    pub fn draw(&mut self, layer: &mut Layer, object: Object<'_>, map: Transform) {
        self.draw_at_depth(layer, object, (map, 0));
    }

    fn draw_at_depth(
        &mut self,
        layer: &mut Layer,
        object: Object<'_>,
        (map, depth): (Transform, usize),
    ) {
        if object.is_off("visible") || !self.count() {
            return;
        }
        let Some(figure) = shape::figure(object) else {
            return;
        };
        let place = map.pre_concat(placement(object, figure.size, figure.centre));
        let opacity = object.number("opacity").unwrap_or(1.0).clamp(0.0, 1.0);
        let eraser = object.object("eraser");
        if opacity == 1.0 && eraser.is_none() {
            self.draw_content(layer, (object, &figure), (place, depth));
            return;
        }
        let Some(mut part) = part(layer, (object, &figure), place) else {
            return;
        };
        if !self.spend(part.area().saturating_mul(4)) {
            return;
        }
        self.draw_content(&mut part, (object, &figure), (place, depth));
        if let Some(eraser) = eraser {
            self.erase(&mut part, (eraser, figure.size), place);
        }
        layer.merge(&part, opacity as f32);
    }

    /// Draws the marks of an object, or the objects of a group.
    fn draw_content(
        &mut self,
        layer: &mut Layer,
        (object, figure): (Object<'_>, &Figure),
        (place, depth): (Transform, usize),
    ) {
        for _ in 0..figure.times {
            for mark in &figure.marks {
                if !self.spend(cost(layer, mark, place)) {
                    return;
                }
                match mark.width {
                    Some(width) => layer.stroke(&mark.path, (mark.color, width), place),
                    None => layer.fill(&mark.path, mark.color, place),
                }
            }
        }
        if object.kind() == Some(Kind::Group) && depth < MAX_DEPTH {
            for child in object.list("objects").iter().filter_map(Object::of) {
                self.draw_at_depth(layer, child, (place, depth + 1));
            }
        }
    }

    /// Erases the paths of an eraser, whose origin is the centre of the object,
    /// and what is outside of the object's box.
    fn erase(
        &mut self,
        layer: &mut Layer,
        (eraser, size): (Object<'_>, (f64, f64)),
        place: Transform,
    ) {
        let Some(kept) = rectangle(size.0 as f32 / 2.0, size.1 as f32 / 2.0) else {
            return;
        };
        let place = place.pre_concat(placement(eraser, size, Some((0.0, 0.0))));
        layer.clip(&kept, place);
        for path in eraser.list("objects").iter().filter_map(Object::of) {
            if path.kind() != Some(Kind::Path) || !self.count() {
                continue;
            }
            let Some(figure) = shape::figure(path) else {
                continue;
            };
            let place = place.pre_concat(placement(path, figure.size, figure.centre));
            for mark in &figure.marks {
                if !self.spend(cost(layer, mark, place)) {
                    return;
                }
                if let Some(width) = mark.width {
                    layer.erase(&mark.path, width, place);
                }
            }
        }
    }

    /// Whether one more object may be drawn.
    fn count(&mut self) -> bool {
        let left = self.objects.checked_sub(1);
        self.objects = left.unwrap_or(0);
        left.is_some() && self.work > 0
    }

    /// Whether that much more may be drawn.
    fn spend(&mut self, work: u64) -> bool {
        let left = self.work.checked_sub(work);
        self.work = left.unwrap_or(0);
        left.is_some()
    }
}

/// Returns about how long it takes to draw a mark, in nanoseconds.
fn cost(layer: &Layer, mark: &Mark, place: Transform) -> u64 {
    let Some(seen) = bounds(mark, place).and_then(|bounds| layer.seen(bounds)) else {
        return WORK_OF_PATH;
    };
    let pixels = (f64::from(seen.width()) * f64::from(seen.height())) as u64;
    let points = mark.path.len() as u64;
    // A path may cross each row of the picture as often as it has points.
    let rows = seen.height() as u64 + WORK_OF_POINT;
    WORK_OF_PATH + pixels + points.saturating_mul(rows)
}

/// Returns the bounds of a mark in the picture.
fn bounds(mark: &Mark, place: Transform) -> Option<Rect> {
    let half = mark.width.unwrap_or(0.0) as f32 / 2.0 + 1.0;
    let bounds = mark.path.bounds();
    let bounds = Rect::from_ltrb(
        bounds.left() - half,
        bounds.top() - half,
        bounds.right() + half,
        bounds.bottom() + half,
    );
    bounds?.transform(place)
}

/// Returns an empty layer for an object; for a group as large as the layer that
/// it is drawn on. `None` if it is not in the picture.
fn part(layer: &Layer, (object, figure): (Object<'_>, &Figure), place: Transform) -> Option<Layer> {
    if object.kind() == Some(Kind::Group) {
        const EVERYTHING: f32 = 1e6;
        return layer.part(Rect::from_ltrb(
            -EVERYTHING,
            -EVERYTHING,
            EVERYTHING,
            EVERYTHING,
        )?);
    }
    let all = figure.marks.iter().filter_map(|mark| bounds(mark, place));
    let all = all.reduce(|one, other| {
        let joined = Rect::from_ltrb(
            one.left().min(other.left()),
            one.top().min(other.top()),
            one.right().max(other.right()),
            one.bottom().max(other.bottom()),
        );
        joined.unwrap_or(one)
    });
    layer.part(all?)
}
