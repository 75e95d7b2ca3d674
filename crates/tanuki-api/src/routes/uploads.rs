//! Uploads that continue after an interruption, by the tus protocol 1.0
//! (<https://tus.io/protocols/resumable-upload>): core, creation, termination and
//! expiration.

use std::time::SystemTime;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::NaiveDateTime;
use futures_util::StreamExt as _;
use tanuki_core::files::{ResumedUpload, Resumption, UploadMetadata, UploadState};
use tanuki_core::{Caller, Error};
use uuid::Uuid;

use crate::error::{Failure, HandlerResult};
use crate::extract::{Authenticated, PathIds};
use crate::{Api, OriginalPath};

/// The version of the protocol.
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,termination,expiration";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// The media type of the bytes of an upload.
const BYTES: &str = "application/offset+octet-stream";

/// Headers of the protocol's requests, which pages of other sites have to be
/// allowed to send.
pub const UPLOAD_REQUEST_HEADERS: [HeaderName; 5] = [
    TUS_RESUMABLE,
    UPLOAD_OFFSET,
    UPLOAD_LENGTH,
    UPLOAD_METADATA,
    METHOD_OVERRIDE,
];

/// Headers of the protocol's responses, which such pages have to be allowed to
/// read.
pub const UPLOAD_RESPONSE_HEADERS: [HeaderName; 9] = [
    TUS_RESUMABLE,
    TUS_VERSION,
    TUS_EXTENSION,
    TUS_MAX_SIZE,
    UPLOAD_OFFSET,
    UPLOAD_LENGTH,
    UPLOAD_METADATA,
    UPLOAD_EXPIRES,
    LOCATION,
];

/// `OPTIONS /tanuki/uploads`: what the server can do.
pub(crate) async fn options(State(api): State<Api>) -> Response {
    let headers = [
        (TUS_VERSION, VERSION.to_owned()),
        (TUS_EXTENSION, EXTENSIONS.to_owned()),
        (TUS_MAX_SIZE, api.max_body.to_string()),
    ];
    resumable(Ok((StatusCode::NO_CONTENT, headers).into_response()))
}

/// `POST /tanuki/uploads`: creates an upload.
pub(crate) async fn create(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Extension(OriginalPath(path)): Extension<OriginalPath>,
    head: HeaderMap,
) -> Response {
    resumable(created(&caller, &api, &path, &head).await)
}

async fn created(caller: &Caller, api: &Api, path: &str, head: &HeaderMap) -> HandlerResult {
    check_version(head)?;
    let length = number(head, &UPLOAD_LENGTH)?;
    if length > api.max_body {
        let most = api.max_body;
        let message = format!("Upload-Length is {length}, uploads may have {most} bytes.");
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, &message));
    }
    let metadata = metadata(head)?;
    let lengths = (length, api.max_body);
    let upload = api.core.files().create_upload(caller, lengths, &metadata);
    let upload = upload.await?;
    let location = format!("{}/{}", path.trim_end_matches('/'), upload.id);
    let headers = [
        (LOCATION, location),
        (UPLOAD_EXPIRES, date(upload.expires_at)),
        (UPLOAD_OFFSET, upload.offset.to_string()),
    ];
    Ok((StatusCode::CREATED, headers).into_response())
}

/// `HEAD /tanuki/uploads/ID`: how far an upload has come.
pub(crate) async fn head(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    head: HeaderMap,
) -> Response {
    resumable(shown(&caller, &api, id, &head).await)
}

async fn shown(caller: &Caller, api: &Api, id: Uuid, head: &HeaderMap) -> HandlerResult {
    check_version(head)?;
    let upload = api.core.files().upload_state(caller, id).await?;
    let mut response = progress(StatusCode::OK, &upload);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UPLOAD_LENGTH, upload.length.into());
    if let Some(metadata) = HeaderValue::from_str(&upload.metadata)
        .ok()
        .filter(|_| !upload.metadata.is_empty())
    {
        headers.insert(UPLOAD_METADATA, metadata);
    }
    Ok(response)
}

/// `PATCH /tanuki/uploads/ID`: adds bytes to an upload.
pub(crate) async fn append(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    request: Request,
) -> Response {
    resumable(appended(&caller, &api, id, request).await)
}

async fn appended(caller: &Caller, api: &Api, id: Uuid, request: Request) -> HandlerResult {
    let head = request.headers();
    check_version(head)?;
    if head.get(CONTENT_TYPE).map(HeaderValue::as_bytes) != Some(BYTES.as_bytes()) {
        let message = format!("Content-Type must be {BYTES}.");
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message));
    }
    let offset = number(head, &UPLOAD_OFFSET)?;
    let files = api.core.files();
    let mut upload = match files.resume_upload(caller, id, offset).await? {
        Resumption::Ready(upload) => upload,
        Resumption::Busy => {
            let message = "Another request adds bytes to this upload.";
            return Err(Failure::new(StatusCode::LOCKED, message));
        }
        Resumption::Elsewhere(real) => {
            let message = format!("Upload-Offset is {offset}, the upload has {real} bytes.");
            return Err(Failure::new(StatusCode::CONFLICT, &message));
        }
    };
    refuse_excess(&upload, head)?;
    let outcome = receive(&mut upload, request).await;
    // What arrived counts, also if the rest did not.
    let state = files.finish_resumption(*upload).await?;
    outcome?;
    Ok(progress(StatusCode::NO_CONTENT, &state))
}

