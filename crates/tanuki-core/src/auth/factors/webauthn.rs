//! Verification of what security keys sign (W3C Web Authentication, level 2,
//! sections 6.1, 7.1 and 7.2), as far as a second factor needs it: the
//! challenge, the site, that somebody touched the key, and the signature.
//! Attestation, which says who made a key, is not read. Passkeys, which are
//! more than a second factor, use the parts that are the same.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use minicbor::Decoder;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::big_integer::{of_bytes, to_bytes};

/// base64url as browsers and Kitsu write it, with or without padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Maximum length of each part of an answer, in bytes.
const MAX_PART: usize = 64 * 1024;

/// Maximum length of the id of a key, in bytes. Longer ones are integers that
/// JSON of the database does not take.
const MAX_ID: usize = 127;

/// Somebody touched the key.
const USER_PRESENT: u8 = 1;
/// The key has made sure that it is its owner.
pub(in crate::auth) const USER_VERIFIED: u8 = 1 << 2;
/// Its owner has the key on other devices too.
pub(in crate::auth) const BACKED_UP: u8 = 1 << 4;
/// The data has a new key.
const HAS_KEY: u8 = 1 << 6;

/// Why an answer of a security key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Refused {
    /// It is malformed, or not for this site, or not signed by this key.
    Wrong,
    /// The id of the key cannot be stored: Zou's format loses zeros at its
    /// beginning.
    IdBeginsWithZero,
    IdTooLong,
    /// The key is of a kind that cannot be stored or verified.
    KindOfKey,
}

/// The site that keys are registered for: the host of its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::auth) struct Site {
    /// The relying party id.
    pub host: String,
    origin: String,
    /// Whether pages of its subdomains are refused.
    is_alone: bool,
}

impl Site {
    /// Returns the site with an address as `https://kitsu.studio.com:8080`;
    /// `None` if its host is an IP address, which keys refuse.
    pub(in crate::auth) fn of(address: &str) -> Option<Self> {
        let host = host_of(address)?;
        let is_name = host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[');
        is_name.then(|| Self {
            host,
            origin: address.trim_end_matches('/').to_ascii_lowercase(),
            is_alone: false,
        })
    }

    /// The same site for passkeys, each of which is a whole login: only pages of
    /// its own origin may use them, and those of localhost at any port.
    pub(in crate::auth) fn alone(self) -> Self {
        Self {
            is_alone: self.host != "localhost",
            ..self
        }
    }

    /// Whether a page of that origin may use the site's keys: one of the site,
    /// of a subdomain over HTTPS, or of any port of localhost.
    fn allows(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        if origin == self.origin || self.is_alone {
            return origin == self.origin;
        }
        let Some(host) = host_of(&origin) else {
            return false;
        };
        let is_within = host == self.host || host.ends_with(&format!(".{}", self.host));
        let is_secure = origin.starts_with("https://")
            || (origin.starts_with("http://") && self.host == "localhost");
        is_within && is_secure
    }
}

/// Returns the host of an address with a scheme and no path.
fn host_of(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.trim_end_matches('/');
    if rest.contains(['/', '?', '#', '@', '\\']) {
        return None;
    }
    let host = match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => rest,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// What a browser signed: `clientDataJSON`.
pub(in crate::auth) struct ClientData {
    /// In base64url without padding, as it was issued.
    pub challenge: String,
    /// SHA-256 of it.
    pub digest: [u8; 32],
}

#[derive(Deserialize)]
struct Collected {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// Reads the client data of an answer, whose `type` has to be that of a
/// ceremony (`webauthn.create`, `webauthn.get`).
pub(in crate::auth) fn client_data(
    answer: &Map<String, Value>,
    ceremony: &str,
    site: &Site,
) -> Result<ClientData, Refused> {
    let bytes = part(answer, "clientDataJSON")?;
    let collected: Collected = serde_json::from_slice(&bytes).map_err(|_| Refused::Wrong)?;
    if collected.r#type != ceremony || collected.cross_origin || !site.allows(&collected.origin) {
        return Err(Refused::Wrong);
    }
    Ok(ClientData {
        challenge: collected.challenge.trim_end_matches('=').to_owned(),
        digest: Sha256::digest(&bytes).into(),
    })
}

/// Returns a part of the `response` of an answer.
pub(in crate::auth) fn part(answer: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Refused> {
    let response = answer.get("response").and_then(Value::as_object);
    let text = response.and_then(|response| response.get(name));
    decoded(text)
}

fn decoded(text: Option<&Value>) -> Result<Vec<u8>, Refused> {
    let text = text.and_then(Value::as_str).ok_or(Refused::Wrong)?;
    if text.len() > MAX_PART {
        return Err(Refused::Wrong);
    }
    BASE64URL.decode(text).map_err(|_| Refused::Wrong)
}

/// What an authenticator says of itself and its owner.
#[derive(Debug, Clone, Copy)]
pub(in crate::auth) struct AuthenticatorData<'a> {
    pub flags: u8,
    /// How often the key has signed; 0 if it does not count.
    pub sign_count: u32,
    /// What follows the counter.
    rest: &'a [u8],
}

/// Reads authenticator data, which have to be for the site, of a key that
/// somebody touched.
pub(in crate::auth) fn authenticator_data<'a>(
    data: &'a [u8],
    site: &Site,
) -> Result<AuthenticatorData<'a>, Refused> {
    let (head, rest) = data.split_at_checked(37).ok_or(Refused::Wrong)?;
    let flags = head[32];
    if head[..32] != Sha256::digest(site.host.as_bytes())[..] || flags & USER_PRESENT == 0 {
        return Err(Refused::Wrong);
    }
    Ok(AuthenticatorData {
        flags,
        sign_count: u32::from_be_bytes([head[33], head[34], head[35], head[36]]),
        rest,
    })
}

