//! All previews of a playlist in one file.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tanuki_files::{Archive, ArchivedFile, FileKind, Key};
use tanuki_store::query::playlists::{self, RevisionPreview};
use uuid::Uuid;

use super::names;
use crate::files::failed;
use crate::{Caller, Error, MaybeId, Playlists, Result};

/// How many files are looked for in the storage at the same time.
const AT_ONCE: usize = 8;

/// The previews of a playlist, for a response.
#[derive(Debug)]
pub struct PlaylistArchive {
    /// The name of the file, `PRODUCTION_PLAYLIST.zip`.
    pub name: String,
    pub archive: Archive,
}

impl Playlists<'_> {
    /// Returns a ZIP archive of the previews that the entries of a playlist
    /// name, each with the other previews of its revision. Requires a manager or
    /// supervisor of the project, or a client if the playlist is shared with
    /// them. Previews that were deleted, or whose file is not stored, are left
    /// out.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn archive(self, caller: &Caller, id: &MaybeId) -> Result<PlaylistArchive> {
        let (id, _) = self.packed_playlist(caller, id, true).await?;
        let database = self.core.database();
        let context = playlists::context(database, id).await?;
        let context = context.ok_or(Error::NotFound)?;
        let named = names::previews_of(&context.shots);
        let revisions = playlists::revisions_of_previews(database, &named).await?;
        let mut previews: Vec<RevisionPreview> = Vec::new();
        for id in &named {
            previews.extend(revisions.get(id).into_iter().flatten().cloned());
        }
        let ids: Vec<Uuid> = previews.iter().map(|preview| preview.id).collect();
        let names = self.core.files().download_names(&ids).await?;
        let mut files = Vec::with_capacity(previews.len());
        for preview in previews {
            if let Some(name) = names.get(&preview.id) {
                files.push(self.archived(preview, name.clone()));
            }
        }
        let mut files = stream::iter(files).buffered(AT_ONCE);
        let mut archive = Archive::default();
        while let Some(file) = files.try_next().await? {
            if let Some(file) = file {
                archive.add(file);
            }
        }
        Ok(PlaylistArchive {
            name: format!("{}.zip", names::of_playlist(&context)),
            archive,
        })
    }

    /// Looks for the file of a preview, to be packed under a name; `None` if none
    /// is stored.
    async fn archived(
        self,
        preview: RevisionPreview,
        name: String,
    ) -> Result<Option<ArchivedFile>> {
        let kinds: &[FileKind] = match preview.extension.as_str() {
            "mp4" => &[FileKind::Movie, FileKind::LowDefinition, FileKind::Source],
            "png" => &[FileKind::Original],
            _ => &[FileKind::OtherPreview],
        };
        for kind in kinds {
            let key = Key::new(*kind, preview.id);
            let stored = self.core.storage().open(key).await.map_err(failed)?;
            if let Some(stored) = stored {
                return Ok(Some(ArchivedFile {
                    name,
                    key,
                    size: stored.size,
                    written: stored.written,
                }));
            }
        }
        Ok(None)
    }
}
