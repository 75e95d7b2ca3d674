//! Where a studio keeps its files: attachments, previews, pictures.
//!
//! A file comes in as a stream and is written aside ([`Files::receive`]) until
//! whoever sent it may have it kept ([`Files::keep`]); it is either there as a
//! whole or not at all. Rules and routes know of keys and streams alone, so
//! that what keeps the bytes can be another thing than a folder.

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

/// Where files are written before they are kept. It stands beside the buckets,
/// since a file is moved within one file system alone.
const INCOMING: &str = ".incoming";

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// The files of a studio, in a folder. Cloning is cheap.
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
    /// Files in a folder, laid out as Zou does (`PREVIEW_FOLDER`). It is made
    /// when the first file comes. `bucket_prefix` stands in front of the names
    /// of buckets (`FS_BUCKET_PREFIX`).
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

    /// Begins to take in a file, whose bytes are kept nowhere yet.
    pub async fn receive(&self) -> io::Result<Receiving> {
        let folder = self.place.folder.join(INCOMING);
        let made = blocking(move || {
            std::fs::create_dir_all(&folder)?;
            let mut builder = tempfile::Builder::new();
            // As any other program would: what else reads the folder may go on
            // reading it.
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

    /// Removes what was begun to be taken in before that time, and not ended
    /// because the server was.
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

    /// Keeps a file under a key, in place of the one that was there.
    pub async fn keep(&self, received: Received, key: Key) -> io::Result<()> {
        let path = self.path(key);
        blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            received.path.persist(&path).map_err(|error| error.error)?;
            // The name lasts when the folder does.
            std::fs::File::open(folder)?.sync_all()
        })
        .await
    }

    /// Opens a file; `None` where there is none.
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

    /// Removes a file; one that is not there counts as removed.
    pub async fn remove(&self, key: Key) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// A file that is being taken in; dropped, it is gone.
#[derive(Debug)]
pub struct Receiving {
    file: File,
    path: TempPath,
    size: u64,
}

impl Receiving {
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// Has all its bytes on the disk.
    pub async fn finish(mut self) -> io::Result<Received> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(Received {
            path: self.path,
            size: self.size,
        })
    }
}

/// A file that was taken in whole; dropped without being kept, it is gone.
#[derive(Debug)]
pub struct Received {
    path: TempPath,
    /// In bytes.
    pub size: u64,
}

/// A kept file, open for reading.
#[derive(Debug)]
pub struct StoredFile {
    /// In bytes.
    pub size: u64,
    /// When it was kept.
    pub written: SystemTime,
    file: File,
}

impl StoredFile {
    /// The bytes of a range of the file, piece by piece.
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

/// Reads on, until there is nothing left.
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
