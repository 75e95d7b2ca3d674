//! Forms with files, and what the head of each of their parts says.

use std::collections::HashSet;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use http_body_util::Limited;
use serde_json::Value;
use tanuki_core::files::Upload;
use tanuki_files::Files;

use super::body::{
    BODY_TIMEOUT, BUFFERED_BODY_LIMIT, MAX_ARGUMENTS, content_length, media_type, too_large,
    too_slow, unreadable,
};
use super::{Arguments, disposition};
use crate::Api;
use crate::error::Failure;
use crate::in_flight::HeldMemory;

/// Parts of a form.
const MAX_PARTS: usize = 1000;

/// A request whose body may be a form with files, not read yet: files are
/// taken in when the handler knows that the caller may send them.
#[derive(Debug)]
pub(crate) struct FormRequest(Request);

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

impl<S: Sync> FromRequest<S> for FormRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(request))
    }
}

impl FormRequest {
    /// Whether the body may hold files. The caller's permission has to be
    /// checked before such a body is read; others are small, and are checked
    /// in the order of the reference, which reads them first.
    pub fn may_have_files(&self) -> bool {
        media_type(self.0.headers()) == "multipart/form-data"
    }

    /// Reads the body, and writes its files aside.
    ///
    /// # Errors
    ///
    /// 400 if the form is malformed, 408 if it stops coming, 413 if it is too
    /// large, 502 if too much is being sent at once.
    pub async fn read(self, api: &Api) -> Result<WithFiles, Failure> {
        self.read_checked(api, |_| ready(Ok(())).boxed()).await
    }

    /// Like [`read`](Self::read). `check` is called with the arguments that
    /// stand before the first file, before that is taken in.
    pub async fn read_checked(
        self,
        api: &Api,
        check: impl Fn(Value) -> BoxFuture<'static, Result<(), Failure>> + Send,
    ) -> Result<WithFiles, Failure> {
        if !self.may_have_files() {
            return Ok(WithFiles {
                arguments: Arguments::from_request(self.0, api).await?,
                files: Vec::new(),
            });
        }
        let Self(request) = self;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let taking_in = ReceivedForm {
            files: api.core.files(),
            held: HeldMemory::of(request.extensions()),
        };
        if let Some(held) = &taking_in.held {
            take_room_for_texts(held, request.headers()).await?;
        }
        let mut form = Form::default();
        // Without a boundary there are no parts.
        let request = limited(request, api.max_body);
        if let Ok(mut parts) = Multipart::from_request(request, api).await {
            while let Some(part) = form.next_part(&mut parts).await? {
                let Some(file) = form.file_or_text(part).await? else {
                    continue;
                };
                if form.files.is_empty() {
                    let Arguments(before) = Arguments::of_pairs(&query, form.texts.clone())?;
                    check(before).await?;
                }
                form.take_in(file, &taking_in).await?;
            }
        }
        Ok(WithFiles {
            arguments: Arguments::of_pairs(&query, form.texts)?,
            files: form.files,
        })
    }
}

/// The texts of a form, as far as they can be read; files are no arguments.
///
/// # Errors
///
/// 502 if too much is being sent at once.
pub(super) async fn texts(request: Request, api: &Api) -> Result<Vec<(String, String)>, Failure> {
    if let Some(held) = HeldMemory::of(request.extensions()) {
        take_room_for_texts(&held, request.headers()).await?;
    }
    let mut form = Form::default();
    let request = limited(request, api.max_body.min(MAX_ARGUMENTS));
    if let Ok(mut parts) = Multipart::from_request(request, api).await {
        while let Ok(Some(part)) = form.next_part(&mut parts).await {
            if form.file_or_text(part).await.is_err() {
                break;
            }
        }
    }
    Ok(form.texts)
}

/// Takes room for the texts of a form, as if all of it were texts.
async fn take_room_for_texts(held: &HeldMemory, headers: &HeaderMap) -> Result<(), Failure> {
    let length = content_length(headers).unwrap_or(MAX_ARGUMENTS);
    if length > BUFFERED_BODY_LIMIT {
        held.take_text(length.min(MAX_ARGUMENTS)).await?;
    }
    Ok(())
}

fn limited(request: Request, limit: u64) -> Request {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    request.map(|body| axum::body::Body::new(Limited::new(body, limit)))
}

/// Where files are written aside, and what counts them.
struct ReceivedForm<'a> {
    files: &'a Files,
    held: Option<HeldMemory>,
}

/// A part of a form that is a file.
struct FilePart<'a> {
    /// The name of the field.
    field: String,
    /// The name of the file.
    name: String,
    content: Field<'a>,
}

/// A form while it is read.
#[derive(Default)]
struct Form {
    texts: Vec<(String, String)>,
    files: Vec<(String, Upload)>,
    /// Names of fields that were files.
    seen: HashSet<String>,
    /// Parts of any kind.
    parts: usize,
    /// Bytes of texts.
    length: u64,
}

impl Form {
    /// The next part; `None` behind the last.
    async fn next_part<'a>(
        &mut self,
        parts: &'a mut Multipart,
    ) -> Result<Option<Field<'a>>, Failure> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(too_large());
        }
        let next = in_time(parts.next_field()).await?;
        next.map_err(|error| refused(&error))
    }

    /// Reads a part that is a text; returns one that is a file. Of files of one
    /// name only the first counts.
    async fn file_or_text<'a>(
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

    async fn take_in(&mut self, part: FilePart<'_>, to: &ReceivedForm<'_>) -> Result<(), Failure> {
        let field = part.field.clone();
        self.files.push((field, receive(part, to).await?));
        Ok(())
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

/// Bytes of a file that room is taken for at once.
const MEMORY_PER_FORM: u64 = 4 * 1024 * 1024;

/// Writes a file aside. What was written is removed when the request fails or
/// its client goes away.
async fn receive(part: FilePart<'_>, to: &ReceivedForm<'_>) -> Result<Upload, Failure> {
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
    while let Some(piece) = next_piece(&mut content).await? {
        while room < piece.len() as u64 {
            if let Some(held) = &to.held {
                held.take_upload(MEMORY_PER_FORM).await?;
            }
            room += MEMORY_PER_FORM;
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

async fn next_piece(field: &mut Field<'_>) -> Result<Option<Bytes>, Failure> {
    let piece = in_time(field.chunk()).await?;
    piece.map_err(|error| refused(&error))
}

/// What comes from a client comes in time.
async fn in_time<T>(coming: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(BODY_TIMEOUT, coming)
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
