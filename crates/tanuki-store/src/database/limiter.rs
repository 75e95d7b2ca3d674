//! A semaphore whose queue refuses callers when no permit is returned for too
//! long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::{Error, Result};

/// The longest time in the queue, as a multiple of [`Limiter`]'s wait, even if
/// permits are returned.
const MAX_WAIT_FACTOR: u32 = 6;

/// Permits to use one of a number of resources; clones share them.
///
/// Callers queue while permits are returned now and then. When no permit was
/// taken or returned for longer than the wait, the queue is stuck: all callers
/// in it are refused, and new ones are refused at once, until a permit is
/// returned.
#[derive(Debug, Clone)]
pub struct Limiter {
    permits: Arc<Semaphore>,
    most: u32,
    wait: Duration,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug)]
struct Queue {
    /// When a permit was last taken or returned.
    moved: Instant,
    /// The holder of the permit that was returned last made no progress.
    wasted: bool,
}

impl Limiter {
    /// Creates `most` permits. The queue is stuck when no permit was returned
    /// for `wait`.
    pub fn new(most: u32, wait: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(most as usize)),
            most,
            wait,
            queue: Arc::new(Mutex::new(Queue {
                moved: Instant::now(),
                wasted: false,
            })),
        }
    }

    /// The number of permits.
    pub fn max_size(&self) -> u32 {
        self.most
    }

    /// Takes a permit if one is free.
    fn try_acquire(&self) -> Option<Permit> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(self.taken(permit))
    }

    /// Takes a permit, as soon as one is free.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the queue is stuck, or after six times the
    /// wait.
    pub async fn acquire(&self) -> Result<Permit> {
        if let Some(permit) = self.try_acquire() {
            return Ok(permit);
        }
        let latest = Instant::now() + self.wait * MAX_WAIT_FACTOR;
        let mut acquiring = std::pin::pin!(Arc::clone(&self.permits).acquire_owned());
        loop {
            let deadline = latest.min(self.stuck_at());
            if deadline <= Instant::now() {
                return Err(Error::Unavailable(
                    "every connection to the database is in use".into(),
                ));
            }
            if let Ok(permit) = timeout_at(deadline, &mut acquiring).await {
                let closed = |_| Error::Unavailable("the database is closed".into());
                return Ok(self.taken(permit.map_err(closed)?));
            }
        }
    }

    /// Waits until all permits are returned, at most for the wait, then refuses
    /// all callers.
    pub async fn close(&self) {
        let back = tokio::time::timeout(self.wait, self.permits.acquire_many(self.most)).await;
        self.permits.close();
        drop(back);
    }

    fn taken(&self, permit: OwnedSemaphorePermit) -> Permit {
        let mut queue = self.queue();
        if !queue.wasted {
            queue.moved = Instant::now();
        }
        drop(queue);
        Permit {
            of: self.clone(),
            is_progress: true,
            _permit: permit,
        }
    }

    /// Returns when the queue will be stuck, if no permit is taken or returned
    /// until then.
    fn stuck_at(&self) -> Instant {
        let queue = self.queue();
        if queue.wasted {
            Instant::now()
        } else {
            queue.moved + self.wait
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit, returned when it is dropped.
#[derive(Debug)]
pub struct Permit {
    of: Limiter,
    is_progress: bool,
    _permit: OwnedSemaphorePermit,
}

impl Permit {
    /// Records that its holder was locked out and made no progress: returning
    /// it does not let callers queue for the next one.
    pub fn mark_locked_out(&mut self) {
        self.is_progress = false;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queue = self.of.queue();
        queue.wasted = !self.is_progress;
        queue.moved = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    fn paused() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
    }

    #[test]
    fn callers_queue_while_permits_are_returned() {
        paused().block_on(async {
            let limiter = Limiter::new(1, WAIT);
            let mut held = limiter.acquire().await.unwrap();
            for _ in 0..5 {
                let queue = limiter.clone();
                let next = tokio::spawn(async move { queue.acquire().await });
                tokio::time::sleep(WAIT - Duration::from_secs(1)).await;
                drop(held);
                held = next.await.unwrap().unwrap();
            }
        });
    }

    #[test]
    fn whoever_comes_to_a_stuck_queue_is_refused_at_once() {
        paused().block_on(async {
            let limiter = Limiter::new(1, WAIT);
            let held = limiter.acquire().await.unwrap();
            let begun = Instant::now();
            assert!(limiter.acquire().await.is_err());
            assert_eq!(begun.elapsed().as_secs(), 5, "the first waits");
            assert!(limiter.acquire().await.is_err());
            assert_eq!(begun.elapsed().as_secs(), 5, "the next does not");
            drop(held);
            assert!(limiter.acquire().await.is_ok());
        });
    }

    #[test]
    fn a_permit_that_was_of_no_use_lets_nobody_hope() {
        paused().block_on(async {
            let limiter = Limiter::new(1, WAIT);
            let mut held = limiter.acquire().await.unwrap();
            held.mark_locked_out();
            drop(held);
            let held = limiter.acquire().await.unwrap();
            let begun = Instant::now();
            assert!(limiter.acquire().await.is_err());
            assert_eq!(begun.elapsed(), Duration::ZERO);
            drop(held);
            assert!(limiter.acquire().await.is_ok());
        });
    }
}
