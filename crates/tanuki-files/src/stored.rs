//! A stored file that is open for reading.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::s3::S3Object;

/// Buffer size of reads, in bytes.
const CHUNK: usize = 64 * 1024;

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
    File(File),
    Object(Box<S3Object>),
}

impl StoredFile {
    pub(crate) async fn of_folder(file: File) -> io::Result<Self> {
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
            Content::File(mut file) => {
                if range.start > 0 {
                    file.seek(SeekFrom::Start(range.start)).await?;
                }
                let left = file.take(range.end.saturating_sub(range.start));
                Ok(stream::try_unfold(left, next_piece).boxed())
            }
            Content::Object(object) => object.read(range).await,
        }
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
