//! Uploads of previews.

use std::time::Duration;

use serde_json::json;
use tanuki_files::{FileKind, Key, Received, StagedFile};
use tanuki_store::Transaction;
use tanuki_store::query::files::stored_previews;
use tanuki_store::query::rows;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::kinds::{UploadKind, split_name};
use super::{PREVIEW_FILES, ReceivedFiles, Upload, column_size};
use crate::access::ensure;
use crate::events::Event;
use crate::fields::id_of;
use crate::jobs::{FILM, Kind, PICTURE};
use crate::resource::Relations;
use crate::{Caller, Error, Files, JsonRow, Result};

/// How long the upload of a picture waits for it to be ready, so that most are
/// when the request is answered.
const PICTURE_WAIT: Duration = Duration::from_secs(5);

/// How long an upload waits that asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(4 * 60 * 60);

/// The width of `original_name`, in characters.
const NAME_LENGTH: usize = 250;

/// Zou's text of a bad request without a reason of its own.
const BAD_REQUEST: &str =
    "The browser (or proxy) sent a request that this server could not understand.";

/// How an uploaded preview is processed.
#[derive(Debug, Clone, Copy)]
pub struct ProcessingOptions {
    /// Whether a film is encoded, and not kept as it is.
    pub normalize: bool,
    /// Whether the answer waits until the preview is processed.
    pub waits: bool,
}

/// A file that is accepted for a preview: as it was received, or staged.
#[derive(Debug)]
pub(crate) struct AcceptedFile<Content = Received> {
    kind: UploadKind,
    extension: String,
    original_name: String,
    /// Width and height of a picture, in pixels.
    size: Option<(u32, u32)>,
    content: Content,
}

