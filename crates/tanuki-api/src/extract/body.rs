//! Bodies: JSON objects of resources, and the arguments of actions.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value, json};

use tanuki_core::IdList;
use tanuki_core::blocking::off_worker;
use tanuki_core::json_input::Size;
use tanuki_core::resource::RequestBody;

use super::{drain, form, numbers, pairs};
use crate::Api;
use crate::error::Failure;
use crate::in_flight::HeldMemory;

/// A JSON body is held in memory, as a tree of several times its size, so it
/// has a bound of its own below `MAX_CONTENT_LENGTH`, which is meant for films.
const MAX_JSON: u64 = 8 * 1024 * 1024;

/// Arguments of actions are few and short, and anybody may send them.
pub(super) const MAX_ARGUMENTS: u64 = 1024 * 1024;

/// Up to so many bytes a body is read before the request is looked at.
pub(crate) const BUFFERED_BODY_LIMIT: u64 = 64 * 1024;

/// Up to so many bytes in memory the JSON of a request is not counted among
/// that of all requests.
const SMALL_TREE: usize = 256 * 1024;

/// How long a client may take to send a body.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The JSON that a resource is created or updated with.
#[derive(Debug)]
pub(crate) struct ResourceBody(pub RequestBody);

impl FromRequest<Api> for ResourceBody {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let JsonValue(body) = JsonValue::from_request(request, api).await?;
        match body? {
            Value::Object(object) => Ok(Self(RequestBody::Object(object))),
            Value::Null => Err(Failure::body(
                StatusCode::BAD_REQUEST,
                json!({
                    "error": true,
                    "message": "Data are empty. Please verify that you sent JSON data and that \
                                you set the right headers.",
                    "data": null,
                }),
            )),
            other => Ok(Self(RequestBody::Other(kind(&other)))),
        }
    }
}

/// A body that is a bare list of ids; nothing where it is empty or not JSON by
/// its media type. Malformed JSON is refused.
#[derive(Debug)]
pub(crate) struct Ids(pub IdList);

/// A JSON body of any kind, or why it cannot be read, for handlers that check
/// something else first.
#[derive(Debug)]
pub(crate) struct JsonValue(pub Result<Value, Failure>);

impl FromRequest<Api> for JsonValue {
    /// Of a body that is beyond the bounds.
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            return Ok(Self(Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Did not attempt to load JSON data because the request Content-Type was not \
                 'application/json'.",
            ))));
        }
        let body = read_json(request, api.max_body.min(MAX_JSON)).await?;
        Ok(Self(match body {
            JsonText::Value(value) => Ok(value),
            JsonText::Empty | JsonText::Malformed => Err(unreadable()),
        }))
    }
}

impl FromRequest<Api> for Ids {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            return Ok(Self(IdList(Value::Null)));
        }
        let body = read_json(request, api.max_body.min(MAX_JSON)).await?;
        Ok(Self(IdList(body.value()?.unwrap_or_default())))
    }
}

/// The arguments of an action: the JSON body whatever it is, or, where it is
/// empty or `null`, the pairs of the query string and of a form. Malformed JSON
/// is refused.
#[derive(Debug)]
pub(crate) struct Arguments(pub Value);

impl FromRequest<Api> for Arguments {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let media_type = media_type(request.headers());
        let mut form = Vec::new();
        if is_json(request.headers()) {
            let body = read_json(request, api.max_body.min(MAX_ARGUMENTS)).await?;
            match body.value()? {
                Some(Value::Null) | None => {}
                Some(arguments) => return Ok(Self(arguments)),
            }
        } else if media_type == "application/x-www-form-urlencoded" {
            let body = read(request, api.max_body.min(MAX_ARGUMENTS)).await?;
            form = pairs(&String::from_utf8_lossy(&body))?;
        } else if media_type == "multipart/form-data" {
            form = form::texts(request, api).await?;
        }
        Self::of_pairs(&query, form)
    }
}

