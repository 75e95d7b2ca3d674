//! File storage: attachments, previews, pictures.
//!
//! An upload is streamed to a temporary file ([`Files::receive`]). Its bytes are in
//! the storage ([`Files::stage`]) before the transaction begins that writes its
//! row; within that, it only gets its name ([`Files::publish`]). So a stored file is
//! always complete, and no transaction waits while bytes travel. Other crates use
//! only keys and streams: files are in a folder or in S3.

mod archive;
mod encryption;
mod folder;
mod key;
mod listing;
mod partial;
mod s3;
mod staged;
mod stored;
mod temporary;
mod transfer;
mod workspace;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;

pub use archive::{Archive, ArchivedFile, ZipWriter};
pub use encryption::EncryptionKey;
use folder::Folder;
pub use key::{Bucket, FileKind, Key};
pub use listing::{ListedFile, ListedMd5};
pub use partial::{Appending, Continuation, PartialUploads};
use s3::S3;
pub use s3::S3Settings;
pub use staged::StagedFile;
use staged::{StagedContent, of_other_storage};
pub use stored::StoredFile;
pub use temporary::{LocalFile, Received, Receiving, Scratch};
pub use transfer::{CopyReport, CopyStep, copy_all};
use uuid::Uuid;
pub use workspace::PendingFile;
use workspace::Workspace;

/// The file storage of a studio. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Files {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    workspace: Workspace,
    partial: PartialUploads,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Folder(Folder),
    S3(Box<S3>),
}

impl Files {
    /// Stores files in a folder with the layout of Zou (`PREVIEW_FOLDER`). The
    /// folder is created by the first upload. `bucket_prefix` is prepended to
    /// the names of buckets (`FS_BUCKET_PREFIX`).
    pub fn in_folder(folder: PathBuf, bucket_prefix: String) -> Self {
        let inner = Arc::new(Inner {
            workspace: Workspace::within(&folder),
            partial: PartialUploads::within(&folder),
            store: Store::Folder(Folder::new(folder, bucket_prefix)),
        });
        Self { inner }
    }

    /// Stores files in S3. Uploads in progress are in `folder` until they are
    /// complete. Connects to nothing yet; see [`prepare`](Self::prepare).
    ///
    /// # Errors
    ///
    /// A message for the administrator if a setting cannot be used.
    pub fn in_s3(folder: &std::path::Path, settings: S3Settings) -> Result<Self, String> {
        let inner = Arc::new(Inner {
            workspace: Workspace::within(folder),
            partial: PartialUploads::within(folder),
            store: Store::S3(Box::new(S3::new(settings)?)),
        });
        Ok(Self { inner })
    }

    /// Checks that files can be stored, before a server starts. A folder is
    /// created when it is needed.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached, or a bucket is missing.
    pub async fn prepare(&self) -> io::Result<()> {
        match &self.inner.store {
            Store::Folder(_) => Ok(()),
            Store::S3(store) => store.prepare().await,
        }
    }

    /// Returns the uploads that continue after an interruption.
    pub fn partial_uploads(&self) -> &PartialUploads {
        &self.inner.partial
    }

    /// Creates the temporary file of an upload.
    ///
    /// # Errors
    ///
    /// If the folder or the file cannot be created.
    pub async fn receive(&self) -> io::Result<Receiving> {
        Ok(Receiving::new(self.inner.workspace.file().await?))
    }

