//! The provider's keys and signatures.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};
use sha2::Sha256;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    #[default]
    Rs256,
    Ps256,
    Es256,
    Es384,
    /// Not at all.
    None,
    /// With the public key as the shared secret.
    Hs256,
}

impl Algorithm {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::None => "none",
            Self::Hs256 => "HS256",
        }
    }
}

/// A key of each kind. Their names are of the set and the kind.
#[derive(Debug)]
pub(super) struct Keys {
    name: String,
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
}

impl Keys {
    /// Generates keys; their ids begin with the name.
    ///
    /// # Errors
    /// If there is no `openssl`, or it fails.
    pub fn new(name: &str) -> Result<Self> {
        let made = Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-outform", "DER"])
            .args(["-pkeyopt", "rsa_keygen_bits:2048"])
            .output()
            .context("openssl")?;
        ensure!(made.status.success(), "openssl makes no key");
        let rsa =
            RsaKeyPair::from_pkcs8(&made.stdout).or_else(|_| RsaKeyPair::from_der(&made.stdout));
        Ok(Self {
            name: name.to_owned(),
            rsa: rsa.map_err(|error| anyhow::anyhow!("{error}"))?,
            p256: ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
            p384: ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING)?,
        })
    }

    /// Returns the public keys as a JSON Web Key Set, among others that no
    /// client can use.
    pub fn published(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public: PublicKeyComponents<Vec<u8>> = self.rsa.public().into();
        let curve = |pair: &EcdsaKeyPair, name: &str, algorithm: Algorithm| {
            let point = &pair.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            json!({
                "kty": "EC",
                "crv": name,
                "kid": self.key_name(algorithm),
                "alg": algorithm.name(),
                "use": "sig",
                "x": encode(x),
                "y": encode(y),
            })
        };
        json!({"keys": [
            {"kty": "oct", "kid": "shared", "k": "AAAA"},
            {"kty": "RSA", "kid": "short", "n": "AAAA", "e": "AQAB"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AAAA"},
            7,
            {
                "kty": "RSA",
                "kid": self.key_name(Algorithm::Rs256),
                "use": "sig",
                "n": encode(&public.n),
                "e": encode(&public.e),
            },
            curve(&self.p256, "P-256", Algorithm::Es256),
            curve(&self.p384, "P-384", Algorithm::Es384),
        ]})
    }

    /// Returns the name of the key that signs with an algorithm.
    pub fn key_name(&self, algorithm: Algorithm) -> String {
        let kind = match algorithm {
            Algorithm::Es256 => "p256",
            Algorithm::Es384 => "p384",
            _ => "rsa",
        };
        format!("{}-{kind}", self.name)
    }

    /// Returns the signature of a message, as a token holds it.
    ///
    /// # Errors
    /// If signing fails.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let by_rsa = |encoding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            let signed = self.rsa.sign(encoding, &random, message, &mut signature);
            signed.map(|()| signature)
        };
        let by_curve = |pair: &EcdsaKeyPair| {
            let signed = pair.sign(&random, message);
            signed.map(|signature| signature.as_ref().to_vec())
        };
        let signature = match algorithm {
            Algorithm::Rs256 => by_rsa(&RSA_PKCS1_SHA256),
            Algorithm::Ps256 => by_rsa(&RSA_PSS_SHA256),
            Algorithm::Es256 => by_curve(&self.p256),
            Algorithm::Es384 => by_curve(&self.p384),
            Algorithm::None => Ok(Vec::new()),
            Algorithm::Hs256 => {
                let public: PublicKeyComponents<Vec<u8>> = self.rsa.public().into();
                let mut mac = Hmac::<Sha256>::new_from_slice(&public.n)?;
                mac.update(message);
                Ok(mac.finalize().into_bytes().to_vec())
            }
        };
        signature.map_err(|_| anyhow::anyhow!("a signature fails"))
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> Result<EcdsaKeyPair> {
    let random = SystemRandom::new();
    let failed = |_| anyhow::anyhow!("no key on a curve");
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(failed)?;
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
        .map_err(|error| anyhow::anyhow!("{error}"))
}
