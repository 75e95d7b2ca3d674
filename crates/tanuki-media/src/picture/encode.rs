//! Encoding as PNG.

use std::io::{self, Write};

use image::RgbaImage;
use png::{BitDepth, ColorType, Compression, DeflateCompression, Encoder, Filter};

use super::Picture;

/// The longest chunk of compressed rows, in bytes.
const CHUNK: usize = 64 * 1024;

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
        let mut encoder = encoder(to, (self.width(), self.height()), color);
        encoder.set_compression(Compression::Fast);
        write(encoder, [self.image.as_bytes()])
    }
}

/// The deflate level of versions of pictures. Level 6, the default of most
/// encoders, takes twice as long and saves 3 %.
const VARIANT_LEVEL: u8 = 4;

/// Writes a version of a picture as PNG, without an alpha channel if it is
/// opaque.
///
/// # Errors
/// If writing fails.
pub fn write_variant(image: &RgbaImage, to: impl Write) -> io::Result<()> {
    let level = DeflateCompression::Level(VARIANT_LEVEL);
    let is_opaque = image.pixels().all(|pixel| pixel.0[3] == u8::MAX);
    if is_opaque {
        let mut encoder = encoder(to, image.dimensions(), ColorType::Rgb);
        encoder.set_deflate_compression(level);
        let colors = image.rows().map(|row| -> Vec<u8> {
            row.flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]])
                .collect()
        });
        return write(encoder, colors);
    }
    let mut encoder = encoder(to, image.dimensions(), ColorType::Rgba);
    encoder.set_deflate_compression(level);
    write(encoder, [image.as_raw()])
}

fn encoder<'a, W: Write>(to: W, (width, height): (u32, u32), color: ColorType) -> Encoder<'a, W> {
    let mut encoder = Encoder::new(to, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::Adaptive);
    encoder
}

/// Writes parts of the pixels as they are compressed: the file is never whole in
/// memory.
fn write<W: Write>(
    encoder: Encoder<'_, W>,
    pixels: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> io::Result<()> {
    let mut writer = encoder.write_header()?;
    let mut rows = writer.stream_writer_with_size(CHUNK)?;
    for part in pixels {
        rows.write_all(part.as_ref())?;
    }
    rows.finish()?;
    Ok(writer.finish()?)
}
