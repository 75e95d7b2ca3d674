//! CPU-bound work, off the threads of the async runtime.

use crate::{Error, Result};

/// Runs a computation on the runtime's blocking thread pool
/// ([`tokio::task::spawn_blocking`]). For whatever takes more than about a
/// millisecond: on an async worker it would delay other requests.
///
/// # Errors
///
/// [`Error::Failed`] if the computation panics or the server shuts down.
pub async fn off_worker<T: Send + 'static>(
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|error| Error::Failed(format!("a computation was stopped: {error}")))
}
