//! Recovery codes: each replaces another factor once.

use tanuki_store::query::auth::factors;
use uuid::Uuid;

use super::totp::plain;
use crate::auth::secret::fill_randomly;
use crate::{Auth, Result};

/// How many codes a person has.
const CODES: usize = 16;

/// Characters of a code.
const LENGTH: usize = 10;

const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// New codes: as they are shown once, and as they are stored.
#[derive(Clone)]
pub(super) struct NewCodes {
    pub shown: Vec<String>,
    pub hashes: Vec<String>,
}

/// Returns random codes.
///
/// # Errors
/// [`Error::Failed`] if the system has no randomness.
fn random_codes() -> Result<Vec<String>> {
    let mut codes = Vec::with_capacity(CODES);
    let mut code = String::new();
    while codes.len() < CODES {
        let mut bytes = [0; 32];
        fill_randomly(&mut bytes)?;
        // 252 is a multiple of 36: all characters are equally frequent.
        for byte in bytes.into_iter().filter(|byte| *byte < 252) {
            code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            if code.len() == LENGTH {
                codes.push(std::mem::take(&mut code));
                if codes.len() == CODES {
                    break;
                }
            }
        }
    }
    Ok(codes)
}

impl Auth<'_> {
    /// Returns new codes with their hashes.
    pub(super) async fn new_recovery_codes(self) -> Result<NewCodes> {
        let shown = random_codes()?;
        let hashes = self.core.passwords().hash_codes(shown.clone()).await?;
        Ok(NewCodes { shown, hashes })
    }

    /// Whether that is a recovery code of the person, which is used by that. Of
    /// two concurrent callers with the same code, one uses it.
    pub(super) async fn use_recovery_code(self, person_id: Uuid, code: &str) -> Result<bool> {
        let found = factors::find(self.core.database(), person_id).await?;
        let hashes = found.and_then(|found| found.recovery_codes);
        let code = plain(code).to_ascii_uppercase();
        let matching = self
            .core
            .passwords()
            .matching_code(code, hashes.unwrap_or_default())
            .await?;
        let Some(hash) = matching else {
            return Ok(false);
        };
        let mut transaction = self.core.database().begin().await?;
        let locked = factors::find_locked(&mut transaction, person_id).await?;
        let Some(mut found) = locked else {
            return Ok(false);
        };
        let codes = found.recovery_codes.get_or_insert_default();
        let Some(at) = codes.iter().position(|stored| *stored == hash) else {
            return Ok(false);
        };
        codes.remove(at);
        let now = self.core.clock().timestamp();
        factors::save(&mut transaction, person_id, found, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_sixteen_different_codes_of_ten_characters() {
        let codes: BTreeSet<String> = random_codes().unwrap().into_iter().collect();
        assert_eq!(codes.len(), CODES);
        for code in codes {
            assert_eq!(code.len(), LENGTH);
            assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)), "{code}");
        }
    }
}
