//! Parsing of multipart forms.

use std::collections::HashSet;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::Limited;
use tanuki_core::files::Upload;
use tanuki_files::Files;

use super::body_limits::{
    BODY_TIMEOUT, BUFFERED_BODY_LIMIT, MAX_ARGUMENTS, content_length, too_large, too_slow,
    unreadable,
};
use super::disposition;
use crate::Api;
use crate::error::Failure;
use crate::in_flight::HeldMemory;

/// The maximum number of parts of a form.
const MAX_PARTS: usize = 1000;

/// Returns the text fields of a form, up to the first part that cannot be read;
/// files are ignored.
///
/// # Errors
///
/// 502 if too much is being sent at once.
pub(super) async fn texts(request: Request, api: &Api) -> Result<Vec<(String, String)>, Failure> {
    if let Some(held) = HeldMemory::of(request.extensions()) {
        take_room_for_texts(&held, request.headers()).await?;
    }
    let limit = api.max_body.min(MAX_ARGUMENTS);
    let mut form = Form::within(limit);
    let request = limited(request, limit);
    if let Ok(mut parts) = Multipart::from_request(request, api).await {
        while let Ok(Some(part)) = form.next_part(&mut parts).await {
            if form.file_or_text(part).await.is_err() {
                break;
            }
        }
    }
    Ok(form.texts)
}

/// Reserves memory for the text fields of a form, as if all of it were text.
pub(super) async fn take_room_for_texts(
    held: &HeldMemory,
    headers: &HeaderMap,
) -> Result<(), Failure> {
    let length = content_length(headers).unwrap_or(MAX_ARGUMENTS);
    if length > BUFFERED_BODY_LIMIT {
        held.take_text(length.min(MAX_ARGUMENTS)).await?;
    }
    Ok(())
}

/// Limits the body to `limit` bytes.
pub(super) fn limited(request: Request, limit: u64) -> Request {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    request.map(|body| axum::body::Body::new(Limited::new(body, limit)))
}

/// Where files are written, and the memory accounting of the request.
pub(super) struct ReceivedForm<'a> {
    pub files: &'a Files,
    pub held: Option<HeldMemory>,
}

/// A part of a form that contains a file.
pub(super) struct FilePart<'a> {
    /// The name of the field.
    field: String,
    /// The name of the file.
    name: String,
    content: Field<'a>,
}

/// The state of reading a form.
pub(super) struct Form {
    pub texts: Vec<(String, String)>,
    pub files: Vec<(String, Upload)>,
    /// The maximum size of the form, in bytes.
    limit: u64,
    /// Field names of the files so far.
    seen: HashSet<String>,
    /// The number of parts so far, of any kind.
    parts: usize,
    /// Bytes of text fields so far.
    length: u64,
}

impl Form {
    /// A form of at most `limit` bytes, of which nothing is read yet.
    pub fn within(limit: u64) -> Self {
        Self {
            texts: Vec::new(),
            files: Vec::new(),
            limit,
            seen: HashSet::new(),
            parts: 0,
            length: 0,
        }
    }

    /// Returns the next part; `None` after the last.
    pub async fn next_part<'a>(
        &mut self,
        parts: &'a mut Multipart,
    ) -> Result<Option<Field<'a>>, Failure> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            let message = format!("A form may have {MAX_PARTS} parts.");
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, &message));
        }
        let next = in_time(parts.next_field()).await?;
        next.map_err(|error| refused(&error, self.limit))
    }

    /// Reads a part that is a text field; returns one that is a file. Of
    /// several files in fields of the same name only the first is returned.
    pub async fn file_or_text<'a>(
        &mut self,
        content: Field<'a>,
    ) -> Result<Option<FilePart<'a>>, Failure> {
        let names = content
            .headers()
            .get(CONTENT_DISPOSITION)
            .map(|head| disposition::names(head.as_bytes()))
            .unwrap_or_default();
        let field = names.field.unwrap_or_default();
        match names.file {
            None => self.read_text(content, field).await?,
            Some(name) if self.seen.insert(field.clone()) => {
                return Ok(Some(FilePart {
                    field,
                    name,
                    content,
                }));
            }
            Some(_) => {}
        }
        Ok(None)
    }

    /// Receives a file and adds it to the form.
    pub async fn take_in(
        &mut self,
        part: FilePart<'_>,
        to: &ReceivedForm<'_>,
    ) -> Result<(), Failure> {
        let field = part.field.clone();
        let file = receive(part, to, self.limit).await?;
        self.files.push((field, file));
        Ok(())
    }

    /// Reads a text field; 413 if all of them together are too long.
    async fn read_text(&mut self, mut field: Field<'_>, name: String) -> Result<(), Failure> {
        let mut text = Vec::new();
        while let Some(piece) = next_piece(&mut field, self.limit).await? {
            self.length += piece.len() as u64;
            if self.length > MAX_ARGUMENTS {
                return Err(too_large(MAX_ARGUMENTS));
            }
            text.extend_from_slice(&piece);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        self.texts.push((name, text));
        Ok(())
    }
}

/// File bytes are accounted for in steps of this size.
const ACCOUNTING_STEP: u64 = 4 * 1024 * 1024;

/// Writes a file to temporary storage. It is removed if the request fails or
/// its client disconnects.
async fn receive(part: FilePart<'_>, to: &ReceivedForm<'_>, limit: u64) -> Result<Upload, Failure> {
    let FilePart {
        name, mut content, ..
    } = part;
    let mimetype = content
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .unwrap_or_default();
    let mimetype = mimetype.split(';').next().unwrap_or_default();
    let mimetype = mimetype.trim().to_lowercase();
    let mut receiving = to.files.receive().await.map_err(lost)?;
    let mut room = 0;
    while let Some(piece) = next_piece(&mut content, limit).await? {
        while room < piece.len() as u64 {
            if let Some(held) = &to.held {
                held.take_upload(ACCOUNTING_STEP).await?;
            }
            room += ACCOUNTING_STEP;
        }
        room -= piece.len() as u64;
        receiving.write(&piece).await.map_err(lost)?;
    }
    Ok(Upload {
        name,
        mimetype,
        received: receiving.finish().await.map_err(lost)?,
    })
}

/// Returns the next chunk of a part; `None` after its end.
async fn next_piece(field: &mut Field<'_>, limit: u64) -> Result<Option<Bytes>, Failure> {
    let piece = in_time(field.chunk()).await?;
    piece.map_err(|error| refused(&error, limit))
}

/// Waits for a client's data; 408 after [`BODY_TIMEOUT`].
async fn in_time<T>(coming: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(BODY_TIMEOUT, coming)
        .await
        .map_err(|_| too_slow())
}

fn refused(error: &MultipartError, limit: u64) -> Failure {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit),
        _ => unreadable(),
    }
}

fn lost(error: std::io::Error) -> Failure {
    tanuki_core::files::failed(error).into()
}
