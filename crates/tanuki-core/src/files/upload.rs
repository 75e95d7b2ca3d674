//! Storage of uploaded files, consistent with the rows that refer to them.

use std::io;
use std::time::Duration;

use chrono::NaiveDateTime;
use tanuki_files::{FileKind, Key, Received, Scratch, StoredFile};
use tanuki_store::Transaction;
use tanuki_store::query::files::stored::{self, Happening};
use uuid::Uuid;

use crate::{Error, Files, Result};

/// An uploaded file that is not stored yet.
#[derive(Debug)]
pub struct Upload {
    /// The name sent by the HTTP client. Never used to locate the file.
    pub name: String,
    /// The media type sent by the HTTP client, not verified.
    pub mimetype: String,
    pub received: Received,
}

/// Whether a browser shows a file or saves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Shown if its media type is one that cannot run as a page.
    ByType,
    Inline,
    Attachment,
}

/// A stored file for a response.
#[derive(Debug)]
pub struct Download {
    pub name: String,
    pub mimetype: String,
    pub changed_at: NaiveDateTime,
    pub disposition: Disposition,
    pub kept: StoredFile,
}

/// Uploaded files whose rows are inserted but not committed.
#[derive(Debug, Default)]
pub(crate) struct ReceivedFiles {
    files: Vec<(Received, Key)>,
    /// The folders that some of the files are in.
    folders: Vec<Scratch>,
}

impl ReceivedFiles {
    /// Keeps a folder until its files are stored.
    pub fn hold(&mut self, folder: Scratch) {
        self.folders.push(folder);
    }
}

/// Maximum number of files per cleanup transaction.
const BATCH_SIZE: u64 = 500;

/// Maximum number of files per transaction that removes them: their rows are
/// locked until a store that may be far away has answered.
const REMOVED_AT_ONCE: u64 = 50;

/// Age after which an unfinished upload is discarded: 24 hours.
const UNFINISHED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

impl Files<'_> {
    /// Inserts the row of a stored file and schedules the file for
    /// [`commit_with`](Self::commit_with).
    pub(crate) async fn receive(
        self,
        transaction: &mut Transaction,
        arrivals: &mut ReceivedFiles,
        (received, key): (Received, Key),
    ) -> Result<()> {
        let place = (key.bucket().name(), key.prefix());
        let name = (key.id, key.name());
        let size = size_of(&received);
        stored::record_write(transaction, place, name, size, &self.core.defaults()).await?;
        arrivals.files.push((received, key));
        Ok(())
    }

    /// Stores the files, then commits the rows that refer to them. In this
    /// order because a file without a row is only garbage, whereas a row
    /// without its file is a broken download. If storing fails, the files
    /// stored so far are removed and the transaction rolls back.
    pub(crate) async fn commit_with(
        self,
        transaction: Transaction,
        ReceivedFiles { files, folders }: ReceivedFiles,
    ) -> Result<()> {
        let mut kept = Vec::with_capacity(files.len());
        for (received, key) in files {
            kept.push(key);
            if let Err(error) = self.core.storage().keep(received, key).await {
                for key in kept {
                    self.discard(key).await;
                }
                return Err(failed(error));
            }
        }
        drop(folders);
        Ok(transaction.commit().await?)
    }

    /// Sends attachments to S3, where files are there, before the transaction
    /// begins in which they are [received](Self::receive): a film may take
    /// minutes, for which no row and no database may be locked.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the storage cannot be reached,
    /// [`Error::Failed`] if it fails.
    pub(crate) async fn send_attachments(self, uploads: &mut [Upload]) -> Result<()> {
        for upload in uploads {
            let key = Key::attachment(Uuid::new_v4());
            let storage = self.core.storage();
            let sent = storage.send_ahead(&mut upload.received, key).await;
            sent.map_err(failed)?;
        }
        Ok(())
    }

    async fn discard(self, key: Key) {
        if let Err(error) = self.core.storage().remove(key).await {
            tracing::warn!(%error, key = key.name(), "a file that nothing tells of stays");
        }
    }

    /// Cleans up stored files: discards unfinished uploads, marks files
    /// whose rows were deleted, and removes marked files as the settings allow.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] if the storage fails.
    pub async fn sweep_files(self) -> Result<()> {
        let now = self.core.clock().now();
        let long_ago = std::time::SystemTime::from(now) - UNFINISHED_AFTER;
        self.core
            .storage()
            .drop_unfinished(long_ago)
            .await
            .map_err(failed)?;
        while self.note_deleted().await? >= BATCH_SIZE {}
        while self.remove_deleted().await? == REMOVED_AT_ONCE {}
        Ok(())
    }

    async fn note_deleted(self) -> Result<u64> {
        let mut transaction = self.core.database().begin().await?;
        let files = stored::without_owner(&mut transaction, BATCH_SIZE).await?;
        let defaults = self.core.defaults();
        for file in &files {
            stored::note(&mut transaction, file, Happening::Deleted, &defaults).await?;
        }
        transaction.commit().await?;
        Ok(files.len() as u64)
    }

    /// Removes one batch of marked files. Returns how many were removed.
    async fn remove_deleted(self) -> Result<u64> {
        let all = self.core.settings().files.remove;
        let mut transaction = self.core.database().begin().await?;
        let files = stored::to_remove(&mut transaction, all, REMOVED_AT_ONCE).await?;
        let defaults = self.core.defaults();
        let mut removed = 0;
        for file in &files {
            let Some(kind) = FileKind::find(&file.bucket, &file.prefix) else {
                continue;
            };
            let key = Key::new(kind, file.owner);
            let happening = match self.core.storage().remove(key).await {
                Ok(()) => Happening::Removed,
                Err(error) => Happening::Failed(error.to_string()),
            };
            removed += u64::from(matches!(happening, Happening::Removed));
            stored::note(&mut transaction, file, happening, &defaults).await?;
        }
        transaction.commit().await?;
        Ok(removed)
    }
}

/// The size in bytes as a column value.
pub(crate) fn size_of(received: &Received) -> i64 {
    i64::try_from(received.size).unwrap_or(i64::MAX)
}

/// Converts an I/O error of the storage. One that cannot be reached may be back
/// soon.
pub(crate) fn failed(error: io::Error) -> Error {
    let reason = format!("a file cannot be kept or read: {error}");
    match error.kind() {
        io::ErrorKind::NotConnected
        | io::ErrorKind::TimedOut
        | io::ErrorKind::ConnectionAborted => Error::Unavailable(reason),
        _ => Error::Failed(reason),
    }
}
