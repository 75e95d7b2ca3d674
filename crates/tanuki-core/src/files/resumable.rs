//! Uploads that continue after an interruption.

use std::time::{Duration, SystemTime};

use chrono::{NaiveDateTime, TimeDelta};
use tanuki_files::{Appending, Continuation, Received};
use tanuki_store::query::files::uploads::{self, PartialUpload};
use tanuki_store::query::rows;
use tanuki_store::schema::PERSON;
use uuid::Uuid;

use super::upload::failed;
use crate::{Caller, Error, Files, Result};

/// How many uploads an account may have that are not taken yet.
const MOST: i64 = 50;

/// How long an upload is kept without new bytes: 24 hours.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// Age of a file without a row after which it is deleted. The row is written
/// after the file.
const ORPHANED_AFTER: Duration = Duration::from_secs(60 * 60);

/// Maximum number of uploads per cleanup transaction.
const BATCH_SIZE: u64 = 500;

/// The state of an upload.
#[derive(Debug, Clone)]
pub struct UploadState {
    pub id: Uuid,
    /// How many bytes have arrived and are on the disk.
    pub offset: u64,
    /// Of the whole file, in bytes.
    pub length: u64,
    /// What the client says about the file, as it sent it.
    pub metadata: String,
    /// When it is deleted if no bytes arrive before.
    pub expires_at: NaiveDateTime,
}

/// Whether bytes may be added to an upload.
#[derive(Debug)]
pub enum Resumption {
    Ready(ResumedUpload),
    /// Another request adds bytes at the moment.
    Busy,
    /// The upload has another offset.
    Elsewhere(u64),
}

/// An upload that bytes are added to. Dropping it keeps what was written.
#[derive(Debug)]
pub struct ResumedUpload {
    appending: Appending,
    state: UploadState,
}

impl ResumedUpload {
    /// Returns how many bytes are missing.
    pub fn missing(&self) -> u64 {
        self.state.length.saturating_sub(self.appending.offset())
    }

    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if they are more than are missing, [`Error::Failed`]
    /// if they cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() as u64 > self.missing() {
            let length = self.state.length;
            return Err(Error::invalid(format!(
                "The upload has {length} bytes (Upload-Length), more were sent."
            )));
        }
        self.appending.write(bytes).await.map_err(failed)
    }
}

