//! JSON Web Tokens, byte for byte as Zou signs and verifies them.
//!
//! Not from a library, because two servers must agree to the letter: the claims
//! and their order, and which of a token's errors is reported with which
//! message (those of PyJWT 2.15 and Flask-JWT-Extended 4.7, which gazu shows to
//! its users). Only HS256 is accepted: no header can switch the server to
//! another algorithm.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use uuid::Uuid;

/// The kind of a token: the claim `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    Access,
    /// Exchanged for new access tokens.
    Refresh,
}

impl TokenType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// The claim with the generation of the person's session tokens. Zou does not
/// know it, and ignores it.
pub(crate) const GENERATION_CLAIM: &str = "tanuki_generation";

/// The claims of a token to be signed.
#[derive(Debug)]
pub struct NewToken<'a> {
    pub token_type: TokenType,
    pub subject: Uuid,
    pub jti: Uuid,
    /// Unix seconds.
    pub issued_at: i64,
    /// Unix seconds; `None`: the token never expires.
    pub expires_at: Option<i64>,
    /// Claims after the registered ones, in this order.
    pub extra: &'a [(&'static str, Value)],
}

/// The claims of a token with a valid signature and times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenError {
    /// It has expired.
    Expired,
    /// It is malformed, not signed with this key, or of the wrong type; with
    /// the message for the client.
    Invalid(String),
}

/// Signs and verifies tokens with `SECRET_KEY`.
pub struct TokenKey {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey")
    }
}

impl TokenKey {
    pub fn new(secret: &str) -> Self {
        let Ok(mac) = Hmac::new_from_slice(secret.as_bytes()) else {
            unreachable!("HMAC takes keys of any length");
        };
        Self { mac }
    }

    /// Returns the signed token in compact serialization.
    pub fn sign(&self, token: &NewToken<'_>) -> String {
        let mut claims = Map::new();
        claims.insert("fresh".into(), false.into());
        claims.insert("iat".into(), token.issued_at.into());
        claims.insert("jti".into(), token.jti.to_string().into());
        claims.insert("type".into(), token.token_type.as_str().into());
        claims.insert("sub".into(), token.subject.to_string().into());
        claims.insert("nbf".into(), token.issued_at.into());
        if let Some(expires_at) = token.expires_at {
            claims.insert("exp".into(), expires_at.into());
        }
        for (name, value) in token.extra {
            claims.insert((*name).into(), value.clone());
        }
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string())
        );
        let mut mac = self.mac.clone();
        mac.update(input.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{input}.{signature}")
    }

    /// Verifies format, signature, times and type of a token and returns its
    /// claims. `now` in Unix seconds. Checks are in Zou's order, so that a
    /// token with several errors gets the same message.
    ///
    /// # Errors
    /// [`TokenError`] with the first error found.
    pub fn verify(&self, token: &str, expected: TokenType, now: i64) -> Result<Claims, TokenError> {
        let parts = Parts::split(token)?;
        let header = parse_object(&decode(parts.header, "header")?, "header")?;
        if header.get("b64") == Some(&Value::Bool(false)) && !parts.payload.is_empty() {
            return Err(invalid(
                "Payload segment must be empty when 'b64' is false.",
            ));
        }
        let payload_bytes = decode(parts.payload, "payload")?;
        let signature = decode(parts.signature, "crypto")?;
        check_header(&header)?;
        let claims = parse_object(&payload_bytes, "payload")?;
        check_algorithm(&header)?;
        let mut mac = self.mac.clone();
        mac.update(parts.signed.as_bytes());
        mac.verify_slice(&signature)
            .map_err(|_| invalid("Signature verification failed"))?;
        check_claims(&claims, now)?;
        let claims = Claims(claims);
        let found = claims.text("type").unwrap_or("access");
        match expected {
            TokenType::Access if found == "refresh" => {
                Err(invalid("Only non-refresh tokens are allowed"))
            }
            TokenType::Refresh if found != "refresh" => {
                Err(invalid("Only refresh tokens are allowed"))
            }
            _ => Ok(claims),
        }
    }
}

impl Claims {
    /// Returns a string claim.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Whether a claim is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == true)
    }

    /// Returns an integer claim.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    /// Returns the id of the session that the token belongs to: the `jti` of
    /// its refresh token.
    pub(crate) fn session_id(&self) -> Option<&str> {
        self.text("refresh_jti").or_else(|| self.text("jti"))
    }

    /// Returns the time at which the token was issued, in Unix seconds.
    pub fn issued_at(&self) -> Option<i64> {
        self.0.get("iat").and_then(integer)
    }

    /// Returns the time at which the token expires, in Unix seconds.
    pub fn expires_at(&self) -> Option<i64> {
        self.0.get("exp").and_then(integer)
    }
}

struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    /// The signing input: header and payload with the dot between them.
    signed: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, TokenError> {
        let too_short = || invalid("Not enough segments");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(too_short)?;
        let (header, payload) = signed.split_once('.').ok_or_else(too_short)?;
        Ok(Self {
            header,
            payload,
            signature,
            signed,
        })
    }
}

fn invalid(message: impl Into<String>) -> TokenError {
    TokenError::Invalid(message.into())
}

fn decode(segment: &str, name: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(segment)
        .map_err(|_| invalid(format!("Invalid {name} padding")))
}

