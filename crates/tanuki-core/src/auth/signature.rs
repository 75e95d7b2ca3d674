//! Signatures of what the server issues without storing it: cookies of shared
//! links, the secrets of their guests, and challenges for passkeys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::secret::same_secret;
use crate::Core;

impl Core {
    /// Returns the signature of a text for a purpose, in URL-safe base64. It is
    /// the same on every server with this `SECRET_KEY`; one for another purpose
    /// is another.
    pub(crate) fn signature(&self, purpose: &str, text: &str) -> String {
        // Tokens are signed with the key itself, so these have one of their own.
        let key = mac(self.settings().auth.secret_key.as_bytes(), purpose);
        URL_SAFE_NO_PAD.encode(mac(&key, text))
    }

    /// Whether that is the signature of a text for a purpose; in constant time.
    pub(crate) fn is_signature(&self, purpose: &str, text: &str, signature: &str) -> bool {
        let expected = self.signature(purpose, text);
        same_secret(expected.as_bytes(), signature.as_bytes())
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
