//! fabric.js objects, as they are stored: JSON that nothing has checked.

use serde_json::{Map, Value};

/// The largest number that counts: larger ones are no coordinates, and not
/// exact in the arithmetic of drawing.
const MAX_NUMBER: f64 = 1_000_000.0;

/// A fabric.js object, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a>(&'a Map<String, Value>);

/// The types of objects that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Path,
    /// A stroke of a pen with pressure.
    Pen,
    Rectangle,
    Circle,
    Ellipse,
    Line,
    Arrow,
    Polyline,
    Polygon,
    Text,
    Group,
}

impl<'a> Object<'a> {
    /// Returns a value as an object; `None` if it is no JSON object.
    pub fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// Returns the type. fabric 6 writes `Rect` and `IText`, older ones `rect`
    /// and `i-text`.
    pub fn kind(self) -> Option<Kind> {
        let name = self.text("type")?.to_ascii_lowercase().replace('-', "");
        Some(match name.as_str() {
            "path" => Kind::Path,
            "psstroke" => Kind::Pen,
            "rect" => Kind::Rectangle,
            "circle" => Kind::Circle,
            "ellipse" => Kind::Ellipse,
            "line" => Kind::Line,
            "arrow" => Kind::Arrow,
            "polyline" => Kind::Polyline,
            "polygon" => Kind::Polygon,
            "text" | "itext" | "textbox" => Kind::Text,
            "group" => Kind::Group,
            _ => return None,
        })
    }

    /// Returns a number; `None` if it is missing, no number or too large.
    pub fn number(self, key: &str) -> Option<f64> {
        number(self.0.get(key)?)
    }

    /// Returns a number that is not 0.
    pub fn nonzero(self, key: &str) -> Option<f64> {
        self.number(key).filter(|number| *number != 0.0)
    }

    /// Returns a number above 0.
    pub fn positive(self, key: &str) -> Option<f64> {
        self.number(key).filter(|number| *number > 0.0)
    }

    /// Returns a text; `None` if it is missing or no string.
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    /// Whether a key is `true`.
    pub fn flag(self, key: &str) -> bool {
        self.0.get(key) == Some(&Value::Bool(true))
    }

    /// Whether a key is there and false.
    pub fn is_off(self, key: &str) -> bool {
        self.0.get(key) == Some(&Value::Bool(false))
    }

    pub fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key)
    }

    pub fn object(self, key: &str) -> Option<Self> {
        Self::of(self.0.get(key)?)
    }

    /// Returns a list; an empty one if it is missing or something else.
    pub fn list(self, key: &str) -> &'a [Value] {
        self.0
            .get(key)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Returns the points of a list of objects with `x` and `y`.
    pub fn points(self, key: &str) -> Vec<(f64, f64)> {
        let points = self.list(key).iter().filter_map(Self::of);
        points.filter_map(Self::point).collect()
    }

    /// Returns `x` and `y`.
    pub fn point(self) -> Option<(f64, f64)> {
        Some((self.number("x")?, self.number("y")?))
    }
}

/// Returns a number that may be a coordinate.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64()?;
    (number.abs() <= MAX_NUMBER).then_some(number)
}
