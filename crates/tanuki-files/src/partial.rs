//! Uploads that continue after an interruption: each is a file that grows until
//! it is complete. Its length is how far the upload has come, also after the
//! server was killed.

use std::collections::HashMap;
use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{blocking, present};

/// Folder of the files, in the same folder as the buckets, since a file can be
/// moved atomically only within one file system.
const FOLDER: &str = ".uploads";

/// How often, and at what interval, the lock of a file is tried while another
/// request is asked to end.
const TRIES: u32 = 100;
const TRY_INTERVAL: Duration = Duration::from_millis(50);

/// The uploads that may continue.
#[derive(Debug)]
pub struct PartialUploads {
    folder: PathBuf,
    writers: Writers,
}

/// The uploads that requests to this server add bytes to.
type Writers = Arc<Mutex<HashMap<Uuid, Arc<Notify>>>>;

/// Whether an upload can be continued.
#[derive(Debug)]
pub enum Continuation {
    /// With the file at its end.
    Ready(Appending),
    /// Another request writes to it.
    Busy,
    /// There is no such file.
    Absent,
}

impl PartialUploads {
    pub(crate) fn within(folder: &Path) -> Self {
        Self {
            folder: folder.join(FOLDER),
            writers: Writers::default(),
        }
    }

    /// Returns the path of the file of an upload.
    pub(crate) fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// Creates the empty file of an upload.
    ///
    /// # Errors
    ///
    /// If the folder or the file cannot be created, or there is such a file.
    pub async fn create(&self, id: Uuid) -> io::Result<()> {
        let (folder, path) = (self.folder.clone(), self.path(id));
        blocking(move || {
            std::fs::create_dir_all(&folder)?;
            std::fs::File::create_new(path)?;
            std::fs::File::open(folder)?.sync_all()
        })
        .await
    }

    /// Returns how many bytes of an upload are on the disk; `None` if there is
    /// no such file.
    pub async fn length(&self, id: Uuid) -> io::Result<Option<u64>> {
        let path = self.path(id);
        blocking(move || {
            let Some(file) = present(std::fs::File::open(path))? else {
                return Ok(None);
            };
            // What a request wrote that was broken off may not be synced yet.
            file.sync_data()?;
            Ok(Some(file.metadata()?.len()))
        })
        .await
    }

    /// Opens the file of an upload at its end, unless another request writes to
    /// it.
    pub async fn open_end(&self, id: Uuid) -> io::Result<Continuation> {
        let path = self.path(id);
        let opened = blocking(move || {
            let opened = std::fs::OpenOptions::new().append(true).open(path);
            let Some(file) = present(opened)? else {
                return Ok(None);
            };
            // The lock goes with the file, also when the server is killed.
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => Ok(Some(None)),
                Err(TryLockError::Error(error)) => Err(error),
                Ok(()) => Ok(Some(Some((file.metadata()?.len(), file)))),
            }
        });
        Ok(match opened.await? {
            None => Continuation::Absent,
            Some(None) => Continuation::Busy,
            Some(Some((offset, file))) => Continuation::Ready(Appending {
                writer: Writer::register(id, &self.writers),
                file: File::from_std(file),
                offset,
            }),
        })
    }

    /// Opens the file of an upload at its end. A request to this server that
    /// writes to it is asked to [end](Appending::replaced), because its
    /// connection is usually dead: its client has begun another.
    pub async fn take_over(&self, id: Uuid) -> io::Result<Continuation> {
        for _ in 0..TRIES {
            match self.open_end(id).await? {
                Continuation::Busy => {
                    if let Some(writer) = lock(&self.writers).get(&id) {
                        writer.notify_one();
                    }
                    tokio::time::sleep(TRY_INTERVAL).await;
                }
                opened => return Ok(opened),
            }
        }
        Ok(Continuation::Busy)
    }

    /// Deletes the file of an upload. Idempotent.
    pub async fn remove(&self, id: Uuid) -> io::Result<()> {
        let path = self.path(id);
        blocking(move || present(std::fs::remove_file(path)).map(|_| ())).await
    }

    /// Returns the uploads whose file was last written before a time.
    pub async fn written_before(&self, before: SystemTime) -> io::Result<Vec<Uuid>> {
        let folder = self.folder.clone();
        blocking(move || {
            let Some(entries) = present(std::fs::read_dir(folder))? else {
                return Ok(Vec::new());
            };
            let mut old = Vec::new();
            for entry in entries {
                let entry = entry?;
                let id = entry.file_name();
                let Some(id) = id.to_str().and_then(|name| Uuid::try_parse(name).ok()) else {
                    continue;
                };
                let about = present(entry.metadata())?;
                if about.is_some_and(|about| about.modified().is_ok_and(|time| time < before)) {
                    old.push(id);
                }
            }
            Ok(old)
        })
        .await
    }
}

fn lock(writers: &Writers) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Notify>>> {
    writers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An entry in the list of those who write.
#[derive(Debug)]
struct Writer {
    id: Uuid,
    writers: Writers,
    replaced: Arc<Notify>,
}

impl Writer {
    fn register(id: Uuid, writers: &Writers) -> Self {
        let replaced = Arc::new(Notify::new());
        lock(writers).insert(id, Arc::clone(&replaced));
        Self {
            id,
            writers: Arc::clone(writers),
            replaced,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.writers).remove(&self.id);
    }
}

/// The end of an upload that is written to. Dropping it keeps what was written.
#[derive(Debug)]
pub struct Appending {
    // Dropped before the file, with which the lock goes.
    writer: Writer,
    file: File,
    offset: u64,
}

impl Appending {
    /// Returns how many bytes the file has.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Appends bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Waits until another request wants to write.
    pub async fn replaced(&self) {
        self.writer.replaced.notified().await;
    }

    /// Syncs what was written to the disk. Returns how many bytes the file has.
    pub async fn finish(mut self) -> io::Result<u64> {
        self.file.flush().await?;
        self.file.sync_data().await?;
        Ok(self.offset)
    }
}
