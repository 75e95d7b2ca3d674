//! The pixels that are drawn on: a picture, or a part of one that is drawn
//! apart from it.

use image::RgbaImage;
use tiny_skia::{
    BlendMode, FillRule, IntSize, LineCap, LineJoin, Paint, Path, Pixmap, PixmapPaint, Rect,
    Stroke, Transform,
};

use super::color::Color;

/// Pixels, and where they are in the picture.
#[derive(Debug)]
pub(super) struct Layer {
    pixels: Pixmap,
    left: i32,
    top: i32,
}

impl Layer {
    /// Returns a layer with a picture; `None` if it has no pixels.
    pub fn of(picture: RgbaImage) -> Option<Self> {
        let size = IntSize::from_wh(picture.width(), picture.height())?;
        let mut bytes = picture.into_raw();
        for pixel in bytes.chunks_exact_mut(4) {
            if let [red, green, blue, alpha] = pixel
                && *alpha < 255
            {
                for channel in [red, green, blue] {
                    *channel = multiplied(*channel, *alpha);
                }
            }
        }
        Some(Self {
            pixels: Pixmap::from_vec(bytes, size)?,
            left: 0,
            top: 0,
        })
    }

    /// Returns the pixels in RGB, on black.
    pub fn into_rgb(self) -> Vec<u8> {
        let bytes = self.pixels.take();
        let mut rgb = Vec::with_capacity(bytes.len() / 4 * 3);
        for pixel in bytes.chunks_exact(4) {
            rgb.extend(pixel.iter().take(3));
        }
        rgb
    }

    /// Returns an empty layer for the part of this one that is within bounds;
    /// `None` if there is none.
    pub fn part(&self, bounds: Rect) -> Option<Self> {
        let seen = self.seen(bounds)?;
        let (left, top) = (seen.left().floor(), seen.top().floor());
        let width = (seen.right().ceil() - left).max(1.0);
        let height = (seen.bottom().ceil() - top).max(1.0);
        Some(Self {
            pixels: Pixmap::new(width as u32, height as u32)?,
            left: left as i32,
            top: top as i32,
        })
    }

    /// Returns what is seen of bounds on this layer; `None` if nothing is.
    pub fn seen(&self, bounds: Rect) -> Option<Rect> {
        let (left, top) = (self.left as f32, self.top as f32);
        let right = left + self.pixels.width() as f32;
        let bottom = top + self.pixels.height() as f32;
        Rect::from_ltrb(
            bounds.left().clamp(left, right),
            bounds.top().clamp(top, bottom),
            bounds.right().clamp(left, right),
            bounds.bottom().clamp(top, bottom),
        )
    }

    /// Returns the number of pixels.
    pub fn area(&self) -> u64 {
        u64::from(self.pixels.width()) * u64::from(self.pixels.height())
    }

    /// Fills a path.
    pub fn fill(&mut self, path: &Path, color: Color, place: Transform) {
        let (paint, place) = (painted(color), self.shifted(place));
        let rule = FillRule::Winding;
        self.pixels.fill_path(path, &paint, rule, place, None);
    }

    /// Strokes a path, with round ends and joins.
    pub fn stroke(&mut self, path: &Path, (color, width): (Color, f64), place: Transform) {
        let (paint, place) = (painted(color), self.shifted(place));
        self.pixels
            .stroke_path(path, &paint, &round(width), place, None);
    }

    /// Erases where a path is stroked.
    pub fn erase(&mut self, path: &Path, width: f64, place: Transform) {
        let mut paint = painted(Color::BLACK);
        paint.blend_mode = BlendMode::DestinationOut;
        let place = self.shifted(place);
        self.pixels
            .stroke_path(path, &paint, &round(width), place, None);
    }

    /// Keeps what is within a path only.
    pub fn clip(&mut self, path: &Path, place: Transform) {
        let Some(pixels) = Pixmap::new(self.pixels.width(), self.pixels.height()) else {
            return;
        };
        let (left, top) = (self.left, self.top);
        let mut kept = Self { pixels, left, top };
        kept.fill(path, Color::BLACK, place);
        let paint = PixmapPaint {
            blend_mode: BlendMode::DestinationIn,
            ..PixmapPaint::default()
        };
        let identity = Transform::identity();
        self.pixels
            .draw_pixmap(0, 0, kept.pixels.as_ref(), &paint, identity, None);
    }

    /// Draws a part over this layer.
    pub fn merge(&mut self, part: &Self, opacity: f32) {
        let paint = PixmapPaint {
            opacity,
            ..PixmapPaint::default()
        };
        let (x, y) = (part.left - self.left, part.top - self.top);
        let identity = Transform::identity();
        self.pixels
            .draw_pixmap(x, y, part.pixels.as_ref(), &paint, identity, None);
    }

    /// The map of coordinates of the picture to those of this layer.
    fn shifted(&self, place: Transform) -> Transform {
        place.post_translate(-self.left as f32, -self.top as f32)
    }
}

/// A channel multiplied with its alpha.
fn multiplied(channel: u8, alpha: u8) -> u8 {
    let product = u16::from(channel) * u16::from(alpha);
    ((product + 127) / 255) as u8
}

fn painted(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(color.red, color.green, color.blue, color.alpha);
    paint.anti_alias = true;
    paint
}

fn round(width: f64) -> Stroke {
    Stroke {
        width: width as f32,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    }
}
