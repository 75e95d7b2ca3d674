//! What was fetched from another server, for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// How long a failure is answered without another request, in seconds.
const FAILURE_AGE: i64 = 5;

/// How long a previous value is returned after a failure without another
/// request, in seconds.
const PREVIOUS_AGE: i64 = 60;

/// How long after a failure nobody waits for the next try, in seconds.
const FAILING_AGE: i64 = 10 * 60;

/// A value that is fetched when it is needed. Requests at the same moment share
/// one fetch, and one failure (single flight), so that nobody can make this
/// server ask the other one many times. The fetch is a task of its own: it goes
/// on when whoever asked for it goes away, and those who can do with an older
/// value do not wait for it (stale-while-revalidate).
#[derive(Debug)]
pub struct Cache<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    /// With the time of its fetch.
    value: Option<(Arc<T>, i64)>,
    failure: Option<(String, i64)>,
    /// Closed when the fetch that is under way ends.
    fetch: Option<watch::Receiver<()>>,
}

/// How old a value of a [`Cache`] may be, for a caller.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    now: i64,
    /// Younger ones are returned as they are, in seconds.
    max_age: i64,
    /// Younger ones are returned while a new one is fetched.
    max_stale: i64,
    /// Whether any is returned while the other server fails.
    previous: bool,
}

impl Freshness {
    /// Requires a value that is younger than `max_age` seconds, or a quarter older
    /// than that while it is fetched anew. `now` in Unix seconds.
    pub fn of(now: i64, max_age: i64) -> Self {
        Self {
            now,
            max_age,
            max_stale: max_age + max_age / 4,
            previous: false,
        }
    }

    /// Accepts the previous value, however old it is, while the fetch fails, which
    /// is tried again after a minute.
    pub fn or_previous(self) -> Self {
        Self {
            previous: true,
            ..self
        }
    }

    /// Waits for the fetch instead of accepting a value that is a little too old.
    pub fn renewed(self) -> Self {
        Self {
            max_stale: 0,
            ..self
        }
    }
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            value: None,
            failure: None,
            fetch: None,
        })))
    }
}

