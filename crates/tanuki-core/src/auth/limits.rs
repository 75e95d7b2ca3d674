//! How often one address may try what it may be guessing, whatever accounts it
//! tries it on. An account alone is guarded by the lockout.
//!
//! Only failures count, since all of a studio may have one address.

use std::net::IpAddr;

use crate::Auth;
use crate::attempts::{Limit, of_address};

/// Logins that failed.
pub(super) const LOGINS: Limit = Limit {
    name: "failed logins by address",
    most: 300,
    seconds: 60,
};

/// Tokens of reset links that were wrong.
pub(super) const RESET_TOKENS: Limit = Limit {
    name: "wrong reset tokens by address",
    most: 100,
    seconds: 60,
};

/// Codes of applications that were wrong.
pub(super) const APP_CODES: Limit = Limit {
    name: "wrong codes of applications by address",
    most: 300,
    seconds: 60,
};

/// Reset links that were asked for, whether or not there is such an account.
pub(super) const RESET_REQUESTS: Limit = Limit {
    name: "reset links by address",
    most: 300,
    seconds: 600,
};

/// Reset links that are mailed to one account.
pub(super) const RESET_MAILS: Limit = Limit {
    name: "reset links by account",
    most: 5,
    seconds: 600,
};

/// An attempt that was counted. It stays so unless it turns out to be none.
#[derive(Debug)]
pub(super) struct Attempt {
    limit: Limit,
    who: String,
}

impl Auth<'_> {
    /// Counts an attempt of an address before it is looked at, so that many at
    /// once are not more. `None` if there were too many.
    pub(super) fn attempt_of(self, limit: Limit, address: Option<IpAddr>) -> Option<Attempt> {
        let attempt = Attempt {
            limit,
            who: of_address(address),
        };
        self.claim(attempt)
    }

    /// Like [`attempt_of`](Self::attempt_of), of an account.
    pub(super) fn attempt_on(self, limit: Limit, email: &str) -> Option<Attempt> {
        let attempt = Attempt {
            limit,
            who: email.to_lowercase(),
        };
        self.claim(attempt)
    }

    fn claim(self, attempt: Attempt) -> Option<Attempt> {
        let now = self.core.clock().now().timestamp();
        let claimed = self.core.attempts().claim(attempt.limit, &attempt.who, now);
        if claimed.is_err() {
            tracing::warn!(
                limit = attempt.limit.name,
                who = attempt.who,
                "too many attempts"
            );
        }
        claimed.ok().map(|()| attempt)
    }

    /// Takes back an attempt that succeeded.
    pub(super) fn succeeded(self, attempt: &Attempt) {
        self.core.attempts().give_back(attempt.limit, &attempt.who);
    }
}
