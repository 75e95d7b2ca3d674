//! Time as an argument: nothing but [`SystemClock`] asks the machine for it.

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// Tells the time. Times are UTC, as the database stores them.
pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> DateTime<Utc>;

    /// Now, as a `timestamp without time zone` column holds it.
    fn timestamp(&self) -> NaiveDateTime {
        self.now().naive_utc()
    }

    /// The calendar day in UTC.
    fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }
}

/// The machine's clock, to the microsecond that both databases keep.
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
