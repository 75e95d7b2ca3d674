//! ZIP archives that are written while they are sent: their length is known
//! ahead, and no file is read before its turn.
//!
//! Files are stored without compression, since pictures and films are
//! compressed already. Their checksums follow them (data descriptors). Files and
//! archives of 4 GiB and more are written with the ZIP64 fields. The format:
//! APPNOTE 6.3.10 by PKWARE.

use std::collections::HashSet;
use std::io;
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use futures_util::stream::{BoxStream, StreamExt as _};

use crate::{Files, Key};

/// Sizes and offsets from here on need ZIP64 fields.
const ZIP64: u64 = 0xFFFF_FFFF;

/// Versions of the format that a reader needs: 2.0, and 4.5 for ZIP64.
const PLAIN: u16 = 20;
const LARGE: u16 = 45;

/// The name is UTF-8, and sizes and checksum follow the file.
const FLAGS: u16 = 1 << 11 | 1 << 3;

/// The number of files from which on the end needs ZIP64 fields.
const MANY: usize = 0xFFFF;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 1024;

/// A file of the storage that is to be packed.
#[derive(Debug, Clone)]
pub struct ArchivedFile {
    /// The name in the archive.
    pub name: String,
    pub key: Key,
    /// Size in bytes.
    pub size: u64,
    pub written: SystemTime,
}

/// An archive of files of the storage.
#[derive(Debug, Default)]
pub struct Archive {
    files: Vec<ArchivedFile>,
    names: HashSet<String>,
}

/// What is known of a file once it was sent.
struct Sent {
    file: ArchivedFile,
    offset: u64,
    checksum: u32,
}

impl Archive {
    /// Adds a file. A name that another file has already gets the file's place in
    /// front: `0003_NAME`.
    pub fn add(&mut self, mut file: ArchivedFile) {
        let mut end = file.name.len().min(LONGEST_NAME);
        while !file.name.is_char_boundary(end) {
            end -= 1;
        }
        file.name.truncate(end);
        if self.names.contains(&file.name) {
            file.name = format!("{:04}_{}", self.files.len(), file.name);
        }
        self.names.insert(file.name.clone());
        self.files.push(file);
    }

    /// The size of the archive in bytes.
    pub fn size(&self) -> u64 {
        let mut size = 0;
        let mut directory = 0;
        for file in &self.files {
            directory += directory_entry(file, size, 0).len() as u64;
            size += local_header(file).len() as u64;
            size += file.size;
            size += descriptor(file, 0).len() as u64;
        }
        size + directory + end(self.files.len(), size, directory).len() as u64
    }

    /// Streams the archive.
    ///
    /// # Errors
    /// The stream ends with an error if a file is gone or has another size by
    /// now.
    pub fn read(self, storage: Files) -> BoxStream<'static, io::Result<Bytes>> {
        let (sender, chunks) = channel();
        tokio::spawn(async move {
            if let Err(error) = self.write(&storage, &sender).await {
                let _closed = sender.send(Err(error)).await;
            }
        });
        chunks
    }

    async fn write(self, storage: &Files, sender: &Sender) -> io::Result<()> {
        let mut offset = 0;
        let mut sent = Vec::with_capacity(self.files.len());
        for file in self.files {
            let begin = offset;
            offset += emit(sender, local_header(&file)).await?;
            let (bytes, checksum) = send_file(storage, &file, sender).await?;
            offset += bytes;
            offset += emit(sender, descriptor(&file, checksum)).await?;
            sent.push(Sent {
                file,
                offset: begin,
                checksum,
            });
        }
        let mut directory = 0;
        for Sent {
            file,
            offset,
            checksum,
        } in &sent
        {
            directory += emit(sender, directory_entry(file, *offset, *checksum)).await?;
        }
        emit(sender, end(sent.len(), offset, directory)).await?;
        Ok(())
    }
}

type Sender = tokio::sync::mpsc::Sender<io::Result<Bytes>>;

/// A channel of two chunks: the storage is read at the speed of the client.
fn channel() -> (Sender, BoxStream<'static, io::Result<Bytes>>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(2);
    let chunks = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    });
    (sender, chunks.boxed())
}

/// Sends bytes, and returns how many.
///
/// # Errors
/// [`BrokenPipe`](io::ErrorKind::BrokenPipe) if nobody reads them any more.
async fn emit(sender: &Sender, bytes: impl Into<Bytes>) -> io::Result<u64> {
    let bytes = bytes.into();
    let length = bytes.len() as u64;
    let sent = sender.send(Ok(bytes)).await;
    sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
    Ok(length)
}

