//! Tracks what one run of a request did to the database, so that a request that
//! failed because of a deadlock can be retried.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

tokio::task_local! {
    static ATTEMPT: Arc<Attempt>;
}

/// One run of a request, observed by the [`Database`](super::Database) that it
/// works on.
#[derive(Debug, Default)]
pub struct Attempt {
    committed: AtomicBool,
    contended: AtomicBool,
}

impl Attempt {
    /// Runs `work` and notes what the database does for it. Tasks that `work`
    /// spawns are not observed.
    pub async fn observe<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        ATTEMPT.scope(Arc::clone(self), work).await
    }

    /// Returns whether the run failed because of a deadlock, a serialization
    /// failure or a busy database, and has committed nothing: running the
    /// request again cannot repeat an effect.
    pub fn may_be_retried(&self) -> bool {
        self.contended.load(Ordering::Relaxed) && !self.committed.load(Ordering::Relaxed)
    }
}

/// Records the outcome of a statement in a transaction, or of `BEGIN`.
pub(super) fn note_statement<T>(outcome: &Result<T>) {
    if matches!(outcome, Err(Error::Contention(_))) {
        let _unobserved = ATTEMPT.try_with(|attempt| {
            attempt.contended.store(true, Ordering::Relaxed);
        });
    }
}

/// Records the outcome of a commit, or of a statement outside a transaction.
/// One that failed for an unknown reason may have been committed.
pub(super) fn note_commit<T>(outcome: &Result<T>) {
    note_statement(outcome);
    if !matches!(outcome, Err(Error::Contention(_))) {
        let _unobserved = ATTEMPT.try_with(|attempt| {
            attempt.committed.store(true, Ordering::Relaxed);
        });
    }
}
