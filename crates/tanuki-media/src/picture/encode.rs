//! Encoding as PNG.

use std::io::{self, Write};

use image::RgbaImage;
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::Picture;

impl Picture {
    /// Writes the picture as PNG with 8 bits a channel, at a speed that suits
    /// large pictures.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write_png(&self, to: impl Write) -> io::Result<()> {
        let color = match self.image {
            image::DynamicImage::ImageLuma8(_) => ColorType::Grayscale,
            image::DynamicImage::ImageLumaA8(_) => ColorType::GrayscaleAlpha,
            image::DynamicImage::ImageRgb8(_) => ColorType::Rgb,
            _ => ColorType::Rgba,
        };
        let size = (self.width(), self.height());
        write(to, size, (color, Compression::Fast), self.image.as_bytes())
    }
}

/// Writes a version of a picture as PNG, compressed well: it is made once and
/// sent often.
///
/// # Errors
/// If writing fails.
pub fn write_variant(image: &RgbaImage, to: impl Write) -> io::Result<()> {
    let form = (ColorType::Rgba, Compression::Balanced);
    write(to, image.dimensions(), form, image)
}

fn write(
    to: impl Write,
    (width, height): (u32, u32),
    (color, compression): (ColorType, Compression),
    pixels: &[u8],
) -> io::Result<()> {
    let mut encoder = Encoder::new(to, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(compression);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    Ok(writer.finish()?)
}