impl<T: Send + Sync + 'static> Cache<T> {
    /// Puts a value in that was fetched at a time, if there is none.
    pub fn put_first(&self, value: T, fetched_at: i64) {
        let mut state = self.state();
        state.value.get_or_insert((Arc::new(value), fetched_at));
    }

    /// Returns the value, however old it is, with the time of its fetch.
    pub fn last(&self) -> Option<(Arc<T>, i64)> {
        self.state().value.clone()
    }

    /// Returns a value that is as fresh as the caller requires, or waits for the
    /// fetch.
    ///
    /// # Errors
    /// Why the fetch fails, or has failed a moment ago.
    pub async fn get<F>(
        &self,
        wanted: Freshness,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, String>
    where
        F: Future<Output = Result<T, String>> + Send + 'static,
    {
        let mut ended = {
            let mut state = self.state();
            if let Some(known) = state.known(wanted) {
                return known;
            }
            let ended = match state
                .fetch
                .clone()
                .filter(|fetch| fetch.has_changed().is_ok())
            {
                Some(under_way) => under_way,
                None => {
                    let (guard, ended) = watch::channel(());
                    state.fetch = Some(ended.clone());
                    tokio::spawn(run(Arc::clone(&self.0), wanted.now, fetch(), guard));
                    ended
                }
            };
            if let Some(stale) = state.stale(wanted) {
                return Ok(stale);
            }
            ended
        };
        // An error, since nothing is ever sent: the fetch has ended.
        let _ = ended.changed().await;
        self.state().after_fetch(wanted)
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fetches the value and keeps the result. `_guard` is dropped when that is
/// done, whatever happens.
async fn run<T>(
    state: Arc<Mutex<State<T>>>,
    now: i64,
    fetch: impl Future<Output = Result<T, String>>,
    _guard: watch::Sender<()>,
) {
    let fetched = fetch.await;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.fetch = None;
    match fetched {
        Ok(value) => {
            state.value = Some((Arc::new(value), now));
            state.failure = None;
        }
        Err(failure) => {
            // Without a value whoever asked for it says so.
            if state.value.is_some() {
                tracing::warn!(
                    reason = failure,
                    "what is kept of another server cannot be fetched anew"
                );
            }
            state.failure = Some((failure, now));
        }
    }
}

impl<T> State<T> {
    /// Returns the value if it is young enough, or else what a failure leaves if
    /// it was a moment ago.
    fn known(&self, wanted: Freshness) -> Option<Result<Arc<T>, String>> {
        if let Some(value) = self.younger_than(wanted.max_age, wanted.now) {
            return Some(Ok(value));
        }
        let (failure, since) = self.failure.as_ref()?;
        let previous = self.value.as_ref().filter(|_| wanted.previous);
        let failure_age = previous.map_or(FAILURE_AGE, |_| PREVIOUS_AGE);
        if !is_young(*since, failure_age, wanted.now) {
            return None;
        }
        let previous = previous.map(|(value, _)| Arc::clone(value));
        let usable = previous.or_else(|| self.younger_than(wanted.max_stale, wanted.now));
        Some(usable.ok_or_else(|| failure.clone()))
    }

    /// Returns what can be had while a new value is fetched. One that any age is
    /// good enough for is returned if a fetch has just failed, as this one may.
    fn stale(&self, wanted: Freshness) -> Option<Arc<T>> {
        let has_failed = |(_, since): &(String, i64)| is_young(*since, FAILING_AGE, wanted.now);
        let fails = self.failure.as_ref().is_some_and(has_failed);
        match &self.value {
            Some((value, _)) if fails && wanted.previous && wanted.max_stale > 0 => {
                Some(Arc::clone(value))
            }
            _ => self.younger_than(wanted.max_stale, wanted.now),
        }
    }

    fn after_fetch(&self, wanted: Freshness) -> Result<Arc<T>, String> {
        let broken_off = || "the fetch was broken off".to_owned();
        // It clears this when it ends as it should.
        let failure = match &self.fetch {
            Some(fetch) if fetch.has_changed().is_err() => Some(broken_off()),
            _ => self.failure.as_ref().map(|(failure, _)| failure.clone()),
        };
        match (&self.value, failure) {
            (Some((value, _)), None) => Ok(Arc::clone(value)),
            (Some((value, _)), Some(_)) if wanted.previous => Ok(Arc::clone(value)),
            (_, failure) => Err(failure.unwrap_or_else(broken_off)),
        }
    }

    fn younger_than(&self, age: i64, now: i64) -> Option<Arc<T>> {
        let (value, since) = self.value.as_ref()?;
        is_young(*since, age, now).then(|| Arc::clone(value))
    }
}

fn is_young(since: i64, max_age: i64, now: i64) -> bool {
    (since..since.saturating_add(max_age)).contains(&now)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    type Fetched = Result<u8, String>;

    fn fetched(value: Result<u8, &str>) -> impl FnOnce() -> std::future::Ready<Fetched> {
        let value = value.map_err(str::to_owned);
        || ready(value)
    }

    async fn get(cache: &Cache<u8>, now: i64, value: Result<u8, &str>) -> Fetched {
        let wanted = Freshness::of(now, 60);
        let found = cache.get(wanted, fetched(value)).await;
        found.map(|value| *value)
    }

    #[tokio::test]
    async fn values_and_failures_are_kept_for_a_while() {
        let cache = Cache::default();
        assert_eq!(get(&cache, 100, Err("down")).await, Err("down".into()));
        assert_eq!(get(&cache, 104, Ok(1)).await, Err("down".into()));
        assert_eq!(get(&cache, 105, Ok(1)).await, Ok(1));
        assert_eq!(get(&cache, 164, Ok(2)).await, Ok(1));
        assert_eq!(get(&cache, 200, Ok(2)).await, Ok(2));
        assert_eq!(get(&cache, 300, Err("down")).await, Err("down".into()));
        assert_eq!(get(&cache, 305, Ok(3)).await, Ok(3));
        // A little too old is good enough while it is fetched, and if that fails.
        assert_eq!(get(&cache, 370, Err("down")).await, Ok(3));
        tokio::task::yield_now().await;
        assert_eq!(get(&cache, 371, Ok(4)).await, Ok(3));
        assert_eq!(get(&cache, 381, Ok(4)).await, Ok(4));
        // A clock that was set back.
        assert_eq!(get(&cache, 10, Ok(5)).await, Ok(5));
    }

    #[tokio::test]
    async fn a_previous_value_is_better_than_none() {
        let cache = Cache::default();
        let get = async |now: i64, value: Result<u8, &str>| {
            let wanted = Freshness::of(now, 60).or_previous();
            let found = cache.get(wanted, fetched(value)).await;
            found.map(|value| *value)
        };
        assert_eq!(get(100, Err("down")).await, Err("down".into()));
        assert_eq!(get(105, Ok(1)).await, Ok(1));
        assert_eq!(get(200, Err("down")).await, Ok(1));
        assert_eq!(get(259, Ok(2)).await, Ok(1));
        // Nobody waits for a server that fails.
        assert_eq!(get(260, Ok(2)).await, Ok(1));
        tokio::task::yield_now().await;
        assert_eq!(get(261, Ok(3)).await, Ok(2));
        // A failure of long ago says nothing.
        assert_eq!(get(400, Err("down")).await, Ok(2));
        assert_eq!(get(1000, Ok(3)).await, Ok(3));
    }

    #[tokio::test]
    async fn one_fetches_and_others_have_the_last_value() {
        let cache: Cache<u8> = Cache::default();
        let renewed = |now: i64| Freshness::of(now, 60).or_previous().renewed();
        let (send, receive) = oneshot::channel();
        cache.put_first(1, 100);
        cache.put_first(9, 100);
        let stale = cache.get(Freshness::of(170, 60), || async {
            Ok(receive.await.unwrap_or_default())
        });
        assert_eq!(*stale.await.unwrap(), 1);
        // While that is under way nothing else is fetched.
        assert_eq!(
            *cache
                .get(Freshness::of(171, 60), fetched(Ok(3)))
                .await
                .unwrap(),
            1
        );
        // Who needs a new one waits for it, and goes away.
        let fetch = cache.get(renewed(172), fetched(Ok(4)));
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(10), fetch);
        assert!(waiting.await.is_err());
        assert_eq!(
            cache.last().map(|(value, since)| (*value, since)),
            Some((1, 100))
        );
        send.send(2).unwrap();
        let renewed = cache.get(renewed(173), fetched(Ok(5))).await;
        assert_eq!(*renewed.unwrap(), 2);
        assert_eq!(
            cache.last().map(|(value, since)| (*value, since)),
            Some((2, 170))
        );
    }

    /// Counts the events of the log.
    #[derive(Clone, Default)]
    struct Log(Arc<AtomicUsize>);

    impl tracing::Subscriber for Log {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[tokio::test]
    async fn a_failure_that_nobody_hears_of_is_logged() {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(log.clone());
        let cache = Cache::default();
        let count = || log.0.load(Ordering::Relaxed);
        // This one is the caller's to log.
        assert!(get(&cache, 100, Err("down")).await.is_err());
        assert_eq!(get(&cache, 105, Ok(1)).await, Ok(1));
        assert_eq!(count(), 0);
        assert_eq!(get(&cache, 170, Err("down")).await, Ok(1));
        tokio::task::yield_now().await;
        assert_eq!(count(), 1);
    }

    #[tokio::test]
    async fn a_fetch_that_stops_is_a_failure_and_not_the_last() {
        let cache: Cache<u8> = Cache::default();
        let broken = cache
            .get(Freshness::of(100, 60), || async { panic!("as a test") })
            .await;
        assert!(broken.is_err());
        assert_eq!(get(&cache, 100, Ok(1)).await, Ok(1));
    }
}
