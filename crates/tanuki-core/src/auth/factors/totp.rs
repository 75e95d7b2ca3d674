//! Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, six digits and
//! steps of 30 seconds, which is what all apps know.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use unicode_normalization::UnicodeNormalization as _;

use crate::Result;
use crate::auth::secret::{fill_randomly, same_secret};

/// Seconds of a step.
const STEP: i64 = 30;

/// Bytes of a new secret; 32 characters of base32, which the column takes.
const SECRET_BYTES: usize = 20;

/// Returns a random secret in base32.
///
/// # Errors
/// [`Error::Failed`] if the system has no randomness.
pub(super) fn new_secret() -> Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    fill_randomly(&mut bytes)?;
    Ok(BASE32_NOPAD.encode(&bytes))
}

/// Returns the address that an app reads from a QR code
/// (`otpauth://totp/…`), of an account at an issuer.
pub(super) fn key_uri(secret: &str, issuer: &str, account: &str) -> String {
    let issuer = in_uri(issuer);
    format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}",
        in_uri(account)
    )
}

/// Percent-encodes all bytes that are not unreserved (RFC 3986).
fn in_uri(text: &str) -> String {
    let mut uri = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// Returns the steps whose code this is, of the step at `now` (Unix seconds)
/// and its neighbours: clocks differ.
pub(super) fn matching_steps(secret: &str, code: &str, now: i64) -> Vec<i64> {
    let Ok(key) = BASE32_NOPAD.decode(secret.to_ascii_uppercase().as_bytes()) else {
        return Vec::new();
    };
    let code = plain(code);
    let current = now.div_euclid(STEP);
    let matches = |step: &i64| same_secret(code_of(&key, *step).as_bytes(), code.as_bytes());
    (current - 1..=current + 1).filter(matches).collect()
}

/// Returns a code as it was typed without spaces, and with digits of another
/// width as plain ones.
pub(super) fn plain(code: &str) -> String {
    // No code has more characters, whatever a client sends.
    let start = code.chars().take(64).nfkc();
    start.filter(|char| !char.is_whitespace()).collect()
}

fn code_of(key: &[u8], step: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    // RFC 4226, 5.3: the last four bits say where the number begins.
    let start = usize::from(digest[19] & 0xf);
    let bytes = [0, 1, 2, 3].map(|at| digest[start + at]);
    let number = u32::from_be_bytes(bytes) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `12345678901234567890`, the secret of the vectors of RFC 6238.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(matching_steps(SECRET, code, time), [time / STEP], "{time}");
        }
    }

    #[test]
    fn neighbouring_steps_count_and_no_others() {
        let step = 1_111_111_109 / STEP;
        for (seconds, expected) in [
            (-60, false),
            (-30, true),
            (0, true),
            (30, true),
            (60, false),
        ] {
            let found = matching_steps(SECRET, "081804", step * STEP + seconds);
            assert_eq!(found == [step], expected, "{seconds}");
        }
    }

    #[test]
    fn spaces_and_wide_digits_are_the_same_code() {
        for code in [" 287 082", "２８７０８２"] {
            assert_eq!(matching_steps(SECRET, code, 59), [1], "{code}");
        }
        for code in ["", "28708", "2870820", "287083"] {
            assert!(matching_steps(SECRET, code, 59).is_empty(), "{code}");
        }
        assert!(matching_steps("not base32!", "287082", 59).is_empty());
    }

    #[test]
    fn a_key_uri_names_issuer_and_account() {
        assert_eq!(
            key_uri("ABC", "Kitsu My Studio", "jane@x.org"),
            "otpauth://totp/Kitsu%20My%20Studio:jane%40x.org?secret=ABC&issuer=Kitsu%20My%20Studio"
        );
    }
}
