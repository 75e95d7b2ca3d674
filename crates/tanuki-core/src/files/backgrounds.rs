//! Background images for 3D previews.

use serde_json::Value;
use tanuki_files::{FileKind, Key};
use tanuki_media::picture::Size;
use tanuki_store::query::files::previews;
use tanuki_store::query::rows;
use tanuki_store::schema::PREVIEW_BACKGROUND_FILE;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::kinds::split_name;
use super::{Disposition, Download, ReceivedFiles, Upload, column_size, failed};
use crate::events::Event;
use crate::fields::{text_in, timestamp};
use crate::resource::{
    ChangeContext, CreateContext, Relations, Resource, UpdateContext, full_projection,
};
use crate::{Admin, Error, Files, JsonRow, Result};

/// `/data/preview-background-files`. At most one is the default.
pub static PREVIEW_BACKGROUNDS: Resource = Resource {
    unique_columns: &["name"],
    before_create: |creating| Box::pin(refuse_second_name(creating)),
    after_create: |written| {
        Box::pin(async move {
            let name = text_in(written.answer, "name")?;
            let id = Some(written.id);
            refuse(previews::background_exists(&mut *written.transaction, name, id).await?)?;
            be_only_default(written).await
        })
    },
    before_update: |updating| Box::pin(refuse_other_name(updating)),
    after_update: |written| Box::pin(be_only_default(written)),
    ..Resource::open_to_all(
        &PREVIEW_BACKGROUND_FILE,
        full_projection!(&PREVIEW_BACKGROUND_FILE),
    )
};

async fn refuse_second_name(creating: CreateContext<'_>) -> Result<()> {
    let name = text_in(creating.data, "name")?;
    let taken = previews::background_exists(creating.core.database(), name, None).await?;
    refuse(taken)
}

async fn refuse_other_name(updating: UpdateContext<'_>) -> Result<()> {
    let Some(name) = text_in(updating.data, "name")? else {
        return Ok(());
    };
    let id = Some(updating.id);
    refuse(previews::background_exists(updating.transaction, Some(name), id).await?)
}

fn refuse(taken: bool) -> Result<()> {
    if taken {
        return Err(Error::invalid(
            "A preview background file with similar name already exists",
        ));
    }
    Ok(())
}

async fn be_only_default(written: ChangeContext<'_>) -> Result<()> {
    if written.answer.get("is_default") == Some(&Value::Bool(true)) {
        previews::unset_other_backgrounds(written.transaction, written.id).await?;
    }
    Ok(())
}

/// The extension of the files that are accepted.
const EXTENSION: &str = "hdr";

/// The width of `original_name`, in characters.
const NAME_LENGTH: usize = 250;

/// Columns of a background, as JSON.
async fn background_row(core: &crate::Core, id: Uuid) -> Result<JsonRow> {
    let projection = (PREVIEW_BACKGROUNDS.projection)(Relations::Without);
    let row = rows::by_id(core.database(), projection, id).await?;
    row.ok_or(Error::NotFound)
}

impl Files<'_> {
    /// Requires that a background exists, before its file is received.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none with the id.
    pub async fn require_background(self, _: Admin<'_>, id: Uuid) -> Result<()> {
        background_row(self.core, id).await.map(drop)
    }

    /// Stores the file of a background with its thumbnail. Returns the
    /// background's JSON. A file that is not accepted takes the background with
    /// it, as in Zou.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such background, [`Error::Invalid`]
    /// if the file is not a readable picture of the format HDR.
    pub async fn upload_background(
        self,
        admin: Admin<'_>,
        id: Uuid,
        file: Upload,
    ) -> Result<JsonRow> {
        background_row(self.core, id).await?;
        let (stem, extension) = split_name(&file.name);
        let thumbnail = if extension == EXTENSION {
            let made = self.scaled_picture(&file.received, &extension, Size::BACKGROUND);
            made.await.map_err(|error| match error {
                Error::Invalid { .. } => Error::invalid(format!(
                    "Error while saving preview background file and thumbnail: {id}"
                )),
                error => error,
            })
        } else {
            let shown: String = extension.chars().take(NAME_LENGTH).collect();
            Err(Error::invalid(format!(
                "Wrong file format, extension: {shown}"
            )))
        };
        let (thumbnail, folder) = match thumbnail {
            Ok(thumbnail) => thumbnail,
            Err(error) => {
                if matches!(error, Error::Invalid { .. }) {
                    self.remove_background(admin, id).await?;
                }
                return Err(error);
            }
        };
        let thumbnail = self.stage(thumbnail, Key::thumbnail(id)).await?;
        let key = Key::new(FileKind::Background, id);
        let background = self.stage(file.received, key).await?;
        let mut transaction = self.core.database().begin().await?;
        rows::lock(&mut transaction, PREVIEW_BACKGROUND_FILE.name, id).await?;
        let name: String = stem.chars().take(NAME_LENGTH).collect();
        let values = Values::from([
            ("extension", EXTENSION.into()),
            ("original_name", name.into()),
            ("file_size", column_size(background.size).into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        if !write::update(&mut transaction, &PREVIEW_BACKGROUND_FILE, id, values).await? {
            return Err(Error::NotFound);
        }
        let mut arrivals = ReceivedFiles::default();
        arrivals.hold(folder);
        for file in [background, thumbnail] {
            self.receive(&mut transaction, &mut arrivals, file).await?;
        }
        let table = PREVIEW_BACKGROUND_FILE.name;
        let events = vec![
            Event::about(table, "update", id),
            Event::about(table, "add-file", id).with("extension", EXTENSION),
        ];
        self.core
            .record_all(&mut transaction, events, Some(admin.caller()))
            .await?;
        self.commit_with(transaction, arrivals).await?;
        background_row(self.core, id).await
    }

    async fn remove_background(self, admin: Admin<'_>, id: Uuid) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        write::delete(&mut transaction, &PREVIEW_BACKGROUND_FILE, id).await?;
        let event = Event::about(PREVIEW_BACKGROUND_FILE.name, "delete", id);
        self.core
            .record(&mut transaction, event, Some(admin.caller()))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Returns the file of a background, as it was sent, for every account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such background, or none with this
    /// extension.
    pub async fn background(self, id: Uuid, extension: &str) -> Result<Download> {
        let row = background_row(self.core, id).await?;
        let extension = extension.to_lowercase();
        if text_in(&row, "extension")? != Some(&extension) {
            return Err(Error::NotFound);
        }
        let mimetype = match extension.as_str() {
            EXTENSION => "image/vnd.radiance",
            _ => "application/octet-stream",
        };
        let name = text_in(&row, "original_name")?.unwrap_or_default();
        let name = format!("{name}.{extension}");
        self.background_file(&row, Key::new(FileKind::Background, id), (name, mimetype))
            .await
    }

    /// Returns the thumbnail of a background, as PNG, for every account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such background, or it has none.
    pub async fn background_thumbnail(self, id: Uuid) -> Result<Download> {
        let row = background_row(self.core, id).await?;
        let name = (String::new(), "image/png");
        self.background_file(&row, Key::thumbnail(id), name).await
    }

    async fn background_file(
        self,
        row: &JsonRow,
        key: Key,
        (name, mimetype): (String, &str),
    ) -> Result<Download> {
        let kept = self.core.storage().open(key).await.map_err(failed)?;
        Ok(Download {
            name,
            mimetype: mimetype.to_owned(),
            changed_at: timestamp(text_in(row, "updated_at")?.unwrap_or_default())?,
            disposition: Disposition::Inline,
            kept: kept.ok_or(Error::NotFound)?,
        })
    }
}
