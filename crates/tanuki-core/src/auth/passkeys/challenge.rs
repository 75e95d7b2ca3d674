//! Challenges for passkeys. They are signed instead of stored: whoever asks for
//! any number of them takes no room, and drives nobody else's out. Those that
//! were answered well are remembered until they end, so that each works once.

use chrono::Duration;
use uuid::Uuid;

use crate::auth::secret::{Purpose, random_text};
use crate::{Auth, Result};

/// How long a challenge is valid.
const LIFETIME: Duration = Duration::minutes(5);

/// Random characters at the beginning. Together with the others the characters
/// of base64url are whole bytes, since browsers decode a challenge and encode it
/// again.
const RANDOM: usize = 33;

/// Digits of the time at which it ends, in Unix seconds.
const DIGITS: usize = 12;

/// Characters of a signature.
const SIGNATURE: usize = 43;

/// What a challenge is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ceremony {
    LogIn,
    /// Adding a passkey of that person.
    Register(Uuid),
}

impl Ceremony {
    fn signed(self, text: &str) -> String {
        match self {
            Self::LogIn => format!("log-in {text}"),
            Self::Register(person_id) => format!("register {person_id} {text}"),
        }
    }
}

impl Auth<'_> {
    /// Returns a challenge in base64url.
    pub(super) fn new_challenge(self, ceremony: Ceremony) -> Result<String> {
        let end = (self.core.clock().now() + LIFETIME).timestamp();
        let text = format!("{}{end:0DIGITS$}", random_text(RANDOM)?);
        let purpose = Purpose::PasskeyChallenge.as_str();
        let signature = self.core.signature(purpose, &ceremony.signed(&text));
        Ok(text + &signature)
    }

    /// Whether a challenge was issued for the ceremony and has not ended.
    pub(super) fn is_challenge(self, ceremony: Ceremony, challenge: &str) -> bool {
        if challenge.len() != RANDOM + DIGITS + SIGNATURE || !challenge.is_ascii() {
            return false;
        }
        let (text, signature) = challenge.split_at(RANDOM + DIGITS);
        let end: Option<i64> = text[RANDOM..].parse().ok();
        let now = self.core.clock().now().timestamp();
        let purpose = Purpose::PasskeyChallenge.as_str();
        let signed = ceremony.signed(text);
        self.core.is_signature(purpose, &signed, signature) && end.is_some_and(|end| now < end)
    }

    /// Takes a challenge that was answered well. Returns false if it was taken
    /// before; of two concurrent callers, only one gets true.
    pub(super) async fn take_challenge(self, challenge: &str) -> Result<bool> {
        // Longer than it lives by the clock of any other server.
        self.remember_once(Purpose::PasskeyChallenge, challenge, LIFETIME * 2)
            .await
    }
}