/// A key that an authenticator has made.
#[derive(Debug, Clone, Copy)]
pub(in crate::auth) struct MadeKey<'a> {
    pub flags: u8,
    pub sign_count: u32,
    /// The kind of authenticator.
    aaguid: &'a [u8],
    /// Not empty.
    pub id: &'a [u8],
    /// A COSE key; extensions may follow it.
    pub cose: &'a [u8],
}

/// Reads the key in an attestation object.
pub(in crate::auth) fn made_key<'a>(object: &'a [u8], site: &Site) -> Result<MadeKey<'a>, Refused> {
    let data = attested_data(object).map_err(|_| Refused::Wrong)?;
    let data = authenticator_data(data.ok_or(Refused::Wrong)?, site)?;
    let (head, rest) = data.rest.split_at_checked(18).ok_or(Refused::Wrong)?;
    if data.flags & HAS_KEY == 0 {
        return Err(Refused::Wrong);
    }
    let length = usize::from(u16::from_be_bytes([head[16], head[17]]));
    let (id, cose) = rest.split_at_checked(length).ok_or(Refused::Wrong)?;
    if id.is_empty() {
        return Err(Refused::Wrong);
    }
    Ok(MadeKey {
        flags: data.flags,
        sign_count: data.sign_count,
        aaguid: &head[..16],
        id,
        cose,
    })
}

/// Reads the new key of an answer to `webauthn.create`. Returns it as Zou
/// stores it, with the name that the person gave it.
pub(super) fn new_key(
    answer: &Map<String, Value>,
    site: &Site,
    name: &str,
) -> Result<Value, Refused> {
    let object = part(answer, "attestationObject")?;
    let made = made_key(&object, site)?;
    if made.id.len() > MAX_ID {
        return Err(Refused::IdTooLong);
    }
    if made.id.first() == Some(&0) {
        return Err(Refused::IdBeginsWithZero);
    }
    let key = cose_key(made.cose)?;
    Ok(json!({
        "device_name": name,
        "aaguid": of_bytes(made.aaguid),
        "credential_id": of_bytes(made.id),
        "public_key": {
            "1": 2,
            "3": key.kind.algorithm,
            "-1": key.kind.curve,
            "-2": of_bytes(&key.x),
            "-3": of_bytes(&key.y),
        },
    }))
}

