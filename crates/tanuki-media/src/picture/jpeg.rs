//! Decoding of JPEG.
//!
//! Not through the `image` crate, which converts CMYK without its profile.

use std::io::{BufRead, Read as _, Seek};

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::limits::check_size;
use super::{PictureError, cmyk, color};

/// The longest JPEG file that is read, in bytes: it is held in memory.
const MAX_FILE: u64 = 512 * 1024 * 1024;

/// A file that is decoded from memory.
type Decoder<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

/// Returns width and height as stored, and the orientation.
pub(super) fn header<R: BufRead + Seek>(
    file: R,
    max_pixels: u64,
) -> Result<(u32, u32, Orientation), PictureError> {
    let bytes = read(file)?;
    let (decoder, (width, height)) = open(&bytes, max_pixels)?;
    Ok((width, height, orientation(&decoder)))
}

/// Decodes the picture; what is missing at its end is grey.
pub(super) fn decode<R: BufRead + Seek>(
    file: R,
    max_pixels: u64,
) -> Result<(DynamicImage, Orientation), PictureError> {
    let bytes = read(file)?;
    let (mut decoder, (width, height)) = open(&bytes, max_pixels)?;
    let orientation = orientation(&decoder);
    let profile = decoder.icc_profile();
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let decoded_as = match stored {
        ColorSpace::Luma => ColorSpace::Luma,
        ColorSpace::CMYK | ColorSpace::YCCK => stored,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options().jpeg_set_out_colorspace(decoded_as));
    let pixels = decoder.decode().map_err(PictureError::unreadable)?;
    let wrong = || PictureError::unreadable("its pixels have an unknown form");
    let image = match decoded_as {
        ColorSpace::Luma => GrayImage::from_raw(width, height, pixels)
            .ok_or_else(wrong)?
            .into(),
        ColorSpace::RGB => {
            let image = RgbImage::from_raw(width, height, pixels).ok_or_else(wrong)?;
            let mut image = image.into();
            if let Some(profile) = profile {
                color::to_srgb(&mut image, &profile);
            }
            image
        }
        _ => {
            let is_ycck = decoded_as == ColorSpace::YCCK;
            let inks = cmyk::inks(pixels, is_ycck);
            let pixels = cmyk::to_srgb(&inks, profile.as_deref());
            RgbImage::from_raw(width, height, pixels)
                .ok_or_else(wrong)?
                .into()
        }
    };
    Ok((image, orientation))
}

fn read<R: BufRead>(file: R) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(PictureError::Io)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(PictureError::unreadable("its file is longer than 512 MiB"));
    }
    Ok(bytes)
}

fn options() -> DecoderOptions {
    // The limits are on the number of pixels, which is checked from the header.
    DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
}

fn open(bytes: &[u8], max_pixels: u64) -> Result<(Decoder<'_>, (u32, u32)), PictureError> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(PictureError::unreadable)?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| PictureError::unreadable("it has no size"))?;
    let width = u32::try_from(width).map_err(PictureError::unreadable)?;
    let height = u32::try_from(height).map_err(PictureError::unreadable)?;
    check_size((width, height), max_pixels)?;
    Ok((decoder, (width, height)))
}

fn orientation(decoder: &Decoder<'_>) -> Orientation {
    decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif))
        .unwrap_or(Orientation::NoTransforms)
}
