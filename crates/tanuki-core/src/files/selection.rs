//! The previews that a command looks after.

use tanuki_files::{FileKind, Key};
use tanuki_store::query::files::films::{self, PreviewRow, WhichPreviews};
use uuid::Uuid;

use super::failed;
use crate::{Files, Result};

/// How many previews are looked at in one statement.
const BATCH: u64 = 500;

/// The previews that a command is about: all of these ids or this project; all
/// there are if it names neither.
#[derive(Debug, Default)]
pub struct PreviewSelection {
    pub ids: Vec<Uuid>,
    pub project: Option<Uuid>,
}

impl Files<'_> {
    /// Returns a page of the selected previews with that extension, after the
    /// one with the id `after`.
    pub(super) async fn selected(
        self,
        selection: &PreviewSelection,
        extension: &'static str,
        after: Option<Uuid>,
    ) -> Result<Vec<PreviewRow>> {
        let which = WhichPreviews {
            extension,
            ids: &selection.ids,
            project: selection.project,
            after,
        };
        Ok(films::list(self.core.database(), which, BATCH).await?)
    }

    /// Whether a file of a preview is stored.
    pub(super) async fn has_file(self, kind: FileKind, id: Uuid) -> Result<bool> {
        let opened = self.core.storage().open(Key::new(kind, id)).await;
        Ok(opened.map_err(failed)?.is_some())
    }
}
