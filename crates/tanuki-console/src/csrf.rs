//! Protection of forms against cross-site request forgery (CSRF).
//!
//! Each browser has a random cookie; a form contains a token derived from it,
//! from the session and from a secret key of the server (HMAC). Another site
//! can make the browser send the cookies, but cannot compute the token.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use tanuki_core::auth::secret::same_secret;

/// The key that signs CSRF tokens. It is derived from the studio's secret key,
/// so that several servers of a studio accept each other's forms.
#[derive(Clone)]
pub(crate) struct Key(Hmac<Sha256>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Derives the key from `SECRET_KEY`.
    pub fn derive(secret_key: &str) -> Self {
        let derived = hmac(secret_key.as_bytes())
            .chain_update("tanuki console forms")
            .finalize();
        Self(hmac(&derived.into_bytes()))
    }

    /// Returns the CSRF token for the browser with that cookie and session.
    /// Neither can contain the newline that separates them.
    pub fn code(&self, cookie: &str, session: Option<&str>) -> String {
        let mac = self.0.clone().chain_update(cookie).chain_update("\n");
        let mac = mac.chain_update(session.unwrap_or_default());
        format!("{:x}", mac.finalize().into_bytes())
    }

    /// Whether a form has the CSRF token of that browser, compared in constant
    /// time.
    pub fn accepts(&self, given: &str, cookie: &str, session: Option<&str>) -> bool {
        same_secret(given.as_bytes(), self.code(cookie, session).as_bytes())
    }
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    let Ok(mac) = Hmac::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_for_its_browser_session_and_studio_only() {
        let key = Key::derive("studio");
        let code = key.code("cookie", Some("session"));
        assert!(key.accepts(&code, "cookie", Some("session")));
        assert!(!key.accepts(&code, "other", Some("session")));
        assert!(!key.accepts(&code, "cookie", Some("other")));
        assert!(!key.accepts(&code, "cookie", None));
        assert!(!key.accepts("", "cookie", Some("session")));
        assert!(!Key::derive("elsewhere").accepts(&code, "cookie", Some("session")));
        assert_ne!(key.code("ab", Some("c")), key.code("a", Some("bc")));
    }
}
