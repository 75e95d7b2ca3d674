//! The provider's keys (RFC 7517) and what they signed (RFC 7518).

use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};

/// base64url as providers write it, with or without padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Maximum number of keys that are looked at.
const MAX_KEYS: usize = 100;

/// Maximum length of the name of a key.
const MAX_NAME: usize = 255;

/// An algorithm of signatures. All are asymmetric.
#[derive(Clone, Copy)]
pub(crate) enum Algorithm {
    Rsa(&'static RsaParameters),
    Ecdsa(&'static EcdsaVerificationAlgorithm, Curve),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    /// Bytes of a coordinate.
    const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

impl Algorithm {
    /// Returns the algorithm of that name; `None` for all that are not
    /// accepted, such as `none` and those with a shared secret.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            "PS256" => Self::Rsa(&RSA_PSS_2048_8192_SHA256),
            "PS384" => Self::Rsa(&RSA_PSS_2048_8192_SHA384),
            "PS512" => Self::Rsa(&RSA_PSS_2048_8192_SHA512),
            "ES256" => Self::Ecdsa(&ECDSA_P256_SHA256_FIXED, Curve::P256),
            "ES384" => Self::Ecdsa(&ECDSA_P384_SHA384_FIXED, Curve::P384),
            _ => return None,
        })
    }
}

/// A public key.
#[derive(Debug)]
enum PublicKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    Ecdsa(Curve, Vec<u8>),
}

#[derive(Debug)]
struct Key {
    name: Option<String>,
    /// The one algorithm that the key is for, if it names one.
    algorithm: Option<String>,
    public: PublicKey,
}

/// The keys of a provider that can verify signatures here.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

/// What a signature is verified with.
pub(crate) struct Signed<'a> {
    pub algorithm: &'a str,
    /// The key that the token names.
    pub key: Option<&'a str>,
    pub message: &'a [u8],
    pub signature: &'a [u8],
}

/// How a verification ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    Yes,
    No,
    /// None of the keys is that of the token.
    UnknownKey,
    UnknownAlgorithm,
}

impl KeySet {
    /// Reads a set; keys of other kinds and malformed ones are left out.
    ///
    /// # Errors
    /// If it is no set.
    pub fn read(document: &Map<String, Value>) -> Result<Self, String> {
        let keys = document.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or("the provider's key set has no list of keys")?;
        Ok(Self(
            keys.iter().take(MAX_KEYS).filter_map(read_key).collect(),
        ))
    }

    /// Verifies a signature by the key that the token names, or by any if it
    /// names none.
    pub fn verify(&self, signed: &Signed<'_>) -> Verified {
        let Some(algorithm) = Algorithm::named(signed.algorithm) else {
            return Verified::UnknownAlgorithm;
        };
        let named = |key: &&Key| signed.key.is_none() || key.name.as_deref() == signed.key;
        let mut keys = self.0.iter().filter(named).peekable();
        if keys.peek().is_none() {
            return Verified::UnknownKey;
        }
        if keys.any(|key| key.verifies(signed, algorithm)) {
            return Verified::Yes;
        }
        // Without a name it may be of a newer key.
        match signed.key {
            Some(_) => Verified::No,
            None => Verified::UnknownKey,
        }
    }
}

impl Key {
    fn verifies(&self, signed: &Signed<'_>, algorithm: Algorithm) -> bool {
        let is_for = self.algorithm.as_deref();
        if is_for.is_some_and(|name| name != signed.algorithm) {
            return false;
        }
        let result = match (&self.public, algorithm) {
            (PublicKey::Rsa { modulus, exponent }, Algorithm::Rsa(parameters)) => {
                RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                }
                .verify(parameters, signed.message, signed.signature)
            }
            (PublicKey::Ecdsa(curve, point), Algorithm::Ecdsa(verification, needed))
                if *curve == needed =>
            {
                UnparsedPublicKey::new(verification, point).verify(signed.message, signed.signature)
            }
            _ => return false,
        };
        result.is_ok()
    }
}

fn read_key(key: &Value) -> Option<Key> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let public = match text("kty")? {
        "RSA" => PublicKey::Rsa {
            modulus: integer(text("n")?)?,
            exponent: integer(text("e")?)?,
        },
        "EC" => {
            let curve = match text("crv")? {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                _ => return None,
            };
            let mut point = vec![4];
            for coordinate in ["x", "y"] {
                let bytes = BASE64URL.decode(text(coordinate)?).ok()?;
                if bytes.len() != curve.size() {
                    return None;
                }
                point.extend(bytes);
            }
            PublicKey::Ecdsa(curve, point)
        }
        _ => return None,
    };
    Some(Key {
        name: text("kid")
            .filter(|name| name.len() <= MAX_NAME)
            .map(str::to_owned),
        algorithm: text("alg").map(str::to_owned),
        public,
    })
}

/// Decodes a big-endian integer; `ring` takes no zeros before it.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64URL.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    (zeros < bytes.len()).then(|| bytes[zeros..].to_vec())
}
