//! Draining of request bodies that a handler has not read to the end.
//!
//! A client sends the whole body before it reads the response. If the server
//! closed the connection before that, the client would see a broken pipe rather
//! than the error. So the response is sent at once, and the rest of the body is
//! read and discarded, within limits.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::http::header::EXPECT;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::runtime::Handle;

/// The maximum number of bytes to drain; after that the connection is closed.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// The maximum time to drain a body.
const MAX_TIME: Duration = Duration::from_secs(20);

/// Wraps the body so that it is drained if it is dropped before its end.
pub(super) fn when_dropped(request: Request) -> Request {
    // A client that sent `Expect: 100-continue` has not started the body yet.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return request;
    }
    request.map(|body| {
        Body::from_stream(Draining {
            rest: Some(body.into_data_stream()),
        })
    })
}

struct Draining {
    /// The rest of the body; `None` after its end or an error.
    rest: Option<BodyDataStream>,
}

impl Stream for Draining {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let next = rest.poll_next_unpin(context);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.rest = None;
        }
        next
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(MAX_TIME, drain(rest)));
        }
    }
}

async fn drain(mut rest: BodyDataStream) {
    let mut drained = 0;
    while let Some(Ok(piece)) = rest.next().await {
        drained += piece.len() as u64;
        if drained > MAX_BYTES {
            return;
        }
    }
}
