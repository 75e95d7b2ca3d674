//! ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::keys::{KeySet, Signed, Verified};

/// Maximum length of a token, in bytes.
const MAX_TOKEN: usize = 128 * 1024;

/// Maximum length of a subject, in characters; the standard's own.
const MAX_SUBJECT: usize = 255;

/// By how much clocks may differ, in seconds.
const SKEW: i64 = 120;

/// What a token has to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// Unix seconds.
    pub now: i64,
}

/// Why a token is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is signed with a key that is not among the known ones.
    UnknownKey,
    Wrong(&'static str),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the ID token is refused: ")?;
        f.write_str(match self {
            Self::UnknownKey => "it is not signed with a key of the provider",
            Self::Wrong(why) => why,
        })
    }
}

/// Verifies a token and returns its claims, `sub` among them.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn verify(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<Map<String, Value>, Refusal> {
    let malformed = Refusal::Wrong("it is malformed");
    if token.len() > MAX_TOKEN {
        return Err(Refusal::Wrong("it is too long"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed);
    };
    let (Some(head), Some(claims), Ok(signature)) = (
        object(header),
        object(payload),
        URL_SAFE_NO_PAD.decode(signature),
    ) else {
        return Err(malformed);
    };
    if head.contains_key("crit") {
        return Err(Refusal::Wrong("it has a critical extension"));
    }
    let algorithm = head.get("alg").and_then(Value::as_str);
    let key = match head.get("kid") {
        None => None,
        Some(Value::String(name)) => Some(name.as_str()),
        Some(_) => return Err(malformed),
    };
    let signed = Signed {
        algorithm: algorithm.unwrap_or_default(),
        key,
        message: &token.as_bytes()[..header.len() + 1 + payload.len()],
        signature: &signature,
    };
    match keys.verify(&signed) {
        Verified::Yes => {}
        Verified::No => return Err(Refusal::Wrong("its signature is wrong")),
        Verified::UnknownKey => return Err(Refusal::UnknownKey),
        Verified::UnknownAlgorithm => {
            return Err(Refusal::Wrong("its algorithm is not accepted"));
        }
    }
    check_claims(&claims, expected)?;
    Ok(claims)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn check_claims(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let require = |holds: bool, why| {
        if holds {
            Ok(())
        } else {
            Err(Refusal::Wrong(why))
        }
    };
    require(
        text("iss") == Some(expected.issuer),
        "it is of another issuer",
    )?;
    let is_client = |audience: &Value| audience == expected.client_id;
    let audiences = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.as_slice(),
        Some(audience) => std::slice::from_ref(audience),
        None => &[],
    };
    require(audiences.iter().any(is_client), "it is for another client")?;
    let party = claims.get("azp");
    let is_several = audiences.len() > 1;
    require(
        party.map_or(!is_several, is_client),
        "it was issued to another client",
    )?;
    let seconds = |name: &str| claims.get(name).and_then(seconds);
    let now = expected.now;
    let expires = seconds("exp").ok_or(Refusal::Wrong("it has no end"))?;
    require(now < expires.saturating_add(SKEW), "it has expired")?;
    let issued = seconds("iat").ok_or(Refusal::Wrong("it does not say when it was issued"))?;
    require(
        issued <= now.saturating_add(SKEW),
        "it was issued in the future",
    )?;
    if claims.contains_key("nbf") {
        let begins = seconds("nbf").ok_or(Refusal::Wrong("it is malformed"))?;
        require(begins <= now.saturating_add(SKEW), "it is not valid yet")?;
    }
    let nonce = text("nonce").unwrap_or_default();
    let is_same = nonce.as_bytes().ct_eq(expected.nonce.as_bytes());
    require(is_same.into(), "it is of another login")?;
    let subject = text("sub").unwrap_or_default();
    let is_usable = !subject.is_empty()
        && subject.chars().count() <= MAX_SUBJECT
        && !subject.contains(char::is_control);
    require(is_usable, "its subject is missing or unusable")
}

