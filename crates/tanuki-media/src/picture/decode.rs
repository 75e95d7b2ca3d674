//! Decoding of uploads, whatever their format.

use std::io::{BufRead, Read as _, Seek, SeekFrom};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::limits::check_size;
use super::{Format, Picture, PictureError, color, jpeg, png_file, psd};

/// How many bytes of a file tell its format.
const MAGIC: u64 = 32;

/// Memory for a decoder's own tables and rows, in bytes, beside the pixels.
const DECODER_OVERHEAD: u64 = 64 * 1024 * 1024;

/// What the header of a picture says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub format: Format,
    /// Width in pixels of the upright picture.
    pub width: u32,
    /// Height in pixels of the upright picture.
    pub height: u32,
}

/// Reads the header of a picture, without decoding it. `extension` is that of
/// the file's name: formats without a signature (TGA) go by it. `max_pixels`
/// is the limit on width times height.
///
/// # Errors
///
/// As [`Picture::decode`].
pub fn header<R: BufRead + Seek>(
    mut file: R,
    extension: &str,
    max_pixels: u64,
) -> Result<Header, PictureError> {
    let format = format(&mut file, extension)?;
    let (width, height, orientation) = match format {
        Format::Png => png_file::header(file, max_pixels)?,
        Format::Jpeg => jpeg::header(file, max_pixels)?,
        Format::Photoshop => {
            let (width, height) = psd::header(file, max_pixels)?;
            (width, height, Orientation::NoTransforms)
        }
        Format::Other(format) => {
            let mut decoder = decoder(file, format)?;
            let (width, height) = decoder.dimensions();
            check_size((width, height), max_pixels)?;
            (width, height, orientation(&mut decoder))
        }
    };
    let (width, height) = match is_turned(orientation) {
        true => (height, width),
        false => (width, height),
    };
    Ok(Header {
        format,
        width,
        height,
    })
}

impl Picture {
    /// Decodes a picture: upright, converted to sRGB and to 8 bits a channel.
    /// Of an animation the first frame. A file that is cut off gives the part
    /// that is there. Arguments as for [`header`].
    ///
    /// # Errors
    ///
    /// [`PictureError::Unreadable`] if it is no picture of a known format or
    /// broken, [`PictureError::TooLarge`] if it has more pixels than allowed,
    /// [`PictureError::Io`] if the file cannot be read.
    pub fn decode<R: BufRead + Seek>(
        mut file: R,
        extension: &str,
        max_pixels: u64,
    ) -> Result<Self, PictureError> {
        let (mut image, orientation) = match format(&mut file, extension)? {
            Format::Png => png_file::decode(file, max_pixels)?,
            Format::Jpeg => jpeg::decode(file, max_pixels)?,
            Format::Photoshop => (psd::decode(file, max_pixels)?, Orientation::NoTransforms),
            Format::Other(format) => decode_other(file, format, max_pixels)?,
        };
        image.apply_orientation(orientation);
        Ok(Self { image })
    }
}

/// Tells the format by the first bytes of a file, and leaves it at its start.
fn format<R: BufRead + Seek>(file: &mut R, extension: &str) -> Result<Format, PictureError> {
    let mut start = Vec::new();
    file.by_ref()
        .take(MAGIC)
        .read_to_end(&mut start)
        .map_err(PictureError::Io)?;
    file.seek(SeekFrom::Start(0)).map_err(PictureError::Io)?;
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Format::Png);
    }
    if start.starts_with(b"\xff\xd8\xff") {
        return Ok(Format::Jpeg);
    }
    if start.starts_with(psd::SIGNATURE) {
        return Ok(Format::Photoshop);
    }
    let format = image::guess_format(&start)
        .ok()
        .filter(|format| {
            matches!(
                format,
                ImageFormat::Gif
                    | ImageFormat::WebP
                    | ImageFormat::Tiff
                    | ImageFormat::Bmp
                    | ImageFormat::Hdr
                    | ImageFormat::OpenExr
            )
        })
        .or_else(|| (extension == "tga").then_some(ImageFormat::Tga));
    format
        .map(Format::Other)
        .ok_or_else(|| PictureError::unreadable("its format is not known"))
}

fn decoder<'a, R: BufRead + Seek + 'a>(
    file: R,
    format: ImageFormat,
) -> Result<impl ImageDecoder + 'a, PictureError> {
    ImageReader::with_format(file, format)
        .into_decoder()
        .map_err(PictureError::unreadable)
}

fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn decode_other<R: BufRead + Seek>(
    file: R,
    format: ImageFormat,
    max_pixels: u64,
) -> Result<(DynamicImage, Orientation), PictureError> {
    let mut decoder = decoder(file, format)?;
    check_size(decoder.dimensions(), max_pixels)?;
    let max_bytes = max_pixels.saturating_mul(4);
    if decoder.total_bytes() > max_bytes {
        return Err(PictureError::TooLarge {
            pixels: decoder.total_bytes() / 4,
            limit: max_pixels,
        });
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_bytes.saturating_mul(2).saturating_add(DECODER_OVERHEAD));
    decoder
        .set_limits(limits)
        .map_err(PictureError::unreadable)?;
    let orientation = orientation(&mut decoder);
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(PictureError::unreadable)?;
    let mut image = color::to_eight_bits(image);
    if let Some(profile) = profile {
        color::to_srgb(&mut image, &profile);
    }
    Ok((image, orientation))
}

/// Whether an orientation exchanges width and height.
fn is_turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}
