//! Uploads that continue after an interruption: each is a file that grows until
//! it is complete. Its length is how far the upload has come, also after the
//! server was killed.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::blocking;
use crate::temporary::Received;

/// Folder of the files, in the same folder as the buckets, since a file can be
/// moved atomically only within one file system.
const FOLDER: &str = ".uploads";

/// The uploads that may continue.
#[derive(Debug, Clone)]
pub struct PartialUploads {
    folder: PathBuf,
}

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
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
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

    /// Opens the file of an upload at its end. One request at a time writes.
    pub async fn open_end(&self, id: Uuid) -> io::Result<Continuation> {
        let path = self.path(id);
        blocking(move || {
            let opened = std::fs::OpenOptions::new().append(true).open(path);
            let Some(file) = present(opened)? else {
                return Ok(Continuation::Absent);
            };
            // The lock goes with the file, also when the server is killed.
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(Continuation::Busy),
                Err(TryLockError::Error(error)) => return Err(error),
                Ok(()) => {}
            }
            let offset = file.metadata()?.len();
            let file = File::from_std(file);
            Ok(Continuation::Ready(Appending { file, offset }))
        })
        .await
    }

    /// Takes a complete upload, to [keep](crate::Files::keep) it. Dropping what
    /// is returned deletes the file.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it cannot be synced.
    pub async fn take(&self, id: Uuid) -> io::Result<Received> {
        let path = self.path(id);
        blocking(move || {
            let file = std::fs::File::open(&path)?;
            file.sync_all()?;
            Ok(Received {
                size: file.metadata()?.len(),
                path: TempPath::try_from_path(path)?,
            })
        })
        .await
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

/// `None` if what was looked for is not there.
fn present<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// The end of an upload that is written to. Dropping it keeps what was written.
#[derive(Debug)]
pub struct Appending {
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

    /// Syncs what was written to the disk. Returns how many bytes the file has.
    pub async fn finish(mut self) -> io::Result<u64> {
        self.file.flush().await?;
        self.file.sync_data().await?;
        Ok(self.offset)
    }
}
