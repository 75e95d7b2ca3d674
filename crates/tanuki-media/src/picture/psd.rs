//! Decoding of Photoshop's files: the picture of all layers that they hold
//! beside these.
//!
//! <https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/>

use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom};

use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

use super::limits::check_size;
use super::{PictureError, cmyk, color};

/// What a file begins with.
pub(super) const SIGNATURE: &[u8] = b"8BPS";

/// The most channels of a file, and pixels of a side.
const MAX_CHANNELS: u16 = 56;
const MAX_SIDE: u32 = 300_000;

/// The longest section of resources that is read, in bytes.
const MAX_RESOURCES: u64 = 64 * 1024 * 1024;

/// The resources that count: the colour profile, and whether the picture of all
/// layers was stored.
const PROFILE: u16 = 1039;
const VERSION: u16 = 1057;

/// What the numbers of the pixels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// One bit a pixel, 1 is black.
    Bitmap,
    Grey,
    Indexed,
    Rgb,
    Cmyk,
}

/// What a file begins with.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// Whether lengths have 64 bits (PSB).
    is_large: bool,
    channels: u16,
    width: u32,
    height: u32,
    /// Bits of a channel.
    depth: u16,
    mode: Mode,
}

/// What is between the head and the pixels.
#[derive(Debug, Default)]
struct Sections {
    palette: Vec<u8>,
    profile: Option<Vec<u8>>,
    /// Whether the first channel after the colours is their alpha.
    has_alpha: bool,
}

/// Returns width and height.
pub(super) fn header<R: BufRead>(mut file: R, max_pixels: u64) -> Result<(u32, u32), PictureError> {
    let head = head(&mut file, max_pixels)?;
    Ok((head.width, head.height))
}

/// Decodes the picture of all layers. What is missing at its end is white.
pub(super) fn decode<R: BufRead + Seek>(
    mut file: R,
    max_pixels: u64,
) -> Result<DynamicImage, PictureError> {
    let head = head(&mut file, max_pixels)?;
    let sections = sections(&mut file, head)?;
    let colors = match head.mode {
        Mode::Bitmap | Mode::Grey | Mode::Indexed => 1,
        Mode::Rgb => 3,
        Mode::Cmyk => 4,
    };
    if usize::from(head.channels) < colors {
        return Err(PictureError::unreadable("it lacks channels"));
    }
    let with_alpha = sections.has_alpha && head.channels > colors as u16;
    let with_alpha = with_alpha && matches!(head.mode, Mode::Grey | Mode::Rgb);
    let wanted = colors + usize::from(with_alpha);
    let pixels = planes(&mut file, head, wanted)?;
    picture(head, &sections, pixels, with_alpha)
        .ok_or_else(|| PictureError::unreadable("its pixels have an unknown form"))
}

/// Makes a picture of interleaved pixels.
fn picture(
    head: Head,
    sections: &Sections,
    pixels: Vec<u8>,
    with_alpha: bool,
) -> Option<DynamicImage> {
    let (width, height) = (head.width, head.height);
    let mut image = match (head.mode, with_alpha) {
        (Mode::Bitmap | Mode::Grey, false) => GrayImage::from_raw(width, height, pixels)?.into(),
        (Mode::Bitmap | Mode::Grey, true) => {
            GrayAlphaImage::from_raw(width, height, pixels)?.into()
        }
        (Mode::Indexed, _) => {
            // All red values come first, then all green, then all blue ones.
            let palette = sections.palette.get(..768)?;
            let (red, rest) = palette.split_at(256);
            let (green, blue) = rest.split_at(256);
            let mut colors = Vec::with_capacity(pixels.len() * 3);
            for index in pixels.into_iter().map(usize::from) {
                colors.extend([red[index], green[index], blue[index]]);
            }
            RgbImage::from_raw(width, height, colors)?.into()
        }
        (Mode::Rgb, false) => RgbImage::from_raw(width, height, pixels)?.into(),
        (Mode::Rgb, true) => RgbaImage::from_raw(width, height, pixels)?.into(),
        (Mode::Cmyk, _) => {
            let inks = cmyk::inks(pixels, false);
            let pixels = cmyk::to_srgb(&inks, sections.profile.as_deref());
            return Some(RgbImage::from_raw(width, height, pixels)?.into());
        }
    };
    if let Some(profile) = &sections.profile {
        color::to_srgb(&mut image, profile);
    }
    Some(image)
}

