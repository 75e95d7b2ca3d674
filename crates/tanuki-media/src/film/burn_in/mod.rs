//! Texts burnt into the frames of a film.
//!
//! They are drawn between the decoder and the encoder, on raw frames: so any
//! ffmpeg can do it, and no text becomes part of its command line.

mod stamp;

use std::io::{self, Read, Write};

use stamp::Stamp;

/// The height of letters, as a share of the frame's height.
const TEXT: f64 = 1.0 / 30.0;

/// The least height of letters in pixels.
const LEAST_TEXT: f64 = 10.0;

/// The height of the letters of a watermark, as a share of the frame's height.
const WATERMARK: f64 = 1.0 / 14.0;

/// How much of the frame's width a text takes at most.
const WIDEST: f64 = 0.6;

/// The distance of texts from the edges, as a share of the frame's height.
const MARGIN: f64 = 1.0 / 40.0;

/// The most letters of a text.
const MOST_LETTERS: usize = 120;

/// What is burnt into the frames of a film.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BurnIn {
    /// What the film shows, at the top left. Nothing if it is empty.
    pub title: String,
    /// The number of the film's first frame, with which frames are counted at
    /// the bottom right. `None`: they are not.
    pub first_frame: Option<u64>,
    /// Who the film is for, faint in the middle. Nothing if it is empty.
    pub watermark: String,
}

/// What is burnt in, drawn for frames of one size.
#[derive(Debug)]
pub(super) struct Burner {
    frame: (usize, usize),
    margin: usize,
    title: Option<Stamp>,
    watermark: Option<Stamp>,
    /// With the number of the first frame, the digits from 0 to 9.
    counter: Option<(u64, Vec<Stamp>)>,
}

impl Burner {
    /// Draws the texts for frames of that size, whose numbers are even.
    pub fn new(what: &BurnIn, (width, height): (u32, u32)) -> Self {
        let size = (f64::from(height) * TEXT).max(LEAST_TEXT);
        let widest = f64::from(width) * WIDEST;
        let title = shortened(&what.title);
        let watermark = shortened(&what.watermark);
        let margin = (f64::from(height) * MARGIN) as usize;
        Self {
            frame: (width as usize, height as usize),
            margin: margin - margin % 2,
            title: Stamp::on_ground(&title, size, widest),
            watermark: Stamp::faint(&watermark, f64::from(height) * WATERMARK, widest),
            counter: what.first_frame.map(|first| {
                let digit = |digit: u8| Stamp::on_ground(&digit.to_string(), size, widest);
                (first, (0..=9).filter_map(digit).collect())
            }),
        }
    }

    /// Copies raw frames (yuv420p), with the texts on them. Returns how many
    /// there were; a part of a frame at the end is left out.
    ///
    /// # Errors
    /// If the frames cannot be read or written.
    pub fn copy(&self, mut from: impl Read, mut to: impl Write) -> io::Result<u64> {
        let (width, height) = self.frame;
        let mut frame = vec![0; width * height * 3 / 2];
        for number in 0.. {
            match from.read_exact(&mut frame) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(number),
                Err(error) => return Err(error),
            }
            self.burn(&mut frame, number);
            to.write_all(&frame)?;
        }
        Ok(0)
    }

    /// Draws the texts on a frame.
    fn burn(&self, frame: &mut [u8], number: u64) {
        let (width, height) = self.frame;
        if let Some(watermark) = &self.watermark {
            let left = width.saturating_sub(watermark.width) / 2;
            let top = height.saturating_sub(watermark.height) / 2;
            watermark.burn(frame, self.frame, (left, top));
        }
        if let Some(title) = &self.title {
            title.burn(frame, self.frame, (self.margin, self.margin));
        }
        if let Some((first, digits)) = &self.counter {
            let number = first.saturating_add(number).to_string();
            let mut left = width.saturating_sub(self.margin);
            for digit in number.bytes().rev() {
                let Some(digit) = digits.get(usize::from(digit - b'0')) else {
                    return;
                };
                let top = height.saturating_sub(self.margin + digit.height);
                left = left.saturating_sub(digit.width);
                digit.burn(frame, self.frame, (left, top));
            }
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
