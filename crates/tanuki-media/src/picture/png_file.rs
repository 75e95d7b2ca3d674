//! Decoding of PNG.
//!
//! Not through the `image` crate, which has no way to get the rows of a file
//! that is cut off, and would hold 16-bit pictures at their full depth.

use std::io::{BufRead, Seek};

use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use png::{ColorType, DecodeOptions, Decoder, Limits, Reader, Transformations};

use super::limits::check_size;
use super::{PictureError, color};

/// Memory for compressed rows and metadata, in bytes.
const METADATA: usize = 64 * 1024 * 1024;

/// Returns width and height as stored, and the orientation.
pub(super) fn header<R: BufRead + Seek>(
    file: R,
    max_pixels: u64,
) -> Result<(u32, u32, Orientation), PictureError> {
    let reader = open(file, max_pixels)?;
    let info = reader.info();
    Ok((info.width, info.height, orientation(&reader)))
}

/// Decodes the picture; rows that are missing at its end are black, or
/// transparent.
pub(super) fn decode<R: BufRead + Seek>(
    file: R,
    max_pixels: u64,
) -> Result<(DynamicImage, Orientation), PictureError> {
    let mut reader = open(file, max_pixels)?;
    let orientation = orientation(&reader);
    let (width, height) = (reader.info().width, reader.info().height);
    let profile = reader.info().icc_profile.clone();
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| PictureError::unreadable("it is too large"))?;
    let mut pixels = vec![0; size];
    // What was decoded before an error is in the buffer: that the rest is
    // missing or broken is no reason to refuse it.
    let _ = reader.next_frame(&mut pixels);
    let image = match reader.output_color_type().0 {
        ColorType::Grayscale => GrayImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::GrayscaleAlpha => {
            GrayAlphaImage::from_raw(width, height, pixels).map(Into::into)
        }
        ColorType::Rgb => RgbImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::Rgba => RgbaImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::Indexed => None,
    };
    let mut image: DynamicImage =
        image.ok_or_else(|| PictureError::unreadable("its pixels have an unknown form"))?;
    if let Some(profile) = profile {
        color::to_srgb(&mut image, &profile);
    }
    Ok((image, orientation))
}

/// Reads the header, up to the first pixels. Palettes and transparent colours
/// are expanded, 16 bits are cut to the upper 8.
fn open<R: BufRead + Seek>(file: R, max_pixels: u64) -> Result<Reader<R>, PictureError> {
    let mut options = DecodeOptions::default();
    options.set_ignore_checksums(true);
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(file, options);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_limits(Limits { bytes: METADATA });
    let header = decoder
        .read_header_info()
        .map_err(PictureError::unreadable)?;
    check_size((header.width, header.height), max_pixels)?;
    decoder.read_info().map_err(PictureError::unreadable)
}

fn orientation<R: BufRead + Seek>(reader: &Reader<R>) -> Orientation {
    let exif = reader.info().exif_metadata.as_deref();
    exif.and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}
