//! The folder of everything temporary: uploads in progress, folders for
//! encodes, local copies of stored files.
//!
//! Each process has a folder of its own in it, beside which it holds a lock that
//! ends with the process, however that ends. So what a process that was killed
//! left is deleted when the next one starts, and nothing of those that run.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::{NamedTempFile, TempPath};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::key::{Bucket, Key};
use crate::temporary::Scratch;
use crate::{blocking, present};

/// Name of the folder. It is in the same folder as the buckets, since a file can
/// be moved atomically only within one file system.
const INCOMING: &str = ".incoming";

/// Ending of the names of locks.
const LOCK: &str = ".lock";

/// Beginning of the names of [marks](PendingFile).
const MARK: &str = "pending";

/// The folder of everything temporary.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: PathBuf,
    own: OnceCell<OwnFolder>,
}

/// The folder of this process.
#[derive(Debug)]
struct OwnFolder {
    path: PathBuf,
    /// Held until the process ends. `None` where files cannot be locked.
    lock: Option<File>,
}

/// A file that may be at its key without its row: the transaction that writes
/// the row is not known to be committed. An empty file in the folder of the
/// process is the mark that outlasts a crash.
#[derive(Debug)]
pub struct PendingFile {
    pub key: Key,
    mark: PathBuf,
}

impl Workspace {
    /// Returns the workspace of a storage in that folder. Creates nothing on the
    /// disk.
    pub fn within(folder: &Path) -> Self {
        Self {
            folder: folder.join(INCOMING),
            own: OnceCell::new(),
        }
    }

