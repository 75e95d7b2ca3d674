//! Forms with files, and what the head of each of their parts says.

use std::collections::HashSet;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::Limited;
use tanuki_core::files::Upload;
use tanuki_files::Files;

use super::body::{MAX_ARGUMENTS, PATIENCE, media_type, too_large, too_slow, unreadable};
use super::{Arguments, disposition};
use crate::Api;
use crate::error::Failure;

/// Parts of a form.
const MAX_PARTS: usize = 1000;

/// The arguments of an action, and the files that came with them: the first
/// of each name, as the reference takes them.
#[derive(Debug)]
pub(crate) struct WithFiles {
    pub arguments: Arguments,
    pub files: Vec<(String, Upload)>,
}

impl WithFiles {
    /// The files, whatever their names in the form.
    pub fn into_parts(self) -> (Arguments, Vec<Upload>) {
        let files = self.files.into_iter().map(|(_, file)| file).collect();
        (self.arguments, files)
    }
}

impl FromRequest<Api> for WithFiles {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let mut form = Form::default();
        if media_type(request.headers()) != "multipart/form-data" {
            return Ok(Self {
                arguments: Arguments::from_request(request, api).await?,
                files: form.files,
            });
        }
        let query = request.uri().query().unwrap_or_default().to_owned();
        // Without a boundary there are no parts.
        let request = limited(request, api.max_body);
        if let Ok(mut parts) = Multipart::from_request(request, api).await {
            form.read(&mut parts, Some(api.core.files())).await?;
        }
        Ok(Self {
            arguments: Arguments::of_pairs(&query, form.texts),
            files: form.files,
        })
    }
}

/// The texts of a form, as far as they can be read; files are no arguments.
pub(super) async fn texts(request: Request, api: &Api) -> Vec<(String, String)> {
    let mut form = Form::default();
    let request = limited(request, api.max_body.min(MAX_ARGUMENTS));
    if let Ok(mut parts) = Multipart::from_request(request, api).await {
        let _what_cannot_be_read_says_nothing = form.read(&mut parts, None).await;
    }
    form.texts
}

fn limited(request: Request, limit: u64) -> Request {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    request.map(|body| axum::body::Body::new(Limited::new(body, limit)))
}

/// A form while it is read.
#[derive(Default)]
struct Form {
    texts: Vec<(String, String)>,
    files: Vec<(String, Upload)>,
    /// Bytes of texts.
    length: u64,
}

impl Form {
    /// Reads all parts; files go into `files`, or are passed over.
    async fn read(&mut self, parts: &mut Multipart, files: Option<&Files>) -> Result<(), Failure> {
        let mut seen = HashSet::new();
        for _ in 0..MAX_PARTS {
            let next = in_time(parts.next_field()).await?;
            let Some(field) = next.map_err(|error| refused(&error))? else {
                return Ok(());
            };
            let names = field
                .headers()
                .get(CONTENT_DISPOSITION)
                .map(|head| disposition::names(head.as_bytes()))
                .unwrap_or_default();
            let name = names.field.unwrap_or_default();
            match (names.file, files) {
                (Some(file_name), Some(files)) if seen.insert(name.clone()) => {
                    let file = receive(field, file_name, files).await?;
                    self.files.push((name, file));
                }
                (Some(_), _) => {}
                (None, _) => self.read_text(field, name).await?,
            }
        }
        Err(too_large())
    }

    async fn read_text(&mut self, mut field: Field<'_>, name: String) -> Result<(), Failure> {
        let mut text = Vec::new();
        while let Some(piece) = next_piece(&mut field).await? {
            self.length += piece.len() as u64;
            if self.length > MAX_ARGUMENTS {
                return Err(too_large());
            }
            text.extend_from_slice(&piece);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        self.texts.push((name, text));
        Ok(())
    }
}

/// Writes a file aside.
async fn receive(mut field: Field<'_>, name: String, files: &Files) -> Result<Upload, Failure> {
    let mimetype = field
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .unwrap_or_default();
    let mimetype = mimetype.split(';').next().unwrap_or_default();
    let mimetype = mimetype.trim().to_lowercase();
    let mut receiving = files.receive().await.map_err(lost)?;
    while let Some(piece) = next_piece(&mut field).await? {
        receiving.write(&piece).await.map_err(lost)?;
    }
    Ok(Upload {
        name,
        mimetype,
        received: receiving.finish().await.map_err(lost)?,
    })
}

async fn next_piece(field: &mut Field<'_>) -> Result<Option<Bytes>, Failure> {
    let piece = in_time(field.chunk()).await?;
    piece.map_err(|error| refused(&error))
}

/// What comes from a client comes in time.
async fn in_time<T>(coming: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(PATIENCE, coming)
        .await
        .map_err(|_| too_slow())
}

fn refused(error: &MultipartError) -> Failure {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => unreadable(),
    }
}

fn lost(error: std::io::Error) -> Failure {
    Failure::internal(&format!("a file cannot be taken in: {error}"))
}
