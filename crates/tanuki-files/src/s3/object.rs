//! Objects that are open for reading.

use std::io;
use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore as _};

use super::encrypted::EncryptedObject;
use super::{PART, failure};

/// An object that exists, as a stored file.
#[derive(Debug, Clone)]
pub(crate) enum S3Object {
    Plain(Object),
    Encrypted(Box<EncryptedObject>),
}

impl S3Object {
    /// Returns the size of the content, in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Plain(object) => object.size(),
            Self::Encrypted(object) => object.size(),
        }
    }

    /// Returns the time of the last modification.
    pub fn written(&self) -> SystemTime {
        match self {
            Self::Plain(object) => object.written(),
            Self::Encrypted(object) => object.written(),
        }
    }

    /// Streams a range of the content.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the range ends behind
    /// the content, [`InvalidData`](io::ErrorKind::InvalidData) for an encrypted
    /// object that is not what was stored.
    pub async fn read(
        self,
        range: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        match self {
            Self::Plain(object) if range.end > object.size() => {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Self::Plain(object) => Ok(object.read(range)),
            Self::Encrypted(object) => object.read(range).await,
        }
    }
}

/// An object as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(super) store: AmazonS3,
    pub(super) about: ObjectMeta,
}

impl Object {
    /// Returns the size as it is stored, in bytes.
    pub fn size(&self) -> u64 {
        self.about.size
    }

    /// Returns the time of the last modification.
    pub fn written(&self) -> SystemTime {
        self.about.last_modified.into()
    }

    /// Streams a range of the object part by part, so that each part is retried
    /// by itself, however long the whole takes. Fails if the object was replaced
    /// meanwhile.
    pub fn read(&self, range: Range<u64>) -> BoxStream<'static, io::Result<Bytes>> {
        let object = self.clone();
        let parts = stream::try_unfold(range, move |left| {
            let object = object.clone();
            async move {
                if left.is_empty() {
                    return Ok(None);
                }
                let part = left.start..left.end.min(left.start + PART);
                let bytes = object.part(part.clone()).await?;
                Ok::<_, io::Error>(Some((bytes, part.end..left.end)))
            }
        });
        parts.try_flatten().boxed()
    }

    async fn part(&self, range: Range<u64>) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: self.about.e_tag.clone(),
            ..GetOptions::default()
        };
        let got = self.store.get_opts(&self.about.location, options).await;
        Ok(got.map_err(failure)?.into_stream().map_err(failure).boxed())
    }

    /// Reads a short range.
    pub async fn bytes(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let pieces: Vec<Bytes> = self.read(range).try_collect().await?;
        Ok(pieces.concat())
    }
}
