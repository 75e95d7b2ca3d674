//! Files and folders that exist for as long as a request or a job needs them:
//! uploads in progress, folders for encodes, local copies of stored files.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::{NamedTempFile, TempDir, TempPath};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::{Key, Sent, blocking};

/// Folder of uploads in progress. It is in the same folder as the buckets,
/// since a file can be moved atomically only within one file system.
const INCOMING: &str = ".incoming";

/// The folder of everything temporary.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// Returns the workspace of a storage in that folder. Creates nothing on the
    /// disk.
    pub fn within(folder: &Path) -> Self {
        Self {
            folder: folder.join(INCOMING),
        }
    }

    /// Creates an empty file.
    pub async fn file(&self) -> io::Result<NamedTempFile> {
        self.create(|builder, folder| {
            // The usual permissions of a new file, before the umask, so that
            // other programs that read the folder can continue to do so.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            builder.tempfile_in(folder)
        })
        .await
    }

    /// Creates an empty folder.
    pub async fn scratch(&self) -> io::Result<Scratch> {
        let folder = self.create(|builder, folder| builder.tempdir_in(folder));
        Ok(Scratch {
            folder: folder.await?,
        })
    }

    async fn create<T: Send + 'static>(
        &self,
        create: impl FnOnce(&mut tempfile::Builder<'_, '_>, &Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let folder = self.folder.clone();
        blocking(move || {
            std::fs::create_dir_all(&folder)?;
            create(&mut tempfile::Builder::new(), &folder)
        })
        .await
    }

    /// Deletes what was last written before a time, and was left by a server
    /// that stopped.
    pub async fn sweep(&self, before: SystemTime) -> io::Result<()> {
        let folder = self.folder.clone();
        blocking(move || {
            let entries = match std::fs::read_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                entries => entries?,
            };
            for entry in entries {
                let path = entry?.path();
                // Other servers delete their files at the same time.
                match delete_if_older(&path, before) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    outcome => outcome?,
                }
            }
            Ok(())
        })
        .await
    }
}

fn delete_if_older(path: &Path, before: SystemTime) -> io::Result<()> {
    let about = path.symlink_metadata()?;
    let mut written = about.modified()?;
    if about.is_dir() {
        // A file that is being written does not change its folder's time.
        for entry in std::fs::read_dir(path)? {
            written = written.max(entry?.metadata()?.modified()?);
        }
    }
    match written < before {
        true if about.is_dir() => std::fs::remove_dir_all(path),
        true => std::fs::remove_file(path),
        false => Ok(()),
    }
}

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
            sent: None,
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
    pub(crate) sent: Option<Sent>,
}

impl Received {
    /// Returns the key to which it was [sent ahead](crate::Files::send_ahead).
    pub fn sent_to(&self) -> Option<Key> {
        self.sent.as_ref().map(|sent| sent.key)
    }

    /// Returns the path of the temporary file, for a program that reads it
    /// before it is stored.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A temporary folder, for what programs write. Dropping it deletes the folder
/// with all that is still in it.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
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
                sent: None,
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
