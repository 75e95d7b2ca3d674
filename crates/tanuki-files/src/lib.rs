//! File storage: attachments, previews, pictures.
//!
//! An upload is streamed to a temporary file ([`Files::receive`]) and moved to
//! its final path once the request has been accepted ([`Files::keep`]), so that
//! a stored file is always complete. Other crates use only keys and streams:
//! the storage could be something other than a folder.

mod folder;
mod key;
mod stored;
mod temporary;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use folder::Folder;
pub use key::{Bucket, FileKind, Key};
pub use stored::StoredFile;
use temporary::Workspace;
pub use temporary::{LocalFile, Received, Receiving, Scratch};

/// The file storage of a studio. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Files {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    workspace: Workspace,
    store: Folder,
}

impl Files {
    /// Stores files in a folder with the layout of Zou (`PREVIEW_FOLDER`). The
    /// folder is created by the first upload. `bucket_prefix` is prepended to
    /// the names of buckets (`FS_BUCKET_PREFIX`).
    pub fn in_folder(folder: PathBuf, bucket_prefix: String) -> Self {
        let inner = Arc::new(Inner {
            workspace: Workspace::within(&folder),
            store: Folder::new(folder, bucket_prefix),
        });
        Self { inner }
    }

    /// Creates the temporary file of an upload.
    ///
    /// # Errors
    ///
    /// If the folder or the file cannot be created.
    pub async fn receive(&self) -> io::Result<Receiving> {
        Ok(Receiving::new(self.inner.workspace.file().await?))
    }

    /// Creates a temporary folder for programs that write files. Complete files
    /// of it are [taken](Scratch::take) and kept.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created.
    pub async fn scratch(&self) -> io::Result<Scratch> {
        self.inner.workspace.scratch().await
    }

    /// Deletes the temporary files and folders that were last written before a
    /// time: uploads and encodes that were interrupted when the server stopped.
    pub async fn drop_unfinished(&self, before: SystemTime) -> io::Result<()> {
        self.inner.workspace.sweep(before).await
    }

    /// Stores a complete file under a key and replaces any existing file.
    ///
    /// # Errors
    ///
    /// If a folder cannot be created, or the file cannot be moved or its folder
    /// synced. A file that could not be moved is deleted.
    pub async fn keep(&self, received: Received, key: Key) -> io::Result<()> {
        let store = &self.inner.store;
        store.keep(received, key.bucket(), &key.name()).await
    }

    /// Opens a stored file; `None` if it does not exist.
    pub async fn open(&self, key: Key) -> io::Result<Option<StoredFile>> {
        match self.inner.store.open(key.bucket(), &key.name()).await? {
            Some(file) => Ok(Some(StoredFile::of_folder(file).await?)),
            None => Ok(None),
        }
    }

    /// Returns a stored file as a file of this machine, for programs that need
    /// a path; `None` if it does not exist. What is in the folder is not
    /// copied.
    pub async fn local(&self, key: Key) -> io::Result<Option<LocalFile>> {
        let path = self.inner.store.path(key.bucket(), &key.name())?;
        let exists = tokio::fs::try_exists(&path).await?;
        Ok(exists.then(|| LocalFile::original(path)))
    }

    /// Deletes a stored file. Idempotent: not an error if it does not exist.
    pub async fn remove(&self, key: Key) -> io::Result<()> {
        self.inner.store.remove(key.bucket(), &key.name()).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
