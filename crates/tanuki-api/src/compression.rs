//! Compression of responses on their way out, chunk by chunk: a list begins to
//! arrive before its last row is read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, VARY,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use tanuki_http::compression::{Coding, Effort, Encoder};

/// Bodies that are shorter are sent as they are: they fit into a few packets,
/// and compressing would delay them. In bytes.
const MIN_LENGTH: u64 = 4 * 1024;

/// The maximum number of bytes that are compressed between two polls.
const PIECE: usize = 64 * 1024;

/// Compresses the body of a response with the coding that the request's
/// `Accept-Encoding` prefers, if it is JSON or CSV of some length. The ETag
/// becomes weak, since the bytes are no longer those that it was made of.
///
/// Pages of the console are not compressed: their length would disclose the
/// CSRF tokens in them (BREACH). Downloads and films are compressed already.
pub(crate) fn compress(accept_encoding: Option<&HeaderValue>, mut response: Response) -> Response {
    if !is_compressible(&response) {
        return response;
    }
    vary(response.headers_mut());
    let Some(coding) = accept_encoding.and_then(Coding::preferred) else {
        return response;
    };
    let encoder = match Encoder::new(coding, Effort::Fast) {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::warn!(%error, "a response is sent without being compressed");
            return response;
        }
    };
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    weaken_etag(headers);
    response.map(|body| {
        Body::new(CompressedBody {
            body,
            encoder: Some(encoder),
            rest: Bytes::new(),
        })
    })
}

fn is_compressible(response: &Response) -> bool {
    let length = response.body().size_hint().exact();
    if length.is_some_and(|length| length < MIN_LENGTH) {
        return false;
    }
    let headers = response.headers();
    let is_text = headers.get(CONTENT_TYPE).is_some_and(|content_type| {
        let content_type = content_type.as_bytes();
        [&b"application/json"[..], b"text/csv"]
            .iter()
            .any(|compressible| content_type.starts_with(compressible))
    });
    is_text && !headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_RANGE)
}

/// Adds `Accept-Encoding` to `Vary`, unless it is there.
pub(crate) fn vary(headers: &mut HeaderMap) {
    let name = ACCEPT_ENCODING.as_str();
    let has_it = headers.get_all(VARY).iter().any(|value| {
        let listed = value.to_str().unwrap_or_default();
        listed
            .split(',')
            .any(|item| item.trim().eq_ignore_ascii_case(name))
    });
    if !has_it {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
}

fn weaken_etag(headers: &mut HeaderMap) {
    let Some(etag) = headers.get(ETAG) else {
        return;
    };
    if etag.as_bytes().starts_with(b"W/") {
        return;
    }
    let weak = [b"W/", etag.as_bytes()].concat();
    if let Ok(weak) = HeaderValue::from_bytes(&weak) {
        headers.insert(ETAG, weak);
    }
}

/// A body that is compressed while it is sent. Each chunk is flushed, so the
/// client can read it at once.
struct CompressedBody {
    body: Body,
    /// `None` once the end was sent.
    encoder: Option<Encoder>,
    /// What was received of `body` and is not compressed yet.
    rest: Bytes,
}

impl HttpBody for CompressedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        while this.rest.is_empty() && this.encoder.is_some() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                // Our bodies have no trailers.
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let end = this.encoder.take().map(Encoder::finish).transpose();
                    let end = end.map_err(axum::Error::new).transpose();
                    return Poll::Ready(end.map(|end| end.map(Frame::data)));
                }
            }
        }
        let Some(encoder) = &mut this.encoder else {
            return Poll::Ready(None);
        };
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        let compressed = encoder.chunk(&piece).map_err(axum::Error::new);
        Poll::Ready(Some(compressed.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_none()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    use super::*;

    fn response(content_type: &'static str, length: usize) -> Response {
        let headers = [(CONTENT_TYPE, content_type), (ETAG, "\"x\"")];
        (StatusCode::OK, headers, vec![b' '; length]).into_response()
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers().get(name)?.to_str().ok()
    }

    #[tokio::test]
    async fn long_json_is_compressed_and_its_etag_is_weak() {
        let accepted = HeaderValue::from_static("gzip");
        let long = compress(Some(&accepted), response("application/json", 300_000));
        assert_eq!(header(&long, "content-encoding"), Some("gzip"));
        assert_eq!(header(&long, "etag"), Some("W/\"x\""));
        assert_eq!(header(&long, "vary"), Some("accept-encoding"));
        let body = axum::body::to_bytes(long.into_body(), usize::MAX).await;
        assert!(body.unwrap().len() < 10_000);
    }

    #[test]
    fn what_is_short_or_compressed_already_is_left_alone() {
        let accepted = HeaderValue::from_static("gzip");
        for (content_type, length) in [
            ("application/json", 4095),
            ("image/png", 300_000),
            ("text/event-stream", 300_000),
            ("text/html; charset=utf-8", 300_000),
        ] {
            let sent = compress(Some(&accepted), response(content_type, length));
            assert_eq!(header(&sent, "content-encoding"), None, "{content_type}");
            assert_eq!(header(&sent, "vary"), None, "{content_type}");
            assert_eq!(header(&sent, "etag"), Some("\"x\""), "{content_type}");
        }
        let mut compressed = response("application/json", 300_000);
        let gzip = HeaderValue::from_static("gzip");
        compressed.headers_mut().insert(CONTENT_ENCODING, gzip);
        let sent = compress(Some(&accepted), compressed);
        assert_eq!(header(&sent, "etag"), Some("\"x\""));
    }

    #[test]
    fn a_client_that_asks_for_nothing_gets_the_text() {
        let sent = compress(None, response("application/json", 300_000));
        assert_eq!(header(&sent, "content-encoding"), None);
        assert_eq!(header(&sent, "vary"), Some("accept-encoding"));
    }
}
