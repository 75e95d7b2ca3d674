//! Where an object is in its parent: position, origin, rotation, scale, skew
//! and flips.

use serde_json::Value;
use tiny_skia::Transform;

use super::object::Object;

/// A linear map: the columns are what becomes of the unit vectors.
type Linear = [f64; 4];

/// Returns the map from the coordinates of an object, whose origin is its
/// centre, to those of its parent. `size` is that of the box by which it is
/// placed, and `centre` where it is if it has no position.
pub(super) fn placement(
    object: Object<'_>,
    size: (f64, f64),
    centre: Option<(f64, f64)>,
) -> Transform {
    let linear = linear(object);
    let (sine, cosine) = object.number("angle").unwrap_or(0.0).to_radians().sin_cos();
    let [a, b, c, d] = linear;
    let position = (object.number("left"), object.number("top"));
    let centre = match (position, centre) {
        ((None, None), Some(centre)) => centre,
        ((left, top), _) => {
            // The box after scaling, before it is rotated.
            let width = a.abs() * size.0 + c.abs() * size.1;
            let height = b.abs() * size.0 + d.abs() * size.1;
            let x = origin(object.value("originX")) * width;
            let y = origin(object.value("originY")) * height;
            let (left, top) = (left.unwrap_or(0.0), top.unwrap_or(0.0));
            (
                left - (cosine * x - sine * y),
                top - (sine * x + cosine * y),
            )
        }
    };
    Transform::from_row(
        (cosine * a - sine * b) as f32,
        (sine * a + cosine * b) as f32,
        (cosine * c - sine * d) as f32,
        (sine * c + cosine * d) as f32,
        centre.0 as f32,
        centre.1 as f32,
    )
}

/// Returns scale and flips, after skew.
fn linear(object: Object<'_>) -> Linear {
    let scale = |scale: &str, flip: &str| {
        let sign = if object.flag(flip) { -1.0 } else { 1.0 };
        object.nonzero(scale).unwrap_or(1.0) * sign
    };
    let tangent = |key: &str| match object.number(key) {
        Some(angle) if angle.abs() < 89.0 => angle.to_radians().tan(),
        _ => 0.0,
    };
    let (width, height) = (scale("scaleX", "flipX"), scale("scaleY", "flipY"));
    let (x, y) = (tangent("skewX"), tangent("skewY"));
    [width * (1.0 + x * y), height * y, width * x, height]
}

/// Returns where the position is within the box: -0.5 is its left or top, 0.5
/// its right or bottom.
fn origin(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::String(name)) => match name.as_str() {
            "center" => 0.0,
            "right" | "bottom" => 0.5,
            _ => -0.5,
        },
        Some(Value::Number(place)) => place
            .as_f64()
            .map_or(-0.5, |place| place.clamp(0.0, 1.0) - 0.5),
        _ => -0.5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tiny_skia::Point;

    use super::*;

    fn placed(object: &Value, x: f32, y: f32) -> (f32, f32) {
        let map = placement(Object::of(object).unwrap(), (20.0, 10.0), None);
        let mut point = Point::from_xy(x, y);
        map.map_point(&mut point);
        (point.x.round(), point.y.round())
    }

    #[test]
    fn the_corner_of_the_rotated_box_is_the_position() {
        for (object, corner) in [
            (json!({"left": 100, "top": 50}), (-10.0, -5.0)),
            (json!({"left": 100, "top": 50, "angle": 90}), (-10.0, -5.0)),
            (
                json!({"left": 100, "top": 50, "angle": 33, "scaleX": 2, "scaleY": 3}),
                (-10.0, -5.0),
            ),
            (json!({"left": 100, "top": 50, "flipX": true}), (10.0, -5.0)),
            (
                json!({"left": 100, "top": 50, "originX": "center", "originY": "bottom"}),
                (0.0, 5.0),
            ),
            (
                json!({"left": 100, "top": 50, "originX": 0.5, "originY": 1}),
                (0.0, 5.0),
            ),
        ] {
            assert_eq!(
                placed(&object, corner.0, corner.1),
                (100.0, 50.0),
                "{object}"
            );
        }
    }

    #[test]
    fn a_scale_of_nothing_is_none() {
        let object = json!({"left": 0, "top": 0, "scaleX": 0, "scaleY": "x"});
        assert_eq!(placed(&object, 10.0, 5.0), (20.0, 10.0));
    }
}
