//! What was fetched from another server, for a while.

use std::sync::Arc;

use tokio::sync::Mutex;

/// How long a failure is answered without another request, in seconds.
const FAILURE_AGE: i64 = 5;

/// How long a previous value is returned after a failure without another
/// request, in seconds.
const PREVIOUS_AGE: i64 = 60;

/// A value that is fetched when it is needed. Requests at the same moment share
/// one fetch, and one failure, so that nobody can make this server ask the
/// other one many times.
/// The lock is held while the value is fetched, which has a time limit.
#[derive(Debug)]
pub struct Cache<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    /// With the time of its fetch.
    value: Option<(Arc<T>, i64)>,
    failure: Option<(String, i64)>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::new(State {
            value: None,
            failure: None,
        }))
    }
}

impl<T> Cache<T> {
    /// Returns the value if it is younger than `max_age` seconds, or else
    /// fetches it.
    ///
    /// # Errors
    /// Why the fetch fails, or has failed a moment ago.
    pub async fn get(
        &self,
        now: i64,
        max_age: i64,
        fetch: impl AsyncFnOnce() -> Result<T, String>,
    ) -> Result<Arc<T>, String> {
        let mut state = self.0.lock().await;
        state.get(now, max_age, FAILURE_AGE, fetch).await
    }

    /// Returns the value if it is younger than `max_age` seconds, or else
    /// fetches it. If that fails, or has failed in the last minute, returns the
    /// previous value, however old it is.
    ///
    /// # Errors
    /// Why the fetch fails, or has failed a moment ago, if there is no previous
    /// value.
    pub async fn get_or_previous(
        &self,
        now: i64,
        max_age: i64,
        fetch: impl AsyncFnOnce() -> Result<T, String>,
    ) -> Result<Arc<T>, String> {
        let mut state = self.0.lock().await;
        let previous = state.value.as_ref().map(|(value, _)| Arc::clone(value));
        let failure_age = previous.as_ref().map_or(FAILURE_AGE, |_| PREVIOUS_AGE);
        let result = state.get(now, max_age, failure_age, fetch).await;
        result.or_else(|failure| previous.ok_or(failure))
    }
}

impl<T> State<T> {
    /// Returns the value if it is young enough, or else the last failure if that
    /// is, or else fetches the value and keeps the result.
    async fn get(
        &mut self,
        now: i64,
        max_age: i64,
        failure_age: i64,
        fetch: impl AsyncFnOnce() -> Result<T, String>,
    ) -> Result<Arc<T>, String> {
        if let Some((value, since)) = &self.value
            && is_young(*since, max_age, now)
        {
            return Ok(Arc::clone(value));
        }
        if let Some((failure, since)) = &self.failure
            && is_young(*since, failure_age, now)
        {
            return Err(failure.clone());
        }
        match fetch().await {
            Ok(value) => {
                let value = Arc::new(value);
                self.value = Some((Arc::clone(&value), now));
                self.failure = None;
                Ok(value)
            }
            Err(failure) => {
                self.failure = Some((failure.clone(), now));
                Err(failure)
            }
        }
    }
}

fn is_young(since: i64, max_age: i64, now: i64) -> bool {
    (since..since.saturating_add(max_age)).contains(&now)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(cache: &Cache<u8>, now: i64, value: Result<u8, &str>) -> Result<u8, String> {
        let fetch = async || value.map_err(str::to_owned);
        cache.get(now, 60, fetch).await.map(|value| *value)
    }

    #[tokio::test]
    async fn values_and_failures_are_kept_for_a_while() {
        let cache = Cache::default();
        assert_eq!(get(&cache, 100, Err("down")).await, Err("down".into()));
        assert_eq!(get(&cache, 104, Ok(1)).await, Err("down".into()));
        assert_eq!(get(&cache, 105, Ok(1)).await, Ok(1));
        assert_eq!(get(&cache, 164, Ok(2)).await, Ok(1));
        assert_eq!(get(&cache, 165, Ok(2)).await, Ok(2));
        // A clock that was set back.
        assert_eq!(get(&cache, 10, Ok(3)).await, Ok(3));
    }

    #[tokio::test]
    async fn a_previous_value_is_better_than_none() {
        let cache = Cache::default();
        let get = async |now: i64, value: Result<u8, &str>| {
            let fetch = async || value.map_err(str::to_owned);
            let found = cache.get_or_previous(now, 60, fetch).await;
            found.map(|value| *value)
        };
        assert_eq!(get(100, Err("down")).await, Err("down".into()));
        assert_eq!(get(105, Ok(1)).await, Ok(1));
        assert_eq!(get(200, Err("down")).await, Ok(1));
        assert_eq!(get(259, Ok(2)).await, Ok(1));
        assert_eq!(get(260, Ok(2)).await, Ok(2));
    }
}
