//! ZIP archives that are written while they are sent: their length is known
//! ahead, and no file is read before its turn. [`ZipWriter`] writes one of files
//! that are made.
//!
//! Files are stored without compression, since pictures and films are
//! compressed already. Checksums that are not known before a file is read follow
//! it (data descriptors). Files and archives of 4 GiB and more are written with
//! the ZIP64 fields. The format: APPNOTE 6.3.10 by PKWARE.

mod format;
mod writer;

use std::collections::HashSet;
use std::io;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};

use crate::{Files, Key};
use format::{Member, end};
pub use writer::ZipWriter;

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
    files: Vec<(Member, Key)>,
    names: HashSet<String>,
}

/// What is known of a file once it was sent.
struct Sent {
    file: Member,
    offset: u64,
    checksum: u32,
}

impl Archive {
    /// Adds a file. A name that another file has already gets the file's place in
    /// front: `0003_NAME`.
    pub fn add(&mut self, mut file: ArchivedFile) {
        if self.names.contains(&file.name) {
            file.name = format!("{:04}_{}", self.files.len(), file.name);
        }
        self.names.insert(file.name.clone());
        let member = Member::new(file.name, file.size, file.written, None);
        self.files.push((member, file.key));
    }

    /// The size of the archive in bytes.
    pub fn size(&self) -> u64 {
        let mut size = 0;
        let mut directory = 0;
        for (file, _) in &self.files {
            directory += file.directory_entry(size, 0).len() as u64;
            size += file.local_header().len() as u64;
            size += file.size;
            size += file.descriptor(0).len() as u64;
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
        for (file, key) in self.files {
            let begin = offset;
            offset += emit(sender, file.local_header()).await?;
            let (bytes, checksum) = send_file(storage, (key, file.size), sender).await?;
            offset += bytes;
            offset += emit(sender, file.descriptor(checksum)).await?;
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
            directory += emit(sender, file.directory_entry(*offset, *checksum)).await?;
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

/// Sends a file of that size, and returns its size and checksum.
async fn send_file(
    storage: &Files,
    (key, expected): (Key, u64),
    sender: &Sender,
) -> io::Result<(u64, u32)> {
    let stored = storage.open(key).await?;
    let stored = stored.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let changed = || io::Error::new(io::ErrorKind::InvalidData, "the file was changed");
    if stored.size != expected {
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
    if size != expected {
        return Err(changed());
    }
    Ok((size, checksum.finalize()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::FileKind;

    #[test]
    fn names_are_told_apart() {
        let mut archive = Archive::default();
        for name in ["a.png", "b.png", "a.png", &"é".repeat(600)] {
            archive.add(ArchivedFile {
                name: name.into(),
                key: Key::new(FileKind::Original, Uuid::nil()),
                size: 1,
                written: SystemTime::UNIX_EPOCH,
            });
        }
        let files = archive.files.iter();
        let names: Vec<&str> = files.map(|(file, _)| &*file.name).collect();
        assert_eq!(&names[..3], ["a.png", "b.png", "0002_a.png"]);
        assert_eq!(names[3], "é".repeat(512));
    }
}
