//! The files of a folder as [`ServeDir`](tower_http::services::ServeDir) reads
//! them: none outside of the folder, and with compressed variants that are
//! made when they are first requested.

use std::fs;
use std::io::{self, Cursor, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use tanuki_http::compression::Coding;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

use super::compressed::Compressed;

/// The extensions of files that become smaller.
const COMPRESSIBLE: [&str; 12] = [
    "css",
    "html",
    "ico",
    "js",
    "json",
    "map",
    "mjs",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
    "xml",
];

/// The sizes of files that are compressed, in bytes. A smaller one would hardly
/// become smaller.
const COMPRESSED_SIZES: std::ops::RangeInclusive<u64> = 1024..=16 * 1024 * 1024;

/// The files of a folder. Nothing is remembered but compressed variants, which
/// belong to one version of a file: a new version is served at once.
#[derive(Debug, Clone)]
pub struct Files {
    folder: Arc<PathBuf>,
    compressed: Arc<Compressed>,
}

/// A file that was opened: on the disk, or a compressed variant in memory.
#[derive(Debug)]
pub struct Opened {
    content: Content,
    metadata: FileMetadata,
}

#[derive(Debug)]
enum Content {
    Disk(tokio::fs::File),
    Memory(Cursor<Bytes>),
}

#[derive(Debug, Clone, Copy)]
pub struct FileMetadata {
    is_dir: bool,
    length: u64,
    modified: SystemTime,
}

/// What is found at a path.
enum Found {
    File(PathBuf, FileMetadata),
    Compressed(Bytes, FileMetadata),
}

impl Files {
    /// Serves the files of a folder. Nothing is read yet.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder: Arc::new(folder),
            compressed: Arc::default(),
        }
    }

    /// Finds a file, or the original of a `.br` or `.gz` that is not beside it,
    /// and compresses that. Blocks.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] if there is none, it is hidden, or it is a
    /// link that leads out of the folder.
    fn find(&self, path: &Path) -> io::Result<Found> {
        let missing = match self.inside(path) {
            Ok((path, metadata)) => return Ok(Found::File(path, metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => error,
            Err(error) => return Err(error),
        };
        let coding = match path.extension().and_then(|extension| extension.to_str()) {
            Some("br") => Coding::Brotli,
            Some("gz") => Coding::Gzip,
            _ => return Err(missing),
        };
        let (original, metadata) = self.inside(&path.with_extension(""))?;
        let extension = original
            .extension()
            .and_then(|extension| extension.to_str());
        let is_compressible = extension.is_some_and(|extension| {
            COMPRESSIBLE.contains(&extension.to_ascii_lowercase().as_str())
        });
        if metadata.is_dir || !is_compressible || !COMPRESSED_SIZES.contains(&metadata.length) {
            return Err(missing);
        }
        let version = (metadata.modified, metadata.length);
        let content = self.compressed.get(&original, version, coding)?;
        let length = content.len() as u64;
        Ok(Found::Compressed(
            content,
            FileMetadata { length, ..metadata },
        ))
    }

    /// Returns the path without links, and the metadata, of a file or folder
    /// that is in the folder. The folder itself may be a link: an upgrade can
    /// make it lead elsewhere.
    fn inside(&self, path: &Path) -> io::Result<(PathBuf, FileMetadata)> {
        let folder = self.folder.canonicalize().map_err(not_found)?;
        let path = path.canonicalize().map_err(not_found)?;
        let is_hidden = |relative: &Path| {
            let mut parts = relative.iter();
            parts.any(|part| part.as_encoded_bytes().starts_with(b"."))
        };
        if path.strip_prefix(&folder).map_or(true, is_hidden) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let metadata = fs::metadata(&path)?;
        Ok((path, FileMetadata::of(&metadata)))
    }
}

impl FileMetadata {
    /// A file counts as modified when it was written here, too: the files of
    /// some packages all have the same time, and an `index.html` that names
    /// other scripts may have the same length.
    fn of(metadata: &fs::Metadata) -> Self {
        let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
        let nanoseconds = u64::try_from(metadata.ctime_nsec()).unwrap_or_default();
        let changed = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds);
        Self {
            is_dir: metadata.is_dir(),
            length: metadata.len(),
            modified: metadata.modified().unwrap_or(UNIX_EPOCH).max(changed),
        }
    }
}

/// Converts the errors about a path that cannot be that of a file.
fn not_found(error: io::Error) -> io::Error {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    match error.kind() {
        NotADirectory | InvalidFilename | InvalidInput => NotFound.into(),
        _ => error,
    }
}

type Pending<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Files {
    type File = Opened;
    type Metadata = FileMetadata;
    type OpenFuture = Pending<Opened>;
    type MetadataFuture = Pending<FileMetadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let files = self.clone();
        blocking(move || match files.find(&path)? {
            Found::File(path, metadata) => Ok(Opened {
                content: Content::Disk(fs::File::open(path)?.into()),
                metadata,
            }),
            Found::Compressed(content, metadata) => Ok(Opened {
                content: Content::Memory(Cursor::new(content)),
                metadata,
            }),
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let files = self.clone();
        blocking(move || match files.find(&path)? {
            Found::File(_, metadata) | Found::Compressed(_, metadata) => Ok(metadata),
        })
    }
}

fn blocking<T: Send + 'static>(run: impl FnOnce() -> io::Result<T> + Send + 'static) -> Pending<T> {
    Box::pin(async {
        let ran = tokio::task::spawn_blocking(run).await;
        ran.map_err(io::Error::other)?
    })
}

impl Metadata for FileMetadata {
    fn is_dir(&self) -> bool {
        self.is_dir
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.modified)
    }

    fn len(&self) -> u64 {
        self.length
    }
}

impl File for Opened {
    type Metadata = FileMetadata;
    type MetadataFuture<'a> = std::future::Ready<io::Result<FileMetadata>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        std::future::ready(Ok(self.metadata))
    }
}

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.content {
            Content::Disk(file) => Pin::new(file).poll_read(context, buffer),
            Content::Memory(content) => Pin::new(content).poll_read(context, buffer),
        }
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        match &mut self.content {
            Content::Disk(file) => Pin::new(file).start_seek(position),
            Content::Memory(content) => Pin::new(content).start_seek(position),
        }
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        match &mut self.content {
            Content::Disk(file) => Pin::new(file).poll_complete(context),
            Content::Memory(content) => Pin::new(content).poll_complete(context),
        }
    }
}