/// Returns `authData` of an attestation object.
fn attested_data(object: &[u8]) -> Result<Option<&[u8]>, minicbor::decode::Error> {
    let mut decoder = Decoder::new(object);
    let length = decoder.map()?.unwrap_or(0);
    let mut data = None;
    for _ in 0..length.min(8) {
        if decoder.str()? == "authData" {
            data = Some(decoder.bytes()?);
        } else {
            decoder.skip()?;
        }
    }
    Ok(data)
}

/// A kind of key that can be stored and verified.
struct KeyKind {
    /// Of COSE.
    algorithm: i64,
    curve: i64,
    /// Bytes of a coordinate.
    size: usize,
    verification: &'static EcdsaVerificationAlgorithm,
}

static KINDS: [KeyKind; 2] = [
    KeyKind {
        algorithm: -7,
        curve: 1,
        size: 32,
        verification: &ECDSA_P256_SHA256_ASN1,
    },
    KeyKind {
        algorithm: -35,
        curve: 2,
        size: 48,
        verification: &ECDSA_P384_SHA384_ASN1,
    },
];

/// Returns the kinds of key that are offered, for `pubKeyCredParams`.
pub(super) fn offered() -> Vec<Value> {
    let offer = |kind: &KeyKind| json!({"type": "public-key", "alg": kind.algorithm});
    KINDS.iter().map(offer).collect()
}

/// A public key of an elliptic curve; coordinates without zeros in front.
struct Key {
    kind: &'static KeyKind,
    x: Vec<u8>,
    y: Vec<u8>,
}

impl Key {
    fn new(numbers: [i64; 3], x: &[u8], y: &[u8]) -> Result<Self, Refused> {
        let [key_type, algorithm, curve] = numbers;
        let fits = |kind: &&KeyKind| {
            (key_type, algorithm, curve) == (2, kind.algorithm, kind.curve)
                && x.len() <= kind.size
                && y.len() <= kind.size
        };
        let kind = KINDS.iter().find(fits).ok_or(Refused::KindOfKey)?;
        let (x, y) = (x.to_vec(), y.to_vec());
        Ok(Self { kind, x, y })
    }

    /// The point, uncompressed (SEC 1, 2.3.3).
    fn point(&self) -> Vec<u8> {
        let mut point = vec![4];
        for coordinate in [&self.x, &self.y] {
            point.resize(point.len() + self.kind.size - coordinate.len(), 0);
            point.extend_from_slice(coordinate);
        }
        point
    }
}

/// Reads a COSE key; extensions may follow it.
fn cose_key(bytes: &[u8]) -> Result<Key, Refused> {
    let read = || {
        let mut decoder = Decoder::new(bytes);
        let length = decoder.map()?.unwrap_or(0);
        let mut numbers = [0; 3];
        let (mut x, mut y) = (&[][..], &[][..]);
        for _ in 0..length.min(8) {
            match decoder.i64()? {
                1 => numbers[0] = decoder.i64()?,
                3 => numbers[1] = decoder.i64()?,
                -1 if numbers[0] == 2 => numbers[2] = decoder.i64()?,
                -2 if numbers[0] == 2 => x = decoder.bytes()?,
                -3 if numbers[0] == 2 => y = decoder.bytes()?,
                _ => decoder.skip()?,
            }
        }
        Ok::<_, minicbor::decode::Error>((numbers, x, y))
    };
    let (numbers, x, y) = read().map_err(|_| Refused::Wrong)?;
    Key::new(numbers, x, y)
}

/// Reads a key that is stored.
fn stored_key(credential: &Value) -> Option<Key> {
    let key = credential.get("public_key")?;
    let number = |label: &str| key.get(label)?.as_i64();
    let numbers = [number("1")?, number("3")?, number("-1")?];
    let (x, y) = (to_bytes(key.get("-2")?)?, to_bytes(key.get("-3")?)?);
    Key::new(numbers, &x, &y).ok()
}