    /// Returns the file of a complete upload, to [stage](Self::stage) it. The upload
    /// stays until it is [removed](PartialUploads::remove), so that a request that
    /// fails can be repeated.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it cannot be synced.
    pub async fn complete_upload(&self, id: Uuid) -> io::Result<Received> {
        let path = self.inner.partial.path(id);
        let linked = self.inner.workspace.link(path).await?;
        blocking(move || {
            let file = std::fs::File::open(&linked)?;
            file.sync_all()?;
            Ok(Received {
                size: file.metadata()?.len(),
                path: linked,
                upload: Some(id),
            })
        })
        .await
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

    /// Deletes temporary files and folders: those of processes that have ended,
    /// and those that were last written before a time. Returns the files that
    /// were [pending](Self::mark_pending) when their process ended, until they
    /// are [settled](Self::settled).
    ///
    /// # Errors
    ///
    /// If the folder cannot be read or written to.
    pub async fn drop_unfinished(&self, before: SystemTime) -> io::Result<Vec<PendingFile>> {
        self.inner.workspace.sweep(before).await
    }

    /// Puts the bytes of a complete file into the storage, so that it can be
    /// [published](Self::publish) at its key. To S3 it is sent, which may take
    /// long: not within a transaction.
    ///
    /// # Errors
    ///
    /// If the file cannot be sent. It is deleted then.
    pub async fn stage(&self, received: Received, key: Key) -> io::Result<StagedFile> {
        let (size, upload) = (received.size, received.upload);
        let content = match &self.inner.store {
            Store::Folder(_) => StagedContent::File(received.path),
            Store::S3(store) => {
                let object = store.stage(&received, key.bucket(), &key.name()).await?;
                StagedContent::Object(object)
            }
        };
        Ok(StagedFile {
            key,
            size,
            upload,
            content,
        })
    }

    /// Makes a staged file appear at its key, in place of the one that was there:
    /// a single short request to S3, or a file that is renamed.
    ///
    /// # Errors
    ///
    /// If that fails. Whether the file is there is not known then.
    pub async fn publish(&self, file: StagedFile) -> io::Result<()> {
        let StagedFile { key, content, .. } = file;
        match (&self.inner.store, content) {
            (Store::Folder(store), StagedContent::File(path)) => {
                store.keep(path, key.bucket(), &key.name()).await
            }
            (Store::S3(_), StagedContent::Object(object)) => object.complete().await,
            _ => Err(of_other_storage()),
        }
    }

    /// Notes on the disk that files are about to be published whose rows are not
    /// committed yet, so that they are known after a crash; see
    /// [`drop_unfinished`](Self::drop_unfinished).
    ///
    /// # Errors
    ///
    /// If that cannot be written.
    pub async fn mark_pending(&self, keys: Vec<Key>) -> io::Result<Vec<PendingFile>> {
        self.inner.workspace.mark(keys).await
    }

    /// Forgets that files were pending: their rows are committed, or the files
    /// were removed.
    ///
    /// # Errors
    ///
    /// If that cannot be written.
    pub async fn settled(&self, pending: Vec<PendingFile>) -> io::Result<()> {
        self.inner.workspace.unmark(pending).await
    }

    /// Stores a complete file under a name that was [listed](Self::list).
    ///
    /// # Errors
    ///
    /// If the file cannot be moved or sent. It is deleted then.
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a name that Zou could not
    /// have given.
    pub async fn keep_as(&self, received: Received, bucket: Bucket, name: &str) -> io::Result<()> {
        match &self.inner.store {
            Store::Folder(store) => store.keep(received.path, bucket, name).await,
            Store::S3(store) => store.keep(&received, bucket, name).await,
        }
    }

    /// Opens a stored file; `None` if it does not exist.
    pub async fn open(&self, key: Key) -> io::Result<Option<StoredFile>> {
        self.open_as(key.bucket(), &key.name()).await
    }

    /// Opens a stored file by a name that was [listed](Self::list); `None` if
    /// it does not exist.
    pub async fn open_as(&self, bucket: Bucket, name: &str) -> io::Result<Option<StoredFile>> {
        match &self.inner.store {
            Store::Folder(store) => match store.open(bucket, name).await? {
                Some(file) => Ok(Some(StoredFile::of_folder(file).await?)),
                None => Ok(None),
            },
            Store::S3(store) => Ok(store.open(bucket, name).await?.map(StoredFile::of_s3)),
        }
    }

    /// Returns a stored file as a file of this machine, for programs that need
    /// a path; `None` if it does not exist. What is in a folder is not copied; a
    /// copy of what is in S3 is deleted when the result is dropped.
    pub async fn local(&self, key: Key) -> io::Result<Option<LocalFile>> {
        match &self.inner.store {
            Store::Folder(store) => {
                let path = store.path(key.bucket(), &key.name())?;
                let exists = tokio::fs::try_exists(&path).await?;
                Ok(exists.then(|| LocalFile::original(path)))
            }
            Store::S3(_) => match self.open(key).await? {
                Some(file) => Ok(Some(LocalFile::copy(self.copy(file).await?))),
                None => Ok(None),
            },
        }
    }

    /// Copies a stored file, of this storage or another, into a temporary file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or written.
    pub async fn copy(&self, file: StoredFile) -> io::Result<Received> {
        let mut copy = self.receive().await?;
        let mut pieces = file.read_whole().await?;
        while let Some(piece) = pieces.try_next().await? {
            copy.write(&piece).await?;
        }
        copy.finish().await
    }

    /// Deletes a stored file. Idempotent: not an error if it does not exist.
    pub async fn remove(&self, key: Key) -> io::Result<()> {
        let (bucket, name) = (key.bucket(), key.name());
        match &self.inner.store {
            Store::Folder(store) => store.remove(bucket, &name).await,
            Store::S3(store) => store.remove(bucket, &name).await,
        }
    }

    /// Lists the files of a bucket in the order of their names, of which a few
    /// thousand are in memory at once.
    ///
    /// # Errors
    ///
    /// The stream ends with an error if the store cannot be read.
    pub fn list(&self, bucket: Bucket) -> BoxStream<'static, io::Result<ListedFile>> {
        match &self.inner.store {
            Store::Folder(store) => store.list(bucket),
            Store::S3(store) => store.list(bucket),
        }
    }

    /// Whether files are on this machine.
    fn is_folder(&self) -> bool {
        matches!(self.inner.store, Store::Folder(_))
    }

    /// Returns the size of the stored form of so many bytes of content, as
    /// [`list`](Self::list) has it.
    pub fn stored_size(&self, content: u64) -> u64 {
        match &self.inner.store {
            Store::S3(store) if store.is_encrypted() => encryption::encrypted_size(content),
            _ => content,
        }
    }
}

/// Returns what was found; `None` if there is no such file or folder.
fn present<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
