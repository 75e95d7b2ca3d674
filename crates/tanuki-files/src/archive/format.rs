//! The records of a ZIP archive: headers of files, the directory and the end.

use std::time::SystemTime;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};

/// Sizes and offsets from here on need ZIP64 fields.
pub const ZIP64: u64 = 0xFFFF_FFFF;

/// Versions of the format that a reader needs: 2.0, and 4.5 for ZIP64.
const PLAIN: u16 = 20;
const LARGE: u16 = 45;

/// The flags for a name in UTF-8, and for a checksum that follows the file.
const UTF_8: u16 = 1 << 11;
const FOLLOWED: u16 = 1 << 3;

/// The number of files from which on the end needs ZIP64 fields.
const MANY: usize = 0xFFFF;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 1024;

/// A file of an archive, stored without compression.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    written: SystemTime,
    /// The CRC-32; `None` if it follows the file, in a [descriptor](Self::descriptor).
    checksum: Option<u32>,
}

impl Member {
    /// Creates a file of that name, which is cut off if it is too long.
    pub fn new(mut name: String, size: u64, written: SystemTime, checksum: Option<u32>) -> Self {
        let mut end = name.len().min(LONGEST_NAME);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        Self {
            name,
            size,
            written,
            checksum,
        }
    }

    fn is_large(&self) -> bool {
        self.size >= ZIP64
    }

    fn flags(&self) -> u16 {
        match self.checksum {
            Some(_) => UTF_8,
            None => UTF_8 | FOLLOWED,
        }
    }

    /// Returns the header that comes before the file.
    pub fn local_header(&self) -> Vec<u8> {
        let (time, date) = dos_time(self.written);
        // A size that follows the file is 0 here.
        let size = self.checksum.map_or(0, |_| self.size);
        let (short, extra) = match self.is_large() {
            true => {
                let sizes = Fields::default().u16(1).u16(16).u64(size).u64(size);
                (u64::MAX, sizes.0)
            }
            false => (size, Vec::new()),
        };
        Fields::default()
            .u32(0x0403_4B50)
            .u16(if self.is_large() { LARGE } else { PLAIN })
            .u16(self.flags())
            .u16(0)
            .u16(time)
            .u16(date)
            .u32(self.checksum.unwrap_or(0))
            .short(short)
            .short(short)
            .u16(length(self.name.as_bytes()))
            .u16(length(&extra))
            .bytes(self.name.as_bytes())
            .bytes(&extra)
            .0
    }

    /// Returns what follows a file whose checksum was not known before it.
    pub fn descriptor(&self, checksum: u32) -> Vec<u8> {
        let fields = Fields::default().u32(0x0807_4B50).u32(checksum);
        match self.is_large() {
            true => fields.u64(self.size).u64(self.size).0,
            false => fields.short(self.size).short(self.size).0,
        }
    }

    /// Returns the entry in the directory at the end, for a file whose header is
    /// at that offset.
    pub fn directory_entry(&self, offset: u64, checksum: u32) -> Vec<u8> {
        let (time, date) = dos_time(self.written);
        let mut large = Fields::default();
        if self.is_large() {
            large = large.u64(self.size).u64(self.size);
        }
        if offset >= ZIP64 {
            large = large.u64(offset);
        }
        let extra = match large.0.is_empty() {
            true => Vec::new(),
            false => {
                let fields = Fields::default().u16(1).u16(length(&large.0));
                fields.bytes(&large.0).0
            }
        };
        let version = if extra.is_empty() { PLAIN } else { LARGE };
        Fields::default()
            .u32(0x0201_4B50)
            .u16(version)
            .u16(version)
            .u16(self.flags())
            .u16(0)
            .u16(time)
            .u16(date)
            .u32(checksum)
            .short(self.size)
            .short(self.size)
            .u16(length(self.name.as_bytes()))
            .u16(length(&extra))
            // No comment, on the first disk, no attributes.
            .u16(0)
            .u16(0)
            .u16(0)
            .u32(0)
            .short(offset)
            .bytes(self.name.as_bytes())
            .bytes(&extra)
            .0
    }
}

/// The end of an archive: where its directory is.
pub fn end(files: usize, offset: u64, directory: u64) -> Vec<u8> {
    let is_large = files >= MANY || offset >= ZIP64 || directory >= ZIP64;
    let mut fields = Fields::default();
    if is_large {
        let count = files as u64;
        let at = offset + directory;
        fields = fields
            .u32(0x0606_4B50)
            .u64(44)
            .u16(LARGE)
            .u16(LARGE)
            .u32(0)
            .u32(0)
            .u64(count)
            .u64(count)
            .u64(directory)
            .u64(offset)
            .u32(0x0706_4B50)
            .u32(0)
            .u64(at)
            .u32(1);
    }
    let count = u16::try_from(files).unwrap_or(u16::MAX);
    fields
        .u32(0x0605_4B50)
        .u16(0)
        .u16(0)
        .u16(count)
        .u16(count)
        .short(directory)
        .short(offset)
        .u16(0)
        .0
}

/// Little-endian fields behind one another.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A value that is all ones where it stands in a ZIP64 field.
    fn short(self, value: u64) -> Self {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX))
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// Date and time as MS-DOS has them: local time is UTC here, to two seconds.
fn dos_time(written: SystemTime) -> (u16, u16) {
    let at = DateTime::<Utc>::from(written);
    let field = |value: u32| u16::try_from(value).unwrap_or(0);
    let year = at.year().clamp(1980, 2107) - 1980;
    let year = u16::try_from(year).unwrap_or(0);
    let time = field(at.hour()) << 11 | field(at.minute()) << 5 | field(at.second() / 2);
    let date = year << 9 | field(at.month()) << 5 | field(at.day());
    (time, date)
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn member(name: &str, size: u64) -> Member {
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        Member::new(name.into(), size, written, None)
    }

    #[test]
    fn large_files_have_eight_bytes_for_their_size() {
        let small = member("a", ZIP64 - 1);
        let large = member("a", ZIP64);
        assert_eq!(small.descriptor(1).len(), 16);
        assert_eq!(large.descriptor(1).len(), 24);
        assert_eq!(large.local_header().len(), small.local_header().len() + 20);
        let entry = |member: &Member, offset| member.directory_entry(offset, 1).len();
        assert_eq!(entry(&small, ZIP64), entry(&small, 0) + 12);
        assert_eq!(entry(&large, ZIP64), entry(&small, 0) + 28);
        assert_eq!(end(1, ZIP64, 50).len(), end(1, 5, 50).len() + 76);
    }

    #[test]
    fn times_are_those_of_the_files() {
        // 14 November 2023, 22:13:20.
        let (time, date) = dos_time(member("a", 0).written);
        assert_eq!((time >> 11, time >> 5 & 63, (time & 31) * 2), (22, 13, 20));
        assert_eq!((date >> 9, date >> 5 & 15, date & 31), (43, 11, 14));
    }
}
