//! Computations that take longer than a request may keep others waiting.

use crate::{Error, Result};

/// Computes on a thread that may block: whatever takes more than about a
/// millisecond would hold up the requests that share an async worker.
///
/// # Errors
///
/// [`Error::Failed`] if the computation panics or the server stops.
pub async fn off_worker<T: Send + 'static>(
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|error| Error::Failed(format!("a computation was stopped: {error}")))
}