    /// Creates an empty file.
    pub async fn file(&self) -> io::Result<NamedTempFile> {
        self.create(|folder| {
            let mut builder = tempfile::Builder::new();
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
        let folder = self.create(|folder| tempfile::Builder::new().tempdir_in(folder));
        Ok(Scratch::new(folder.await?))
    }

    /// Gives the file at `source` a second name here, so that it can be moved away
    /// while the first name stays. Where the file system has no hard links it is
    /// copied.
    pub async fn link(&self, source: PathBuf) -> io::Result<TempPath> {
        let linked = self.create(move |folder| {
            tempfile::Builder::new().make_in(folder, |path| {
                match std::fs::hard_link(&source, path) {
                    Err(error) if has_no_links(&error) => std::fs::copy(&source, path).map(|_| ()),
                    linked => linked,
                }
            })
        });
        Ok(linked.await?.into_temp_path())
    }

    /// Marks files as pending.
    pub async fn mark(&self, keys: Vec<Key>) -> io::Result<Vec<PendingFile>> {
        self.create(move |folder| {
            let mut pending = Vec::with_capacity(keys.len());
            for key in keys {
                // Several requests may store a file of the same key.
                let (bucket, unique) = (key.bucket().name(), Uuid::new_v4().simple());
                let mark = folder.join(format!("{MARK}.{bucket}.{}.{unique}", key.name()));
                File::create_new(&mark)?;
                pending.push(PendingFile { key, mark });
            }
            Ok(pending)
        })
        .await
    }

    /// Removes the marks of files.
    pub async fn unmark(&self, pending: Vec<PendingFile>) -> io::Result<()> {
        let own = self.own.get().map(|own| own.path.clone());
        blocking(move || {
            for PendingFile { mark, .. } in pending {
                present(std::fs::remove_file(&mark))?;
                let folder = mark
                    .parent()
                    .filter(|folder| Some(*folder) != own.as_deref());
                if let Some(folder) = folder
                    && std::fs::remove_dir(folder).is_ok()
                {
                    present(std::fs::remove_file(lock_of(folder)))?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn create<T: Send + 'static>(
        &self,
        create: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let own = self.own.get_or_try_init(|| {
            let folder = self.folder.clone();
            blocking(move || OwnFolder::create(&folder))
        });
        let path = own.await?.path.clone();
        blocking(move || {
            // Somebody may have tidied up.
            std::fs::create_dir_all(&path)?;
            create(&path)
        })
        .await
    }

    /// Deletes what processes left that have ended, and what was last written
    /// before a time. Returns the files that were pending then.
    pub async fn sweep(&self, before: SystemTime) -> io::Result<Vec<PendingFile>> {
        let (folder, own) = (self.folder.clone(), self.own.get());
        let own = own.map(|own| own.path.clone());
        blocking(move || {
            let mut pending = Vec::new();
            for entry in entries(&folder)? {
                let is_own = own.as_ref() == Some(&entry);
                // Other servers delete their files at the same time.
                present(sweep_entry(&entry, (before, is_own), &mut pending))?;
            }
            Ok(pending)
        })
        .await
    }
}

impl OwnFolder {
    fn create(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let unique = Uuid::new_v4().simple();
        let boot = boot_id();
        let name = boot.as_ref().map_or("", |boot| boot.as_str());
        let path = folder.join(format!("{name}.{unique}"));
        let mut lock = None;
        // The lock is held before there is a folder for it to protect.
        if boot.is_some() {
            let file = File::create_new(lock_of(&path))?;
            match file.lock() {
                Ok(()) => lock = Some(file),
                Err(_) => std::fs::remove_file(lock_of(&path))?,
            }
        }
        std::fs::create_dir(&path)?;
        Ok(Self { path, lock })
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        // Marks may be left, which the next process looks at.
        if std::fs::remove_dir(&self.path).is_ok() && self.lock.is_some() {
            let _gone = std::fs::remove_file(lock_of(&self.path));
        }
    }
}

/// Identifies the running kernel. Locks of another machine, or from before it
/// was started anew, say nothing.
fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = Uuid::try_parse(id.trim()).ok()?;
    Some(id.simple().to_string())
}

/// Returns the path of the lock of a process's folder.
fn lock_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(LOCK);
    name.into()
}

/// Deletes what is left over of one entry of the workspace.
fn sweep_entry(
    entry: &Path,
    (before, is_own): (SystemTime, bool),
    pending: &mut Vec<PendingFile>,
) -> io::Result<()> {
    let is_lock = entry
        .as_os_str()
        .as_encoded_bytes()
        .ends_with(LOCK.as_bytes());
    let is_of_process = entry.is_dir() && entry.file_name().is_some_and(is_process_folder);
    if is_lock || !is_of_process {
        // That of a process that is starting is new.
        let is_in_use = is_lock && entry.with_extension("").is_dir();
        return if is_in_use {
            Ok(())
        } else {
            delete_if_older(entry, before)
        };
    }
    // Locked until the end of this function.
    let lock = if is_own { None } else { lock_of_ended(entry)? };
    for inner in entries(entry)? {
        match pending_file(&inner) {
            Some(file) if lock.is_some() || is_older(&inner, before)? => pending.push(file),
            Some(_) => {}
            None if lock.is_some() => drop(present(delete(&inner))?),
            None => drop(present(delete_if_older(&inner, before))?),
        }
    }
    let is_over = lock.is_some() || (!is_own && is_older(entry, before)?);
    if is_over && std::fs::remove_dir(entry).is_ok() {
        present(std::fs::remove_file(lock_of(entry)))?;
    }
    Ok(())
}

/// Whether a name is that of a process's folder, of this version.
fn is_process_folder(name: &std::ffi::OsStr) -> bool {
    let name = name.to_str().and_then(|name| name.split_once('.'));
    name.is_some_and(|(boot, unique)| {
        Uuid::try_parse(unique).is_ok() && (boot.is_empty() || Uuid::try_parse(boot).is_ok())
    })
}

/// Takes the lock of a process that has ended; `None` if it is running, or if
/// this is not known.
fn lock_of_ended(folder: &Path) -> io::Result<Option<File>> {
    let name = folder.file_name().and_then(|name| name.to_str());
    let is_of_this_boot = boot_id()
        .zip(name)
        .is_some_and(|(boot, name)| name.starts_with(&boot));
    if !is_of_this_boot {
        return Ok(None);
    }
    let lock = present(File::open(lock_of(folder)))?;
    Ok(lock.filter(|lock| lock.try_lock().is_ok()))
}

/// Returns the file that an entry marks as pending.
fn pending_file(path: &Path) -> Option<PendingFile> {
    let name = path.file_name()?.to_str()?;
    let mut parts = name.split('.');
    let (kind, bucket, key) = (parts.next()?, parts.next()?, parts.next()?);
    let mut buckets = Bucket::ALL.into_iter();
    let bucket = buckets.find(|one| one.name() == bucket)?;
    (kind == MARK).then_some(())?;
    Some(PendingFile {
        key: Key::parse(bucket, key)?,
        mark: path.to_owned(),
    })
}

/// Returns the paths in a folder; none if it does not exist.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = present(std::fs::read_dir(folder))?.into_iter().flatten();
    entries.map(|entry| Ok(entry?.path())).collect()
}

fn is_older(path: &Path, before: SystemTime) -> io::Result<bool> {
    let about = path.symlink_metadata()?;
    let mut written = about.modified()?;
    if about.is_dir() {
        // A file that is being written does not change its folder's time.
        for entry in std::fs::read_dir(path)? {
            written = written.max(entry?.metadata()?.modified()?);
        }
    }
    Ok(written < before)
}

/// Whether a file system refuses hard links.
fn has_no_links(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::Unsupported || kind == io::ErrorKind::PermissionDenied
}

fn delete_if_older(path: &Path, before: SystemTime) -> io::Result<()> {
    match is_older(path, before)? {
        true => delete(path),
        false => Ok(()),
    }
}

fn delete(path: &Path) -> io::Result<()> {
    match path.symlink_metadata()?.is_dir() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// A time before which nothing was written.
    fn long_ago() -> SystemTime {
        UNIX_EPOCH
    }

    #[tokio::test]
    async fn what_an_ended_process_left_is_deleted_and_its_pending_files_are_returned() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::attachment(Uuid::new_v4());
        let ended = Workspace::within(folder.path());
        let upload = ended.file().await.unwrap();
        let scratch = ended.scratch().await.unwrap();
        ended.mark(vec![key]).await.unwrap();
        let running = Workspace::within(folder.path());
        let kept = running.file().await.unwrap();
        // Both run.
        assert!(running.sweep(long_ago()).await.unwrap().is_empty());
        assert!(upload.path().exists() && kept.path().exists());
        let paths = [upload.path().to_owned(), scratch.path().to_owned()];
        // What a process does that is killed: its locks end, nothing is deleted.
        std::mem::forget((upload, scratch));
        drop(ended);
        let pending = running.sweep(long_ago()).await.unwrap();
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0].key, key);
        assert!(!paths.iter().any(|path| path.exists()));
        assert!(kept.path().exists());
        // It is returned until it is unmarked.
        assert_eq!(running.sweep(long_ago()).await.unwrap().len(), 1);
        running.unmark(pending).await.unwrap();
        assert!(running.sweep(long_ago()).await.unwrap().is_empty());
        let incoming = folder.path().join(INCOMING);
        assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 2);
        drop(kept);
        drop(running);
        let incoming = folder.path().join(INCOMING);
        assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_old_is_deleted_whoever_left_it() {
        let folder = tempfile::tempdir().unwrap();
        let incoming = folder.path().join(INCOMING);
        let other = incoming.join(format!(".{}", Uuid::new_v4().simple()));
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(other.join("upload"), "bytes").unwrap();
        std::fs::write(incoming.join(".tmpabc"), "of an older version").unwrap();
        let workspace = Workspace::within(folder.path());
        workspace.sweep(long_ago()).await.unwrap();
        assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 2);
        let later = long_ago() + Duration::from_secs(1 << 34);
        workspace.sweep(later).await.unwrap();
        assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 0);
    }
}
