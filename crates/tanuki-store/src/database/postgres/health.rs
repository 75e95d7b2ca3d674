//! Health of a PostgreSQL server: is a statement slow, or the server down?
//!
//! When a statement has taken two seconds, a new connection is opened to probe
//! the server. If it responds, the statement is awaited further; if not, the
//! server counts as down, and all queries are refused at once until a probe
//! succeeds.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::{Error, Result};

/// How long a statement may take before the server is probed.
const PROBE_AFTER: Duration = Duration::from_secs(2);

/// How long the result of a successful probe is valid.
const FRESH: Duration = Duration::from_secs(1);

/// How often a server that is down is probed.
const RECOVERY: Duration = Duration::from_millis(500);

/// The state of a server; clones share it.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    down: AtomicBool,
    /// Opens the connections for probes, one at a time.
    probes: Pool,
    /// Time-out of a probe.
    wait: Duration,
    /// When a probe last succeeded. Locked during a probe, so that concurrent
    /// callers share it.
    answered: Mutex<Option<Instant>>,
}

impl Health {
    /// `probes` is a pool of one connection that is used for nothing else.
    pub fn new(probes: Pool, wait: Duration) -> Self {
        Self(Arc::new(Inner {
            down: AtomicBool::new(false),
            probes,
            wait,
            answered: Mutex::default(),
        }))
    }

    pub fn is_down(&self) -> bool {
        self.0.down.load(Ordering::Relaxed)
    }

    /// # Errors
    ///
    /// [`Unanswered`] if the server is down.
    pub fn check(&self) -> Result<(), Unanswered> {
        if self.is_down() {
            Err(Unanswered)
        } else {
            Ok(())
        }
    }

    /// Awaits the result of a statement, at most for `limit`.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] if the server is or goes down, or after the limit.
    pub async fn watch<T>(
        &self,
        limit: Option<Duration>,
        answer: impl Future<Output = T>,
    ) -> Result<T, Unanswered> {
        self.check()?;
        let mut answer = std::pin::pin!(answer);
        // Rows of a list are mostly received already, and need no timer.
        if let Poll::Ready(answer) = poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await {
            return Ok(answer);
        }
        let mut waited = Duration::ZERO;
        loop {
            if let Ok(answer) = timeout(PROBE_AFTER, &mut answer).await {
                return Ok(answer);
            }
            waited += PROBE_AFTER;
            if limit.is_some_and(|limit| waited >= limit) {
                return Err(Unanswered);
            }
            tokio::select! {
                answer = &mut answer => return Ok(answer),
                is_there = self.ask() => if !is_there {
                    return Err(Unanswered);
                },
            }
        }
    }

    /// Probes the server and returns whether it responds. Concurrent callers
    /// share a probe, and its result is valid for a second.
    pub async fn ask(&self) -> bool {
        let mut answered = self.0.answered.lock().await;
        if self.is_down() {
            return false;
        }
        if answered.is_some_and(|at| at.elapsed() < FRESH) {
            return true;
        }
        let is_there = self.0.probe().await;
        if is_there {
            *answered = Some(Instant::now());
        } else {
            self.went_down();
        }
        is_there
    }

    /// Ends all probes.
    pub fn close(&self) {
        self.0.probes.close();
    }

    /// Marks the server as down, and probes it in the background until it
    /// responds.
    pub fn went_down(&self) {
        if self.0.down.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::error!("the database does not answer: requests are refused until it does");
        let server = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                sleep(RECOVERY).await;
                let Some(server) = server.upgrade() else {
                    return;
                };
                if server.probes.is_closed() {
                    return;
                }
                if server.probe().await {
                    server.down.store(false, Ordering::Relaxed);
                    tracing::info!("the database answers again");
                    return;
                }
            }
        });
    }
}

/// The server did not respond in time.
#[derive(Debug, Clone, Copy)]
pub struct Unanswered;

impl From<Unanswered> for Error {
    fn from(_: Unanswered) -> Self {
        Self::Unavailable("the database does not answer".into())
    }
}

impl Inner {
    /// Opens a new connection and runs a query. An error that the server itself
    /// sends counts as a response.
    async fn probe(&self) -> bool {
        let asked = async {
            let client = Object::take(self.probes.get().await?);
            client.batch_execute("SELECT 1").await?;
            Ok::<(), deadpool_postgres::PoolError>(())
        };
        match timeout(self.wait, asked).await {
            Ok(Ok(())) => true,
            Ok(Err(deadpool_postgres::PoolError::Backend(error))) => error.as_db_error().is_some(),
            Ok(Err(_)) | Err(_) => false,
        }
    }
}
