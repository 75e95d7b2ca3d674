//! Public keys of passkeys, and what they sign. Phones and computers have
//! other kinds of keys than security keys, and their ids may be longer.

use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Value, json};

/// Algorithms of COSE (RFC 9053, RFC 8812), the preferred one first: ES256,
/// EdDSA, ES384, and RS256, which Windows Hello has.
const ALGORITHMS: [i64; 4] = [-7, -8, -35, -257];

/// The longest key that is stored, in bytes: RSA with 8192 bits.
const MAX_KEY: usize = 2048;

/// Returns the kinds of key that are offered, for `pubKeyCredParams`.
pub(super) fn offered() -> Vec<Value> {
    let offer = |algorithm: &i64| json!({"type": "public-key", "alg": algorithm});
    ALGORITHMS.iter().map(offer).collect()
}

/// A public key, as it was read from its COSE form.
#[derive(Debug, Default)]
struct Parts<'a> {
    key_type: i64,
    algorithm: i64,
    curve: i64,
    /// `n` of RSA.
    modulus: &'a [u8],
    /// `x` of a curve, `e` of RSA.
    second: &'a [u8],
    /// `y` of a curve.
    third: &'a [u8],
}

/// Returns the bytes of a key, without the extensions that may follow it;
/// `None` if signatures of that kind are not verified.
pub(super) fn usable(bytes: &[u8]) -> Option<&[u8]> {
    let (parts, length) = read(bytes).ok()?;
    let key = bytes.get(..length)?;
    (key.len() <= MAX_KEY && parts.is_usable()).then_some(key)
}

/// Whether a message is signed by a key.
pub(super) fn is_signed(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    read(key).is_ok_and(|(parts, _)| parts.verify(message, signature))
}

/// Reads a key, and returns where it ends.
fn read(bytes: &[u8]) -> Result<(Parts<'_>, usize), Error> {
    let mut decoder = Decoder::new(bytes);
    let length = decoder.map()?.unwrap_or(0);
    let mut parts = Parts::default();
    for _ in 0..length.min(8) {
        match decoder.i64()? {
            1 => parts.key_type = decoder.i64()?,
            3 => parts.algorithm = decoder.i64()?,
            -1 if decoder.datatype()? == Type::Bytes => parts.modulus = decoder.bytes()?,
            -1 => parts.curve = decoder.i64()?,
            -2 => parts.second = decoder.bytes()?,
            -3 if decoder.datatype()? == Type::Bytes => parts.third = decoder.bytes()?,
            _ => decoder.skip()?,
        }
    }
    Ok((parts, decoder.position()))
}

impl Parts<'_> {
    fn is_usable(&self) -> bool {
        let curve = |size: usize| self.second.len() == size && self.third.len() == size;
        match (self.key_type, self.algorithm, self.curve) {
            (2, -7, 1) => curve(32),
            (2, -35, 2) => curve(48),
            (1, -8, 6) => self.second.len() == 32,
            // Of the sizes that `ring` verifies, without leading zeros.
            (3, -257, 0) => {
                (256..=1024).contains(&self.modulus.len())
                    && self.modulus[0] != 0
                    && !self.second.is_empty()
            }
            _ => false,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let by = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature)
        };
        if !self.is_usable() {
            return false;
        }
        // The point, uncompressed (SEC 1, 2.3.3).
        let point = || [&[4][..], self.second, self.third].concat();
        let verified = match self.algorithm {
            -7 => by(&ECDSA_P256_SHA256_ASN1, &point()),
            -35 => by(&ECDSA_P384_SHA384_ASN1, &point()),
            -8 => by(&ED25519, self.second),
            _ => {
                let key = RsaPublicKeyComponents {
                    n: self.modulus,
                    e: self.second,
                };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    #[test]
    fn keys_of_an_unknown_kind_are_unusable() {
        let x = [7; 32];
        let ed25519 = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &x].concat();
        assert_eq!(usable(&ed25519), Some(&ed25519[..]));
        let followed = [&ed25519[..], &[0xa0, 1]].concat();
        assert_eq!(usable(&followed), Some(&ed25519[..]));
        let x25519 = [&[0xa4, 1, 1, 3, 0x27, 0x20, 4, 0x21, 0x58, 32][..], &x].concat();
        let short = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 31][..], &x[1..]].concat();
        let weak = [
            &[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x58, 128][..],
            &[0xff; 128],
            &[0x21, 0x43, 1, 0, 1],
        ]
        .concat();
        let deep = [&[0xa1, 5][..], &[0x81; 60_000]].concat();
        for key in [&x25519[..], &short, &weak, &deep, &[], &[0xa0], &[0xff; 40]] {
            assert_eq!(usable(key), None, "{:?}", &key[..key.len().min(12)]);
        }
    }

    #[test]
    fn signatures_of_ed25519_are_verified() {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let x = pair.public_key().as_ref();
        let key = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], x].concat();
        let signature = pair.sign(b"message");
        assert!(is_signed(&key, b"message", signature.as_ref()));
        assert!(!is_signed(&key, b"another", signature.as_ref()));
    }
}
