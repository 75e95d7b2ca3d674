//! The compressed pixels of a PNG file.

use std::io;

/// The pixels of a PNG file: compressed and filtered, in RGB with 8 bits a
/// channel.
#[derive(Debug)]
pub(super) struct PngData<'a> {
    pub width: u32,
    pub height: u32,
    /// What the chunks of pixels hold, in their order.
    pub pieces: Vec<&'a [u8]>,
}

impl<'a> PngData<'a> {
    /// Finds the pixels of a file.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if it is no PNG file or one of another
    /// kind.
    pub fn of(file: &'a [u8]) -> io::Result<Self> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "not a PNG file in RGB");
        Self::parse(file).ok_or_else(wrong)
    }

    fn parse(file: &'a [u8]) -> Option<Self> {
        let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
        let mut size = None;
        let mut pieces = Vec::new();
        while let Some((head, after)) = rest.split_first_chunk::<8>() {
            let (length, name) = head.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (content, after) = after.split_at_checked(length)?;
            match name {
                b"IHDR" => size = Some(rgb_size(content)?),
                b"IDAT" => pieces.push(content),
                _ => {}
            }
            // The checksum.
            rest = after.get(4..)?;
        }
        let (width, height) = size?;
        Some(Self {
            width,
            height,
            pieces,
        })
    }
}

/// Returns the size that a header says; `None` if it is not that of a picture
/// in RGB.
fn rgb_size(header: &[u8]) -> Option<(u32, u32)> {
    let (width, rest) = header.split_first_chunk()?;
    let (height, form) = rest.split_first_chunk()?;
    let size = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
    (form == [8, 2, 0, 0, 0]).then_some(size)
}