/// Refuses a body that is longer than what is missing, before it is written.
fn refuse_excess(upload: &ResumedUpload, head: &HeaderMap) -> Result<(), Failure> {
    let missing = upload.missing();
    match head.contains_key(CONTENT_LENGTH) {
        true if number(head, &CONTENT_LENGTH)? > missing => {
            let message = format!("The upload has {missing} bytes left, Content-Length is more.");
            Err(Error::invalid(message).into())
        }
        _ => Ok(()),
    }
}

/// Writes the body to an upload, up to its end or until it breaks off, or
/// another request wants to continue.
async fn receive(upload: &mut ResumedUpload, request: Request) -> Result<(), Failure> {
    let mut body = request.into_body().into_data_stream();
    loop {
        let piece = tokio::select! {
            piece = body.next() => piece,
            () = upload.replaced() => {
                let message = "Another request continues this upload.";
                return Err(Failure::new(StatusCode::LOCKED, message));
            }
        };
        let Some(piece) = piece else { break };
        let broken = |error: axum::Error| {
            tracing::info!(%error, "an upload is interrupted");
            Failure::new(
                StatusCode::REQUEST_TIMEOUT,
                "The body of the request broke off.",
            )
        };
        upload.write(&piece.map_err(broken)?).await?;
    }
    Ok(())
}

/// `DELETE /tanuki/uploads/ID`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    head: HeaderMap,
) -> Response {
    resumable(deleted(&caller, &api, id, &head).await)
}

async fn deleted(caller: &Caller, api: &Api, id: Uuid, head: &HeaderMap) -> HandlerResult {
    check_version(head)?;
    api.core.files().delete_upload(caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /tanuki/uploads/ID`, for clients that can send no other method: the
/// method is in `X-HTTP-Method-Override`.
pub(crate) async fn other(
    caller: Authenticated,
    api: State<Api>,
    id: PathIds<Uuid>,
    request: Request,
) -> Response {
    let head = request.headers().clone();
    let method = head.get(METHOD_OVERRIDE).map(HeaderValue::as_bytes);
    match method.map(Method::from_bytes) {
        Some(Ok(Method::PATCH)) => append(caller, api, id, request).await,
        Some(Ok(Method::DELETE)) => delete(caller, api, id, head).await,
        Some(Ok(Method::HEAD)) => self::head(caller, api, id, head).await,
        _ => resumable(Err(Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "The method is not allowed for the requested URL.",
        ))),
    }
}

/// Names the version of the protocol in a response.
fn resumable(answer: HandlerResult) -> Response {
    let mut response = answer.unwrap_or_else(|failure| failure.into_response());
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    if status == StatusCode::PRECONDITION_FAILED {
        headers.insert(TUS_VERSION, HeaderValue::from_static(VERSION));
    }
    response
}

/// A response with the offset of an upload.
fn progress(status: StatusCode, upload: &UploadState) -> Response {
    let headers = [
        (UPLOAD_OFFSET, upload.offset.to_string()),
        (UPLOAD_EXPIRES, date(upload.expires_at)),
    ];
    (status, headers).into_response()
}

fn date(time: NaiveDateTime) -> String {
    httpdate::fmt_http_date(SystemTime::from(time.and_utc()))
}

/// Requires that the client speaks this version of the protocol.
fn check_version(head: &HeaderMap) -> Result<(), Failure> {
    if head.get(TUS_RESUMABLE).map(HeaderValue::as_bytes) == Some(VERSION.as_bytes()) {
        return Ok(());
    }
    let message = format!("Tus-Resumable must be {VERSION}.");
    Err(Failure::new(StatusCode::PRECONDITION_FAILED, &message))
}

/// Reads a required number of bytes.
fn number(head: &HeaderMap, name: &HeaderName) -> Result<u64, Failure> {
    let text = head.get(name).and_then(|value| value.to_str().ok());
    let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| {
        let message = format!("The header {name} must be a number of bytes.");
        Failure::new(StatusCode::BAD_REQUEST, &message)
    })
}

/// Reads what the client says about the file.
fn metadata(head: &HeaderMap) -> Result<UploadMetadata, Error> {
    let value = head.get(UPLOAD_METADATA).map(HeaderValue::as_bytes);
    UploadMetadata::parse(&String::from_utf8_lossy(value.unwrap_or_default()))
}
