//! The previews that a command looks after.

use futures_util::Stream;
use futures_util::stream::try_unfold;
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

impl<'a> Files<'a> {
    /// Reads the selected previews with that extension, a page at a time.
    pub(super) fn selected(
        self,
        selection: &'a PreviewSelection,
        extension: &'static str,
    ) -> impl Stream<Item = Result<Vec<PreviewRow>>> + Send + 'a {
        try_unfold(None, move |after| async move {
            let which = WhichPreviews {
                extension,
                ids: &selection.ids,
                project: selection.project,
                after,
            };
            let page = films::list(self.core.database(), which, BATCH).await?;
            let last = page.last().map(|preview| preview.id);
            Ok(last.map(|last| (page, Some(last))))
        })
    }

    /// Whether a file of a preview is stored.
    pub(super) async fn has_file(self, kind: FileKind, id: Uuid) -> Result<bool> {
        let opened = self.core.storage().open(Key::new(kind, id)).await;
        Ok(opened.map_err(failed)?.is_some())
    }
}

/// Whether what a preview should show is there.
pub(super) fn is_ready(preview: &PreviewRow) -> bool {
    preview.status == "ready"
}
