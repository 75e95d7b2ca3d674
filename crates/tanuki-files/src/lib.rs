//! File storage: attachments, previews, pictures.
//!
//! An upload is streamed to a temporary file ([`Files::receive`]) and moved to
//! its final path once the request has been accepted ([`Files::keep`]), so that
//! a stored file is always complete. Other crates use only keys and streams:
//! the storage could be something other than a folder.

mod key;

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

pub use key::{Bucket, Key};

/// Folder of uploads in progress. It is in the same folder as the buckets,
/// since a file can be moved atomically only within one file system.
const INCOMING: &str = ".incoming";

/// Buffer size of reads, in bytes.
const CHUNK: usize = 64 * 1024;

/// The file storage of a studio, in a folder. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Files {
    place: Arc<FileRoot>,
}

#[derive(Debug)]
struct FileRoot {
    folder: PathBuf,
    bucket_prefix: String,
}

impl Files {
    /// Stores files in a folder with the layout of Zou (`PREVIEW_FOLDER`). The
    /// folder is created by the first upload. `bucket_prefix` is prepended to
    /// the names of buckets (`FS_BUCKET_PREFIX`).
    pub fn in_folder(folder: PathBuf, bucket_prefix: String) -> Self {
        let place = Arc::new(FileRoot {
            folder,
            bucket_prefix,
        });
        Self { place }
    }

    fn path(&self, key: Key) -> PathBuf {
        key.path(&self.place.folder, &self.place.bucket_prefix)
    }

    /// Creates the temporary file of an upload.
    ///
    /// # Errors
    ///
    /// If the folder or the file cannot be created.
    pub async fn receive(&self) -> io::Result<Receiving> {
        let folder = self.place.folder.join(INCOMING);
        let made = blocking(move || {
            std::fs::create_dir_all(&folder)?;
            let mut builder = tempfile::Builder::new();
            // The usual permissions of a new file, before the umask, so that
            // other programs that read the folder can continue to do so.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            builder.tempfile_in(folder)
        });
        let (file, path) = made.await?.into_parts();
        Ok(Receiving {
            file: File::from_std(file),
            path,
            size: 0,
        })
    }

    /// Deletes the temporary files that were last modified before a time:
    /// uploads that were interrupted when the server stopped.
    pub async fn drop_unfinished(&self, before: SystemTime) -> io::Result<()> {
        let folder = self.place.folder.join(INCOMING);
        blocking(move || {
            let entries = match std::fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                if entry.metadata()?.modified()? < before {
                    std::fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Stores a complete upload under a key and replaces any existing file.
    ///
    /// # Errors
    ///
    /// If a folder cannot be created, or the file cannot be moved or its folder
    /// synced. An upload that could not be moved is deleted.
    pub async fn keep(&self, received: Received, key: Key) -> io::Result<()> {
        let path = self.path(key);
        blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            received.path.persist(&path).map_err(|error| error.error)?;
            // Syncs the folder too, otherwise the new name could be lost in a
            // crash.
            std::fs::File::open(folder)?.sync_all()
        })
        .await
    }

    /// Opens a stored file; `None` if it does not exist.
    pub async fn open(&self, key: Key) -> io::Result<Option<StoredFile>> {
        let file = match File::open(self.path(key)).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let about = file.metadata().await?;
        Ok(Some(StoredFile {
            size: about.len(),
            written: about.modified()?,
            file,
        }))
    }

    /// Deletes a stored file. Idempotent: not an error if it does not exist.
    pub async fn remove(&self, key: Key) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// An upload in progress. Dropping it deletes the temporary file.
#[derive(Debug)]
pub struct Receiving {
    file: File,
    path: TempPath,
    size: u64,
}

impl Receiving {
    /// Appends bytes to the temporary file.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// Syncs all bytes to the disk and closes the file.
    pub async fn finish(mut self) -> io::Result<Received> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(Received {
            path: self.path,
            size: self.size,
        })
    }
}

/// A complete upload that has not been stored yet. Dropping it deletes the
/// temporary file.
#[derive(Debug)]
pub struct Received {
    path: TempPath,
    /// Size in bytes.
    pub size: u64,
}

/// A stored file, open for reading.
#[derive(Debug)]
pub struct StoredFile {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last modification.
    pub written: SystemTime,
    file: File,
}

impl StoredFile {
    /// Streams a range of the file, in bytes.
    ///
    /// # Errors
    ///
    /// The stream ends with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if
    /// the file is shorter than the range.
    pub async fn read(
        self,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let mut file = self.file;
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).await?;
        }
        let left = file.take(range.end.saturating_sub(range.start));
        Ok(stream::try_unfold(left, next_piece).boxed())
    }
}

/// Reads the next chunk; `None` at the end of the range.
async fn next_piece(
    mut left: tokio::io::Take<File>,
) -> io::Result<Option<(Bytes, tokio::io::Take<File>)>> {
    let mut piece = BytesMut::with_capacity(CHUNK);
    match left.read_buf(&mut piece).await? {
        0 if left.limit() > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
        0 => Ok(None),
        _ => Ok(Some((piece.freeze(), left))),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