fn parse_object(text: &[u8], name: &str) -> Result<Map<String, Value>, TokenError> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(invalid(format!(
            "Invalid {name} string: must be a json object"
        ))),
        // The message of Python's parser for input that is not JSON from the
        // first character.
        Err(_) => Err(invalid(format!(
            "Invalid {name} string: Expecting value: line 1 column 1 (char 0)"
        ))),
    }
}

fn check_header(header: &Map<String, Value>) -> Result<(), TokenError> {
    if header.get("kid").is_some_and(|kid| !kid.is_string()) {
        return Err(invalid("Key ID header parameter must be a string"));
    }
    // No critical extension (RFC 7515, `crit`) is supported, so all are
    // refused.
    match header.get("crit") {
        None => Ok(()),
        Some(Value::Array(extensions)) if !extensions.is_empty() => Err(invalid(format!(
            "Unsupported critical extension: {}",
            extensions[0].as_str().unwrap_or_default()
        ))),
        Some(_) => Err(invalid("Invalid 'crit' header: must be a non-empty list")),
    }
}

fn check_algorithm(header: &Map<String, Value>) -> Result<(), TokenError> {
    match header.get("alg") {
        None => Err(invalid("Algorithm not specified")),
        Some(algorithm) if algorithm == "HS256" => Ok(()),
        Some(_) => Err(invalid("The specified alg value is not allowed")),
    }
}

fn check_claims(claims: &Map<String, Value>, now: i64) -> Result<(), TokenError> {
    let seconds = |name: &str, otherwise: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => integer(value).map(Some).ok_or_else(|| invalid(otherwise)),
    };
    if seconds("iat", "Issued At claim (iat) must be an integer.")?.is_some_and(|iat| iat > now) {
        return Err(invalid("The token is not yet valid (iat)"));
    }
    if seconds("nbf", "Not Before claim (nbf) must be an integer.")?.is_some_and(|nbf| nbf > now) {
        return Err(invalid("The token is not yet valid (nbf)"));
    }
    if seconds("exp", "Expiration Time claim (exp) must be an integer.")?
        .is_some_and(|exp| exp <= now)
    {
        return Err(TokenError::Expired);
    }
    if claims.get("sub").is_some_and(|sub| !sub.is_string()) {
        return Err(invalid("Subject must be a string"));
    }
    if claims.get("jti").is_some_and(|jti| !jti.is_string()) {
        return Err(invalid("JWT ID must be a string"));
    }
    if !claims.contains_key("sub") {
        return Err(invalid("Missing claim: sub"));
    }
    Ok(())
}

/// Converts a number, or a string with one, to whole seconds.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some((*flag).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn key() -> TokenKey {
        TokenKey::new("a secret key of more than 32 bytes")
    }

    fn token(token_type: TokenType, expires_at: Option<i64>) -> String {
        key().sign(&NewToken {
            token_type,
            subject: Uuid::from_u128(1),
            jti: Uuid::from_u128(2),
            issued_at: NOW,
            expires_at,
            extra: &[("identity_type", "bot".into())],
        })
    }

    #[test]
    fn it_accepts_what_it_signed() {
        let claims = key()
            .verify(
                &token(TokenType::Access, Some(NOW + 1)),
                TokenType::Access,
                NOW,
            )
            .unwrap();
        assert_eq!(claims.text("identity_type"), Some("bot"));
        assert_eq!(claims.expires_at(), Some(NOW + 1));
    }

    #[test]
    fn it_writes_the_claims_of_the_reference_in_its_order() {
        let text = token(TokenType::Access, Some(NOW + 1));
        let payload = URL_SAFE_NO_PAD
            .decode(text.split('.').nth(1).unwrap())
            .unwrap();
        assert_eq!(
            String::from_utf8(payload).unwrap(),
            format!(
                r#"{{"fresh":false,"iat":{NOW},"jti":"00000000-0000-0000-0000-000000000002","type":"access","sub":"00000000-0000-0000-0000-000000000001","nbf":{NOW},"exp":{},"identity_type":"bot"}}"#,
                NOW + 1
            )
        );
    }

    #[test]
    fn it_refuses_an_expired_one_from_its_last_second_on() {
        let text = token(TokenType::Access, Some(NOW));
        assert_eq!(
            key().verify(&text, TokenType::Access, NOW).unwrap_err(),
            TokenError::Expired
        );
    }

    #[test]
    fn it_refuses_the_wrong_type() {
        let refresh = token(TokenType::Refresh, None);
        assert_eq!(
            key().verify(&refresh, TokenType::Access, NOW).unwrap_err(),
            invalid("Only non-refresh tokens are allowed")
        );
        let access = token(TokenType::Access, None);
        assert_eq!(
            key().verify(&access, TokenType::Refresh, NOW).unwrap_err(),
            invalid("Only refresh tokens are allowed")
        );
    }

    #[test]
    fn it_refuses_another_key_and_another_algorithm() {
        let text = token(TokenType::Access, None);
        let other = TokenKey::new("another key");
        assert_eq!(
            other.verify(&text, TokenType::Access, NOW).unwrap_err(),
            invalid("Signature verification failed")
        );
        let (_, rest) = text.split_once('.').unwrap();
        let (payload, _) = rest.split_once('.').unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(
            key()
                .verify(&format!("{none}.{payload}."), TokenType::Access, NOW)
                .unwrap_err(),
            invalid("The specified alg value is not allowed")
        );
    }
}
