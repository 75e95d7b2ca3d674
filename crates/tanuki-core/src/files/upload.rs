//! Storage of uploaded files, consistent with the rows that refer to them.

use std::io;
use std::time::Duration;

use chrono::NaiveDateTime;
use futures_util::future::join_all;
use tanuki_files::{FileKind, Key, PendingFile, Received, Scratch, StagedFile, StoredFile};
use tanuki_store::Transaction;
use tanuki_store::query::files::expected;
use tanuki_store::query::files::stored::{self, Happening};
use tokio::time::timeout;
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

/// An attachment whose bytes are in the storage, and whose row is not written.
#[derive(Debug)]
pub(crate) struct StagedAttachment {
    pub name: String,
    pub mimetype: String,
    pub file: StagedFile,
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
    files: Vec<StagedFile>,
    /// The folders that some of the files are in.
    folders: Vec<Scratch>,
    /// The uploads that some of the files are of.
    uploads: Vec<Uuid>,
}

impl ReceivedFiles {
    /// Keeps a folder until its files are stored.
    pub fn hold(&mut self, folder: Scratch) {
        self.folders.push(folder);
    }

    /// Deletes the file of an upload once the transaction is committed.
    pub(super) fn use_up(&mut self, upload: Uuid) {
        self.uploads.push(upload);
    }
}

/// Maximum number of files per cleanup transaction.
const BATCH_SIZE: u64 = 500;

/// Maximum number of files per transaction that removes them, all at once: their
/// rows are locked until a store that may be far away has answered.
const REMOVED_AT_ONCE: u64 = 16;

/// How long the store may take to publish the files of a transaction, or to
/// remove those of one.
const PUBLISHING: Duration = Duration::from_secs(20);

/// Age after which an unfinished upload is discarded: 24 hours.
const UNFINISHED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