impl Files<'_> {
    /// Checks that the caller may upload the file of a preview, so that a
    /// request is refused before its body is received: those who may publish
    /// on its task, once.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such preview, [`Error::Invalid`] if
    /// it has its file already, [`Error::Denied`] without permission.
    pub async fn may_upload_preview(self, caller: &Caller, id: Uuid) -> Result<()> {
        let facts = self.preview_facts(id).await?;
        if !facts.original_name.is_empty() {
            return Err(Error::Refused(BAD_REQUEST.into()));
        }
        ensure(self.access_to_preview(caller, &facts).await?.can_publish())
    }

    /// Stores the file of a preview and has it processed. Returns the preview's
    /// JSON, without links. Pictures are ready then unless the server is busy.
    /// A file that is not accepted takes the preview with it, as in Zou.
    ///
    /// # Errors
    /// Those of [`may_upload_preview`](Self::may_upload_preview);
    /// [`Error::Invalid`] if the file is not accepted or not a readable
    /// picture.
    pub async fn upload_preview(
        self,
        caller: &Caller,
        id: Uuid,
        file: Upload,
        options: ProcessingOptions,
    ) -> Result<JsonRow> {
        self.may_upload_preview(caller, id).await?;
        let (_, extension) = split_name(&file.name);
        let Some(accepted) = self.accepted(file).await? else {
            let mut transaction = self.core.database().begin().await?;
            self.remove_previews(&mut transaction, caller, &[id])
                .await?;
            transaction.commit().await?;
            let shown: String = extension.chars().take(NAME_LENGTH).collect();
            return Err(Error::invalid(format!(
                "Wrong file format, extension: {shown}"
            )));
        };
        let kind = accepted.kind;
        let staged = accepted.stage_for(self, id).await?;
        let mut arrivals = ReceivedFiles::default();
        let mut transaction = self.core.database().begin().await?;
        let place = (&mut transaction, &mut arrivals);
        self.receive_preview(place, caller, staged, options).await?;
        self.commit_with(transaction, arrivals).await?;
        let row = self.processed_preview(id, kind, options).await?;
        let is_broken = row.get("status") == Some(&json!("broken"));
        if kind == UploadKind::Picture && is_broken {
            return Err(Error::invalid("Uploaded file is not a readable picture."));
        }
        Ok(row)
    }

    /// Checks a file that was uploaded for a preview. `None` if files of that
    /// kind are not accepted.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it should be a picture and is not readable, or if
    /// it is an empty film.
    pub(crate) async fn accepted(self, file: Upload) -> Result<Option<AcceptedFile>> {
        let (stem, extension) = split_name(&file.name);
        let Some(kind) = UploadKind::of(&extension) else {
            return Ok(None);
        };
        if kind == UploadKind::Movie && file.received.size == 0 {
            return Err(Error::invalid(
                "The uploaded film is empty: its file has no bytes.",
            ));
        }
        let size = match kind {
            UploadKind::Picture => {
                let header = self.picture_header(&file.received, &extension).await?;
                Some((header.width, header.height))
            }
            UploadKind::Movie | UploadKind::Other { .. } => None,
        };
        Ok(Some(AcceptedFile {
            kind,
            original_name: stem.chars().take(NAME_LENGTH).collect(),
            size,
            content: file.received,
            extension,
        }))
    }

    /// Stores the file of a preview with the commit of the transaction, sets the
    /// columns of the preview, enqueues what processes it, and records the
    /// events.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the preview was deleted, [`Error::Refused`] if
    /// another file was uploaded for it in the meantime.
    pub(crate) async fn receive_preview(
        self,
        (transaction, arrivals): (&mut Transaction, &mut ReceivedFiles),
        caller: &Caller,
        file: AcceptedFile<StagedFile>,
        options: ProcessingOptions,
    ) -> Result<()> {
        let key = file.content.key;
        let id = key.id;
        let preview = self.locked_preview(transaction, id).await?;
        let (preview, project_id) = preview.ok_or(Error::NotFound)?;
        let name = preview.get("original_name").and_then(|name| name.as_str());
        if name.is_some_and(|name| !name.is_empty()) {
            return Err(Error::Refused(BAD_REQUEST.into()));
        }
        let kind = file.kind;
        let mut values = Values::from([("original_name", file.original_name.into())]);
        let (extension, status) = match kind {
            UploadKind::Picture => ("png", "processing"),
            UploadKind::Movie => ("mp4", "processing"),
            UploadKind::Other { is_pictured } => {
                values.insert("file_size", column_size(file.content.size).into());
                let status = if is_pictured { "processing" } else { "ready" };
                (file.extension.as_str(), status)
            }
        };
        values.insert("extension", extension.into());
        values.insert("status", status.into());
        if let Some((width, height)) = file.size {
            values.insert("width", i64::from(width).into());
            values.insert("height", i64::from(height).into());
        }
        self.receive(transaction, arrivals, file.content).await?;
        let defaults = self.core.defaults();
        let place = (key.bucket().name(), key.prefix());
        if kind != UploadKind::Picture {
            stored_previews::record_stored(transaction, id, &[place], &defaults).await?;
        }
        self.update_preview(transaction, (id, project_id), values, Some(caller))
            .await?;
        self.record_file(
            transaction,
            caller,
            (&preview, project_id),
            (extension, status),
        )
        .await?;
        if let Some(job) = job_of(kind) {
            let arguments = json!({
                "preview_file_id": id,
                "extension": file.extension,
                "normalize": options.normalize,
            });
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            self.core.enqueue(transaction, job, vec![arguments]).await?;
        }
        Ok(())
    }

    /// Records the events of a comment whose preview got its file.
    async fn record_file(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (preview, project_id): (&JsonRow, Option<Uuid>),
        (extension, status): (&str, &str),
    ) -> Result<()> {
        let id = id_of(preview, "id").ok_or(Error::NotFound)?;
        let Some(comment) = stored_previews::comment_of(transaction, id).await? else {
            return Ok(());
        };
        let value = |key: &str| preview.get(key).cloned().unwrap_or_default();
        let events = vec![
            Event::about("comment", "update", comment.id)
                .with("task_id", comment.task_id.map(|id| id.to_string()))
                .with("person_id", comment.person_id.map(|id| id.to_string()))
                .with("for_client", comment.for_client)
                .in_project(project_id),
            Event::named("preview-file:add-file")
                .with("comment_id", comment.id.to_string())
                .with("task_id", value("task_id"))
                .with("preview_file_id", id.to_string())
                .with("revision", value("revision"))
                .with("extension", extension)
                .with("status", status)
                .in_project(project_id),
        ];
        self.core
            .record_all(transaction, events, Some(caller))
            .await
    }

    /// Waits for the processing of a preview as far as the request wants it,
    /// and returns its JSON, without links.
    pub(crate) async fn processed_preview(
        self,
        id: Uuid,
        kind: UploadKind,
        options: ProcessingOptions,
    ) -> Result<JsonRow> {
        let wait = match (options.waits, kind) {
            (true, _) => LONGEST_WAIT,
            (false, UploadKind::Movie) => Duration::ZERO,
            (false, UploadKind::Picture | UploadKind::Other { .. }) => PICTURE_WAIT,
        };
        self.wait_for_preview(id, wait).await?;
        let projection = (PREVIEW_FILES.projection)(Relations::Without);
        let row = rows::by_id(self.core.database(), projection, id).await?;
        row.ok_or(Error::NotFound)
    }
}

impl<Content> AcceptedFile<Content> {
    /// How the file is processed.
    pub fn kind(&self) -> UploadKind {
        self.kind
    }
}

impl AcceptedFile {
    /// Puts the bytes of the file into the storage, for a preview whose
    /// transaction has not begun; see [`Files::stage`].
    pub async fn stage_for(
        self,
        files: Files<'_>,
        preview_id: Uuid,
    ) -> Result<AcceptedFile<StagedFile>> {
        let stored_as = match self.kind {
            UploadKind::Picture => FileKind::PictureSource,
            UploadKind::Movie => FileKind::Source,
            UploadKind::Other { .. } => FileKind::OtherPreview,
        };
        let key = Key::new(stored_as, preview_id);
        Ok(AcceptedFile {
            kind: self.kind,
            extension: self.extension,
            original_name: self.original_name,
            size: self.size,
            content: files.stage(self.content, key).await?,
        })
    }
}

impl AcceptedFile<StagedFile> {
    /// The preview for which the file was staged.
    pub fn preview_id(&self) -> Uuid {
        self.content.key.id
    }
}

/// The job that processes files of a kind, if they need one.
fn job_of(kind: UploadKind) -> Option<&'static Kind> {
    match kind {
        UploadKind::Picture | UploadKind::Other { is_pictured: true } => Some(&PICTURE),
        UploadKind::Movie => Some(&FILM),
        UploadKind::Other { is_pictured: false } => None,
    }
}