fn head<R: Read>(file: &mut R, max_pixels: u64) -> Result<Head, PictureError> {
    let mut bytes = [0; 26];
    file.read_exact(&mut bytes).map_err(failed)?;
    let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let long =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let is_large = match short(4) {
        1 => false,
        2 => true,
        _ => return Err(PictureError::unreadable("its version is not known")),
    };
    let (channels, height, width, depth) = (short(12), long(14), long(18), short(22));
    let mode = match (short(24), depth) {
        (0, 1) => Mode::Bitmap,
        // A duotone's pixels are those of a grey picture.
        (1 | 8, 8 | 16) => Mode::Grey,
        (2, 8) => Mode::Indexed,
        (3, 8 | 16) => Mode::Rgb,
        (4, 8 | 16) => Mode::Cmyk,
        (mode, depth) => {
            let reason = format!("colours of the mode {mode} with {depth} bits are not decoded");
            return Err(PictureError::unreadable(reason));
        }
    };
    if channels == 0 || channels > MAX_CHANNELS || width > MAX_SIDE || height > MAX_SIDE {
        return Err(PictureError::unreadable("its header is broken"));
    }
    check_size((width, height), max_pixels)?;
    Ok(Head {
        is_large,
        channels,
        width,
        height,
        depth,
        mode,
    })
}

/// Reads what is between the head and the pixels.
fn sections<R: BufRead + Seek>(file: &mut R, head: Head) -> Result<Sections, PictureError> {
    let mut sections = Sections::default();
    let length = u64::from(long(file)?);
    if head.mode == Mode::Indexed {
        sections.palette = read(file, length.min(768))?;
        skip(file, length.saturating_sub(768))?;
    } else {
        skip(file, length)?;
    }
    let length = u64::from(long(file)?);
    if length > MAX_RESOURCES {
        skip(file, length)?;
    } else {
        let resources = read(file, length)?;
        if !has_picture(resource(&resources, VERSION)) {
            return Err(PictureError::unreadable(
                "it holds its layers only, no picture of them",
            ));
        }
        sections.profile = resource(&resources, PROFILE).map(<[u8]>::to_vec);
    }
    let size = if head.is_large { 8 } else { 4 };
    let length = number(file, size)?;
    let mut left = length;
    if length >= size + 2 {
        left -= size;
        if number(file, size)? >= 2 {
            let mut count = [0; 2];
            file.read_exact(&mut count).map_err(failed)?;
            left -= 2;
            sections.has_alpha = i16::from_be_bytes(count) < 0;
        }
    }
    skip(file, left)?;
    Ok(sections)
}

/// Whether the resource of the version says that there is a picture of all
/// layers; old files do not say.
fn has_picture(version: Option<&[u8]>) -> bool {
    version.and_then(|version| version.get(4)) != Some(&0)
}

/// Returns the first resource with that number.
fn resource(mut resources: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let rest = resources.strip_prefix(b"8BIM")?;
        let (id, rest) = rest.split_first_chunk()?;
        // A name, its length before it, padded to an even length.
        let name = usize::from(*rest.first()?) + 1;
        let rest = rest.get(name.next_multiple_of(2)..)?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        let content = rest.get(..length)?;
        if u16::from_be_bytes(*id) == wanted {
            return Some(content);
        }
        resources = rest.get(length.next_multiple_of(2)..)?;
    }
}

/// Reads the first channels, which are stored one after another, and
/// interleaves them, with 8 bits each.
fn planes<R: BufRead>(file: &mut R, head: Head, wanted: usize) -> Result<Vec<u8>, PictureError> {
    let (width, height) = (head.width as usize, head.height as usize);
    let row = match head.depth {
        1 => width.div_ceil(8),
        16 => width * 2,
        _ => width,
    };
    let mut rows = Rows::open(file, head, row)?;
    let mut pixels = vec![u8::MAX; width * height * wanted];
    let mut bytes = vec![0; row];
    for channel in 0..wanted {
        for line in pixels.chunks_exact_mut(width * wanted) {
            if !rows.read(&mut bytes)? {
                return Ok(pixels);
            }
            for (column, pixel) in line.chunks_exact_mut(wanted).enumerate() {
                pixel[channel] = match head.depth {
                    1 if bytes[column / 8] << (column % 8) & 0x80 != 0 => 0,
                    1 => u8::MAX,
                    16 => bytes[column * 2],
                    _ => bytes[column],
                };
            }
        }
    }
    Ok(pixels)
}

