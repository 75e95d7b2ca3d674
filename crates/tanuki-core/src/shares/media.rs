//! The pictures and films that a link shares, and the people whom it shows.

use tanuki_store::query::rows;
use tanuki_store::query::shares;
use uuid::Uuid;

use super::{GuestSecrets, SharedLink};
use crate::files::{
    AvatarOwner, Download, MovieQuality, PREVIEW_FILES, PreviewFile, PreviewPicture,
};
use crate::resource::Relations;
use crate::{Error, JsonRow, Result, Shares};

impl Shares<'_> {
    /// Returns a preview that a link shares. JSON: every column.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, [`Error::Denied`] if
    /// the link does not share it; the same for the other functions here.
    pub async fn preview(self, link: &SharedLink, id: Uuid) -> Result<JsonRow> {
        self.require_preview(link, id).await?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let row = rows::by_id(self.core.database(), projection, id).await?;
        row.ok_or(Error::NotFound)
    }

    /// Returns a picture of a preview that a link shares.
    ///
    /// # Errors
    /// Those of [`preview`](Self::preview), [`Error::NotFound`] if it has no
    /// such file, and [`Error::Invalid`] for an extension that no preview has.
    pub async fn preview_picture(
        self,
        link: &SharedLink,
        id: Uuid,
        picture: &PreviewPicture,
    ) -> Result<PreviewFile> {
        self.require_preview(link, id).await?;
        self.core.files().picture_of(id, picture).await
    }

    /// Returns a film of a preview that a link shares. If the link has texts burnt
    /// in, there is a copy in one quality for each viewer.
    ///
    /// # Errors
    /// Those of [`preview`](Self::preview), [`Error::NotFound`] if it has no
    /// film, and [`Error::Unavailable`] if too many copies are being made.
    pub async fn preview_movie(
        self,
        link: &SharedLink,
        secrets: &GuestSecrets,
        id: Uuid,
        quality: MovieQuality,
    ) -> Result<PreviewFile> {
        self.require_preview(link, id).await?;
        match link.burn_in {
            Some(parts) => self.burnt_film((link, parts), secrets, (id, false)).await,
            None => self.core.files().movie_of(id, quality, false).await,
        }
    }

    /// Returns the file of a preview that a link shares, to be saved; of a film
    /// the same copy as [`preview_movie`](Self::preview_movie).
    ///
    /// # Errors
    /// Those of `preview_movie`.
    pub async fn preview_download(
        self,
        link: &SharedLink,
        secrets: &GuestSecrets,
        id: Uuid,
    ) -> Result<PreviewFile> {
        self.require_preview(link, id).await?;
        let files = self.core.files();
        match link.burn_in {
            Some(parts) if files.preview_facts(id).await?.extension == "mp4" => {
                self.burnt_film((link, parts), secrets, (id, true)).await
            }
            _ => files.download_of(id).await,
        }
    }

    /// Returns the avatar of somebody whom a link shows: the author of a
    /// comment that it shows, or of a reply to one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody else, and for those without a picture.
    pub async fn avatar(self, link: &SharedLink, id: Uuid) -> Result<Download> {
        let tasks = self.contents(link).await?.tasks();
        if !shares::shows_person(self.core.database(), id, &tasks).await? {
            return Err(Error::NotFound);
        }
        self.core.files().avatar_of(AvatarOwner::Person, id).await
    }
}
