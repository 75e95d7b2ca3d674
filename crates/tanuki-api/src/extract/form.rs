//! Forms with files, and what the head of each of their parts says.

use std::collections::HashSet;

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::Limited;
use tanuki_core::files::Upload;

use super::body::{MAX_ARGUMENTS, PATIENCE, media_type, too_large, unreadable};
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
        if let Ok(mut parts) = Multipart::from_request(limited(request, api), api).await {
            form.read(&mut parts, api).await?;
        }
        Ok(Self {
            arguments: Arguments::of_pairs(&query, form.texts),
            files: form.files,
        })
    }
}

fn limited(request: Request, api: &Api) -> Request {
    let limit = usize::try_from(api.max_body).unwrap_or(usize::MAX);
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
    async fn read(&mut self, parts: &mut Multipart, api: &Api) -> Result<(), Failure> {
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
            match names.file {
                Some(file_name) => {
                    let file = receive(field, file_name, api).await?;
                    if seen.insert(name.clone()) {
                        self.files.push((name, file));
                    }
                }
                None => self.read_text(field, name).await?,
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
async fn receive(mut field: Field<'_>, name: String, api: &Api) -> Result<Upload, Failure> {
    let mimetype = field
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .unwrap_or_default();
    let mimetype = mimetype.split(';').next().unwrap_or_default();
    let mimetype = mimetype.trim().to_lowercase();
    let mut receiving = api.core.files().receive().await.map_err(lost)?;
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
        .map_err(|_| super::body::too_slow())
}

fn refused(error: &axum::extract::multipart::MultipartError) -> Failure {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => unreadable(),
    }
}

fn lost(error: std::io::Error) -> Failure {
    Failure::internal(&format!("a file cannot be taken in: {error}"))
}
