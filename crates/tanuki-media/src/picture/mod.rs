//! Pictures: uploads are decoded once ([`Picture::decode`]), and the variants
//! that are shown are made of that.

mod cmyk;
mod color;
mod decode;
mod encode;
mod jpeg;
mod limits;
mod png_file;
mod psd;
mod resize;

use image::DynamicImage;

pub use decode::{Header, header};
pub use encode::write_variant;
pub use resize::{MAX_PREVIEW_HEIGHT, Size};

/// A decoded picture: 8 bits a channel, in sRGB, upright. One to four
/// channels: grey or colour, with or without alpha.
#[derive(Debug, Clone)]
pub struct Picture {
    pub(crate) image: DynamicImage,
}

impl Picture {
    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.image.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.image.height()
    }
}

/// The formats that are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    /// Photoshop's: the picture of all layers.
    Photoshop,
    /// Any other, by the `image` crate.
    Other(image::ImageFormat),
}

/// Why a picture is not decoded.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is no picture of a known format, or broken.
    #[error("it is not a readable picture: {0}")]
    Unreadable(String),
    /// It has more pixels than allowed. Found in its header, before anything
    /// is decoded.
    #[error("it has {pixels} pixels, more than the {limit} that are allowed")]
    TooLarge { pixels: u64, limit: u64 },
    /// Its file cannot be read.
    #[error("its file cannot be read: {0}")]
    Io(std::io::Error),
}

impl PictureError {
    /// An error of a decoder.
    fn unreadable(error: impl std::fmt::Display) -> Self {
        Self::Unreadable(error.to_string())
    }
}
