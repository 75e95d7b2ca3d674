//! Files of previews for responses: who may read them, which of them is sent,
//! and under what name.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde_json::Value;
use tanuki_files::{FileKind, Key, StoredFile};
use tanuki_store::query::files::stored_previews::{self, NameParts, PreviewFacts};
use uuid::Uuid;

use super::kinds::is_served_as;
use super::{Disposition, Download, failed};
use crate::access::{TaskAccess, ensure};
use crate::slug::small_slug;
use crate::{Caller, Error, Files, Result};

/// A file of a preview that is not a film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewPicture {
    /// 150 x 100 pixels.
    Thumbnail,
    /// 100 x 100 pixels.
    Square,
    /// The whole picture, or the first frame of a film, as PNG.
    Original,
    /// 1200 pixels wide.
    Preview,
    /// Frames of a film side by side.
    Tiles,
    /// The file of a preview that is neither picture nor film, with this
    /// extension; `png` is the whole picture.
    File(String),
}

/// Which encoding of a film is wanted. Others are sent if it is not there, but
/// not in place of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovieQuality {
    High,
    Low,
    /// The film as it was sent.
    Source,
}

/// A file of a preview.
#[derive(Debug)]
pub enum PreviewFile {
    Stored(Download),
    /// It is still being made.
    Processing,
}

