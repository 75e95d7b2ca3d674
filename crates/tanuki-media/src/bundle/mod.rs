//! Pictures in one file: a ZIP archive of PNG files, or a PDF with a page for
//! each.

mod pdf;
mod png_data;
mod zip;

use std::io::{self, Write};

pub use pdf::PdfWriter;
pub use zip::{Modified, ZipWriter};

/// The largest file that is written, in bytes: what both formats can hold
/// without their extensions for larger ones.
const MAX_SIZE: u64 = 0xF000_0000;

/// Counts the bytes that are written.
#[derive(Debug)]
struct Counted<W> {
    to: W,
    at: u64,
}

impl<W: Write> Counted<W> {
    fn new(to: W) -> Self {
        Self { to, at: 0 }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        if self.at > MAX_SIZE {
            let message = "the pictures are too large for one file";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        self.to.write_all(bytes)
    }
}

#[cfg(test)]
mod tests;
