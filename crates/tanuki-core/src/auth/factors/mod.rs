//! Second factors: codes of an app (TOTP), codes by mail, security keys (FIDO)
//! and recovery codes. People manage their own. Stored as Zou stores them.

mod big_integer;
mod change;
pub(super) mod fido;
mod mailed;
mod manage;
mod overview;
mod recovery;
pub mod shapes;
mod totp;
mod verify;
pub(super) mod webauthn;

use crate::auth::Session;
use crate::{Error, Result};

pub(super) use change::has_any;
pub use overview::FactorOverview;
pub(super) use verify::ProofError;
pub use verify::SecondFactorProof;

/// A second factor that was just set up.
#[derive(Debug)]
pub struct Enrolled {
    /// The person's recovery codes, if they had none before. They are shown this
    /// once only.
    pub recovery_codes: Option<RecoveryCodes>,
    /// A session without the restriction of `ENFORCE_2FA`.
    pub session: Session,
}

/// Recovery codes as they are shown to the person.
pub struct RecoveryCodes(pub Vec<String>);

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes")
    }
}

/// The secret of an authenticator app that is being set up.
pub struct TotpSetup {
    /// The address to show as a QR code.
    pub key_uri: String,
    /// Base32.
    pub secret: String,
}

impl std::fmt::Debug for TotpSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSetup")
    }
}

/// Why a second factor is not set up or removed.
#[derive(Debug)]
pub enum FactorError {
    AlreadyEnabled,
    NotEnabled,
    /// It has to be prepared before it is enabled.
    NotPrepared,
    /// The code or the security key's answer is missing or wrong.
    Wrong,
    /// Too many failed attempts.
    LockedOut,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for FactorError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ProofError> for FactorError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Missing | ProofError::Wrong => Self::Wrong,
            ProofError::LockedOut => Self::LockedOut,
            ProofError::Failed(error) => Self::Failed(error),
        }
    }
}

/// A result that says why a second factor is as it was.
pub(super) type FactorResult<T> = Result<T, FactorError>;