impl Files<'_> {
    /// Returns a picture of a preview. Thumbnails and whole pictures are for
    /// the team of its production, and if the preview illustrates a shared
    /// asset for everybody but vendors; the others are for the team. Vendors
    /// need a task of its entity.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, or it has no such file,
    /// [`Error::Denied`] without access, [`Error::Invalid`] for an extension
    /// that no preview has.
    pub async fn preview_picture(
        self,
        caller: &Caller,
        id: Uuid,
        picture: &PreviewPicture,
    ) -> Result<PreviewFile> {
        let is_open = matches!(
            picture,
            PreviewPicture::Thumbnail | PreviewPicture::Square | PreviewPicture::Original
        );
        let facts = self.readable_preview(caller, id, is_open).await?;
        self.picture_with(id, &facts, picture).await
    }

    /// Like [`preview_picture`](Self::preview_picture), without a permission
    /// check.
    pub(crate) async fn picture_of(
        self,
        id: Uuid,
        picture: &PreviewPicture,
    ) -> Result<PreviewFile> {
        let facts = self.preview_facts(id).await?;
        self.picture_with(id, &facts, picture).await
    }

    async fn picture_with(
        self,
        id: Uuid,
        facts: &PreviewFacts,
        picture: &PreviewPicture,
    ) -> Result<PreviewFile> {
        let png = "image/png";
        let (kind, mimetype) = match picture {
            PreviewPicture::Thumbnail => (FileKind::Thumbnail, png),
            PreviewPicture::Square => (FileKind::SquareThumbnail, png),
            PreviewPicture::Original => (FileKind::Original, png),
            PreviewPicture::Preview => (FileKind::PicturePreview, png),
            PreviewPicture::Tiles => (FileKind::Tiles, png),
            PreviewPicture::File(extension) => {
                if !is_served_as(extension) {
                    let shown: String = extension.chars().take(20).collect();
                    return Err(Error::invalid(format!("Extension not allowed: {shown}")));
                }
                match extension.as_str() {
                    "png" => (FileKind::Original, png),
                    extension => (FileKind::OtherPreview, media_type(extension)),
                }
            }
        };
        if facts.status == "processing" {
            return Ok(PreviewFile::Processing);
        }
        let kept = self.stored(kind, id).await?;
        if kept.is_none() && kind == FileKind::Tiles {
            self.request_tiles(id, facts).await?;
        }
        let kept = kept.ok_or(Error::NotFound)?;
        let changed_at = facts.updated_at;
        let shown = (String::new(), Disposition::Inline);
        Ok(download(kept, (mimetype, changed_at), shown))
    }

    /// Returns a film of a preview, for the team of its production; vendors
    /// need a task of its entity. With `saved` it is to be saved, under a name
    /// of its own.
    ///
    /// # Errors
    /// As [`preview_picture`](Self::preview_picture).
    pub async fn preview_movie(
        self,
        caller: &Caller,
        id: Uuid,
        quality: MovieQuality,
        saved: bool,
    ) -> Result<PreviewFile> {
        let facts = self.readable_preview(caller, id, false).await?;
        self.movie_with(id, &facts, (quality, saved)).await
    }

    /// Like [`preview_movie`](Self::preview_movie), without a permission check.
    pub(crate) async fn movie_of(
        self,
        id: Uuid,
        quality: MovieQuality,
        saved: bool,
    ) -> Result<PreviewFile> {
        let facts = self.preview_facts(id).await?;
        self.movie_with(id, &facts, (quality, saved)).await
    }

    async fn movie_with(
        self,
        id: Uuid,
        facts: &PreviewFacts,
        (quality, saved): (MovieQuality, bool),
    ) -> Result<PreviewFile> {
        if facts.status == "processing" && quality != MovieQuality::Source {
            return Ok(PreviewFile::Processing);
        }
        let kept = self
            .movie(id, quality, facts)
            .await?
            .ok_or(Error::NotFound)?;
        let shown = match saved {
            true => (self.download_name(id).await?, Disposition::Attachment),
            false => (String::new(), Disposition::Inline),
        };
        let about = ("video/mp4", facts.updated_at);
        Ok(download(kept, about, shown))
    }

    /// Returns the file of a preview of any kind, to be saved under a name that
    /// says what it shows. Access as for [`preview_movie`](Self::preview_movie).
    ///
    /// # Errors
    /// As [`preview_picture`](Self::preview_picture).
    pub async fn preview_download(self, caller: &Caller, id: Uuid) -> Result<PreviewFile> {
        let facts = self.readable_preview(caller, id, false).await?;
        self.download_with(id, &facts).await
    }

    /// Like [`preview_download`](Self::preview_download), without a permission
    /// check.
    pub(crate) async fn download_of(self, id: Uuid) -> Result<PreviewFile> {
        let facts = self.preview_facts(id).await?;
        self.download_with(id, &facts).await
    }

    async fn download_with(self, id: Uuid, facts: &PreviewFacts) -> Result<PreviewFile> {
        if facts.status == "processing" {
            return Ok(PreviewFile::Processing);
        }
        let (kept, mimetype) = match facts.extension.as_str() {
            "png" => (self.stored(FileKind::Original, id).await?, "image/png"),
            "mp4" => {
                let film = self.movie(id, MovieQuality::High, facts).await?;
                (film, "video/mp4")
            }
            extension => (
                self.stored(FileKind::OtherPreview, id).await?,
                media_type(extension),
            ),
        };
        let kept = kept.ok_or(Error::NotFound)?;
        let name = self.download_name(id).await?;
        let about = (mimetype, facts.updated_at);
        Ok(download(kept, about, (name, Disposition::Attachment)))
    }

    /// Loads a preview that the caller may read. If it `is_open`, it is for
    /// everybody but vendors while it illustrates a shared asset. In SQL:
    /// `visibility::files::previews_visible_to`, for the lists of those who
    /// read all previews of a production.
    async fn readable_preview(
        self,
        caller: &Caller,
        id: Uuid,
        is_open: bool,
    ) -> Result<PreviewFacts> {
        let database = self.core.database();
        let facts = self.preview_facts(id).await?;
        let on_task = self.access_to_preview(caller, &facts).await?;
        let readable = on_task.require_read(database, caller).await;
        if is_open && matches!(readable, Err(Error::Denied)) && !on_task.access.is_vendor() {
            ensure(stored_previews::is_main_of_shared_entity(database, id).await?)?;
            return Ok(facts);
        }
        readable.map(|()| facts)
    }

    /// Loads the facts of a preview.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview.
    pub(crate) async fn preview_facts(self, id: Uuid) -> Result<PreviewFacts> {
        let facts = stored_previews::facts(self.core.database(), id).await?;
        facts.ok_or(Error::NotFound)
    }

    /// Loads the caller's access to the task of a preview.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the preview has no task.
    pub(crate) async fn access_to_preview(
        self,
        caller: &Caller,
        facts: &PreviewFacts,
    ) -> Result<TaskAccess> {
        let task_id = facts.task_id.ok_or(Error::NotFound)?;
        caller.task_access(self.core.database(), task_id).await
    }

    /// Opens the film of a preview: of its encodings that are stored the one
    /// that is nearest to what is wanted.
    async fn movie(
        self,
        id: Uuid,
        quality: MovieQuality,
        facts: &PreviewFacts,
    ) -> Result<Option<StoredFile>> {
        let (high, low) = (FileKind::Movie, FileKind::LowDefinition);
        let mut kinds = match quality {
            MovieQuality::High => vec![high, low, FileKind::Source],
            MovieQuality::Low => vec![low, high, FileKind::Source],
            MovieQuality::Source => vec![FileKind::Source],
        };
        let is_recorded =
            |kind: &FileKind| facts.movie_prefixes.iter().any(|one| one == kind.prefix());
        if quality == MovieQuality::Source && !facts.movie_prefixes.is_empty() {
            // The storage may have a discarded source until it is swept.
            kinds.retain(is_recorded);
        }
        // Those that are recorded first: to look for others may be slow.
        kinds.sort_by_key(|kind| !is_recorded(kind));
        for kind in kinds {
            if let Some(kept) = self.stored(kind, id).await? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    async fn stored(self, kind: FileKind, id: Uuid) -> Result<Option<StoredFile>> {
        let opened = self.core.storage().open(Key::new(kind, id)).await;
        opened.map_err(failed)
    }

    /// The name under which a preview is saved: of its production, entity, task
    /// type and revision, or the one it was sent with.
    pub(crate) async fn download_name(self, id: Uuid) -> Result<String> {
        let original = self.saves_original_names().await?;
        let parts = stored_previews::name_parts(self.core.database(), id).await?;
        let parts = parts.ok_or(Error::NotFound)?;
        Ok(name_of(&parts, original))
    }

    /// Whether previews are saved under the names they were sent with, which is
    /// a setting of the organisation.
    async fn saves_original_names(self) -> Result<bool> {
        let organisation = self.core.organisation(false).await?;
        Ok(organisation.get("use_original_file_name") == Some(&Value::Bool(true)))
    }

    /// Like [`download_name`](Self::download_name), of several previews, by their
    /// ids. Those that do not exist are left out.
    pub(crate) async fn download_names(self, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
        let original = self.saves_original_names().await?;
        let parts = stored_previews::name_parts_of(self.core.database(), ids).await?;
        let parts = parts.into_iter();
        Ok(parts
            .map(|(id, parts)| (id, name_of(&parts, original)))
            .collect())
    }
}

fn name_of(parts: &NameParts, original: bool) -> String {
    let given = parts.original_name.clone().filter(|_| original);
    let mut name = given.unwrap_or_else(|| {
        small_slug(&format!(
            "{}_{}_{}_v{}",
            parts.project, parts.entity, parts.task_type, parts.revision
        ))
    });
    if parts.position > 1 {
        name = format!("{name}-{}", parts.position);
    }
    format!("{name}.{}", parts.extension)
}

/// The media type of a file that is sent as it came. Those that a browser
/// would run are not named.
fn media_type(extension: &str) -> &'static str {
    match extension {
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

fn download(
    kept: StoredFile,
    (mimetype, changed_at): (&str, NaiveDateTime),
    (name, disposition): (String, Disposition),
) -> PreviewFile {
    PreviewFile::Stored(Download {
        name,
        mimetype: mimetype.to_owned(),
        changed_at,
        disposition,
        kept,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_named_after_what_it_shows() {
        let parts = NameParts {
            project: "Cosmos Landromat".into(),
            entity: "E01 / Seq 01 / S é".into(),
            task_type: "Animation".into(),
            revision: 3,
            position: 1,
            extension: "png".into(),
            original_name: Some("My Shot v3".into()),
            frame_in: Value::Null,
        };
        assert_eq!(
            name_of(&parts, false),
            "cosmos_landromat_e01_seq_01_s_e_animation_v3.png"
        );
        assert_eq!(name_of(&parts, true), "My Shot v3.png");
        let second = NameParts {
            position: 2,
            original_name: None,
            ..parts
        };
        assert_eq!(
            name_of(&second, true),
            "cosmos_landromat_e01_seq_01_s_e_animation_v3-2.png"
        );
    }
}
