//! Objects that are being sent.

use std::io;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use object_store::MultipartUpload;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::encrypted::{Encrypted, Encrypting};
use super::{PART, failure};
use crate::temporary::Received;

/// How many parts of an object are sent at once.
const PARTS_AT_ONCE: usize = 3;

/// The most parts that an object may have.
const MAX_PARTS: u64 = 10_000;

/// The content of an object, as it is sent.
pub(super) struct Content {
    file: File,
    /// Bytes that are sent in all.
    pub size: u64,
    encrypting: Option<Encrypting>,
}

impl Content {
    pub async fn open(received: &Received, encrypted: Option<&Encrypted>) -> io::Result<Self> {
        let file = File::open(received.path()).await?;
        let encrypting = match encrypted {
            Some(encrypted) => Some(encrypted.encrypt(file.metadata().await?.modified()?)?),
            None => None,
        };
        let size = match encrypting {
            Some(_) => crate::encryption::encrypted_size(received.size),
            None => received.size,
        };
        Ok(Self {
            file,
            size,
            encrypting,
        })
    }

    /// Returns the next part; `None` at the end.
    pub async fn next_part(&mut self, size: u64) -> io::Result<Option<Bytes>> {
        let part = match &mut self.encrypting {
            Some(encrypting) => encrypting.next_part(&mut self.file, size).await?,
            None => {
                let mut part = Vec::new();
                (&mut self.file).take(size).read_to_end(&mut part).await?;
                part
            }
        };
        Ok((!part.is_empty()).then(|| part.into()))
    }
}

/// An object whose parts are in the store, but which does not exist before it
/// is [completed](Self::complete). Dropping it takes the parts back.
#[derive(Debug)]
pub(crate) struct UnfinishedObject {
    /// `None` once it is complete. The mutex is never waited for: it makes this
    /// `Sync`.
    upload: Mutex<Option<Box<dyn MultipartUpload>>>,
    name: String,
}

impl UnfinishedObject {
    pub(super) fn begin(upload: Box<dyn MultipartUpload>, name: &str) -> Self {
        Self {
            upload: Mutex::new(Some(upload)),
            name: name.to_owned(),
        }
    }

    /// Sends the parts of an object, a few of them at once.
    pub(super) async fn send(&mut self, mut content: Content) -> io::Result<()> {
        let Some(upload) = self.upload() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let size = part_size(content.size);
        let mut sent = 0;
        let mut running = FuturesUnordered::new();
        while let Some(part) = content.next_part(size).await? {
            sent += part.len() as u64;
            running.push(upload.put_part(part.into()));
            if running.len() == PARTS_AT_ONCE
                && let Some(outcome) = running.next().await
            {
                outcome.map_err(failure)?;
            }
        }
        while let Some(outcome) = running.next().await {
            outcome.map_err(failure)?;
        }
        if sent == content.size {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Makes the object exist, in place of one of its name.
    pub async fn complete(mut self) -> io::Result<()> {
        if let Some(upload) = self.upload() {
            upload.complete().await.map_err(failure)?;
        }
        *self.upload() = None;
        Ok(())
    }

    fn upload(&mut self) -> &mut Option<Box<dyn MultipartUpload>> {
        self.upload
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnfinishedObject {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) =
            (self.upload().take(), tokio::runtime::Handle::try_current())
        {
            let name = std::mem::take(&mut self.name);
            runtime.spawn(async move {
                // Parts that stay cost money.
                if let Err(error) = upload.abort().await {
                    let error = failure(error);
                    tracing::warn!(%error, name, "parts of an upload to S3 that failed may stay");
                }
            });
        }
    }
}

/// Returns the size of the parts in which an object of this size is sent, in
/// bytes.
fn part_size(size: u64) -> u64 {
    PART.max(size.div_ceil(MAX_PARTS))
}

/// Returns how many parts an object of this size is sent in, and their size.
pub(crate) fn parts_of(size: u64) -> (u64, u64) {
    let part = part_size(size);
    (size.div_ceil(part).max(1), part)
}
