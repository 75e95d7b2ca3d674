//! Limits on the memory and disk space that request bodies hold at once.
//!
//! Each body has a size limit of its own, but many at once could still fill
//! memory or disk. So the bytes that requests hold are counted, per person and
//! in total. A request that would exceed a limit waits for a few seconds and is
//! then refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::{Extensions, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::Failure;

/// How long a request waits for others to release their share.
const WAIT: Duration = Duration::from_secs(5);

const MIB: u64 = 1024 * 1024;

/// The limits on one kind of data, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// Per person; all requests without a login share one such limit.
    pub per_person: u64,
    pub in_all: u64,
}

/// The limits of a server. Clones share the counters.
#[derive(Debug, Clone)]
pub struct InFlight(Arc<Budgets>);

#[derive(Debug)]
struct Budgets {
    texts: Budget,
    trees: Budget,
    uploads: Budget,
}

impl InFlight {
    /// `uploads` limits the bytes of files in temporary storage.
    pub fn new(uploads: Bound) -> Self {
        Self(Arc::new(Budgets {
            texts: Budget::new(Bound {
                per_person: 32 * MIB,
                in_all: 128 * MIB,
            }),
            trees: Budget::new(Bound {
                per_person: 64 * MIB,
                in_all: 128 * MIB,
            }),
            uploads: Budget::new(uploads),
        }))
    }
}

/// The id of the caller; the extractor of the caller adds it to the request's
/// extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender(pub Uuid);

/// The bytes that one request holds; released once its response is ready. It is
/// in the request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct HeldMemory {
    bounds: InFlight,
    /// `None` until the caller is authenticated.
    sender: Option<Uuid>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

/// Counts the bytes that a request holds, until its response is ready or its
/// client disconnects. A request without a body is not counted.
pub(crate) async fn count(bounds: InFlight, mut request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let taken = Arc::default();
    request.extensions_mut().insert(HeldMemory {
        bounds,
        sender: None,
        taken: Arc::clone(&taken),
    });
    let response = next.run(request).await;
    // The extractor of the body has dropped the request, but the handler has
    // used the parsed body until now.
    drop(taken);
    response
}

impl HeldMemory {
    /// Returns the counter of a request; `None` if it has no body.
    pub fn of(extensions: &Extensions) -> Option<Self> {
        let mut held = extensions.get::<Self>()?.clone();
        held.sender = extensions.get::<Sender>().map(|Sender(id)| *id);
        Some(held)
    }

    /// Reserves memory for the bytes of a body.
    ///
    /// # Errors
    ///
    /// 502 with `Retry-After` if a limit is still exceeded after [`WAIT`]; the
    /// same for the other kinds.
    pub async fn take_text(&self, bytes: u64) -> Result<(), Failure> {
        self.take(&self.bounds.0.texts, bytes).await
    }

    /// Reserves memory for the tree of parsed JSON.
    pub async fn take_tree(&self, bytes: u64) -> Result<(), Failure> {
        self.take(&self.bounds.0.trees, bytes).await
    }

    /// Reserves disk space for uploaded files.
    pub async fn take_upload(&self, bytes: u64) -> Result<(), Failure> {
        self.take(&self.bounds.0.uploads, bytes).await
    }

    async fn take(&self, of: &Budget, bytes: u64) -> Result<(), Failure> {
        let taken = timeout(WAIT, of.take(self.sender, bytes)).await;
        let taken = taken.map_err(|_| busy())?;
        self.taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(taken);
        Ok(())
    }
}

/// 502, because gazu raises an exception on it; it takes a 503 for a normal
/// response.
fn busy() -> Failure {
    Failure::new(
        StatusCode::BAD_GATEWAY,
        "Too much is being sent to the server at once. Try again in a few seconds.",
    )
    .retry_after(WAIT)
}

/// A counter of held bytes with its limits; clones share it.
#[derive(Debug, Clone)]
struct Budget {
    bound: Bound,
    counts: Arc<Mutex<Counts>>,
    freed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Counts {
    in_all: u64,
    by_sender: HashMap<Option<Uuid>, u64>,
}

impl Budget {
    fn new(bound: Bound) -> Self {
        Self {
            bound,
            counts: Arc::default(),
            freed: Arc::default(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the bytes fit. A caller who holds nothing always gets the
    /// first reservation, even beyond the limit: each body has a size limit of
    /// its own.
    async fn take(&self, sender: Option<Uuid>, bytes: u64) -> Taken {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Enabled before the attempt, so that no release is missed.
            freed.as_mut().enable();
            if self.try_take(sender, bytes) {
                let budget = self.clone();
                return Taken {
                    budget,
                    sender,
                    bytes,
                };
            }
            freed.await;
        }
    }

    /// Reserves the bytes if both limits allow it.
    fn try_take(&self, sender: Option<Uuid>, bytes: u64) -> bool {
        let mut counts = self.counts();
        let own = counts.by_sender.get(&sender).copied().unwrap_or_default();
        let fits = |held: u64, bound: u64| held == 0 || held.saturating_add(bytes) <= bound;
        if !fits(own, self.bound.per_person) || !fits(counts.in_all, self.bound.in_all) {
            return false;
        }
        counts.in_all += bytes;
        counts.by_sender.insert(sender, own + bytes);
        true
    }
}

/// A reservation; releases its bytes on drop.
#[derive(Debug)]
struct Taken {
    budget: Budget,
    sender: Option<Uuid>,
    bytes: u64,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut counts = self.budget.counts();
        counts.in_all = counts.in_all.saturating_sub(self.bytes);
        if let Some(own) = counts.by_sender.get_mut(&self.sender) {
            *own = own.saturating_sub(self.bytes);
            if *own == 0 {
                counts.by_sender.remove(&self.sender);
            }
        }
        drop(counts);
        self.budget.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use crate::pipeline;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn room_is_taken_by_person_and_in_all_and_given_back() {
        let budget = Budget::new(Bound {
            per_person: 10,
            in_all: 15,
        });
        let people: Vec<Option<Uuid>> = (1..4).map(|n| Some(Uuid::from_u128(n))).collect();
        let first = budget.take(people[0], 8).await;
        assert!(!budget.try_take(people[0], 3), "beyond what one may hold");
        let second = budget.take(people[1], 7).await;
        assert!(!budget.try_take(people[2], 1), "beyond what all may hold");
        let waiting = tokio::spawn({
            let (budget, third) = (budget.clone(), people[2]);
            async move { budget.take(third, 5).await }
        });
        drop(first);
        let third = timeout(WAIT, waiting).await.unwrap().unwrap();
        drop((second, third));
        assert_eq!(budget.counts().in_all, 0);
        assert!(budget.counts().by_sender.is_empty());
    }

    #[tokio::test]
    async fn room_is_held_until_the_response() {
        let bound = Bound {
            per_person: 10,
            in_all: 10,
        };
        let bounds = InFlight::new(bound);
        let counted = bounds.clone();
        let handler = async move |request: Request| {
            let held = HeldMemory::of(request.extensions()).unwrap();
            held.take_tree(7).await.unwrap();
            drop((request, held));
            counted.0.trees.counts().in_all.to_string()
        };
        let app = Router::new()
            .route("/", get(handler))
            .layer(from_fn_with_state(bounds.clone(), pipeline::handle_api));
        let response = app.oneshot(Request::new(Body::from("{}"))).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&body[..], b"7");
        assert_eq!(bounds.0.trees.counts().in_all, 0);
    }
}
