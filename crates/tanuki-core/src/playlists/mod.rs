//! Playlists: previews in order, for a review.

mod archive;
pub(crate) mod builds;
mod entries;
mod full;
mod lists;
mod names;
mod notify;
mod resource;
pub mod shapes;
mod shown;
mod table;
mod temporary;
mod timeline;

pub use archive::PlaylistArchive;
pub use entries::NewEntry;
pub(crate) use full::{ROW, label, repeat_preview};
pub use lists::{PlaylistEpisode, PlaylistQuery};
pub use notify::ClientSelection;
pub use resource::PLAYLISTS;
pub(crate) use resource::entities_of;
pub use table::PlaylistTable;
pub use temporary::TemporaryPlaylist;
pub use timeline::EditFile;

use serde_json::Value;
use tanuki_store::query::rows;
use tanuki_store::{Connection, Transaction};
use uuid::Uuid;

use crate::fields::id_of;
use crate::{Caller, Error, JsonRow, Playlists, Result};

/// A playlist, locked by a transaction that changes it.
#[derive(Debug)]
struct LockedPlaylist {
    project_id: Uuid,
    task_type_id: Option<Uuid>,
    /// The entries as they are stored.
    shots: Vec<Value>,
}

impl Playlists<'_> {
    /// Locks a playlist and requires a manager of its project, or the
    /// supervisor who created it.
    async fn lock_to_change(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
    ) -> Result<LockedPlaylist> {
        let row = rows::locked(transaction, &full::ROW, id).await?;
        let mut row = row.ok_or(Error::NotFound)?;
        resource::require_change(caller, &mut *transaction, &row).await?;
        let shots = match row.remove("shots") {
            Some(Value::Array(shots)) => shots,
            _ => Vec::new(),
        };
        Ok(LockedPlaylist {
            project_id: id_of(&row, "project_id").ok_or(Error::NotFound)?,
            task_type_id: id_of(&row, "task_type_id"),
            shots,
        })
    }

    /// Requires that the caller may change the playlist (see
    /// [`add_entries`](Self::add_entries)), so that a request is refused before
    /// its body is validated.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such playlist, [`Error::Denied`]
    /// without permission.
    pub async fn may_change(self, caller: &Caller, id: Uuid) -> Result<()> {
        let database = self.core.database();
        let row = self.row(database, id).await?;
        resource::require_change(caller, database, &row).await
    }

    /// Returns the row of a playlist. JSON: every column.
    async fn row(self, connection: impl Connection, id: Uuid) -> Result<JsonRow> {
        let row = rows::by_id(connection, &full::ROW, id).await?;
        row.ok_or(Error::NotFound)
    }
}
