//! Signatures of assertions (XML Signature), of the one shape that SAML 2.0
//! prescribes (core, section 5.4).
//!
//! What is returned is never part of the document that was sent: the bytes that
//! the signature covers are parsed again, by the same parser, and only what they
//! say counts. Whatever is around them, and whatever another parser would make of
//! it, cannot matter then.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

use crate::c14n::{self, EXCLUSIVE};
use crate::keys::{Key, SignatureAlgorithm};
use crate::names::{ASSERTION, DSIG};
use crate::tree::{Document, Element, Result, Rules};

/// The transform that leaves out the signature itself.
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// The most prefixes that a signature lists.
const MAX_PREFIXES: usize = 16;

/// Why a response is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is signed with none of the known keys.
    UnknownKey,
    Other(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Other(reason)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::Other(reason.to_owned())
    }
}

/// What a signature is verified with, and what it covers.
struct SignedInfo {
    /// The prefixes of its canonicalization.
    prefixes: Vec<String>,
    algorithm: SignatureAlgorithm,
    /// The prefixes of the canonicalization of what is signed.
    content_prefixes: Vec<String>,
    digest_algorithm: &'static digest::Algorithm,
    digest: Vec<u8>,
}

/// Verifies the signature of an assertion. Returns what is signed: a document
/// whose root is the assertion, without the signature.
///
/// # Errors
/// [`Refusal::UnknownKey`] if it was made with none of the keys.
pub(crate) fn verify(
    assertion: Element<'_>,
    keys: &[Key],
) -> std::result::Result<Document, Refusal> {
    let id = assertion.attribute("ID").unwrap_or_default();
    let signature = signature_of(assertion)?;
    let sent = signature.only(DSIG, "SignedInfo")?;
    // What it says is only used to make the bytes that are verified.
    let claimed = SignedInfo::read(sent, id)?;
    let bytes = c14n::exclusive(sent, None, &claimed.prefixes);
    let value = decode(&signature.only(DSIG, "SignatureValue")?.text()?)?;
    let is_signed = |key: &Key| key.verifies(claimed.algorithm, bytes.as_bytes(), &value);
    if !keys.iter().any(is_signed) {
        return Err(Refusal::UnknownKey);
    }
    let signed = Document::parse(&bytes, Rules::Message)?;
    let signed = SignedInfo::read(signed.root(), id)?;
    let content = c14n::exclusive(assertion, Some(signature), &signed.content_prefixes);
    let digest = digest::digest(signed.digest_algorithm, content.as_bytes());
    if digest.as_ref() != signed.digest {
        return Err("the assertion was changed after it was signed".into());
    }
    let content = Document::parse(&content, Rules::Message)?;
    match content.root().is(ASSERTION, "Assertion") && content.root().attribute("ID") == Some(id) {
        true => Ok(content),
        false => Err("the signature is that of something else".into()),
    }
}

/// Returns the signature of an assertion: its second child, after the issuer.
fn signature_of(assertion: Element<'_>) -> Result<Element<'_>> {
    let mut children = assertion.children();
    let (first, second) = (children.next(), children.next());
    if !first.is_some_and(|first| first.is(ASSERTION, "Issuer")) {
        return Err("the assertion does not begin with its issuer".into());
    }
    let signature = second.filter(|second| second.is(DSIG, "Signature"));
    let signature = signature.ok_or("the assertion is not signed")?;
    let names = ["SignedInfo", "SignatureValue", "KeyInfo"];
    let mut parts = signature.children();
    let known = names.iter().all(|name| {
        let part = parts.next();
        part.map_or(*name == "KeyInfo", |part| part.is(DSIG, name))
    });
    match known && parts.next().is_none() {
        true => Ok(signature),
        false => Err("the signature has other parts than it should".into()),
    }
}

impl SignedInfo {
    /// Reads a `SignedInfo` about the element of an id.
    fn read(element: Element<'_>, id: &str) -> Result<Self> {
        let [method, signature, reference] = exactly(
            element,
            ["CanonicalizationMethod", "SignatureMethod", "Reference"],
        )?;
        let [transforms, digest_method, digest_value] =
            exactly(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
        let [enveloped, exclusive] = exactly(transforms, ["Transform", "Transform"])?;
        exactly(signature, [])?;
        exactly(digest_method, [])?;
        exactly(enveloped, [])?;
        if algorithm(enveloped) != ENVELOPED {
            return Err("the first transform is not that of an enveloped signature".into());
        }
        let uri = reference.attribute("URI").unwrap_or_default();
        if id.is_empty() || uri.strip_prefix('#') != Some(id) {
            return Err("the signature is not that of the assertion it is in".into());
        }
        let named = SignatureAlgorithm::named(algorithm(signature));
        Ok(Self {
            prefixes: prefixes(method)?,
            algorithm: named.ok_or("the algorithm of the signature is not taken")?,
            content_prefixes: prefixes(exclusive)?,
            digest_algorithm: digest_named(algorithm(digest_method))
                .ok_or("the algorithm of the digest is not taken")?,
            digest: decode(&digest_value.text()?)?,
        })
    }
}

/// Returns the children of an element of a signature, which has exactly these.
fn exactly<'a, const N: usize>(element: Element<'a>, names: [&str; N]) -> Result<[Element<'a>; N]> {
    let children: Vec<Element<'a>> = element.children().take(N + 1).collect();
    let wrong = || format!("{} has other parts than it should", element.local());
    let children: [Element<'a>; N] = children.try_into().map_err(|_| wrong())?;
    let as_named = |(child, name): (&Element<'_>, &&str)| child.is(DSIG, name);
    match children.iter().zip(&names).all(as_named) {
        true => Ok(children),
        false => Err(wrong()),
    }
}

fn algorithm<'a>(element: Element<'a>) -> &'a str {
    element.attribute("Algorithm").unwrap_or_default()
}

fn digest_named(uri: &str) -> Option<&'static digest::Algorithm> {
    match uri {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Some(&digest::SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Some(&digest::SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Some(&digest::SHA512),
        _ => None,
    }
}

/// Returns the prefixes that a canonicalization lists, which has to be the
/// exclusive one.
fn prefixes(method: Element<'_>) -> Result<Vec<String>> {
    if algorithm(method) != EXCLUSIVE {
        return Err("the canonicalization is not the exclusive one without comments".into());
    }
    let mut children = method.children();
    let list = match (children.next(), children.next()) {
        (None, _) => return Ok(Vec::new()),
        (Some(list), None) if list.is(EXCLUSIVE, "InclusiveNamespaces") => list,
        _ => return Err("the canonicalization has unknown parameters".into()),
    };
    let listed = list.attribute("PrefixList").unwrap_or_default();
    let prefixes: Vec<String> = listed.split_ascii_whitespace().map(str::to_owned).collect();
    match list.children().next().is_none() && prefixes.len() <= MAX_PREFIXES {
        true => Ok(prefixes),
        false => Err("the canonicalization lists too many prefixes".into()),
    }
}

/// Decodes base64 with whitespace in it.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD
        .decode(compact)
        .map_err(|_| "a value is not base64".into())
}
