//! The font of texts: Liberation Sans, whose letters are as wide as Arial's.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

pub(crate) static LIBERATION_SANS: &[u8] = include_bytes!("../../fonts/LiberationSans-Regular.ttf");

/// A font in a size.
pub(crate) struct Font {
    face: Face<'static>,
    /// The length of one of the font's units, in pixels.
    scale: f64,
}

impl Font {
    /// Returns the font; `size` is that of the em in pixels.
    pub fn new(size: f64) -> Option<Self> {
        let face = Face::parse(LIBERATION_SANS, 0).ok()?;
        let scale = size / f64::from(face.units_per_em());
        Some(Self { face, scale })
    }

    /// Returns the width of a line of text in pixels.
    pub fn width(&self, line: &str) -> f64 {
        let mut width = 0.0;
        self.glyphs(line, |_, _, advance| width += advance);
        width
    }

    /// Returns the outlines of a line of text whose baseline begins at a point;
    /// `None` if there is nothing to see.
    pub fn outlines(&self, line: &str, (left, baseline): (f64, f64)) -> Option<Path> {
        let mut pen = Pen {
            builder: PathBuilder::new(),
            left: 0.0,
            baseline: baseline as f32,
            scale: self.scale as f32,
        };
        self.glyphs(line, |glyph, at, _| {
            pen.left = (left + at) as f32;
            self.face.outline_glyph(glyph, &mut pen);
        });
        pen.builder.finish()
    }

    /// Calls a function with each letter, its distance from the begin of the
    /// line, and how far the next is from it.
    fn glyphs(&self, line: &str, mut each: impl FnMut(GlyphId, f64, f64)) {
        let mut at = 0.0;
        let glyphs = line.chars().map(|letter| {
            let letter = if letter.is_control() { ' ' } else { letter };
            self.face.glyph_index(letter).unwrap_or(GlyphId(0))
        });
        let mut glyphs = glyphs.peekable();
        while let Some(glyph) = glyphs.next() {
            let next = glyphs.peek().map_or(0, |next| self.kerning(glyph, *next));
            let advance = i32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
            let advance = f64::from(advance + i32::from(next)) * self.scale;
            each(glyph, at, advance);
            at += advance;
        }
    }

    /// Returns how much nearer a pair of letters is, in the font's units.
    fn kerning(&self, left: GlyphId, right: GlyphId) -> i16 {
        let tables = self.face.tables().kern.into_iter();
        let tables = tables.flat_map(|kern| kern.subtables);
        let mut horizontal = tables.filter(|table| table.horizontal && !table.variable);
        horizontal
            .find_map(|table| table.glyphs_kerning(left, right))
            .unwrap_or(0)
    }
}

/// Writes the outlines of letters to a path.
struct Pen {
    builder: PathBuilder,
    left: f32,
    baseline: f32,
    scale: f32,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.left + x * self.scale, self.baseline - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2)) = (self.place(x1, y1), self.place(x2, y2));
        let (x, y) = self.place(x, y);
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}
