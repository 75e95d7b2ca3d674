//! Files whose bytes are in the storage, on the way to their key.

use std::io;

use tempfile::TempPath;
use uuid::Uuid;

use crate::Key;
use crate::s3::UnfinishedObject;

/// A complete file whose bytes are in the storage, so that
/// [publishing](crate::Files::publish) it takes no time. Until then nothing is
/// at its key, or what was there before. Dropping it deletes the bytes.
#[derive(Debug)]
pub struct StagedFile {
    pub key: Key,
    /// Size in bytes.
    pub size: u64,
    /// The [upload](crate::PartialUploads) that the file is of.
    pub upload: Option<Uuid>,
    pub(crate) content: StagedContent,
}

#[derive(Debug)]
pub(crate) enum StagedContent {
    /// In a folder: to be moved.
    File(TempPath),
    /// In S3: to be completed.
    Object(UnfinishedObject),
}

/// How a file could not be published: it belongs to another kind of storage.
pub(crate) fn of_other_storage() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "the file was staged in another storage",
    )
}
