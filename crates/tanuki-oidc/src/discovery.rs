//! The provider's description of itself (OpenID Connect Discovery 1.0).

use serde_json::{Map, Value};

/// The end of the URL of a description.
pub const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Maximum length of an address in the description, in bytes.
const MAX_URL: usize = 2000;

/// How the token endpoint wants to know who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// `client_secret_basic`, which is the default.
    Header,
    /// `client_secret_post` only.
    Form,
    /// It takes both.
    Either,
}

/// The description of a provider.
#[derive(Debug)]
pub(crate) struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub userinfo_endpoint: Option<String>,
    pub authentication: ClientAuthentication,
    /// Whether all its answers to browsers name the issuer (RFC 9207).
    pub sends_issuer: bool,
}

/// Returns the issuer that the description at a URL has to be of, without a
/// slash at its end.
///
/// # Errors
/// What the URL has to be.
pub fn issuer_of(url: &str) -> Result<String, String> {
    let url = url.trim();
    let issuer = url
        .strip_suffix(WELL_KNOWN)
        .ok_or_else(|| format!("an address that ends in {WELL_KNOWN}"))?;
    check_url(issuer, tanuki_https::is_localhost(issuer))?;
    Ok(issuer.trim_end_matches('/').to_owned())
}

/// Requires an address of HTTPS, or of plain HTTP on this machine; the error
/// says what it has to be.
fn check_url(url: &str, may_be_plain: bool) -> Result<(), String> {
    let is_secure = match url.split_once("://") {
        Some(("https", _)) => true,
        Some(("http", _)) => may_be_plain && tanuki_https::is_localhost(url),
        _ => false,
    };
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || !c.is_ascii() || "#\\@".contains(c);
    if !is_secure || url.len() > MAX_URL || url.contains(is_odd) {
        return Err("an address of HTTPS (plain HTTP for localhost only)".into());
    }
    Ok(())
}

impl Discovery {
    /// Reads a description, which has to be of the issuer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(document: &Map<String, Value>, issuer: &str) -> Result<Self, String> {
        let text = |key: &str| document.get(key).and_then(Value::as_str);
        let named = text("issuer").unwrap_or_default();
        if named.trim_end_matches('/') != issuer {
            return Err("the description is of another issuer than its address".into());
        }
        let may_be_plain = tanuki_https::is_localhost(issuer);
        let url = |key: &str| {
            let url = text(key).ok_or_else(|| format!("the description has no {key}"))?;
            check_url(url, may_be_plain).map_err(|why| format!("{key} is not {why}"))?;
            Ok::<_, String>(url.to_owned())
        };
        let userinfo_endpoint = match text("userinfo_endpoint") {
            None => None,
            Some(_) => Some(url("userinfo_endpoint")?),
        };
        let methods = document
            .get("token_endpoint_auth_methods_supported")
            .and_then(Value::as_array);
        let takes = |method: &str| {
            methods.is_none_or(|methods| methods.iter().any(|known| known == method))
        };
        let authentication = match (
            methods,
            takes("client_secret_basic"),
            takes("client_secret_post"),
        ) {
            (Some(_), false, true) => ClientAuthentication::Form,
            (Some(_), true, true) => ClientAuthentication::Either,
            _ => ClientAuthentication::Header,
        };
        Ok(Self {
            issuer: named.to_owned(),
            authorization_endpoint: url("authorization_endpoint")?,
            token_endpoint: url("token_endpoint")?,
            jwks_uri: url("jwks_uri")?,
            userinfo_endpoint,
            authentication,
            sends_issuer: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(changes: Value) -> Result<Discovery, String> {
        let mut document = json!({
            "issuer": "https://id.studio.com/realm",
            "authorization_endpoint": "https://id.studio.com/authorize",
            "token_endpoint": "https://id.studio.com/token",
            "jwks_uri": "https://keys.studio.com/jwks",
        });
        let document = document.as_object_mut().unwrap();
        document.extend(changes.as_object().unwrap().clone());
        Discovery::read(document, "https://id.studio.com/realm")
    }

    #[test]
    fn the_issuer_follows_from_the_address() {
        let of = |url: &str| issuer_of(&format!("{url}{WELL_KNOWN}"));
        assert_eq!(of("https://a.com/x"), Ok("https://a.com/x".into()));
        assert_eq!(of("https://a.com/"), Ok("https://a.com".into()));
        assert_eq!(of("http://localhost:90"), Ok("http://localhost:90".into()));
        for url in [
            "http://a.com",
            "ftp://a.com",
            "a.com",
            "",
            "https://u@a.com",
            "https://a b",
        ] {
            assert!(of(url).is_err(), "{url}");
        }
        assert!(issuer_of("https://a.com/openid").is_err());
    }

    #[test]
    fn descriptions_of_others_are_refused() {
        assert!(read(json!({})).is_ok());
        assert!(read(json!({"issuer": "https://id.studio.com/realm/"})).is_ok());
        for changes in [
            json!({"issuer": "https://id.studio.com"}),
            json!({"issuer": null}),
            json!({"token_endpoint": "http://id.studio.com/token"}),
            json!({"token_endpoint": "http://localhost/token"}),
            json!({"jwks_uri": 7}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"authorization_endpoint": "https://a/\r\nSet-Cookie: a=b"}),
            json!({"userinfo_endpoint": "file:///etc/passwd"}),
        ] {
            assert!(read(changes.clone()).is_err(), "{changes}");
        }
    }

    #[test]
    fn the_secret_goes_where_the_provider_wants_it() {
        let of = |methods: Value| {
            let changes = json!({"token_endpoint_auth_methods_supported": methods});
            read(changes).unwrap().authentication
        };
        assert_eq!(of(json!(null)), ClientAuthentication::Header);
        assert_eq!(
            of(json!(["client_secret_post"])),
            ClientAuthentication::Form
        );
        assert_eq!(
            of(json!(["client_secret_post", "client_secret_basic"])),
            ClientAuthentication::Either
        );
        assert_eq!(of(json!(["private_key_jwt"])), ClientAuthentication::Header);
    }
}
