//! Password hashing with bcrypt, compatible with Zou's hashes.

use std::sync::OnceLock;

use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Maximum input of bcrypt; Zou truncates too, when hashing and when verifying.
const BCRYPT_BYTES: usize = 72;

/// Cost factor of bcrypt for codes of ten random characters.
const CODE_ROUNDS: u32 = 8;

/// How many hashes a code is compared with; people have 16.
const MAX_CODES: usize = 32;

/// Hashes and verifies passwords on the blocking thread pool.
#[derive(Debug)]
pub struct Passwords {
    rounds: u32,
    min_length: usize,
    /// The hash of a random password, verified if an account does not exist, so
    /// that the response time does not disclose it.
    nobody: OnceLock<String>,
    /// Limits concurrent hashing to the number of processors: more would starve
    /// the rest of the server.
    turns: Semaphore,
}

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordPolicyError {
    TooShort,
    /// The repeated password differs.
    Mismatch,
}

impl Passwords {
    /// `rounds` is the cost factor of bcrypt, clamped to 4 to 31; `min_length`
    /// in characters.
    pub fn new(rounds: u32, min_length: usize) -> Self {
        Self {
            rounds: rounds.clamp(4, 31),
            min_length,
            nobody: OnceLock::new(),
            turns: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }

    /// Validates a new password. The length is in characters.
    ///
    /// # Errors
    /// [`PasswordPolicyError`] if it is too short or not repeated correctly.
    pub fn check_new(&self, password: &str, repeated: &str) -> Result<(), PasswordPolicyError> {
        if password.chars().count() < self.min_length {
            return Err(PasswordPolicyError::TooShort);
        }
        if password != repeated {
            return Err(PasswordPolicyError::Mismatch);
        }
        Ok(())
    }

    /// Minimum length of a new password, in characters.
    pub fn min_length(&self) -> usize {
        self.min_length
    }

    /// Returns the bcrypt hash to store.
    ///
    /// # Errors
    /// [`Error::Failed`] if bcrypt fails.
    pub async fn hash(&self, password: &str) -> Result<Vec<u8>> {
        let rounds = self.rounds;
        let password = cut(password);
        self.blocking(move || bcrypt::hash(password, rounds))
            .await?
            .map(String::into_bytes)
            .map_err(|error| Error::Failed(format!("cannot hash a password: {error}")))
    }

    /// Whether `password` matches the stored hash. Without a valid hash (no
    /// such person, no password set) the result is false after the same time,
    /// so that timing does not disclose which accounts exist.
    ///
    /// # Errors
    /// [`Error::Failed`] if bcrypt fails.
    pub async fn verify(&self, password: &str, stored: Option<&[u8]>) -> Result<bool> {
        let stored = stored
            .and_then(|hash| std::str::from_utf8(hash).ok())
            .filter(|hash| hash.starts_with("$2"))
            .map(str::to_owned);
        let known = stored.is_some();
        let hash = match stored {
            Some(hash) => hash,
            None => self.hash_of_nobody().await?,
        };
        let password = cut(password);
        let matches = self
            .blocking(move || bcrypt::verify(password, &hash).unwrap_or(false))
            .await?;
        Ok(known & matches)
    }

    /// Returns the bcrypt hashes of random codes, in one turn. Their cost is at
    /// most [`CODE_ROUNDS`]: nobody guesses random codes, however cheap.
    ///
    /// # Errors
    /// [`Error::Failed`] if bcrypt fails.
    pub(crate) async fn hash_codes(&self, codes: Vec<String>) -> Result<Vec<String>> {
        let rounds = self.rounds.min(CODE_ROUNDS);
        let hash = move || {
            let hashes = codes.iter().map(|code| bcrypt::hash(code, rounds));
            hashes.collect::<Result<Vec<_>, _>>()
        };
        self.blocking(hash)
            .await?
            .map_err(|error| Error::Failed(format!("cannot hash a code: {error}")))
    }

    /// Returns the hash that a code matches. Compares it with all of them, in
    /// one turn, so that the time does not disclose which it is.
    ///
    /// # Errors
    /// [`Error::Failed`] if the server shuts down.
    pub(crate) async fn matching_code(
        &self,
        code: String,
        hashes: Vec<String>,
    ) -> Result<Option<String>> {
        let code = cut(&code);
        self.blocking(move || {
            let mut found = None;
            for hash in hashes.into_iter().take(MAX_CODES) {
                if bcrypt::verify(&code, &hash).unwrap_or(false) {
                    found = Some(hash);
                }
            }
            found
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let interrupted =
            |why: &dyn std::fmt::Display| Error::Failed(format!("a password check ended: {why}"));
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|error| interrupted(&error))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| interrupted(&error))
    }

    async fn hash_of_nobody(&self) -> Result<String> {
        if let Some(hash) = self.nobody.get() {
            return Ok(hash.clone());
        }
        let hash = self.hash(&super::secret::random_text(32)?).await?;
        let hash = String::from_utf8_lossy(&hash).into_owned();
        Ok(self.nobody.get_or_init(|| hash).clone())
    }
}

fn cut(password: &str) -> Vec<u8> {
    let bytes = password.as_bytes();
    bytes[..bytes.len().min(BCRYPT_BYTES)].to_vec()
}
