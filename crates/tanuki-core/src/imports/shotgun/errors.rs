//! What programs that follow a ShotGrid site could not import. They leave it
//! here, for admins to read.

use std::sync::LazyLock;

use serde_json::Value;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{imports, rows};
use tanuki_store::schema::DATA_IMPORT_ERROR;
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Shape};
use uuid::Uuid;

use crate::fields::values;
use crate::{Admin, Error, Imports, JsonRow, MaybeId, Result};

static ERRORS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&DATA_IMPORT_ERROR, &[]));

/// The `source` of these errors.
const SOURCE: &str = "shotgun";

/// The shape of an error: `event_data` is what the program sent.
pub fn shotgun_error_shape() -> Shape {
    ERRORS.shape()
}

impl Imports<'_> {
    /// Lists the errors, the oldest first. Admins only.
    pub fn shotgun_errors(self, _: Admin<'_>) -> JsonChunks {
        let errors = ListQuery::new(&ERRORS)
            .filter(imports::is_error_of(SOURCE))
            .ascending("created_at")
            .ascending("id");
        self.core.database().stream_list(errors)
    }

    /// Keeps an error, which may be any JSON. Returns its row. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::Constraint`] for null, [`Error::Invalid`] for JSON that is nested
    /// too deeply.
    pub async fn add_shotgun_error(self, _: Admin<'_>, event_data: Value) -> Result<JsonRow> {
        let id = Uuid::new_v4();
        let mut row = values(
            &DATA_IMPORT_ERROR,
            [("event_data", event_data), ("source", SOURCE.into())],
        )?;
        row.extend(Values::from([("id", id.into())]));
        let defaults = self.core.defaults();
        let mut transaction = self.core.database().begin().await?;
        write::insert(&mut transaction, &DATA_IMPORT_ERROR, row, &defaults).await?;
        let row = rows::by_id(&mut transaction, &ERRORS, id).await?;
        transaction.commit().await?;
        row.ok_or(Error::NotFound)
    }

    /// Deletes an error. Admins only.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none with the id.
    pub async fn delete_shotgun_error(self, _: Admin<'_>, id: &MaybeId) -> Result<()> {
        let id = id.found()?;
        let mut transaction = self.core.database().begin().await?;
        if !write::delete(&mut transaction, &DATA_IMPORT_ERROR, id).await? {
            return Err(Error::NotFound);
        }
        transaction.commit().await?;
        Ok(())
    }
}
