//! A stored file that is open for reading.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio_util::task::AbortOnDropHandle;

use crate::s3::S3Object;

/// The size of the first chunk that is read, in bytes, and of the largest: each
/// is twice as long as the one before it. A slow reader holds two of them.
const FIRST_CHUNK: u64 = 64 * 1024;
const CHUNK: u64 = 256 * 1024;

/// A stored file, open for reading.
#[derive(Debug)]
pub struct StoredFile {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last modification.
    pub written: SystemTime,
    content: Content,
}

#[derive(Debug)]
enum Content {
    File(tokio::fs::File),
    Object(Box<S3Object>),
}

impl StoredFile {
    pub(crate) async fn of_folder(file: tokio::fs::File) -> io::Result<Self> {
        let about = file.metadata().await?;
        Ok(Self {
            size: about.len(),
            written: about.modified()?,
            content: Content::File(file),
        })
    }

    pub(crate) fn of_s3(object: S3Object) -> Self {
        Self {
            size: object.size(),
            written: object.written(),
            content: Content::Object(Box::new(object)),
        }
    }

    /// Streams the whole file; see [`read`](Self::read).
    pub(crate) async fn read_whole(self) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let size = self.size;
        self.read(0..size).await
    }

    /// Streams a range of the file, in bytes.
    ///
    /// # Errors
    ///
    /// The stream ends with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if
    /// the file is shorter than the range.
    /// [`InvalidData`](io::ErrorKind::InvalidData) for an encrypted file that is
    /// not what was stored.
    pub async fn read(
        self,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        match self.content {
            Content::File(file) => {
                let mut file = file.into_std().await;
                if range.start > 0 {
                    file.seek(SeekFrom::Start(range.start))?;
                }
                let left = range.end.saturating_sub(range.start);
                let part = Part {
                    file,
                    left,
                    chunk: FIRST_CHUNK,
                };
                Ok(stream::try_unfold(part.read_next(), next_chunk).boxed())
            }
            Content::Object(object) => object.read(range).await,
        }
    }
}

/// What is left of a file that is being read.
struct Part {
    file: File,
    /// Bytes up to the end of the range.
    left: u64,
    /// The size of the next chunk in bytes.
    chunk: u64,
}

/// A chunk that is being read on another thread.
type Reading = AbortOnDropHandle<io::Result<(Bytes, Part)>>;

impl Part {
    /// Begins to read the next chunk; `None` at the end of the range.
    fn read_next(mut self) -> Option<Reading> {
        if self.left == 0 {
            return None;
        }
        let read = move || {
            let size = self.left.min(self.chunk);
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            Read::by_ref(&mut self.file)
                .take(size)
                .read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.left -= bytes.len() as u64;
            self.chunk = (self.chunk * 2).min(CHUNK);
            Ok((bytes.into(), self))
        };
        Some(AbortOnDropHandle::new(tokio::task::spawn_blocking(read)))
    }
}

/// Returns the next chunk, while the one after it is being read; `None` at the
/// end of the range.
async fn next_chunk(reading: Option<Reading>) -> io::Result<Option<(Bytes, Option<Reading>)>> {
    let Some(reading) = reading else {
        return Ok(None);
    };
    let (bytes, part) = reading.await.map_err(io::Error::other)??;
    Ok(Some((bytes, part.read_next())))
}
