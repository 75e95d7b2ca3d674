//! Running of requests: writes run to completion even if the client
//! disconnects, and are retried if a deadlock rolled back all that they did.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tanuki_core::Core;
use tanuki_store::database::Attempt;
use tracing::Instrument as _;

use crate::error::Failure;
use crate::extract::{BUFFERED_BODY_LIMIT, unreadable};

/// The maximum number of attempts per request.
const MAX_ATTEMPTS: u32 = 8;

/// No retry starts after this time: the client has waited long enough.
const RETRY_WITHIN: Duration = Duration::from_secs(10);

/// The upper limit of the pause before the first retry, in milliseconds; it
/// doubles with each attempt.
const FIRST_PAUSE: u64 = 20;

/// Bodies of up to this many bytes are stored for a retry. Larger requests, and
/// those without a known length, get a single attempt.
const MAX_KEPT_BODY: usize = 1024 * 1024;

/// Runs each write request in its own task, so that a client that disconnects
/// cannot interrupt it between a commit and what follows it (such as publishing
/// events), and retries it after a deadlock. Safe methods run as they are.
pub(crate) async fn run_to_end(core: &Core, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let running = run(request, next).in_current_span();
    match core.background().spawn(running).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Failure::internal(&error.to_string()).into_response(),
        },
    }
}

/// Runs a request, and retries it while it ends in a deadlock. It is only
/// retried if nothing was committed and its body can be replayed.
async fn run(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (head, body) = request.into_parts();
    let (mut body, kept) = match KeptBody::of(body).await {
        Ok(kept) => kept,
        Err(failure) => return failure.into_response(),
    };
    let mut number = 1;
    loop {
        let attempt = Arc::new(Attempt::default());
        let request = Request::from_parts(head.clone(), body);
        let response = attempt.observe(next.clone().run(request)).await;
        let is_last = number == MAX_ATTEMPTS || begun.elapsed() > RETRY_WITHIN;
        if is_last || !attempt.may_be_retried() {
            return response;
        }
        let Some(again) = kept.whole() else {
            return response;
        };
        let (method, uri) = (&head.method, &head.uri);
        tracing::info!(%method, %uri, number, "a request is run again after a deadlock");
        tokio::time::sleep(pause(number)).await;
        body = again;
        number += 1;
    }
}

/// Returns a random pause (jitter) before the retry that follows attempt
/// `number`, so that the requests that deadlocked do not run in step again.
fn pause(number: u32) -> Duration {
    let longest = FIRST_PAUSE << number;
    // Without a random number, take the longest pause.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    Duration::from_millis(longest * u64::from(random) / u64::from(u32::MAX))
}

/// The stored body of a request, for a retry.
#[derive(Debug, Clone)]
struct KeptBody {
    /// The content length in bytes; `None` if the body is not stored.
    length: Option<usize>,
    chunks: Arc<Mutex<Vec<Bytes>>>,
}

impl KeptBody {
    /// Returns the body to run a request with, and the copy that fills while it
    /// is read.
    ///
    /// # Errors
    ///
    /// 400 if a short body breaks off.
    async fn of(body: Body) -> Result<(Body, Self), Failure> {
        let length = body.size_hint().exact();
        let length = length.and_then(|length| usize::try_from(length).ok());
        let kept = Self {
            length: length.filter(|length| *length <= MAX_KEPT_BODY),
            chunks: Arc::default(),
        };
        let Some(length) = kept.length else {
            return Ok((body, kept));
        };
        let chunks = Arc::clone(&kept.chunks);
        if length as u64 <= BUFFERED_BODY_LIMIT {
            // It is in memory already, and not every handler reads it.
            let bytes = axum::body::to_bytes(body, length).await;
            let bytes = bytes.map_err(|_| unreadable())?;
            lock(&chunks).push(bytes.clone());
            return Ok((Body::from(bytes), kept));
        }
        let recorded = body.into_data_stream().inspect_ok(move |chunk: &Bytes| {
            lock(&chunks).push(chunk.clone());
        });
        Ok((Body::from_stream(recorded), kept))
    }

    /// Returns the whole body; `None` if it was not read to its end or is not
    /// stored.
    fn whole(&self) -> Option<Body> {
        let whole = lock(&self.chunks).concat();
        (self.length == Some(whole.len())).then(|| Body::from(whole))
    }
}

fn lock(chunks: &Mutex<Vec<Bytes>>) -> MutexGuard<'_, Vec<Bytes>> {
    chunks.lock().unwrap_or_else(PoisonError::into_inner)
}