/// Returns the id of a stored key in base64url; `None` if it is unusable.
pub(super) fn stored_id(credential: &Value) -> Option<String> {
    let id = to_bytes(credential.get("credential_id")?)?;
    (!id.is_empty()).then(|| base64_of(&id))
}

/// Encodes bytes in base64url without padding.
pub(in crate::auth) fn base64_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the id of the key that an answer is of.
pub(in crate::auth) fn raw_id(answer: &Map<String, Value>) -> Result<Vec<u8>, Refused> {
    decoded(answer.get("rawId").or_else(|| answer.get("id")))
}

/// Whether an answer to `webauthn.get`, whose client data was read, is signed by
/// one of the keys.
pub(super) fn is_signed(
    answer: &Map<String, Value>,
    client_data: &ClientData,
    keys: &[Value],
    site: &Site,
) -> Result<bool, Refused> {
    let id = raw_id(answer)?;
    // Stored ids have lost zeros at their beginning.
    let zeros = id.iter().take_while(|byte| **byte == 0).count();
    let id = &id[zeros..];
    let is_it = |key: &&Value| {
        let stored = key.get("credential_id").and_then(to_bytes);
        stored.is_some_and(|stored| !stored.is_empty() && stored == id)
    };
    let Some(key) = keys.iter().find(is_it).and_then(stored_key) else {
        return Ok(false);
    };
    let mut signed = part(answer, "authenticatorData")?;
    authenticator_data(&signed, site)?;
    signed.extend_from_slice(&client_data.digest);
    let signature = part(answer, "signature")?;
    let key = UnparsedPublicKey::new(key.kind.verification, key.point());
    Ok(key.verify(&signed, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_the_host_of_its_address() {
        for (address, host) in [
            ("https://kitsu.studio.com", Some("kitsu.studio.com")),
            ("http://localhost:8080", Some("localhost")),
            ("https://Kitsu.Studio.com:8443", Some("kitsu.studio.com")),
            ("http://127.0.0.1:8000", None),
            ("http://[::1]:8000", None),
        ] {
            let found = Site::of(address).map(|site| site.host);
            assert_eq!(found.as_deref(), host, "{address}");
        }
    }

    #[test]
    fn only_pages_of_the_site_may_use_its_keys() {
        let site = Site::of("https://studio.com").unwrap();
        for (origin, allowed) in [
            ("https://studio.com", true),
            ("https://kitsu.studio.com", true),
            ("https://studio.com:8443", true),
            ("http://studio.com", false),
            ("https://evilstudio.com", false),
            ("https://studio.com.evil.com", false),
            ("https://evil.com/studio.com", false),
            ("https://evil.com#.studio.com", false),
            ("https://user@studio.com", false),
            ("null", false),
        ] {
            assert_eq!(site.allows(origin), allowed, "{origin}");
        }
        let local = Site::of("http://localhost:8080").unwrap();
        assert!(local.allows("http://localhost:5173"));
        assert!(!local.allows("http://127.0.0.1:8080"));
    }

    #[test]
    fn only_pages_of_the_very_origin_may_use_passkeys() {
        let site = Site::of("https://studio.com").unwrap().alone();
        assert!(site.allows("https://Studio.com"));
        assert!(!site.allows("https://kitsu.studio.com"));
        assert!(!site.allows("https://studio.com:8443"));
        let local = Site::of("http://localhost:8080").unwrap().alone();
        assert!(local.allows("http://localhost:5173"));
    }

    #[test]
    fn cbor_that_is_no_key_is_refused() {
        let broken: [&[u8]; 5] = [&[], &[0xa1], &[0xff; 40], &[0xbf], &[0x9b, 0xff, 0xff]];
        for bytes in broken {
            assert!(cose_key(bytes).is_err(), "{bytes:?}");
            assert!(!matches!(attested_data(bytes), Ok(Some(_))), "{bytes:?}");
        }
        // Lists within lists: the reader does not recurse.
        let deep = [vec![0xa1, 0x63, b'f', b'm', b't'], vec![0x81; 60_000]].concat();
        assert!(!matches!(attested_data(&deep), Ok(Some(_))));
    }
}