/// The rows of all channels, one after another.
struct Rows<'a, R> {
    file: &'a mut R,
    /// The lengths of compressed rows; `None` if rows are stored as they are.
    lengths: Option<std::vec::IntoIter<u64>>,
    /// The longest compressed row that is read.
    longest: u64,
}

impl<'a, R: BufRead> Rows<'a, R> {
    /// Reads how rows are stored; `row` is their length in bytes.
    fn open(file: &'a mut R, head: Head, row: usize) -> Result<Self, PictureError> {
        let mut form = [0; 2];
        file.read_exact(&mut form).map_err(failed)?;
        let lengths = match u16::from_be_bytes(form) {
            0 => None,
            1 => {
                let size = if head.is_large { 4 } else { 2 };
                let count = u64::from(head.channels) * u64::from(head.height);
                let lengths = read(file, count * size)?;
                let lengths = lengths.chunks_exact(size as usize).map(big_endian);
                Some(lengths.collect::<Vec<u64>>().into_iter())
            }
            _ => return Err(PictureError::unreadable("its compression is not known")),
        };
        let longest = row as u64 * 2 + 1024;
        Ok(Self {
            file,
            lengths,
            longest,
        })
    }

    /// Reads the next row. Returns whether it is there.
    fn read(&mut self, row: &mut [u8]) -> Result<bool, PictureError> {
        let Some(lengths) = &mut self.lengths else {
            return is_there(self.file.read_exact(row));
        };
        let Some(length) = lengths.next().filter(|length| *length <= self.longest) else {
            return Ok(false);
        };
        let mut packed = vec![0; length as usize];
        if !is_there(self.file.read_exact(&mut packed))? {
            return Ok(false);
        }
        unpack(&packed, row);
        Ok(true)
    }
}

/// Expands PackBits: a count and a byte that is repeated, or bytes as they are.
fn unpack(mut packed: &[u8], row: &mut [u8]) {
    let mut at = 0;
    while let Some((count, rest)) = packed.split_first() {
        packed = rest;
        let left = row.get_mut(at..).unwrap_or_default();
        match *count {
            count @ 0..=127 => {
                let length = (usize::from(count) + 1).min(packed.len());
                let (bytes, rest) = packed.split_at(length);
                let shown = length.min(left.len());
                left[..shown].copy_from_slice(&bytes[..shown]);
                at += shown;
                packed = rest;
            }
            128 => {}
            count => {
                let Some((byte, rest)) = packed.split_first() else {
                    return;
                };
                let length = (257 - usize::from(count)).min(left.len());
                left[..length].fill(*byte);
                at += length;
                packed = rest;
            }
        }
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn long<R: Read>(file: &mut R) -> Result<u32, PictureError> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes).map_err(failed)?;
    Ok(u32::from_be_bytes(bytes))
}

/// Reads a number of 4 or 8 bytes.
fn number<R: Read>(file: &mut R, size: u64) -> Result<u64, PictureError> {
    let bytes = read(file, size)?;
    Ok(big_endian(&bytes))
}

/// Reads that many bytes; takes no more memory than there are.
fn read<R: Read>(file: &mut R, length: u64) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let read = file.take(length).read_to_end(&mut bytes);
    if read.map_err(failed)? as u64 != length {
        return Err(PictureError::unreadable("its file is cut off"));
    }
    Ok(bytes)
}

fn skip<R: Seek>(file: &mut R, length: u64) -> Result<(), PictureError> {
    let length = i64::try_from(length).map_err(PictureError::unreadable)?;
    file.seek(SeekFrom::Current(length)).map_err(failed)?;
    Ok(())
}

/// Whether something was read; not where the file ends.
fn is_there(read: io::Result<()>) -> Result<bool, PictureError> {
    match read {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(PictureError::Io(error)),
    }
}

fn failed(error: io::Error) -> PictureError {
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput => {
            PictureError::unreadable("its file is cut off")
        }
        _ => PictureError::Io(error),
    }
}
