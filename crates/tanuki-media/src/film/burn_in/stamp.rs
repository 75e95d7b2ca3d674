//! Texts drawn for frames in yuv420p.

use tiny_skia::{FillRule, Mask, Transform};

use crate::drawing::Font;

/// The luma of black and of white.
const BLACK: u8 = 16;
const WHITE: u8 = 235;

/// The chroma of black, grey and white.
const NEUTRAL: u8 = 128;

/// How opaque the ground of a text is.
const GROUND: f32 = 0.55;

/// How opaque a watermark and its shadow are.
const FAINT: f32 = 0.3;

/// The height of a text with what is above and below its letters, and where
/// their baseline is, as shares of the font's size.
const LINE: f64 = 1.4;
const BASELINE: f64 = 1.05;

/// The space beside a text, as a share of the font's size.
const BESIDE: f64 = 0.3;

/// The space beside a digit, as a share of the font's size: less than beside a text,
/// since a number is made of several.
const BESIDE_DIGIT: f64 = 0.03;

/// A text in black, white and grey. Its width and height are even.
#[derive(Debug)]
pub(super) struct Stamp {
    pub width: usize,
    pub height: usize,
    /// How much of the frame is left at each pixel, of 255.
    kept: Vec<u8>,
    /// The luma that is added to what is left.
    added: Vec<u8>,
    /// How much of the chroma is left at each four pixels, of 255.
    kept_chroma: Vec<u8>,
}

impl Stamp {
    /// Draws white letters on dark ground. `None` if there is no text.
    pub fn on_ground(text: &str, size: f64, widest: f64) -> Option<Self> {
        let is_digit = text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_digit());
        let beside = if is_digit { BESIDE_DIGIT } else { BESIDE };
        let drawn = drawn(text, (size, widest), beside, [0.0])?;
        let [letters] = &drawn.covered;
        let ground = vec![u8::MAX; letters.len()];
        let layers = [(&ground, BLACK, GROUND), (letters, WHITE, 1.0)];
        Some(Self::of(drawn.area, layers))
    }

    /// Draws white letters with a black shadow, that let the frame through.
    /// `None` if there is no text.
    pub fn faint(text: &str, size: f64, widest: f64) -> Option<Self> {
        let drawn = drawn(text, (size, widest), BESIDE, [0.05, 0.0])?;
        let [shadow, letters] = &drawn.covered;
        let layers = [(shadow, BLACK, FAINT), (letters, WHITE, FAINT)];
        Some(Self::of(drawn.area, layers))
    }

    /// Puts layers on each other: how much of each pixel is covered, the luma,
    /// and how opaque it is.
    fn of<const N: usize>(
        (width, height): (usize, usize),
        layers: [(&Vec<u8>, u8, f32); N],
    ) -> Self {
        let mut kept = vec![1.0_f32; width * height];
        let mut added = vec![0.0_f32; width * height];
        for (covered, luma, opacity) in layers {
            let pixels = kept.iter_mut().zip(&mut added).zip(covered);
            for ((kept, added), covered) in pixels {
                let alpha = f32::from(*covered) / 255.0 * opacity;
                *added = *added * (1.0 - alpha) + f32::from(luma) * alpha;
                *kept *= 1.0 - alpha;
            }
        }
        let kept: Vec<u8> = kept
            .into_iter()
            .map(|share| (share * 255.0) as u8)
            .collect();
        let chroma = |pair: &[u8], below: &[u8]| {
            let four = pair.iter().chain(below).map(|share| u16::from(*share));
            (four.sum::<u16>() / 4) as u8
        };
        let rows = kept.chunks_exact(width * 2).flat_map(|rows| {
            let (above, below) = rows.split_at(width);
            let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
            pairs.map(|(above, below)| chroma(above, below))
        });
        Self {
            width,
            height,
            kept_chroma: rows.collect(),
            kept,
            added: added.into_iter().map(|luma| luma as u8).collect(),
        }
    }

    /// Draws the text on a frame, whose size is given, with its top left corner
    /// at a place. What is outside of the frame is left out.
    pub fn burn(&self, frame: &mut [u8], size: (usize, usize), (left, top): (usize, usize)) {
        let (left, top) = (left - left % 2, top - top % 2);
        let (luma, chroma) = frame.split_at_mut(size.0 * size.1);
        let rows = luma.chunks_exact_mut(size.0).skip(top);
        let own = self.kept.chunks_exact(self.width);
        let own = own.zip(self.added.chunks_exact(self.width));
        for (row, (kept, added)) in rows.zip(own) {
            let pixels = row.iter_mut().skip(left).zip(kept).zip(added);
            for ((pixel, kept), added) in pixels {
                *pixel = part_of(*pixel, *kept).saturating_add(*added);
            }
        }
        let half = size.0 / 2;
        let (blue, red) = chroma.split_at_mut(half * (size.1 / 2));
        for plane in [blue, red] {
            let rows = plane.chunks_exact_mut(half).skip(top / 2);
            for (row, kept) in rows.zip(self.kept_chroma.chunks_exact(self.width / 2)) {
                for (pixel, kept) in row.iter_mut().skip(left / 2).zip(kept) {
                    *pixel = part_of(*pixel, *kept) + part_of(NEUTRAL, u8::MAX - kept);
                }
            }
        }
    }
}

/// A part of a value, in 255ths.
fn part_of(value: u8, part: u8) -> u8 {
    (u16::from(value) * u16::from(part) / 255) as u8
}

/// A text that was drawn several times.
struct Drawn<const N: usize> {
    /// Width and height, which are even.
    area: (usize, usize),
    /// How much of each pixel is covered, of 255.
    covered: [Vec<u8>; N],
}

/// Draws a text several times, each moved to the right and down by a share of
/// the font's size. The text is made smaller if it is wider than it may be.
fn drawn<const N: usize>(
    text: &str,
    (size, widest): (f64, f64),
    beside: f64,
    moved: [f64; N],
) -> Option<Drawn<N>> {
    let text = text.trim();
    let wanted = Font::new(size)?.width(text);
    if text.is_empty() || wanted <= 0.0 {
        return None;
    }
    let size = size * (widest / wanted).min(1.0);
    let font = Font::new(size)?;
    let even = |length: f64| (length / 2.0).ceil() as usize * 2;
    let area = (
        even(font.width(text) + 2.0 * beside * size),
        even(size * LINE),
    );
    let masks = moved.map(|by| {
        let mut mask = Mask::new(area.0 as u32, area.1 as u32)?;
        let place = (size * (beside + by), size * (BASELINE + by));
        // None for letters without an outline.
        if let Some(outlines) = font.outlines(text, place) {
            mask.fill_path(&outlines, FillRule::Winding, true, Transform::identity());
        }
        Some(mask.data().to_vec())
    });
    let is_drawn = masks.iter().all(Option::is_some);
    is_drawn.then(|| Drawn {
        area,
        covered: masks.map(Option::unwrap_or_default),
    })
}
