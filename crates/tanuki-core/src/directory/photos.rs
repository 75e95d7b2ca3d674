//! Photos of the directory as pictures of people.

use crate::{Admin, Directory, Error, Result};

use super::{SyncOutcome, SyncReport};

/// The result of synchronising photos.
#[derive(Debug, Default)]
pub struct PhotoReport {
    /// How many pictures are new.
    pub changed: usize,
    /// How many people had theirs already.
    pub unchanged: usize,
    /// What could not be used: the names of entries, and why.
    pub refused: Vec<(String, String)>,
}

impl Directory<'_> {
    /// Sets the pictures of the active people of a synchronisation that was
    /// written to their photos in the directory, where they differ. `progress`
    /// gets how many photos were read. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the directory cannot be reached or breaks off;
    /// pictures that are set by then stay.
    pub async fn sync_photos(
        self,
        admin: Admin<'_>,
        report: &SyncReport,
        mut progress: impl FnMut(usize) + Send,
    ) -> Result<PhotoReport> {
        let mut done = PhotoReport::default();
        if report.outcome != SyncOutcome::Written || report.accounts.is_empty() {
            return Ok(done);
        }
        let failed = |failure: tanuki_ldap::Failure| Error::Unavailable(failure.to_string());
        let mut photos = self.client()?.photos().await.map_err(failed)?;
        let mut read = 0;
        while let Some(photo) = photos.next().await.map_err(failed)? {
            read += 1;
            progress(read);
            let Some(id) = report.accounts.get(&photo.dn) else {
                continue;
            };
            let files = self.core.files();
            match files.set_photo(admin.caller(), *id, &photo.bytes).await {
                Ok(true) => done.changed += 1,
                Ok(false) => done.unchanged += 1,
                Err(Error::Invalid { message, .. }) => done.refused.push((photo.dn, message)),
                // Somebody has deleted the account meanwhile.
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}
