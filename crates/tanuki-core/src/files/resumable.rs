//! Uploads that continue after an interruption.

use std::time::{Duration, SystemTime};

use chrono::{NaiveDateTime, TimeDelta};
use tanuki_files::{Appending, Continuation};
use tanuki_store::Transaction;
use tanuki_store::query::files::uploads::{self, PartialUpload};
use tanuki_store::query::rows;
use tanuki_store::schema::PERSON;
use uuid::Uuid;

use super::{ReceivedFiles, Upload, UploadMetadata, failed};
use crate::{Caller, Error, Files, Result};

/// How many uploads an account may have that are not taken yet.
const MOST: usize = 50;

/// How many bytes they may have together, as a multiple of what one may have.
const MOST_TOGETHER: u64 = 10;

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
    Ready(Box<ResumedUpload>),
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

    /// Waits until another request wants to add bytes to the upload.
    pub async fn replaced(&self) {
        self.appending.replaced().await;
    }
}

impl Files<'_> {
    /// Creates an upload of the caller's, of that many bytes. `max_length` is how
    /// many one may have.
    ///
    /// # Errors
    ///
    /// [`Error::DeniedBecause`] if the caller has too many uploads,
    /// [`Error::Invalid`] if they are too large together, [`Error::Failed`] if
    /// the file cannot be created.
    pub async fn create_upload(
        self,
        caller: &Caller,
        (length, max_length): (u64, u64),
        metadata: &UploadMetadata,
    ) -> Result<UploadState> {
        let too_long = || Error::invalid("Upload-Length is too large.");
        let upload = PartialUpload {
            id: Uuid::new_v4(),
            person_id: caller.id,
            length: i64::try_from(length).map_err(|_| too_long())?,
            metadata: metadata.as_str().to_owned(),
            changed_at: self.core.clock().timestamp(),
        };
        let mut transaction = self.core.database().begin().await?;
        // So that concurrent requests are counted one after the other.
        rows::lock(&mut transaction, PERSON.name, caller.id).await?;
        let lengths = uploads::lengths_of(&mut transaction, caller.id).await?;
        check_room(&lengths, (length, max_length))?;
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
    /// Another request that adds bytes is asked to end.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such upload.
    pub async fn resume_upload(self, caller: &Caller, id: Uuid, offset: u64) -> Result<Resumption> {
        let upload = self.own_upload(caller, id).await?;
        let files = self.core.storage().partial_uploads();
        Ok(match files.take_over(id).await.map_err(failed)? {
            Continuation::Absent => return Err(Error::NotFound),
            Continuation::Busy => Resumption::Busy,
            Continuation::Ready(appending) if appending.offset() != offset => {
                Resumption::Elsewhere(appending.offset())
            }
            Continuation::Ready(appending) => Resumption::Ready(Box::new(ResumedUpload {
                state: state(&upload, offset),
                appending,
            })),
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
        self.touch_upload(state.id, now).await?;
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

    /// Returns a complete upload of the caller's as a file to store. `field` is
    /// where the request names it. The upload is there until the file is stored,
    /// so that a request that fails can be repeated.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the caller has no such upload, it is not complete,
    /// or its metadata have no name of the file.
    pub async fn complete_upload(self, caller: &Caller, field: &str, id: &str) -> Result<Upload> {
        let refused = |reason: &str| Error::invalid(format!("{field}: {reason}"));
        let id = Uuid::try_parse(id).map_err(|_| refused("this is not the id of an upload."))?;
        let absent = || refused("you have no upload with this id.");
        let upload = match self.own_upload(caller, id).await {
            Err(Error::NotFound) => return Err(absent()),
            upload => upload?,
        };
        let storage = self.core.storage();
        let length = upload.length.unsigned_abs();
        let offset = storage.partial_uploads().length(id).await.map_err(failed)?;
        match offset {
            None => return Err(absent()),
            Some(offset) if offset == length => {}
            Some(offset) => {
                let reason = format!("the upload has {offset} of {length} bytes.");
                return Err(refused(&reason));
            }
        }
        let metadata = UploadMetadata::parse(&upload.metadata)?;
        let name = metadata.file_name().ok_or_else(|| {
            refused("the upload has no name of its file, `filename` in its Upload-Metadata.")
        })?;
        Ok(Upload {
            name: name.to_owned(),
            mimetype: metadata.media_type().unwrap_or_default().to_lowercase(),
            received: storage.complete_upload(id).await.map_err(failed)?,
        })
    }

    /// Uses up the upload that a file is of, if it is of one, with the commit of
    /// the transaction.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if another request has used it up.
    pub(super) async fn use_up(
        self,
        transaction: &mut Transaction,
        arrivals: &mut ReceivedFiles,
        upload: Option<Uuid>,
    ) -> Result<()> {
        let Some(id) = upload else {
            return Ok(());
        };
        if !uploads::remove(transaction, id).await? {
            let message = format!("The upload {id} has been used already.");
            return Err(Error::invalid(message));
        }
        arrivals.use_up(id);
        Ok(())
    }

    /// Deletes the files of uploads whose rows are deleted. What stays is swept.
    pub(super) async fn remove_uploads(self, ids: Vec<Uuid>) {
        let files = self.core.storage().partial_uploads();
        for id in ids {
            if let Err(error) = files.remove(id).await {
                tracing::warn!(%error, upload = %id, "the file of an upload stays for now");
            }
        }
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

    /// Notes that bytes of an upload arrived.
    async fn touch_upload(self, id: Uuid, now: NaiveDateTime) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        uploads::touch(&mut transaction, id, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Deletes uploads without new bytes for 24 hours, and files of uploads
    /// that have no row.
    pub(super) async fn sweep_uploads(self) -> Result<()> {
        let database = self.core.database();
        let files = self.core.storage().partial_uploads();
        let now = self.core.clock().timestamp();
        loop {
            let expired = uploads::unchanged_since(database, now - KEPT_FOR, BATCH_SIZE).await?;
            for id in &expired {
                match files.open_end(*id).await.map_err(failed)? {
                    // A single request may take longer than that.
                    Continuation::Busy => self.touch_upload(*id, now).await?,
                    Continuation::Ready(_) | Continuation::Absent => {
                        self.forget_upload(*id).await?
                    }
                }
            }
            if expired.len() as u64 != BATCH_SIZE {
                break;
            }
        }
        let before = SystemTime::from(self.core.clock().now()) - ORPHANED_AFTER;
        for id in files.written_before(before).await.map_err(failed)? {
            if uploads::find(database, id).await?.is_none() {
                files.remove(id).await.map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// Requires that an account with uploads of these lengths may have another.
fn check_room(lengths: &[i64], (length, max_length): (u64, u64)) -> Result<()> {
    if lengths.len() >= MOST {
        return Err(Error::DeniedBecause(
            "You have too many uploads that are not finished. Finish or delete one of them.",
        ));
    }
    let present = lengths.iter().map(|length| length.unsigned_abs());
    let together = present.fold(length, u64::saturating_add);
    let most = max_length.saturating_mul(MOST_TOGETHER);
    if together > most {
        return Err(Error::invalid(format!(
            "Your uploads that are not finished would have {together} bytes together, at most \
             {most} are accepted. Finish or delete one of them."
        )));
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_a_number_of_uploads_and_of_bytes() {
        assert!(check_room(&[5; MOST - 1], (5, 100)).is_ok());
        let denied = check_room(&[5; MOST], (5, 100));
        assert!(matches!(denied, Err(Error::DeniedBecause(_))));
        assert!(check_room(&[100; 9], (100, 100)).is_ok());
        let too_large = check_room(&[100; 9], (101, 100));
        assert!(matches!(too_large, Err(Error::Invalid { .. })));
        assert!(check_room(&[i64::MAX; 3], (1, 100)).is_err());
    }
}