/// Sends a file, and returns its size and checksum.
async fn send_file(
    storage: &Files,
    file: &ArchivedFile,
    sender: &Sender,
) -> io::Result<(u64, u32)> {
    let stored = storage.open(file.key).await?;
    let stored = stored.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let changed = || io::Error::new(io::ErrorKind::InvalidData, "the file was changed");
    if stored.size != file.size {
        return Err(changed());
    }
    let mut chunks = stored.read_whole().await?;
    let mut checksum = crc32fast::Hasher::new();
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        checksum.update(&chunk);
        size += emit(sender, chunk).await?;
    }
    if size != file.size {
        return Err(changed());
    }
    Ok((size, checksum.finalize()))
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

fn is_large(file: &ArchivedFile) -> bool {
    file.size >= ZIP64
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

fn local_header(file: &ArchivedFile) -> Vec<u8> {
    let (time, date) = dos_time(file.written);
    // Says that the sizes behind the file have eight bytes.
    let extra = match is_large(file) {
        true => Fields::default().u16(1).u16(16).u64(0).u64(0).0,
        false => Vec::new(),
    };
    let size = if is_large(file) { u32::MAX } else { 0 };
    Fields::default()
        .u32(0x0403_4B50)
        .u16(if is_large(file) { LARGE } else { PLAIN })
        .u16(FLAGS)
        .u16(0)
        .u16(time)
        .u16(date)
        .u32(0)
        .u32(size)
        .u32(size)
        .u16(length(file.name.as_bytes()))
        .u16(length(&extra))
        .bytes(file.name.as_bytes())
        .bytes(&extra)
        .0
}

/// What follows a file: its checksum and sizes.
fn descriptor(file: &ArchivedFile, checksum: u32) -> Vec<u8> {
    let fields = Fields::default().u32(0x0807_4B50).u32(checksum);
    match is_large(file) {
        true => fields.u64(file.size).u64(file.size).0,
        false => fields.short(file.size).short(file.size).0,
    }
}

/// The entry of a file in the directory at the end.
fn directory_entry(file: &ArchivedFile, offset: u64, checksum: u32) -> Vec<u8> {
    let (time, date) = dos_time(file.written);
    let mut large = Fields::default();
    if is_large(file) {
        large = large.u64(file.size).u64(file.size);
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
        .u16(FLAGS)
        .u16(0)
        .u16(time)
        .u16(date)
        .u32(checksum)
        .short(file.size)
        .short(file.size)
        .u16(length(file.name.as_bytes()))
        .u16(length(&extra))
        // No comment, on the first disk, no attributes.
        .u16(0)
        .u16(0)
        .u16(0)
        .u32(0)
        .short(offset)
        .bytes(file.name.as_bytes())
        .bytes(&extra)
        .0
}

/// The end of an archive: where its directory is.
fn end(files: usize, offset: u64, directory: u64) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::FileKind;

    fn file(name: &str, size: u64) -> ArchivedFile {
        ArchivedFile {
            name: name.into(),
            key: Key::new(FileKind::Original, Uuid::nil()),
            size,
            written: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        }
    }

    #[test]
    fn names_are_told_apart() {
        let mut archive = Archive::default();
        for name in ["a.png", "b.png", "a.png", &"é".repeat(600)] {
            archive.add(file(name, 1));
        }
        let names: Vec<&str> = archive.files.iter().map(|file| &*file.name).collect();
        assert_eq!(&names[..3], ["a.png", "b.png", "0002_a.png"]);
        assert_eq!(names[3], "é".repeat(512));
    }

    #[test]
    fn large_files_have_eight_bytes_for_their_size() {
        let small = file("a", ZIP64 - 1);
        let large = file("a", ZIP64);
        assert_eq!(descriptor(&small, 1).len(), 16);
        assert_eq!(descriptor(&large, 1).len(), 24);
        assert_eq!(local_header(&large).len(), local_header(&small).len() + 20);
        let entry = |file, offset| directory_entry(file, offset, 1).len();
        assert_eq!(entry(&small, ZIP64), entry(&small, 0) + 12);
        assert_eq!(entry(&large, ZIP64), entry(&small, 0) + 28);
        assert_eq!(end(1, ZIP64, 50).len(), end(1, 5, 50).len() + 76);
    }

    #[test]
    fn times_are_those_of_the_files() {
        // 14 November 2023, 22:13:20.
        let (time, date) = dos_time(file("a", 0).written);
        assert_eq!((time >> 11, time >> 5 & 63, (time & 31) * 2), (22, 13, 20));
        assert_eq!((date >> 9, date >> 5 & 15, date & 31), (43, 11, 14));
    }
}
