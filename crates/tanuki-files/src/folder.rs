//! Storage in a folder, in Zou's layout.

use std::io;
use std::path::{Path, PathBuf};

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use tempfile::TempPath;
use tokio::fs::File;

use crate::key::{Bucket, path_of};
use crate::listing::{Entry, ListedFile};
use crate::{blocking, present};

/// A folder with a folder for each bucket.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: PathBuf,
    bucket_prefix: String,
}

impl Folder {
    /// Returns the storage in that folder, whose buckets have the prefix in
    /// their names. Creates nothing on the disk.
    pub fn new(folder: PathBuf, bucket_prefix: String) -> Self {
        Self {
            folder,
            bucket_prefix,
        }
    }

    /// Returns the folder of a bucket.
    fn bucket(&self, bucket: Bucket) -> PathBuf {
        let name = format!("{}{}", self.bucket_prefix, bucket.name());
        self.folder.join(name)
    }

    /// Returns the path of a file.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a name that Zou could
    /// not have given.
    pub fn path(&self, bucket: Bucket, name: &str) -> io::Result<PathBuf> {
        let path = path_of(name).ok_or_else(|| {
            let reason = format!("`{name}` is no name of a stored file");
            io::Error::new(io::ErrorKind::InvalidInput, reason)
        })?;
        Ok(self.bucket(bucket).join(path))
    }

    /// Moves a complete file to its path, and syncs the folder too, otherwise
    /// the new name could be lost in a crash.
    pub async fn keep(&self, file: TempPath, bucket: Bucket, name: &str) -> io::Result<()> {
        let path = self.path(bucket, name)?;
        blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            file.persist(&path).map_err(|error| error.error)?;
            std::fs::File::open(folder)?.sync_all()
        })
        .await
    }

    /// Opens a file; `None` if it does not exist.
    pub async fn open(&self, bucket: Bucket, name: &str) -> io::Result<Option<File>> {
        present(File::open(self.path(bucket, name)?).await)
    }

    /// Deletes a file, if it exists.
    pub async fn remove(&self, bucket: Bucket, name: &str) -> io::Result<()> {
        present(tokio::fs::remove_file(self.path(bucket, name)?).await)?;
        Ok(())
    }

    /// Lists the files of a bucket in the order of their names. Those of one
    /// folder at a time are in memory.
    pub fn list(&self, bucket: Bucket) -> BoxStream<'static, io::Result<ListedFile>> {
        let root = self.bucket(bucket);
        stream::once(blocking(move || Entry::of_bucket(&root)))
            .map_ok(in_turn)
            .try_flatten()
            .and_then(|kind| blocking(move || kind.entries()))
            .map_ok(in_turn)
            .try_flatten()
            .and_then(|folder| blocking(move || folder.files()))
            .map_ok(in_turn)
            .try_flatten()
            .boxed()
    }
}

fn in_turn<T>(items: Vec<T>) -> impl futures_util::Stream<Item = io::Result<T>> {
    stream::iter(items.into_iter().map(Ok))
}
