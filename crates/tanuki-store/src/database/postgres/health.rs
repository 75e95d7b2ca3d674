//! Whether a PostgreSQL server answers.
//!
//! A statement may take long because it has much to do, or because nobody is
//! there to answer it. After a while whoever waits for one opens a connection
//! beside it: if that is answered, the statement is waited for on; if not, the
//! server counts as down, and everybody is refused at once until it answers
//! again.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::{Error, Result};

/// How long an answer may take before it is asked whether the server is there.
const SUSPICION_TIMEOUT: Duration = Duration::from_secs(2);

/// How long it counts that the server has answered.
const FRESH: Duration = Duration::from_secs(1);

/// How often a server that is down is asked whether it is back.
const RECOVERY: Duration = Duration::from_millis(500);

/// What is known of a server; clones share it.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    down: AtomicBool,
    /// Opens the connections that are asked with, one at a time.
    probes: Pool,
    /// How long opening a connection may take.
    wait: Duration,
    /// When the server answered last, to one that asked.
    answered: Mutex<Option<Instant>>,
}

impl Health {
    /// `probes` is a pool of one connection that nothing else uses.
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

    /// Waits for what a server answers, at most for `limit`.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] if the server is down or goes down, or the answer takes
    /// longer than the limit.
    pub async fn watch<T>(
        &self,
        limit: Option<Duration>,
        answer: impl Future<Output = T>,
    ) -> Result<T, Unanswered> {
        self.check()?;
        let mut answer = std::pin::pin!(answer);
        // Rows of a list are mostly there, and need no timer.
        if let Poll::Ready(answer) = poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await {
            return Ok(answer);
        }
        let mut waited = Duration::ZERO;
        loop {
            if let Ok(answer) = timeout(SUSPICION_TIMEOUT, &mut answer).await {
                return Ok(answer);
            }
            waited += SUSPICION_TIMEOUT;
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

    /// Whether the server answers now. Those who ask at once share a question.
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

    /// Asks no more.
    pub fn close(&self) {
        self.0.probes.close();
    }

    /// Notes that the server does not answer, and asks until it does.
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

/// There is no answer, and none is waited for any more.
#[derive(Debug, Clone, Copy)]
pub struct Unanswered;

impl From<Unanswered> for Error {
    fn from(_: Unanswered) -> Self {
        Self::Unavailable("the database does not answer".into())
    }
}

impl Inner {
    /// Whether a new connection is answered. A refusal is an answer if it is
    /// the server's own.
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
