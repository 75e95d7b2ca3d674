//! Reading on what a handler has left of a request's body.
//!
//! A client sends the whole body before it looks at the response. If the server
//! closes the connection before that, the client sees a broken pipe rather than
//! the refusal. So the response goes out at once, and what is still to come of
//! the body is read and thrown away, within bounds.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::Request;
use axum::http::header::EXPECT;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::runtime::Handle;

/// Bytes that are read on at most; behind them the connection is closed.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How long a body is read on at most.
const MAX_TIME: Duration = Duration::from_secs(20);

/// The request with a body that is drained when it is dropped before its end.
pub(super) fn when_dropped(request: Request) -> Request {
    // Whoever waits for leave to send has not begun yet.
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
    /// What is still to come; nothing behind the end.
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
