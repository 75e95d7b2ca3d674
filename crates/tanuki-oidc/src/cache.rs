//! What was fetched from the provider, for a while.

use std::sync::Arc;

use tokio::sync::Mutex;

/// How long a failure is answered without another request, in seconds.
const FAILURE_AGE: i64 = 5;

/// A value that is fetched when it is needed. Requests at the same moment share
/// one fetch, and one failure, so that nobody can make the server ask the
/// provider many times.
#[derive(Debug)]
pub(crate) struct Cache<T>(Mutex<State<T>>);

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
        // Held while it is fetched, which has a time limit: the next ones wait
        // for this answer instead of asking as well.
        let mut state = self.0.lock().await;
        let is_young = |since: i64, age: i64| (since..since.saturating_add(age)).contains(&now);
        if let Some((value, since)) = &state.value
            && is_young(*since, max_age)
        {
            return Ok(Arc::clone(value));
        }
        if let Some((failure, since)) = &state.failure
            && is_young(*since, FAILURE_AGE)
        {
            return Err(failure.clone());
        }
        match fetch().await {
            Ok(value) => {
                let value = Arc::new(value);
                state.value = Some((Arc::clone(&value), now));
                state.failure = None;
                Ok(value)
            }
            Err(failure) => {
                state.failure = Some((failure.clone(), now));
                Err(failure)
            }
        }
    }
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
}
