//! Documents: SVG files, and the first page of PDF files, drawn as pictures.
//!
//! How long that takes, and how much memory, is up to the document. So a child
//! process draws it, with limits on both, which reads no other file.

mod pdf;
mod svg;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::child::{self, ChildError, Limits};
use crate::picture::Picture;

/// The first argument of an executable that is to draw a document. Its kind, its
/// path and the path of the picture follow.
pub(crate) const ARGUMENT: &str = "draw-document";

/// The longer side of the picture in pixels, whatever size the document has.
const LONGER_SIDE: f32 = 2048.0;

/// How long drawing may take.
const TIME: Duration = Duration::from_secs(60);

/// The memory that drawing may take, in bytes.
const MEMORY: u64 = 4 << 30;

/// The size of the picture's file, in bytes.
const PICTURE_SIZE: u64 = 256 << 20;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    Svg,
    /// PDF, and files of Illustrator, which hold one.
    Pdf,
}

impl Document {
    /// Returns the kind of files with that extension, in lower case.
    pub fn of(extension: &str) -> Option<Self> {
        match extension {
            "svg" => Some(Self::Svg),
            "ai" | "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
        }
    }

    /// Draws a document as a PNG of 2,048 pixels on the longer side, in a child
    /// process of this executable, which must call
    /// [`run_as_child`](child::run_as_child). The child runs in `folder`, and is
    /// killed after a minute.
    ///
    /// # Errors
    /// [`ChildError::Failed`] if the document is broken or encrypted,
    /// [`ChildError::Temporary`] if it takes too long or too much memory.
    pub async fn draw(
        self,
        (document, picture): (&Path, &Path),
        folder: &Path,
    ) -> Result<(), ChildError> {
        let executable = if cfg!(target_os = "linux") {
            "/proc/self/exe".into()
        } else {
            std::env::current_exe()?
        };
        let arguments = [
            OsString::from(ARGUMENT),
            self.name().into(),
            // The child runs in another folder.
            std::path::absolute(document)?.into(),
            std::path::absolute(picture)?.into(),
        ];
        let limits = Limits {
            time: TIME,
            file_size: PICTURE_SIZE,
            memory: Some(MEMORY),
            is_bound: true,
            ..Limits::default()
        };
        child::run(&executable, &arguments, folder, limits).await
    }
}

/// Draws the document that the arguments of this process name.
///
/// # Errors
/// If the document cannot be drawn, or a file cannot be read or written.
pub(crate) fn draw_as_child(mut arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let kind = arguments.next();
    let kind = kind.as_ref().and_then(|kind| Document::of(kind.to_str()?));
    let (Some(kind), Some(document), Some(picture)) = (kind, arguments.next(), arguments.next())
    else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let document = std::fs::read(document)?;
    let drawn = drawn(kind, document).map_err(io::Error::other)?;
    let mut file = BufWriter::new(File::create(picture)?);
    drawn.write_png(&mut file)?;
    file.flush()
}

/// Draws a document, or says why it cannot be drawn.
fn drawn(kind: Document, document: Vec<u8>) -> Result<Picture, String> {
    match kind {
        Document::Svg => svg::draw(&document),
        Document::Pdf => pdf::draw(document),
    }
}

/// The scale at which the longer of two sides has the size of the picture.
/// `None` if they are no sizes.
fn scale(width: f32, height: f32) -> Option<f32> {
    let scale = LONGER_SIDE / width.max(height);
    (width > 0.0 && height > 0.0 && scale.is_finite()).then_some(scale)
}

#[cfg(test)]
mod tests;