impl Arguments {
    /// The pairs of a query string and of a form; the first of a name counts.
    ///
    /// # Errors
    ///
    /// 400 if the query string has too many.
    pub(super) fn of_pairs(query: &str, form: Vec<(String, String)>) -> Result<Self, Failure> {
        let mut arguments = Map::new();
        for (name, value) in pairs(query)?.into_iter().chain(form) {
            arguments.entry(name).or_insert_with(|| value.into());
        }
        Ok(Self(arguments.into()))
    }
}

/// Reads a small body before anything is said about the request. The answer
/// to a request whose body is still on its way would end the connection, on
/// which a client that keeps it has begun the next request. A longer body that
/// its handler does not read to the end is drained.
///
/// # Errors
///
/// If a small body does not come in time, or breaks off.
pub(crate) async fn read_small_first(request: Request) -> Result<Request, Failure> {
    let length = content_length(request.headers());
    if !length.is_some_and(|length| (1..=BUFFERED_BODY_LIMIT).contains(&length)) {
        return Ok(drain::when_dropped(request));
    }
    let (head, body) = request.into_parts();
    let body = read(Request::new(body), BUFFERED_BODY_LIMIT).await?;
    Ok(Request::from_parts(head, body.into()))
}

pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body of at most so many bytes. Room for one that is not small is
/// taken first, until the request is answered.
async fn read(request: Request, limit: u64) -> Result<Bytes, Failure> {
    let length = content_length(request.headers()).unwrap_or(limit);
    if length > limit {
        return Err(too_large());
    }
    if length > BUFFERED_BODY_LIMIT
        && let Some(held) = HeldMemory::of(request.extensions())
    {
        held.take_text(length).await?;
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let body = Limited::new(request.into_body(), limit).collect();
    let Ok(body) = tokio::time::timeout(BODY_TIMEOUT, body).await else {
        return Err(too_slow());
    };
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(unreadable()),
    }
}

/// What a body holds where JSON is expected.
enum JsonText {
    /// Nothing but white space.
    Empty,
    /// Not JSON: cut off, `NaN`, a lone surrogate, a number beyond any double.
    Malformed,
    Value(Value),
}

impl JsonText {
    /// The value; `None` of an empty body.
    ///
    /// # Errors
    ///
    /// 400 if the JSON is malformed.
    fn value(self) -> Result<Option<Value>, Failure> {
        match self {
            Self::Empty => Ok(None),
            Self::Malformed => Err(unreadable()),
            Self::Value(value) => Ok(Some(value)),
        }
    }
}

/// Reads a body as JSON.
///
/// # Errors
///
/// 400 if it is nested too deeply or has too many values, and what
/// [`read`] fails with.
async fn read_json(request: Request, limit: u64) -> Result<JsonText, Failure> {
    let held = HeldMemory::of(request.extensions());
    let body = read(request, limit).await?;
    // Reading a long body takes several milliseconds, which would keep other
    // requests waiting.
    let is_long = body.len() as u64 > BUFFERED_BODY_LIMIT;
    let measured = Bytes::clone(&body);
    let size = if is_long {
        off_worker(move || Size::of(&measured)).await?
    } else {
        Size::of(&measured)
    };
    size.check()?;
    if size.memory > SMALL_TREE
        && let Some(held) = held
    {
        held.take_tree(size.memory as u64).await?;
    }
    let parse = move || match serde_json::from_slice(&body) {
        Ok(value) if numbers::are_finite(&value) => JsonText::Value(value),
        Err(_) if body.trim_ascii().is_empty() => JsonText::Empty,
        _ => JsonText::Malformed,
    };
    Ok(if is_long {
        off_worker(parse).await?
    } else {
        parse()
    })
}

pub(super) fn too_slow() -> Failure {
    Failure::new(
        StatusCode::REQUEST_TIMEOUT,
        "The body of the request did not arrive in time.",
    )
}

pub(super) fn too_large() -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "The data value transmitted exceeds the capacity limit.",
    )
}

pub(crate) fn unreadable() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "The browser (or proxy) sent a request that this server could not understand.",
    )
}

pub(super) fn media_type(headers: &HeaderMap) -> String {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = media_type(headers);
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
