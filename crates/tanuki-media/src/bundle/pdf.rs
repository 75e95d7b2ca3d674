//! PDF documents of pictures.
//!
//! PDF compresses and filters pixels as PNG does (ISO 32000-1, 7.4.4.4), so that
//! they are taken over as they are.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Bounded;
use super::png_data::PngData;

/// Pixels to an inch.
const RESOLUTION: f64 = 150.0;

/// Points to an inch, PDF's unit of length.
const POINTS: f64 = 72.0;

/// The catalog, and the list of pages. Three objects for each page follow.
const CATALOG: usize = 1;
const PAGES: usize = 2;

/// Writes a document with a picture on each page, at 150 pixels to an inch.
#[derive(Debug)]
pub struct PdfWriter<W> {
    to: Bounded<W>,
    /// Where each object begins, from that with the number 3 on.
    offsets: Vec<u64>,
}

impl<W: Write> PdfWriter<W> {
    /// Begins a document.
    ///
    /// # Errors
    /// If writing fails.
    pub fn new(to: W) -> io::Result<Self> {
        let mut to = Bounded::new(to);
        // The second line says that the file is not text.
        to.write_all(b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")?;
        Ok(Self {
            to,
            offsets: Vec::new(),
        })
    }

    /// Adds a page with a PNG file, which has to be in RGB with 8 bits a channel
    /// and not interlaced.
    ///
    /// # Errors
    /// If the file is of another kind, writing fails, or the document becomes
    /// too large.
    pub fn add(&mut self, png: &[u8]) -> io::Result<()> {
        let png = PngData::of(png)?;
        let length = |pixels: u32| f64::from(pixels) * POINTS / RESOLUTION;
        let (width, height) = (length(png.width), length(png.height));
        let page = self.offsets.len() + 3;
        let (content, image) = (page + 1, page + 2);
        self.object(&format!(
            "<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 {width:.2} {height:.2}] \
             /Resources << /XObject << /Picture {image} 0 R >> >> /Contents {content} 0 R >>"
        ))?;
        self.to.write_all(b"endobj\n")?;
        let drawn = format!("q {width:.2} 0 0 {height:.2} 0 0 cm /Picture Do Q");
        self.object(&format!("<< /Length {} >>", drawn.len()))?;
        self.stream(&[drawn.as_bytes()])?;
        let length: usize = png.pieces.iter().map(|piece| piece.len()).sum();
        self.object(&format!(
            "<< /Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceRGB \
             /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 3 \
             /BitsPerComponent 8 /Columns {} >> /Length {length} >>",
            png.width, png.height, png.width
        ))?;
        self.stream(&png.pieces)
    }

    /// Begins the next object.
    fn object(&mut self, dictionary: &str) -> io::Result<()> {
        self.offsets.push(self.to.at);
        let number = self.offsets.len() + 2;
        self.to
            .write_all(format!("{number} 0 obj\n{dictionary}\n").as_bytes())
    }

    /// Ends an object with a stream.
    fn stream(&mut self, pieces: &[&[u8]]) -> io::Result<()> {
        self.to.write_all(b"stream\n")?;
        for piece in pieces {
            self.to.write_all(piece)?;
        }
        self.to.write_all(b"\nendstream\nendobj\n")
    }

    /// Writes the list of pages and the table of objects. Returns what was
    /// written to.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        let mut kids = String::new();
        for page in (3..self.offsets.len() + 3).step_by(3) {
            let _ = write!(kids, "{page} 0 R ");
        }
        let catalog = self.to.at;
        let text = format!("{CATALOG} 0 obj\n<< /Type /Catalog /Pages {PAGES} 0 R >>\nendobj\n");
        self.to.write_all(text.as_bytes())?;
        let pages = self.to.at;
        let text = format!(
            "{PAGES} 0 obj\n<< /Type /Pages /Count {} /Kids [{kids}] >>\nendobj\n",
            self.offsets.len() / 3
        );
        self.to.write_all(text.as_bytes())?;
        let table = self.to.at;
        let count = self.offsets.len() + 3;
        let mut text = format!("xref\n0 {count}\n0000000000 65535 f \n");
        for offset in [catalog, pages].iter().chain(&self.offsets) {
            let _ = writeln!(text, "{offset:010} 00000 n ");
        }
        let _ = write!(
            text,
            "trailer\n<< /Size {count} /Root {CATALOG} 0 R >>\nstartxref\n{table}\n%%EOF\n"
        );
        self.to.write_all(text.as_bytes())?;
        self.to.to.flush()?;
        Ok(self.to.to)
    }
}
