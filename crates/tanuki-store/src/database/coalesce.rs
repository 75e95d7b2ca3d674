//! Coalesces identical concurrent queries (single flight).
//!
//! Of many requests that run the same query (whose token this is, the task
//! types of the studio), the first runs it at once; those that arrive while it
//! runs share the one that is run next, up to an eighth of its duration later.
//! So do clients that ask again when they have got rows which several got.
//! Nothing is cached: a caller gets rows that were read after its call, so it
//! sees every change that was committed before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;

use crate::Result;
use crate::dialect::Query;

type Reading<T> = BoxFuture<'static, Result<T>>;

/// The queries that are running or about to, by what they return; clones share
/// them.
#[derive(Debug)]
pub struct Coalescer<T>(Arc<Mutex<HashMap<CoalescingKey, LatestRead<T>>>>);

/// The query, and the address of the projection that its rows are serialized
/// with; 0 for the rows themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CoalescingKey {
    query: Query,
    made_by: usize,
}

/// The read that was started last for a key.
#[derive(Debug)]
struct LatestRead<T> {
    read: WeakShared<Reading<T>>,
    has_started: HasStarted,
    /// Whether several callers get its rows.
    is_shared: bool,
    /// Set once it has ended: when the next read may start.
    not_before: Option<Instant>,
}

/// Whether the query was sent, after which no caller may join the read.
type HasStarted = Arc<AtomicBool>;

impl<T> Default for Coalescer<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Coalescer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone + Send + Sync + 'static> Coalescer<T> {
    /// Returns the result of a query that is sent after this call. Joins a read
    /// that is waiting to start, or starts one with `read`.
    pub fn fetch<F>(
        &self,
        query: Query,
        read: impl FnOnce(Query) -> F + Send + 'static,
    ) -> Shared<Reading<T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.join_or_start(CoalescingKey { query, made_by: 0 }, read)
    }

    /// Like [`fetch`](Self::fetch), for results made from the rows by `maker`:
    /// only calls with the same maker, by address, share a read.
    pub fn fetch_as<F, M>(
        &self,
        query: Query,
        maker: &'static M,
        read: impl FnOnce(Query) -> F + Send + 'static,
    ) -> Shared<Reading<T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let made_by = std::ptr::from_ref(maker).addr();
        self.join_or_start(CoalescingKey { query, made_by }, read)
    }

    fn join_or_start<F>(
        &self,
        key: CoalescingKey,
        read: impl FnOnce(Query) -> F + Send + 'static,
    ) -> Shared<Reading<T>>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut reads = self.reads();
        let latest = reads.get_mut(&key);
        let not_before = latest.as_ref().and_then(|latest| latest.not_before);
        let running = latest.as_ref().and_then(|latest| latest.read.upgrade());
        if let (Some(latest), Some(waiting)) = (latest, &running)
            && !latest.has_started.load(Ordering::SeqCst)
        {
            latest.is_shared = true;
            return waiting.clone();
        }
        let has_started = HasStarted::default();
        let entry = Entry {
            coalescer: self.clone(),
            key: key.clone(),
            has_started: Arc::clone(&has_started),
        };
        let next = async move {
            if let Some(not_before) = not_before {
                tokio::time::sleep_until(not_before).await;
            } else if let Some(before) = running {
                let since = Instant::now();
                // Its rows may be too old for this caller.
                drop(before.await);
                let pause = pause_after(since.elapsed());
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            // Lets tasks that are about to run the same query join this read.
            tokio::task::yield_now().await;
            entry.has_started.store(true, Ordering::SeqCst);
            let since = Instant::now();
            let rows = read(entry.key.query.clone()).await;
            entry.end(pause_after(since.elapsed()));
            rows
        };
        let next = next.boxed().shared();
        if let Some(read) = next.downgrade() {
            reads.insert(
                key,
                LatestRead {
                    read,
                    has_started,
                    is_shared: false,
                    not_before: None,
                },
            );
        }
        next
    }
}

/// Returns the pause between a read of that duration and the next one, if a caller
/// waited for the next or several got the rows: an eighth, at most 10 ms. Clients
/// that ask again when they get their rows, all at once, join the next read
/// instead of waiting for it and for one of their own.
fn pause_after(waited: Duration) -> Duration {
    const SHARE: u32 = 8;
    const MOST: Duration = Duration::from_millis(10);
    /// The timer of Tokio counts milliseconds.
    const LEAST: Duration = Duration::from_millis(1);
    let pause = (waited / SHARE).min(MOST);
    if pause < LEAST { Duration::ZERO } else { pause }
}

impl<T> Coalescer<T> {
    fn reads(&self) -> MutexGuard<'_, HashMap<CoalescingKey, LatestRead<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The map entry of a read; dropped when the read has ended or all its callers
/// are gone, which removes it unless the next read is to be delayed.
struct Entry<T> {
    coalescer: Coalescer<T>,
    key: CoalescingKey,
    has_started: HasStarted,
}

impl<T: Send + Sync + 'static> Entry<T> {
    /// Keeps the entry of a read that has ended for a pause, if its rows are shared.
    fn end(self, pause: Duration) {
        if pause.is_zero() || !self.delay_next(Instant::now() + pause) {
            return;
        }
        // Dropped, it removes itself.
        tokio::spawn(async move {
            let _entry = self;
            tokio::time::sleep(pause).await;
        });
    }

