//! Request bodies: the JSON objects of resources, and the arguments of actions.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Map, Value, json};

use tanuki_core::IdList;
use tanuki_core::blocking::off_worker;
use tanuki_core::json_input::Size;
use tanuki_core::resource::RequestBody;

use super::body_limits::{
    BODY_TIMEOUT, BUFFERED_BODY_LIMIT, MAX_ARGUMENTS, check_length, content_length, media_type,
    too_large, too_slow, unreadable,
};
use super::{drain, multipart, numbers, pairs};
use crate::Api;
use crate::error::Failure;
use crate::in_flight::HeldMemory;

/// The maximum size of a JSON body, in bytes. Such a body is held in memory, as
/// a tree of several times its size, so its limit is below
/// `MAX_CONTENT_LENGTH`, which is sized for movie uploads.
const MAX_JSON: u64 = 8 * 1024 * 1024;

/// Parsed JSON of up to this many bytes in memory is not counted towards the
/// limits of [`InFlight`](crate::InFlight).
const SMALL_TREE: usize = 256 * 1024;

/// The JSON body from which a resource is created or updated. An empty body or
/// `null` is refused with 400.
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

/// A JSON list of ids as the whole body; `null` if the body is empty or its
/// media type is not JSON. Malformed JSON is refused with 400.
#[derive(Debug)]
pub(crate) struct Ids(pub IdList);

/// A JSON body of any type, or the error of parsing it, for handlers that have
/// to check something else first.
#[derive(Debug)]
pub(crate) struct JsonValue(pub Result<Value, Failure>);

impl FromRequest<Api> for JsonValue {
    /// The body exceeds a limit or did not arrive in time.
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

/// The arguments of an action: the JSON body, whatever its type, or, if it is
/// empty or `null`, the pairs of the query string and of a form. Malformed JSON
/// is refused with 400.
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
            form = multipart::texts(request, api).await?;
        }
        Self::of_pairs(&query, form)
    }
}

impl Arguments {
    /// Merges the pairs of a query string and of a form; the first value of a
    /// name wins.
    ///
    /// # Errors
    ///
    /// 400 if the query string has too many pairs.
    pub(super) fn of_pairs(query: &str, form: Vec<(String, String)>) -> Result<Self, Failure> {
        let mut arguments = Map::new();
        for (name, value) in pairs(query)?.into_iter().chain(form) {
            arguments.entry(name).or_insert_with(|| value.into());
        }
        Ok(Self(arguments.into()))
    }
}

/// Buffers a small body before the request is handled. A response that is sent
/// while the body is still arriving would close the connection, on which a
/// keep-alive client may have started its next request. A longer body that its
/// handler does not read to the end is drained.
///
/// # Errors
///
/// 408 if a small body does not arrive in time, 400 if it breaks off.
pub(crate) async fn read_small_first(request: Request) -> Result<Request, Failure> {
    let length = content_length(request.headers());
    if !length.is_some_and(|length| (1..=BUFFERED_BODY_LIMIT).contains(&length)) {
        return Ok(drain::when_dropped(request));
    }
    let (head, body) = request.into_parts();
    let body = read(Request::new(body), BUFFERED_BODY_LIMIT).await?;
    Ok(Request::from_parts(head, body.into()))
}

/// Reads a body of at most `limit` bytes. For one that is not small, memory is
/// reserved first, until the response is ready.
///
/// # Errors
///
/// 413 if the body is longer than `limit`, 408 if it does not arrive in time,
/// 502 if too much is being sent at once, 400 if it breaks off.
async fn read(request: Request, limit: u64) -> Result<Bytes, Failure> {
    check_length(request.headers(), limit)?;
    let length = content_length(request.headers()).unwrap_or(limit);
    if length > BUFFERED_BODY_LIMIT
        && let Some(held) = HeldMemory::of(request.extensions())
    {
        held.take_text(length).await?;
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let body = Limited::new(request.into_body(), most).collect();
    let Ok(body) = tokio::time::timeout(BODY_TIMEOUT, body).await else {
        return Err(too_slow());
    };
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(_) => Err(unreadable()),
    }
}

/// The content of a body that should be JSON.
enum JsonText {
    /// Nothing but whitespace.
    Empty,
    /// Not JSON: truncated, `NaN`, a lone surrogate, a number out of a double's
    /// range.
    Malformed,
    Value(Value),
}

impl JsonText {
    /// Returns the value; `None` if the body is empty.
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

/// Reads and parses a JSON body.
///
/// # Errors
///
/// 400 if it is nested too deeply or has too many values, and the errors of
/// [`read`].
async fn read_json(request: Request, limit: u64) -> Result<JsonText, Failure> {
    let held = HeldMemory::of(request.extensions());
    let body = read(request, limit).await?;
    // Parsing a long body takes several milliseconds and would block the worker
    // thread, and with it other requests.
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

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = media_type(headers);
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// Names a JSON type for an error message.
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
