//! The clock as a dependency. Only [`SystemClock`] reads the system time, so
//! that tests can set it.

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// A source of the current time. Times are in UTC, as the database stores them.
pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// Returns the current time for a `timestamp without time zone` column.
    fn timestamp(&self) -> NaiveDateTime {
        self.now().naive_utc()
    }

    /// Returns the current date in UTC.
    fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }
}

/// The system clock, truncated to microseconds: the precision of both
/// databases.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where time comes from"
    )]
    fn now(&self) -> DateTime<Utc> {
        use chrono::SubsecRound as _;
        Utc::now().trunc_subsecs(6)
    }
}
