//! Passwords: bcrypt as the reference stores it.

use std::sync::OnceLock;

use tokio::sync::Semaphore;

use crate::{Error, Result};

/// bcrypt reads no further; the reference cuts there too, on both ways.
const BCRYPT_BYTES: usize = 72;

/// Hashes and checks passwords, off the async threads.
#[derive(Debug)]
pub struct Passwords {
    rounds: u32,
    min_length: usize,
    /// A hash that no password has, for accounts that do not exist.
    nobody: OnceLock<String>,
    /// As many at once as there are processors: more would only starve the
    /// rest of the server.
    turns: Semaphore,
}

/// A new password that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordPolicyError {
    TooShort,
    /// The two fields of a form differ.
    Mismatch,
}

impl Passwords {
    pub fn new(rounds: u32, min_length: usize) -> Self {
        Self {
            rounds: rounds.clamp(4, 31),
            min_length,
            nobody: OnceLock::new(),
            turns: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }

    /// Whether a new password may be taken. Length counts characters.
    pub fn check_new(&self, password: &str, repeated: &str) -> Result<(), PasswordPolicyError> {
        if password.chars().count() < self.min_length {
            return Err(PasswordPolicyError::TooShort);
        }
        if password != repeated {
            return Err(PasswordPolicyError::Mismatch);
        }
        Ok(())
    }

    pub fn min_length(&self) -> usize {
        self.min_length
    }

    /// The hash to store.
    pub async fn hash(&self, password: &str) -> Result<Vec<u8>> {
        let rounds = self.rounds;
        let password = cut(password);
        self.blocking(move || bcrypt::hash(password, rounds))
            .await?
            .map(String::into_bytes)
            .map_err(|error| Error::Failed(format!("cannot hash a password: {error}")))
    }

    /// Whether `password` has the stored hash. Without a usable hash (no such
    /// person, no password set) it costs the same time and is false.
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
