//! Helpers for JSON responses.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use tanuki_core::Conditional;
use tanuki_core::blocking::off_worker;
use tanuki_store::database::JsonChunks;

use crate::compression::vary;
use crate::error::{Failure, HandlerResult};

/// Streams a JSON list; see [`body`].
pub(crate) async fn stream(chunks: JsonChunks) -> HandlerResult {
    let body = body(chunks).await?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// Streams a list. The first chunk is awaited, so that a query that fails at
/// once still results in an error response; one that fails later closes the
/// connection, so that the client cannot mistake the part for the whole list.
pub(crate) async fn body(mut chunks: JsonChunks) -> HandlerResult<Body> {
    let first = chunks.next().await.transpose()?.unwrap_or_default();
    let second = chunks.next().await;
    Ok(match second {
        None => Body::from(first),
        Some(second) => {
            let chunks = stream::iter([Ok(first), second]).chain(chunks.into_stream());
            Body::from_stream(chunks.inspect_err(|error| {
                tracing::error!(%error, "a list ended before its last row");
            }))
        }
    })
}

/// A response with an ETag, or 304 without a body if the client's copy is
/// current. `Cache-Control` is `private, no-cache`: clients revalidate each
/// time.
pub(crate) async fn conditional<T>(
    renewed: Conditional<T>,
    answer: impl AsyncFnOnce(T) -> HandlerResult,
) -> HandlerResult {
    let (mut answer, edition) = match renewed {
        Conditional::NotModified(edition) => {
            (StatusCode::NOT_MODIFIED.into_response(), Some(edition))
        }
        Conditional::Modified(found, edition) => (answer(found).await?, edition),
    };
    if let Some(edition) = edition {
        let tag = HeaderValue::try_from(format!("\"{edition}\""));
        let tag = tag.map_err(|_| Failure::internal("an edition is no header's value"))?;
        let kept = HeaderValue::from_static("private, no-cache");
        let headers = answer.headers_mut();
        headers.extend([(ETAG, tag), (CACHE_CONTROL, kept)]);
        // A 304 has it as well, and its body is none to tell it by.
        vary(headers);
    }
    Ok(answer)
}

/// A response with serialized JSON.
pub(crate) fn json(text: impl Into<Bytes>) -> Response {
    ([(CONTENT_TYPE, "application/json")], text.into()).into_response()
}

/// A JSON response that may be long, serialized off the worker threads so that
/// it does not block other requests.
pub(crate) async fn long_json<T: Serialize + Send + 'static>(value: T) -> HandlerResult {
    let text = off_worker(move || serde_json::to_vec(&value)).await?;
    let text = text.map_err(|error| Failure::internal(&error.to_string()))?;
    Ok(json(text))
}

/// 204 with a content type, as Zou sends it.
pub(crate) fn no_content() -> Response {
    (
        StatusCode::NO_CONTENT,
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
    )
        .into_response()
}