impl Files<'_> {
    /// Creates an upload of the caller's, of that many bytes. `metadata` is what
    /// the client says about the file.
    ///
    /// # Errors
    ///
    /// [`Error::DeniedBecause`] if the caller has too many uploads,
    /// [`Error::Failed`] if the file cannot be created.
    pub async fn create_upload(
        self,
        caller: &Caller,
        length: u64,
        metadata: String,
    ) -> Result<UploadState> {
        let too_long = || Error::invalid("Upload-Length is too large.");
        let upload = PartialUpload {
            id: Uuid::new_v4(),
            person_id: caller.id,
            length: i64::try_from(length).map_err(|_| too_long())?,
            metadata,
            changed_at: self.core.clock().timestamp(),
        };
        let mut transaction = self.core.database().begin().await?;
        // So that concurrent requests are counted one after the other.
        rows::lock(&mut transaction, PERSON.name, caller.id).await?;
        if uploads::count_of(&mut transaction, caller.id).await? >= MOST {
            return Err(Error::DeniedBecause(
                "You have too many uploads that are not finished. Finish or delete one of them.",
            ));
        }
        uploads::insert(&mut transaction, &upload, &self.core.defaults()).await?;
        // Before the row, which refers to it.
        let files = self.core.storage().partial_uploads();
        files.create(upload.id).await.map_err(failed)?;
        transaction.commit().await?;
        Ok(state(&upload, 0))
    }

    /// Returns the state of an upload of the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such upload.
    pub async fn upload_state(self, caller: &Caller, id: Uuid) -> Result<UploadState> {
        let upload = self.own_upload(caller, id).await?;
        let files = self.core.storage().partial_uploads();
        let offset = files.length(id).await.map_err(failed)?;
        Ok(state(&upload, offset.ok_or(Error::NotFound)?))
    }

    /// Opens an upload of the caller's, to add bytes behind the first `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such upload.
    pub async fn resume_upload(self, caller: &Caller, id: Uuid, offset: u64) -> Result<Resumption> {
        let upload = self.own_upload(caller, id).await?;
        let files = self.core.storage().partial_uploads();
        Ok(match files.open_end(id).await.map_err(failed)? {
            Continuation::Absent => return Err(Error::NotFound),
            Continuation::Busy => Resumption::Busy,
            Continuation::Ready(appending) if appending.offset() != offset => {
                Resumption::Elsewhere(appending.offset())
            }
            Continuation::Ready(appending) => Resumption::Ready(ResumedUpload {
                state: state(&upload, offset),
                appending,
            }),
        })
    }

    /// Syncs what was added to an upload to the disk. Returns the new state.
    ///
    /// # Errors
    ///
    /// [`Error::Failed`] if it cannot be written.
    pub async fn finish_resumption(self, resumed: ResumedUpload) -> Result<UploadState> {
        let ResumedUpload { appending, state } = resumed;
        let offset = appending.finish().await.map_err(failed)?;
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        uploads::touch(&mut transaction, state.id, now).await?;
        transaction.commit().await?;
        Ok(UploadState {
            offset,
            expires_at: now + KEPT_FOR,
            ..state
        })
    }

    /// Deletes an upload of the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such upload.
    pub async fn delete_upload(self, caller: &Caller, id: Uuid) -> Result<()> {
        self.own_upload(caller, id).await?;
        self.forget_upload(id).await
    }

    /// Takes a complete upload of the caller's, to store it. The upload is gone
    /// then, so permissions and values are to be checked before.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such upload,
    /// [`Error::Conflict`] if it is not complete.
    pub async fn take_upload(self, caller: &Caller, id: Uuid) -> Result<(Received, String)> {
        let upload = self.own_upload(caller, id).await?;
        let files = self.core.storage().partial_uploads();
        // Locked, so that nobody writes to it any more.
        let end = match files.open_end(id).await.map_err(failed)? {
            Continuation::Ready(end) => end,
            Continuation::Busy => {
                return Err(Error::Conflict("The upload is not complete.".into()));
            }
            Continuation::Absent => return Err(Error::NotFound),
        };
        if i64::try_from(end.offset()) != Ok(upload.length) {
            return Err(Error::Conflict("The upload is not complete.".into()));
        }
        let mut transaction = self.core.database().begin().await?;
        // Of two requests, one gets it.
        if !uploads::remove(&mut transaction, id).await? {
            return Err(Error::NotFound);
        }
        transaction.commit().await?;
        let received = files.take(id).await.map_err(failed)?;
        Ok((received, upload.metadata))
    }

    /// Returns the row of an upload of the caller's.
    async fn own_upload(self, caller: &Caller, id: Uuid) -> Result<PartialUpload> {
        let upload = uploads::find(self.core.database(), id).await?;
        let own = upload.filter(|upload| upload.person_id == caller.id);
        own.ok_or(Error::NotFound)
    }

    async fn forget_upload(self, id: Uuid) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        uploads::remove(&mut transaction, id).await?;
        transaction.commit().await?;
        let files = self.core.storage().partial_uploads();
        files.remove(id).await.map_err(failed)
    }

    /// Deletes uploads without new bytes for 24 hours, and files of uploads
    /// that have no row.
    pub(super) async fn sweep_uploads(self) -> Result<()> {
        let database = self.core.database();
        let old = self.core.clock().timestamp() - KEPT_FOR;
        loop {
            let expired = uploads::unchanged_since(database, old, BATCH_SIZE).await?;
            for id in &expired {
                self.forget_upload(*id).await?;
            }
            if expired.len() as u64 != BATCH_SIZE {
                break;
            }
        }
        let before = SystemTime::from(self.core.clock().now()) - ORPHANED_AFTER;
        let files = self.core.storage().partial_uploads();
        for id in files.written_before(before).await.map_err(failed)? {
            if uploads::find(database, id).await?.is_none() {
                files.remove(id).await.map_err(failed)?;
            }
        }
        Ok(())
    }
}

fn state(upload: &PartialUpload, offset: u64) -> UploadState {
    UploadState {
        id: upload.id,
        offset,
        length: upload.length.unsigned_abs(),
        metadata: upload.metadata.clone(),
        expires_at: upload.changed_at + KEPT_FOR,
    }
}