/// Returns a time in whole seconds.
fn seconds(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    number.as_i64().or_else(|| {
        number
            .as_f64()
            .filter(|seconds| seconds.abs() < 1e15)
            .map(|seconds| seconds as i64)
    })
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://id.studio.com",
        client_id: "kitsu",
        nonce: "n",
        now: NOW,
    };

    fn pair() -> EcdsaKeyPair {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(signing, document.as_ref(), &random).unwrap()
    }

    fn set(pair: &EcdsaKeyPair, changes: Value) -> KeySet {
        let point = pair.public_key().as_ref();
        let mut key = json!({
            "kty": "EC",
            "crv": "P-256",
            "kid": "k",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        });
        let fields = key.as_object_mut().unwrap();
        fields.extend(changes.as_object().unwrap().clone());
        KeySet::read(json!({"keys": [key]}).as_object().unwrap()).unwrap()
    }

    fn token(pair: &EcdsaKeyPair, header: &Value, changes: &Value) -> String {
        let mut claims = json!({
            "iss": "https://id.studio.com",
            "aud": "kitsu",
            "sub": "ada",
            "nonce": "n",
            "iat": NOW,
            "exp": NOW + 300,
        });
        let fields = claims.as_object_mut().unwrap();
        fields.extend(changes.as_object().unwrap().clone());
        fields.retain(|_, value| !value.is_null());
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(&claims));
        let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn claims_are_checked() {
        let pair = pair();
        let keys = set(&pair, json!({}));
        let check = |changes: Value| {
            let token = token(&pair, &json!({"alg": "ES256", "kid": "k"}), &changes);
            verify(&token, &keys, &EXPECTED).is_ok()
        };
        for accepted in [
            json!({}),
            json!({"aud": ["kitsu"]}),
            json!({"aud": ["kitsu", "other"], "azp": "kitsu"}),
            json!({"exp": NOW - 119}),
            json!({"iat": NOW + 120}),
            json!({"exp": NOW as f64 + 60.5}),
            json!({"sub": "x".repeat(255)}),
        ] {
            assert!(check(accepted.clone()), "{accepted}");
        }
        for refused in [
            json!({"iss": "https://id.studio.com/"}),
            json!({"iss": null}),
            json!({"aud": "other"}),
            json!({"aud": ["other"]}),
            json!({"aud": ["kitsu", "other"]}),
            json!({"aud": ["kitsu", "other"], "azp": "other"}),
            json!({"azp": "other"}),
            json!({"aud": null}),
            json!({"aud": {"kitsu": true}}),
            json!({"exp": NOW - 120}),
            json!({"exp": null}),
            json!({"exp": "never"}),
            json!({"exp": 1e300}),
            json!({"iat": NOW + 121}),
            json!({"iat": null}),
            json!({"nbf": NOW + 121}),
            json!({"nonce": "other"}),
            json!({"nonce": null}),
            json!({"sub": null}),
            json!({"sub": ""}),
            json!({"sub": 7}),
            json!({"sub": "a\u{0}"}),
            json!({"sub": "x".repeat(256)}),
        ] {
            assert!(!check(refused.clone()), "{refused}");
        }
    }

    #[test]
    fn only_keys_of_the_provider_sign() {
        let (own, other) = (pair(), pair());
        let keys = set(&own, json!({}));
        let check = |pair: &EcdsaKeyPair, header: Value| {
            verify(&token(pair, &header, &json!({})), &keys, &EXPECTED).err()
        };
        assert_eq!(check(&own, json!({"alg": "ES256", "kid": "k"})), None);
        assert_eq!(check(&own, json!({"alg": "ES256"})), None);
        let wrong = |why| Some(Refusal::Wrong(why));
        assert_eq!(
            check(&other, json!({"alg": "ES256", "kid": "k"})),
            wrong("its signature is wrong")
        );
        assert_eq!(
            check(&other, json!({"alg": "ES256"})),
            Some(Refusal::UnknownKey)
        );
        assert_eq!(
            check(&own, json!({"alg": "ES256", "kid": "new"})),
            Some(Refusal::UnknownKey)
        );
        for algorithm in ["none", "HS256", "es256", "ES512", ""] {
            assert_eq!(
                check(&own, json!({"alg": algorithm, "kid": "k"})),
                wrong("its algorithm is not accepted"),
                "{algorithm}"
            );
        }
        // A key of another kind than the algorithm.
        for algorithm in ["RS256", "ES384"] {
            assert_eq!(
                check(&own, json!({"alg": algorithm, "kid": "k"})),
                wrong("its signature is wrong")
            );
        }
        assert_eq!(
            check(&own, json!({"alg": "ES256", "kid": "k", "crit": ["b64"]})),
            wrong("it has a critical extension")
        );
        for changes in [
            json!({"use": "enc"}),
            json!({"x": "AAAA"}),
            json!({"kty": "oct"}),
        ] {
            let keys = set(&own, changes);
            let token = token(&own, &json!({"alg": "ES256", "kid": "k"}), &json!({}));
            assert_eq!(verify(&token, &keys, &EXPECTED), Err(Refusal::UnknownKey));
        }
        let keys = set(&own, json!({"alg": "ES384"}));
        let signed = token(&own, &json!({"alg": "ES256", "kid": "k"}), &json!({}));
        assert!(verify(&signed, &keys, &EXPECTED).is_err());
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let pair = pair();
        let keys = set(&pair, json!({}));
        let good = token(&pair, &json!({"alg": "ES256", "kid": "k"}), &json!({}));
        let (input, signature) = good.rsplit_once('.').unwrap();
        for token in [
            "",
            "..",
            "a.b.c",
            input,
            &format!("{input}."),
            &format!("{good}.{signature}"),
            &format!("{good}="),
            &good.replacen('.', " .", 1),
            &"[".repeat(MAX_TOKEN + 1),
        ] {
            assert!(verify(token, &keys, &EXPECTED).is_err(), "{token}");
        }
        let deep = URL_SAFE_NO_PAD.encode("[".repeat(90_000));
        assert!(verify(&format!("{deep}.{deep}.{signature}"), &keys, &EXPECTED).is_err());
    }
}
