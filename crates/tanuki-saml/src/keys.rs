//! Public keys of a provider, and the signatures that they verify. Algorithms
//! with SHA-1, with secrets that are shared, and RSA keys under 2048 bits do not
//! exist here.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

/// How a signature is made, by the names of RFC 9231.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

impl SignatureAlgorithm {
    /// Returns the algorithm of a URI; `None` for those that are not taken.
    pub fn named(uri: &str) -> Option<Self> {
        Some(
            match uri.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#")? {
                "rsa-sha256" => Self::RsaSha256,
                "rsa-sha384" => Self::RsaSha384,
                "rsa-sha512" => Self::RsaSha512,
                "ecdsa-sha256" => Self::EcdsaSha256,
                "ecdsa-sha384" => Self::EcdsaSha384,
                _ => return None,
            },
        )
    }
}

/// A public key. Certificates only carry it: whether one has expired, or who
/// has issued it, does not matter, since the metadata says which are in force.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    kind: Kind,
    /// As `ring` takes it: an `RSAPublicKey`, or an uncompressed point.
    public: Vec<u8>,
}

impl Key {
    /// Reads the key of a certificate; `None` if it is malformed, or its key of
    /// a kind that is not taken.
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let info = certificate.tbs_certificate.subject_public_key_info;
        let kind = match info.algorithm.oid {
            RSA => Kind::Rsa,
            EC => match info.algorithm.parameters?.decode_as().ok()? {
                P256 => Kind::P256,
                P384 => Kind::P384,
                _ => return None,
            },
            _ => return None,
        };
        let public = info.subject_public_key.as_bytes()?.to_vec();
        Some(Self { kind, public })
    }

    /// Whether the owner of the key has signed a message.
    pub fn verifies(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let verification: &'static dyn VerificationAlgorithm = match (self.kind, algorithm) {
            (Kind::Rsa, SignatureAlgorithm::RsaSha256) => &RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, SignatureAlgorithm::RsaSha384) => &RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, SignatureAlgorithm::RsaSha512) => &RSA_PKCS1_2048_8192_SHA512,
            (Kind::P256, SignatureAlgorithm::EcdsaSha256) => &ECDSA_P256_SHA256_FIXED,
            (Kind::P384, SignatureAlgorithm::EcdsaSha384) => &ECDSA_P384_SHA384_FIXED,
            _ => return false,
        };
        let key = UnparsedPublicKey::new(verification, &self.public);
        key.verify(message, signature).is_ok()
    }
}
