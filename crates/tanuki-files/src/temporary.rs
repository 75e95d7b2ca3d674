//! Files and folders that exist for as long as a request or a job needs them:
//! uploads in progress, folders for encodes, local copies of stored files.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir, TempPath};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::{StoredFile, blocking};

/// An upload in progress. Dropping it deletes the temporary file.
#[derive(Debug)]
pub struct Receiving {
    file: File,
    path: TempPath,
    size: u64,
}

impl Receiving {
    pub(crate) fn new(file: NamedTempFile) -> Self {
        let (file, path) = file.into_parts();
        Self {
            file: File::from_std(file),
            path,
            size: 0,
        }
    }

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
            upload: None,
        })
    }
}

/// A complete file that has not been stored yet. Dropping it deletes the
/// temporary file.
#[derive(Debug)]
pub struct Received {
    pub(crate) path: TempPath,
    /// Size in bytes.
    pub size: u64,
    pub(crate) upload: Option<Uuid>,
}

impl Received {
    /// Returns the path of the temporary file, for a program that reads it
    /// before it is stored.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the id of the [upload](crate::PartialUploads) that the file was
    /// [taken](crate::Files::complete_upload) from; `None` if it was sent with
    /// the request.
    pub fn upload(&self) -> Option<Uuid> {
        self.upload
    }
}

/// A temporary folder, for what programs write. Dropping it deletes the folder
/// with all that is still in it.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    pub(crate) fn new(folder: TempDir) -> Self {
        Self { folder }
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Opens a complete file of the folder, to send it: it can be read after
    /// the folder is deleted.
    ///
    /// # Errors
    ///
    /// If the folder has no such file.
    pub async fn open(&self, name: &str) -> io::Result<StoredFile> {
        StoredFile::of_folder(File::open(self.path().join(name)).await?).await
    }

    /// Takes a complete file of the folder to [keep](crate::Files::keep) it,
    /// and syncs it to the disk. It is not copied.
    ///
    /// # Errors
    ///
    /// If the folder has no such file, or it cannot be synced.
    pub async fn take(&self, name: &str) -> io::Result<Received> {
        let path = self.path().join(name);
        blocking(move || {
            let file = std::fs::File::open(&path)?;
            file.sync_all()?;
            Ok(Received {
                size: file.metadata()?.len(),
                path: TempPath::try_from_path(path)?,
                upload: None,
            })
        })
        .await
    }
}

/// A stored file as a file of this machine, for a program that needs a path. A
/// copy of what is stored elsewhere is deleted when this is dropped.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    /// Deletes the copy.
    _copy: Option<TempPath>,
}

impl LocalFile {
    pub(crate) fn original(path: PathBuf) -> Self {
        Self { path, _copy: None }
    }

    pub(crate) fn copy(copy: Received) -> Self {
        Self {
            path: copy.path.to_path_buf(),
            _copy: Some(copy.path),
        }
    }

    /// Returns the path. The file must not be written to.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
