//! Request bodies with a time-out for receiving, and response bodies with one
//! for sending.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::activity::{Activity, ResponseBody, Running};

/// How long a body may take, in addition to the time for its bytes at
/// [`LEAST_SPEED`].
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The minimum transfer rate, in bytes per second.
const LEAST_SPEED: u64 = 4096;

/// The body of a request. If a client stays behind the minimum rate for longer
/// than [`BODY_TIMEOUT`], the body ends with an error.
pub struct Received<B> {
    body: B,
    activity: Arc<Activity>,
    /// When the body was first polled.
    begun: Option<Instant>,
    bytes: u64,
    /// While it is awaited: its number, and the timer of the time-out.
    waiting: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<B> Received<B> {
    pub fn new(body: B, activity: Arc<Activity>) -> Self {
        Self {
            body,
            activity,
            begun: None,
            bytes: 0,
            waiting: None,
        }
    }

    /// Returns the time by which the bytes so far would have arrived at the
    /// minimum rate.
    fn due(&mut self) -> Instant {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        begun + Duration::from_secs(self.bytes / LEAST_SPEED)
    }

    fn poll_timeout(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let due = self.due();
        let activity = Arc::clone(&self.activity);
        let (_, sleep) = self.waiting.get_or_insert_with(|| {
            let sleep = Box::pin(tokio::time::sleep_until(due + BODY_TIMEOUT));
            (activity.body_awaited(due.into_std()), sleep)
        });
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(io::Error::new(
            io::ErrorKind::TimedOut,
            "the body of the request did not arrive in time",
        ))
    }

    fn note_bytes(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        let due = self.due();
        if let Some((number, sleep)) = &mut self.waiting {
            self.activity.body_moved(*number, due.into_std());
            sleep.as_mut().reset(due + BODY_TIMEOUT);
        }
    }

    fn note_end(&mut self) {
        if let Some((number, _)) = self.waiting.take() {
            self.activity.body_came(number);
        }
    }
}

impl<B> Drop for Received<B> {
    fn drop(&mut self) {
        self.note_end();
    }
}

impl<B> HttpBody for Received<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.note_bytes(frame.data_ref().map_or(0, Bytes::len));
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(end) => {
                this.note_end();
                Poll::Ready(end.map(|failed| failed.map_err(axum::Error::new)))
            }
            Poll::Pending => {
                let late = ready!(this.poll_timeout(context));
                Poll::Ready(Some(Err(axum::Error::new(late))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response. The request counts as running until it is dropped.
pub struct Sent {
    answer: Arc<ResponseBody>,
    _running: Running,
}

impl Sent {
    pub fn new(body: Body, activity: &Activity, running: Running) -> Self {
        let is_whole = body.size_hint().exact() == Some(0);
        let answer = Arc::new(ResponseBody::new(body));
        if !is_whole {
            activity.add_answer(&answer);
        }
        Self {
            answer,
            _running: running,
        }
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut sending = self.answer.sending();
        let Some(body) = &mut sending.body else {
            let unread = io::Error::new(io::ErrorKind::TimedOut, "the answer was not read");
            return Poll::Ready(Some(Err(axum::Error::new(unread))));
        };
        let next = Pin::new(body).poll_frame(context);
        sending.handed_over = next.is_ready().then(std::time::Instant::now);
        next
    }

    fn is_end_stream(&self) -> bool {
        let sending = self.answer.sending();
        sending.body.as_ref().is_some_and(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let sending = self.answer.sending();
        let body = sending.body.as_ref();
        body.map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    /// Sends a chunk of `bytes` bytes every second for five minutes; returns
    /// the number of bytes received, or `None` if the body ended with an error.
    fn receive(bytes: usize) -> Option<usize> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let pieces = stream::unfold(0, |sent| async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let piece = Frame::data(Bytes::from(vec![0; bytes]));
                (sent < 300).then_some((Ok::<_, io::Error>(piece), sent + 1))
            });
            let body = StreamBody::new(Box::pin(pieces));
            let received = Received::new(body, Arc::new(Activity::new()));
            let whole = received.collect().await.ok()?;
            Some(whole.to_bytes().len())
        })
    }

    #[test]
    fn a_body_that_trickles_ends_in_an_error() {
        assert_eq!(receive(1), None);
        assert_eq!(receive(1024), None);
        assert_eq!(receive(8192), Some(300 * 8192));
    }
}
