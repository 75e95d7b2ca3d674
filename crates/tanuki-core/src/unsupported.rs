//! Counts requests to Zou's endpoints that are not supported yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::Core;

/// Counters of requests to unsupported endpoints since the server was started.
/// One entry per endpoint at most, so it does not grow with the number of
/// requests.
#[derive(Debug, Default)]
pub(crate) struct UnsupportedRequests {
    by_operation: Mutex<BTreeMap<&'static str, Requests>>,
}

#[derive(Debug, Clone, Copy)]
struct Requests {
    count: u64,
    last: DateTime<Utc>,
}

/// The number of requests to an unsupported endpoint since the server was
/// started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedOperation {
    /// Method and path, with path parameters in braces.
    pub operation: &'static str,
    pub count: u64,
    /// Time of the last request.
    pub last: DateTime<Utc>,
}

impl Core {
    /// Counts a request to an unsupported endpoint, and logs a warning at the
    /// 1st, 10th, 100th and so on.
    pub fn count_unsupported(&self, operation: &'static str) {
        let now = self.clock().now();
        let mut counted = self.unsupported().lock();
        let requests = counted.entry(operation).or_insert(Requests {
            count: 0,
            last: now,
        });
        requests.count = requests.count.saturating_add(1);
        requests.last = now;
        let count = requests.count;
        drop(counted);
        if is_power_of_ten(count) {
            tracing::warn!(
                operation,
                count,
                "a client asks for an unsupported operation"
            );
        }
    }

    /// Returns the unsupported endpoints that were requested since the server
    /// was started, the most frequent first.
    pub fn unsupported_operations(&self) -> Vec<UnsupportedOperation> {
        let mut operations: Vec<_> = self
            .unsupported()
            .lock()
            .iter()
            .map(|(operation, requests)| UnsupportedOperation {
                operation,
                count: requests.count,
                last: requests.last,
            })
            .collect();
        operations.sort_by_key(|asked| std::cmp::Reverse(asked.count));
        operations
    }
}

impl UnsupportedRequests {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Requests>> {
        self.by_operation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_power_of_ten(mut number: u64) -> bool {
    while number >= 10 && number.is_multiple_of(10) {
        number /= 10;
    }
    number == 1
}

#[cfg(test)]
mod tests {
    use super::is_power_of_ten;

    #[test]
    fn powers_of_ten_are_told_from_other_numbers() {
        let powers: Vec<u64> = (0..=10_000).filter(|n| is_power_of_ten(*n)).collect();
        assert_eq!(powers, [1, 10, 100, 1000, 10_000]);
    }
}
