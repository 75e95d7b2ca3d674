//! Limits on how often strangers try something: passwords of shared links,
//! tokens that do not exist, new guests.
//!
//! The counts are in the memory of this process. That bounds what one server
//! takes; several servers side by side take as many times that.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Maximum number of counts that are kept. Beyond that the oldest are dropped.
const MAX_COUNTS: usize = 20_000;

/// How often something may be tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// What is tried.
    pub name: &'static str,
    /// How many times within the window.
    pub most: u32,
    /// The window begins with the first attempt. In seconds.
    pub seconds: i64,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    began: i64,
    ends: i64,
    attempts: u32,
}

/// How often each has tried what.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<(&'static str, String), Count>>);

impl Attempts {
    /// Counts an attempt of `who` at `now`, in seconds.
    ///
    /// # Errors
    /// How long to wait, if there were too many.
    pub fn claim(&self, limit: Limit, who: &str, now: i64) -> Result<(), Duration> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (limit.name, who.to_owned());
        if !counts.contains_key(&key) && counts.len() >= MAX_COUNTS {
            make_room(&mut counts, now);
        }
        let new = Count {
            began: now,
            ends: now.saturating_add(limit.seconds),
            attempts: 0,
        };
        let count = counts.entry(key).or_insert(new);
        if count.ends <= now {
            *count = new;
        }
        if count.attempts >= limit.most {
            let wait = u64::try_from(count.ends - now).unwrap_or(0);
            return Err(Duration::from_secs(wait));
        }
        count.attempts += 1;
        Ok(())
    }

    /// Takes back an attempt that was none.
    pub fn give_back(&self, limit: Limit, who: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&(limit.name, who.to_owned())) {
            count.attempts = count.attempts.saturating_sub(1);
        }
    }
}

/// Drops the counts whose window is over, or else the older half.
fn make_room(counts: &mut HashMap<(&'static str, String), Count>, now: i64) {
    counts.retain(|_, count| count.ends > now);
    if counts.len() < MAX_COUNTS {
        return;
    }
    let mut times: Vec<i64> = counts.values().map(|count| count.began).collect();
    times.sort_unstable();
    let median = times[times.len() / 2];
    counts.retain(|_, count| count.began > median);
}

/// Returns the text under which an address is counted. Who has an IPv6 address
/// usually has all of its network of 64 bits.
pub(crate) fn of_address(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) => {
            let [one, two, three, four, ..] = address.segments();
            format!("{one:x}:{two:x}:{three:x}:{four:x}::/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit {
        name: "test",
        most: 2,
        seconds: 60,
    };

    #[test]
    fn what_is_tried_too_often_has_to_wait() {
        let attempts = Attempts::default();
        assert_eq!(attempts.claim(LIMIT, "a", 0), Ok(()));
        assert_eq!(attempts.claim(LIMIT, "a", 10), Ok(()));
        assert_eq!(attempts.claim(LIMIT, "a", 20), Err(Duration::from_secs(40)));
        assert_eq!(attempts.claim(LIMIT, "b", 20), Ok(()));
        attempts.give_back(LIMIT, "a");
        assert_eq!(attempts.claim(LIMIT, "a", 30), Ok(()));
        assert_eq!(attempts.claim(LIMIT, "a", 60), Ok(()));
    }

    #[test]
    fn the_counts_are_bounded() {
        let attempts = Attempts::default();
        for number in 0..3 * MAX_COUNTS {
            let time = i64::try_from(number / 1000).unwrap();
            attempts.claim(LIMIT, &number.to_string(), time).unwrap();
        }
        assert!(attempts.0.lock().unwrap().len() <= MAX_COUNTS);
    }

    #[test]
    fn a_network_counts_as_one() {
        let of = |text: &str| of_address(text.parse().ok());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }
}
