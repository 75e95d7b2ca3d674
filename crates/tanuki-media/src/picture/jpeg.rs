//! Decoding of JPEG.
//!
//! Not through the `image` crate, which converts CMYK without its profile.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::limits::check_size;
use super::{PictureError, cmyk, color};

/// The longest JPEG file that is read, in bytes: its profile may be as long.
const MAX_FILE: u64 = 512 * 1024 * 1024;

/// Bytes of the file that are in memory at a time.
const BUFFER: usize = 64 * 1024;

type Decoder<R> = JpegDecoder<Source<R>>;

/// Returns width and height as stored, and the orientation.
pub(super) fn header<R: Read + Seek>(
    file: R,
    max_pixels: u64,
) -> Result<(u32, u32, Orientation), PictureError> {
    let (decoder, (width, height)) = open(file, max_pixels)?;
    Ok((width, height, orientation(&decoder)))
}

/// Decodes the picture; what is missing at its end is grey.
pub(super) fn decode<R: Read + Seek>(
    file: R,
    max_pixels: u64,
) -> Result<(DynamicImage, Orientation), PictureError> {
    let (mut decoder, (width, height)) = open(file, max_pixels)?;
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

fn options() -> DecoderOptions {
    // The limits are on the number of pixels, which is checked from the header.
    DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
}

fn open<R: Read + Seek>(
    mut file: R,
    max_pixels: u64,
) -> Result<(Decoder<R>, (u32, u32)), PictureError> {
    let length = file.seek(SeekFrom::End(0)).map_err(PictureError::Io)?;
    file.rewind().map_err(PictureError::Io)?;
    if length > MAX_FILE {
        return Err(PictureError::unreadable("its file is longer than 512 MiB"));
    }
    let source = Source {
        buffer: BufReader::with_capacity(BUFFER, file),
        position: 0,
    };
    let mut decoder = JpegDecoder::new_with_options(source, options());
    decoder.decode_headers().map_err(PictureError::unreadable)?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| PictureError::unreadable("it has no size"))?;
    let width = u32::try_from(width).map_err(PictureError::unreadable)?;
    let height = u32::try_from(height).map_err(PictureError::unreadable)?;
    check_size((width, height), max_pixels)?;
    Ok((decoder, (width, height)))
}

fn orientation<R: Read + Seek>(decoder: &Decoder<R>) -> Orientation {
    decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif))
        .unwrap_or(Orientation::NoTransforms)
}

/// A buffered file. The decoder often steps back a few bytes, for which a
/// [`BufReader`] would ask the system for its position, or read anew.
struct Source<R> {
    buffer: BufReader<R>,
    /// Bytes from the start of the file.
    position: u64,
}

impl<R: Read> Read for Source<R> {
    #[inline]
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.buffer.read(to)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.buffer.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.buffer.consume(amount);
        self.position += amount as u64;
    }
}

impl<R: Read + Seek> Seek for Source<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Current(offset) = to else {
            self.position = self.buffer.seek(to)?;
            return Ok(self.position);
        };
        self.buffer.seek_relative(offset)?;
        self.position = self.position.saturating_add_signed(offset);
        Ok(self.position)
    }
}