impl Files<'_> {
    /// Puts the bytes of a file into the storage, before the transaction begins
    /// in which it is [received](Self::receive): a film may take minutes to S3,
    /// for which no row and no database may be locked.
    ///
    /// # Errors
    ///
    /// [`Error::StorageUnavailable`] if the storage is full or cannot be reached,
    /// [`Error::Failed`] if it fails.
    pub(crate) async fn stage(self, received: Received, key: Key) -> Result<StagedFile> {
        let staged = self.core.storage().stage(received, key).await;
        staged.map_err(failed)
    }

    /// [Stages](Self::stage) attachments, whose ids are chosen here.
    pub(crate) async fn stage_attachments(
        self,
        uploads: Vec<Upload>,
    ) -> Result<Vec<StagedAttachment>> {
        let mut staged = Vec::with_capacity(uploads.len());
        for upload in uploads {
            let key = Key::attachment(Uuid::new_v4());
            staged.push(StagedAttachment {
                name: upload.name,
                mimetype: upload.mimetype,
                file: self.stage(upload.received, key).await?,
            });
        }
        Ok(staged)
    }

    /// Inserts the row of a stored file and schedules the file for
    /// [`commit_with`](Self::commit_with). If it is of an upload that continued,
    /// that is used up.
    pub(crate) async fn receive(
        self,
        transaction: &mut Transaction,
        arrivals: &mut ReceivedFiles,
        file: StagedFile,
    ) -> Result<()> {
        self.use_up(transaction, arrivals, file.upload).await?;
        let place = (file.key.bucket().name(), file.key.prefix());
        let name = (file.key.id, file.key.name());
        let size = column_size(file.size);
        stored::record_write(transaction, place, name, size, &self.core.defaults()).await?;
        arrivals.files.push(file);
        Ok(())
    }

    /// Publishes the files at their keys, then commits the rows that refer to
    /// them. In this order because a file without a row is only garbage, whereas
    /// a row without its file is a broken download. If either fails, the
    /// transaction rolls back, and files without a row are removed.
    pub(crate) async fn commit_with(
        self,
        transaction: Transaction,
        arrivals: ReceivedFiles,
    ) -> Result<()> {
        let ReceivedFiles {
            files,
            folders,
            uploads,
        } = arrivals;
        if files.is_empty() {
            return Ok(transaction.commit().await?);
        }
        let storage = self.core.storage();
        let keys = files.iter().map(|file| file.key).collect();
        let pending = storage.mark_pending(keys).await.map_err(failed)?;
        let publishing = files.into_iter().map(|file| storage.publish(file));
        // All of them, so that none is published after it was given up.
        let published = timeout(PUBLISHING, join_all(publishing)).await;
        let published = published.map_or_else(
            |_| Err(io::ErrorKind::TimedOut.into()),
            |outcomes| outcomes.into_iter().collect::<io::Result<()>>(),
        );
        drop(folders);
        let outcome = match published {
            Ok(()) => transaction.commit().await.map_err(Error::from),
            Err(error) => {
                // Its rows are not locked any more when they are looked at.
                drop(transaction);
                Err(failed(error))
            }
        };
        if outcome.is_err() {
            self.settle(pending).await;
        } else if let Err(error) = storage.settled(pending).await {
            // The next sweep looks at them once more.
            tracing::warn!(%error, "files stay marked as pending");
        }
        outcome?;
        self.remove_uploads(uploads).await;
        Ok(())
    }

    /// Removes those of the files that have no row: their transaction was not
    /// committed, or the server was killed before it was. What cannot be settled
    /// now is tried again by the next sweep.
    async fn settle(self, pending: Vec<PendingFile>) {
        for file in pending {
            let key = file.key;
            let outcome = match self.remove_unclaimed(key).await {
                Ok(()) => self
                    .core
                    .storage()
                    .settled(vec![file])
                    .await
                    .map_err(failed),
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, key = key.name(), "a file may be without a row");
            }
        }
    }

    async fn remove_unclaimed(self, key: Key) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        let (place, name) = ((key.bucket().name(), key.prefix()), key.name());
        if expected::is_claimed(&mut transaction, place, (key.id, &name)).await? {
            return Ok(());
        }
        // While the rows are locked, so that nobody stores another file.
        self.core.storage().remove(key).await.map_err(failed)?;
        tracing::info!(key = name, "a file without a row was removed");
        Ok(transaction.commit().await?)
    }

    /// Cleans up stored files: discards unfinished uploads, settles what was
    /// under way when a server was killed, marks files whose rows were deleted,
    /// and removes marked files as the settings allow.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] if the storage fails.
    pub async fn sweep_files(self) -> Result<()> {
        let now = self.core.clock().now();
        let long_ago = std::time::SystemTime::from(now) - UNFINISHED_AFTER;
        let pending = self.core.storage().drop_unfinished(long_ago).await;
        self.settle(pending.map_err(failed)?).await;
        self.sweep_uploads().await?;
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
        let removing = files.iter().filter_map(|file| {
            let kind = FileKind::find(&file.bucket, &file.prefix)?;
            let key = Key::new(kind, file.owner);
            Some(async move {
                let removed = timeout(PUBLISHING, self.core.storage().remove(key)).await;
                let happening = match removed {
                    Ok(Ok(())) => Happening::Removed,
                    Ok(Err(error)) => Happening::Failed(error.to_string()),
                    Err(_) => Happening::Failed("the storage does not answer".into()),
                };
                (file, happening)
            })
        });
        for (file, happening) in join_all(removing).await {
            removed += u64::from(matches!(happening, Happening::Removed));
            stored::note(&mut transaction, file, happening, &defaults).await?;
        }
        transaction.commit().await?;
        Ok(removed)
    }
}

/// A size in bytes as a column value.
pub(crate) fn column_size(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Converts an I/O error of the storage. One that is full, or cannot be reached,
/// may be back soon.
pub fn failed(error: io::Error) -> Error {
    let reason = format!("a file cannot be kept or read: {error}");
    let is_full = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            true
        }
        io::ErrorKind::NotConnected
        | io::ErrorKind::TimedOut
        | io::ErrorKind::ConnectionAborted => false,
        _ => return Error::Failed(reason),
    };
    Error::StorageUnavailable { is_full, reason }
}
