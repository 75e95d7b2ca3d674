//! ZIP archives of files that are made one after another.

use std::io::{self, Write};
use std::time::SystemTime;

use super::format::{Member, end};

/// A file that was written.
#[derive(Debug)]
struct Written {
    member: Member,
    offset: u64,
    checksum: u32,
}

/// Writes an archive of files, stored as they are.
#[derive(Debug)]
pub struct ZipWriter<W> {
    to: W,
    at: u64,
    written: SystemTime,
    files: Vec<Written>,
}

impl<W: Write> ZipWriter<W> {
    /// Begins an archive whose files were written at that time.
    pub fn new(to: W, written: SystemTime) -> Self {
        Self {
            to,
            at: 0,
            written,
            files: Vec::new(),
        }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If writing fails.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let checksum = crc32fast::hash(content);
        let size = content.len() as u64;
        let member = Member::new(name.to_owned(), size, self.written, Some(checksum));
        let offset = self.at;
        self.write(&member.local_header())?;
        self.write(content)?;
        self.files.push(Written {
            member,
            offset,
            checksum,
        });
        Ok(())
    }

    /// Writes the directory. Returns what was written to.
    ///
    /// # Errors
    /// If writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        let begin = self.at;
        for file in std::mem::take(&mut self.files) {
            let entry = file.member.directory_entry(file.offset, file.checksum);
            self.write(&entry)?;
            self.files.push(file);
        }
        let directory = self.at - begin;
        self.write(&end(self.files.len(), begin, directory))?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_archive_has_its_files_and_a_directory() {
        // 2024-02-29 23:59:58.
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_251_198);
        let mut zip = ZipWriter::new(Vec::new(), written);
        zip.add("a.png", b"first").unwrap();
        zip.add("ü.png", b"second").unwrap();
        let bytes = zip.finish().unwrap();
        let end = bytes.len() - 22;
        assert_eq!(bytes[end..end + 4], *b"PK\x05\x06");
        assert_eq!(bytes[end + 10], 2);
        let directory = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
        let directory = &bytes[directory as usize..end];
        assert_eq!(directory[..4], *b"PK\x01\x02");
        assert_eq!(directory[12..16], [0x7D, 0xBF, 0x5D, 0x58]);
        assert_eq!(directory[16..20], crc32fast::hash(b"first").to_le_bytes());
        assert_eq!(directory[46..51], *b"a.png");
        let second = u32::from_le_bytes(directory[51 + 42..51 + 46].try_into().unwrap()) as usize;
        assert_eq!(bytes[second..second + 4], *b"PK\x03\x04");
        assert!(bytes[second..].windows(6).any(|piece| piece == b"second"));
    }
}
