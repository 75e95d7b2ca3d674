//! ZIP archives of files that are compressed already.
//!
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

use std::io::{self, Write};

use super::Counted;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// The version of the format that is needed: folders and deflate, which every
/// program knows.
const VERSION: u16 = 20;

/// The flag for names in UTF-8.
const UTF_8: u16 = 1 << 11;

/// When the files of an archive were written.
#[derive(Debug, Clone, Copy)]
pub struct Modified {
    pub year: u16,
    pub month: u16,
    pub day: u16,
    pub hour: u16,
    pub minute: u16,
    pub second: u16,
}

impl Modified {
    /// Returns date and time as MS-DOS has them.
    fn packed(self) -> (u16, u16) {
        let year = self.year.clamp(1980, 2107) - 1980;
        let date = (year << 9) | (self.month << 5) | self.day;
        let time = (self.hour << 11) | (self.minute << 5) | (self.second / 2);
        (date, time)
    }
}

/// What the directory says of a file.
#[derive(Debug)]
struct Entry {
    name: String,
    checksum: u32,
    size: u32,
    offset: u32,
}

/// Writes an archive of files, stored as they are.
#[derive(Debug)]
pub struct ZipWriter<W> {
    to: Counted<W>,
    modified: (u16, u16),
    entries: Vec<Entry>,
}

impl<W: Write> ZipWriter<W> {
    /// Begins an archive.
    pub fn new(to: W, modified: Modified) -> Self {
        Self {
            to: Counted::new(to),
            modified: modified.packed(),
            entries: Vec::new(),
        }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If writing fails, or the archive becomes too large.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a file is too long");
        let entry = Entry {
            name: name.chars().take(1000).collect(),
            checksum: crc32fast::hash(content),
            size: u32::try_from(content.len()).map_err(too_long)?,
            offset: u32::try_from(self.to.at).map_err(too_long)?,
        };
        let mut header = Vec::new();
        header.extend(LOCAL_HEADER.to_le_bytes());
        header.extend(self.about(&entry));
        header.extend(0_u16.to_le_bytes());
        header.extend(entry.name.as_bytes());
        self.to.write(&header)?;
        self.to.write(content)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Returns the fields that the header of a file and the directory share.
    fn about(&self, entry: &Entry) -> Vec<u8> {
        let (date, time) = self.modified;
        let mut about = Vec::new();
        for field in [VERSION, UTF_8, 0, time, date] {
            about.extend(field.to_le_bytes());
        }
        for field in [entry.checksum, entry.size, entry.size] {
            about.extend(field.to_le_bytes());
        }
        about.extend((entry.name.len() as u16).to_le_bytes());
        about
    }

    /// Writes the directory. Returns what was written to.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        let begin = self.to.at;
        for entry in &self.entries {
            let mut header = Vec::new();
            header.extend(CENTRAL_HEADER.to_le_bytes());
            header.extend(VERSION.to_le_bytes());
            header.extend(self.about(entry));
            // No extra field, no comment, disk 0, and no attributes.
            header.extend([0; 12]);
            header.extend(entry.offset.to_le_bytes());
            header.extend(entry.name.as_bytes());
            self.to.write(&header)?;
        }
        let count = self.entries.len() as u16;
        let size = (self.to.at - begin) as u32;
        let mut end = Vec::new();
        end.extend(END.to_le_bytes());
        for field in [0, 0, count, count] {
            end.extend(u16::to_le_bytes(field));
        }
        end.extend(size.to_le_bytes());
        end.extend((begin as u32).to_le_bytes());
        end.extend(0_u16.to_le_bytes());
        self.to.write(&end)?;
        self.to.to.flush()?;
        Ok(self.to.to)
    }
}
