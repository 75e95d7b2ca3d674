//! Drawings on pictures: the fabric.js objects of an annotation, drawn as the
//! web client shows them.
//!
//! What the web client does with the objects is what counts: strokes have round
//! ends and joins whatever the object says, coordinates are those of the canvas
//! that was drawn on (`canvasWidth`, `canvasHeight`), which is fitted into the
//! picture, and text has a white background. Objects that are malformed or of an
//! unknown type are left out.

mod color;
mod figure;
mod font;
mod layer;
mod line;
mod object;
mod outline;
mod painter;
mod pen;
mod placement;
mod shape;
mod text;

use image::{DynamicImage, RgbImage};
use serde_json::Value;
use tiny_skia::Transform;

use crate::picture::{Picture, PictureError};
pub(crate) use font::{Font, LIBERATION_SANS};
use layer::Layer;
use object::Object;
use painter::Painter;

/// The most pixels of a picture that is drawn on.
pub const MAX_PIXELS: u64 = 100_000_000;

impl Picture {
    /// Returns the picture with the drawings of an annotation
    /// (`{"drawing": {"objects": […]}}`) on it, in RGB; what is transparent is
    /// black. Of drawings that would take too long only the first are drawn.
    /// Keeps a processor busy for up to some seconds.
    ///
    /// # Errors
    /// [`PictureError::TooLarge`] above [`MAX_PIXELS`].
    pub fn with_drawings(&self, annotation: &Value) -> Result<Self, PictureError> {
        let (width, height) = (self.width(), self.height());
        let pixels = u64::from(width) * u64::from(height);
        let too_large = || PictureError::TooLarge {
            pixels,
            limit: MAX_PIXELS,
        };
        if pixels > MAX_PIXELS {
            return Err(too_large());
        }
        let mut layer = Layer::of(self.image.to_rgba8()).ok_or_else(too_large)?;
        draw(&mut layer, (width, height), annotation);
        let picture = RgbImage::from_raw(width, height, layer.into_rgb()).ok_or_else(too_large)?;
        Ok(Self {
            image: DynamicImage::ImageRgb8(picture),
        })
    }
}

/// Draws the objects of an annotation, in their order.
fn draw(layer: &mut Layer, size: (u32, u32), annotation: &Value) {
    let Some(annotation) = Object::of(annotation) else {
        return;
    };
    let canvas = (annotation.positive("width"), annotation.positive("height"));
    let drawing = annotation.object("drawing");
    let objects = drawing.map_or(&[] as &[Value], |drawing| drawing.list("objects"));
    let mut painter = Painter::default();
    for object in objects.iter().filter_map(Object::of) {
        let width = object.positive("canvasWidth").or(canvas.0);
        let height = object.positive("canvasHeight").or(canvas.1);
        painter.draw(layer, object, fitted((width, height), size));
    }
}

/// Returns the map of a canvas into a picture: as large as it fits, in the
/// middle. Without a height it is as wide as the picture; without a width,
/// coordinates are those of the picture.
fn fitted(canvas: (Option<f64>, Option<f64>), size: (u32, u32)) -> Transform {
    let (to_width, to_height) = (f64::from(size.0), f64::from(size.1));
    let (scale, left, top) = match canvas {
        (Some(width), Some(height)) => {
            let scale = (to_width / width).min(to_height / height);
            let left = (to_width - width * scale) / 2.0;
            (scale, left, (to_height - height * scale) / 2.0)
        }
        (Some(width), None) => (to_width / width, 0.0, 0.0),
        (None, _) => (1.0, 0.0, 0.0),
    };
    let (scale, left, top) = (scale as f32, left as f32, top as f32);
    Transform::from_row(scale, 0.0, 0.0, scale, left, top)
}
