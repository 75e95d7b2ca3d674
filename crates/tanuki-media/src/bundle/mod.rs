//! Pictures in one file: a PDF with a page for each, and a bound on the size of
//! such files.

mod pdf;
mod png_data;

use std::io::{self, Write};

pub use pdf::PdfWriter;

/// The largest file that is written, in bytes: what PDF and ZIP can hold without
/// their extensions for larger ones.
const MAX_SIZE: u64 = 0xF000_0000;

/// Counts the bytes that are written, and refuses more than fit into one file.
#[derive(Debug)]
pub struct Bounded<W> {
    to: W,
    at: u64,
}

impl<W: Write> Bounded<W> {
    /// Bounds what is written from now on.
    pub fn new(to: W) -> Self {
        Self { to, at: 0 }
    }
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.at + bytes.len() as u64 > MAX_SIZE {
            let message = "the pictures are too large for one file";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let written = self.to.write(bytes)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests;
