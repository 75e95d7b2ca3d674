//! Previews, avatars and backgrounds: uploads, and their files.

pub(crate) mod avatars;
pub(crate) mod backgrounds;
pub(crate) mod files;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tanuki_core::files::{ProcessingOptions, Upload};
use tanuki_core::{Caller, Error, JsonRow};

use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{ActionBody, Authenticated, Fields, FileName, FormRequest, Query};

/// A form with a file in the field `file`.
#[derive(Debug)]
pub(crate) struct OneFile;

impl ActionBody for OneFile {
    const SCHEMA: &'static str = "UploadSchema";

    fn read(_: &mut Fields) -> Self {
        Self
    }
}

/// Receives the file of a form, or takes the caller's upload that it names.
///
/// # Errors
///
/// 400 if the form has none in the field `file`, and those of
/// [`FormRequest::read`].
async fn uploaded(
    form: FormRequest<OneFile>,
    api: &Api,
    caller: &Caller,
) -> Result<Upload, Failure> {
    let form = form.read(api, caller).await?;
    let mut files = form.files.into_iter();
    let file = files.find(|(field, _)| field == "file");
    let missing = || Error::invalid("File not provided.");
    Ok(file.map(|(_, file)| file).ok_or_else(missing)?)
}

/// `POST /pictures/preview-files/ID`.
pub(crate) async fn upload(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    name: FileName,
    query: Query,
    form: FormRequest<OneFile>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let id = name.id_without_extension()?;
    let files = api.core.files();
    files.may_upload_preview(&caller, id).await?;
    let options = ProcessingOptions {
        normalize: query.flag("normalize", true),
        waits: query.flag("no_job", false),
    };
    let file = uploaded(form, &api, &caller).await?;
    let row = files.upload_preview(&caller, id, file, options).await?;
    Ok((StatusCode::CREATED, Json(row)))
}
