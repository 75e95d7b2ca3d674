//! Spools the part of streamed lists that slow readers have not read yet.
//!
//! A list is read from the database as fast as it sends rows. What the HTTP
//! client has not received is written to an unnamed temporary file, so that a
//! slow reader takes disk space but no connection. The size of all these files
//! together is limited.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::watch;

use crate::{Error, Result};

/// The most bytes read from a file at once.
const PIECE: u64 = 64 * 1024;

/// The directory of the files and the limit of their size; clones share it.
#[derive(Debug, Clone)]
pub struct Spool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// Maximum size of all files together, in bytes.
    most: u64,
    used: AtomicU64,
}

impl Spool {
    /// Creates a spool in a directory, which is created with the first file.
    /// `most` is the limit in bytes for all files together.
    pub fn new(folder: PathBuf, most: u64) -> Self {
        Self(Arc::new(Shared {
            folder,
            most,
            used: AtomicU64::new(0),
        }))
    }

    /// Creates a file and returns its writer and its reader.
    ///
    /// # Errors
    ///
    /// If the directory or the file cannot be created.
    pub async fn open(&self) -> io::Result<(Spooled, Unread)> {
        let shared = Arc::clone(&self.0);
        let made = blocking(move || {
            std::fs::create_dir_all(&shared.folder)?;
            let file = tempfile::tempfile_in(&shared.folder)?;
            Ok(Space {
                file,
                shared,
                taken: AtomicU64::new(0),
            })
        });
        let space = Arc::new(made.await?);
        let (progress, seen) = watch::channel(Progress::default());
        let writing = Spooled {
            space: Arc::clone(&space),
            progress,
        };
        let reading = Unread {
            space,
            offset: 0,
            progress: seen,
        };
        Ok((writing, reading))
    }
}

/// An open file. Dropped, it returns its bytes to the limit.
#[derive(Debug)]
struct Space {
    file: File,
    shared: Arc<Shared>,
    taken: AtomicU64,
}

impl Space {
    /// Reserves bytes within the limit. Returns false if there are not enough
    /// left.
    fn take(&self, bytes: u64) -> bool {
        let used = &self.shared.used;
        let room = |used: u64| (used + bytes <= self.shared.most).then_some(used + bytes);
        let taken = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        if taken.is_ok() {
            self.taken.fetch_add(bytes, Ordering::Relaxed);
        }
        taken.is_ok()
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let taken = self.taken.load(Ordering::Relaxed);
        self.shared.used.fetch_sub(taken, Ordering::Relaxed);
    }
}

/// How many bytes are written.
#[derive(Debug, Clone, Default)]
struct Progress {
    bytes: u64,
    /// Set at the end of the list, or with the error that ended it early.
    end: Option<Result<()>>,
}

/// The writer of a file.
#[derive(Debug)]
pub struct Spooled {
    space: Arc<Space>,
    progress: watch::Sender<Progress>,
}

/// The result of appending a chunk.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Written,
    /// The limit for all files together is used up.
    Full,
    /// The reader was dropped.
    Unwanted,
}

impl Spooled {
    /// Appends a chunk.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the disk is full or fails.
    pub async fn append(&self, piece: &Bytes) -> Result<Outcome> {
        if self.progress.is_closed() {
            return Ok(Outcome::Unwanted);
        }
        let bytes = piece.len() as u64;
        if !self.space.take(bytes) {
            return Ok(Outcome::Full);
        }
        let (space, piece) = (Arc::clone(&self.space), piece.clone());
        let written = blocking(move || (&space.file).write_all(&piece)).await;
        written.map_err(|error| Error::Unavailable(format!("a list is not spooled: {error}")))?;
        self.progress
            .send_modify(|progress| progress.bytes += bytes);
        Ok(Outcome::Written)
    }

    /// Marks the end of the list, or the error that ended it early.
    pub fn end(self, end: Result<()>) {
        self.progress
            .send_modify(|progress| progress.end = Some(end));
    }
}

/// The reader of a file.
#[derive(Debug)]
pub struct Unread {
    space: Arc<Space>,
    offset: u64,
    progress: watch::Receiver<Progress>,
}

impl Unread {
    /// Returns the next chunk, as soon as it is written; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        loop {
            let Progress { bytes, end } = self.progress.borrow_and_update().clone();
            if self.offset < bytes {
                return Some(self.read(bytes).await);
            }
            match end {
                Some(Ok(())) => return None,
                Some(Err(error)) => return Some(Err(error)),
                None => {}
            }
            if self.progress.changed().await.is_err() {
                // The writer was dropped before it marked the end.
                let stopped = "a list was not written to its end".to_owned();
                return Some(Err(Error::Unavailable(stopped)));
            }
        }
    }

    async fn read(&mut self, written: u64) -> Result<Bytes> {
        let length = PIECE.min(written - self.offset);
        let (space, offset) = (Arc::clone(&self.space), self.offset);
        let read = blocking(move || {
            let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
            space.file.read_exact_at(&mut piece, offset)?;
            Ok(piece)
        });
        let piece = read
            .await
            .map_err(|error| Error::Unavailable(format!("a spooled list is lost: {error}")))?;
        self.offset += length;
        Ok(piece.into())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(test);
    }

    #[test]
    fn what_is_written_is_read_in_order_and_to_its_end() {
        run(async {
            let folder = tempfile::tempdir().unwrap();
            let spool = Spool::new(folder.path().join("new"), 1 << 20);
            let (writing, mut reading) = spool.open().await.unwrap();
            let written: Vec<u8> = (0..200_000_u32).map(|byte| byte as u8).collect();
            let expected = written.clone();
            let writer = tokio::spawn(async move {
                for piece in written.chunks(70_000) {
                    let piece = Bytes::copy_from_slice(piece);
                    assert_eq!(writing.append(&piece).await.unwrap(), Outcome::Written);
                    tokio::task::yield_now().await;
                }
                writing.end(Ok(()));
            });
            let mut read = Vec::new();
            while let Some(piece) = reading.next().await {
                read.extend(piece.unwrap());
            }
            writer.await.unwrap();
            assert!(read == expected);
            let left = std::fs::read_dir(folder.path().join("new")).unwrap();
            assert_eq!(left.count(), 0, "its file has no name");
        });
    }

    #[test]
    fn all_files_together_have_a_bound_that_is_given_back() {
        run(async {
            let folder = tempfile::tempdir().unwrap();
            let spool = Spool::new(folder.path().to_owned(), 100);
            let (first, reading) = spool.open().await.unwrap();
            let (second, _unread) = spool.open().await.unwrap();
            let piece = Bytes::from_static(&[0; 60]);
            assert_eq!(first.append(&piece).await.unwrap(), Outcome::Written);
            assert_eq!(second.append(&piece).await.unwrap(), Outcome::Full);
            drop(reading);
            assert_eq!(first.append(&piece).await.unwrap(), Outcome::Unwanted);
            drop(first);
            assert_eq!(second.append(&piece).await.unwrap(), Outcome::Written);
        });
    }

    #[test]
    fn a_list_that_breaks_off_is_no_whole_list() {
        run(async {
            let spool = Spool::new(std::env::temp_dir(), 100);
            let (writing, mut reading) = spool.open().await.unwrap();
            drop(writing);
            assert!(reading.next().await.unwrap().is_err());
        });
    }
}