    /// Has the next read start at that time; `false` if the read is not shared or
    /// no longer the latest.
    fn delay_next(&self, time: Instant) -> bool {
        let mut reads = self.coalescer.reads();
        match reads.get_mut(&self.key) {
            Some(latest) if latest.is_shared && self.is_of(latest) => {
                latest.not_before = Some(time);
                true
            }
            _ => false,
        }
    }
}

impl<T> Entry<T> {
    fn is_of(&self, latest: &LatestRead<T>) -> bool {
        Arc::ptr_eq(&latest.has_started, &self.has_started)
    }
}

impl<T> Drop for Entry<T> {
    fn drop(&mut self) {
        let mut reads = self.coalescer.reads();
        if reads
            .get(&self.key)
            .is_some_and(|latest| self.is_of(latest))
        {
            reads.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Notify;

    use super::*;

    type Read = Shared<Reading<usize>>;

    /// A database whose reads last until the test ends them, and return their
    /// number.
    #[derive(Clone, Default)]
    struct Slow {
        together: Coalescer<usize>,
        begun: Arc<AtomicUsize>,
        ends: Arc<Notify>,
    }

    impl Slow {
        fn ask(&self, sql: &str) -> Read {
            let Self { begun, ends, .. } = self.clone();
            self.together.fetch(Query::plain(sql), |_| async move {
                let number = 1 + begun.fetch_add(1, Ordering::SeqCst);
                ends.notified().await;
                Ok(number)
            })
        }

        fn begun(&self) -> usize {
            self.begun.load(Ordering::SeqCst)
        }
    }

    /// Polls a read and returns its result if it has ended.
    fn advance(read: &mut Read) -> Option<usize> {
        // Twice, because a read yields once before it starts.
        let rows = read.now_or_never().or_else(|| read.now_or_never())?;
        Some(rows.unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_come_while_a_read_runs_share_the_next() {
        let database = Slow::default();
        let mut first = database.ask("a");
        assert_eq!(advance(&mut first), None);
        let (mut second, mut third) = (database.ask("a"), database.ask("a"));
        assert_eq!((advance(&mut second), advance(&mut third)), (None, None));
        assert_eq!(database.begun(), 1, "the next waits for the first");

        database.ends.notify_one();
        assert_eq!(advance(&mut first), Some(1));
        assert_eq!(advance(&mut second), None);
        assert_eq!(database.begun(), 2);
        let mut late = database.ask("a");
        database.ends.notify_one();
        assert_eq!(
            (advance(&mut third), advance(&mut second)),
            (Some(2), Some(2))
        );

        assert_eq!(advance(&mut late), None);
        database.ends.notify_one();
        assert_eq!(
            advance(&mut late),
            Some(3),
            "it came after the second had begun"
        );
        assert!(database.together.reads().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_again_after_a_shared_read_joins_the_next() {
        let together = Coalescer::<usize>::default();
        let ask = || {
            together.fetch(Query::plain("a"), |_| async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok(1)
            })
        };
        let (one, other) = tokio::join!(ask(), ask());
        assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
        let not_before = |reads: &HashMap<_, LatestRead<_>>| {
            let mut latest = reads.values();
            latest.next().and_then(|latest| latest.not_before)
        };
        assert!(not_before(&together.reads()).is_some());
        for latest in together.reads().values_mut() {
            latest.not_before = Some(Instant::now() + Duration::from_secs(3600));
        }
        let (mut again, mut joining) = (ask(), ask());
        assert!(again.ptr_eq(&joining), "the next read has not started");
        assert!((&mut again).now_or_never().is_none());
        assert!((&mut joining).now_or_never().is_none());
        drop((again, joining));
        assert!(together.reads().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_nobody_shared_delays_nothing() {
        let together = Coalescer::<usize>::default();
        let read = together.fetch(Query::plain("a"), |_| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(1)
        });
        assert_eq!(read.await.unwrap(), 1);
        assert!(together.reads().is_empty());
    }

    #[test]
    fn the_next_read_is_delayed_by_a_part_of_the_wait() {
        let milliseconds = Duration::from_millis;
        assert_eq!(pause_after(milliseconds(7)), Duration::ZERO);
        assert_eq!(pause_after(milliseconds(40)), milliseconds(5));
        assert_eq!(pause_after(Duration::from_secs(9)), milliseconds(10));
    }

    #[tokio::test(start_paused = true)]
    async fn other_reads_do_not_wait() {
        let database = Slow::default();
        let (mut one, mut other) = (database.ask("a"), database.ask("b"));
        assert_eq!((advance(&mut one), advance(&mut other)), (None, None));
        assert_eq!(database.begun(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_goes_away_holds_nobody_up() {
        let database = Slow::default();
        let mut first = database.ask("a");
        assert_eq!(advance(&mut first), None);
        let mut second = database.ask("a");
        assert_eq!(advance(&mut second), None);
        drop(first);
        database.ends.notify_one();
        assert_eq!(advance(&mut second), None);
        database.ends.notify_one();
        assert_eq!(advance(&mut second), Some(2));
        drop(database.ask("a"));
        assert!(database.together.reads().is_empty());
    }
}
