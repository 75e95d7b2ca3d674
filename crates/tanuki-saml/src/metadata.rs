//! What a provider publishes about itself, and what Tanuki does.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::keys::Key;
use crate::names::{DSIG, METADATA, POST, PROTOCOL, REDIRECT, ServiceProvider};
use crate::request::escape;
use crate::response::time;
use crate::tree::{Document, Element, Result, Rules};

/// The most keys of a provider that are kept.
const MAX_KEYS: usize = 20;

/// An identity provider, by its metadata.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub entity_id: String,
    /// The page that browsers are redirected to, an absolute URL.
    pub login_url: String,
    /// What it signs with; not empty.
    pub keys: Vec<Key>,
    /// Until when the metadata is valid, in Unix seconds.
    valid_until: Option<i64>,
    /// The document that was read.
    pub text: Arc<str>,
}

impl Metadata {
    /// Reads the metadata of one identity provider. Their own signature is not
    /// verified: where they come from is what they are trusted for.
    ///
    /// # Errors
    /// If they are malformed or unusable.
    pub fn read(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = Document::parse(text, Rules::Metadata)?;
        let mut providers = document.elements().filter(is_provider);
        let role = match (providers.next(), providers.next()) {
            (Some(role), None) => role,
            (None, _) => return Err("they describe no identity provider of SAML 2.0".into()),
            (Some(_), Some(_)) => {
                return Err("they describe several identity providers, and one is needed".into());
            }
        };
        let entity = role
            .parent()
            .filter(|parent| parent.is(METADATA, "EntityDescriptor"))
            .ok_or("they describe a provider without an entity")?;
        let entity_id = entity.attribute("entityID").unwrap_or_default().trim();
        if entity_id.is_empty() || entity_id.len() > 1024 {
            return Err("they have no entityID".into());
        }
        let keys = signing_keys(role)?;
        if keys.is_empty() {
            return Err("they have no certificate of a key that signatures may have".into());
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            login_url: login_url(role)?,
            keys,
            valid_until: valid_until(role)?,
            text: text.into(),
        })
    }

    /// Whether the metadata is valid at a time.
    pub fn is_valid(&self, now: i64) -> bool {
        self.valid_until.is_none_or(|end| now < end)
    }
}

fn is_provider(element: &Element<'_>) -> bool {
    let protocols = element.attribute("protocolSupportEnumeration");
    element.is(METADATA, "IDPSSODescriptor")
        && protocols.is_some_and(|names| names.split_ascii_whitespace().any(|n| n == PROTOCOL))
}

/// Returns the earliest end that the provider's role, its entity or a list of
/// entities around it has.
fn valid_until(role: Element<'_>) -> Result<Option<i64>> {
    let around = std::iter::successors(Some(role), |element| element.parent());
    let ends = around.filter_map(|element| element.attribute("validUntil"));
    let ends: Vec<i64> = ends.map(time).collect::<Result<_>>()?;
    Ok(ends.into_iter().min())
}

fn signing_keys(role: Element<'_>) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for descriptor in role.all(METADATA, "KeyDescriptor") {
        if descriptor.attribute("use").unwrap_or("signing") != "signing" {
            continue;
        }
        let info = descriptor.only(DSIG, "KeyInfo")?;
        for data in info.all(DSIG, "X509Data") {
            for certificate in data.all(DSIG, "X509Certificate") {
                let compact: String = certificate.text()?.split_ascii_whitespace().collect();
                let key = STANDARD.decode(compact).ok();
                // Other kinds of keys do not keep those of this kind from use.
                let key = key.and_then(|der| Key::of_certificate(&der));
                keys.extend(key.filter(|key| keys.len() < MAX_KEYS && !keys.contains(key)));
            }
        }
    }
    Ok(keys)
}

fn login_url(role: Element<'_>) -> Result<String> {
    let mut services = role.all(METADATA, "SingleSignOnService");
    let service = services.find(|service| service.attribute("Binding") == Some(REDIRECT));
    let service = service.ok_or("they have no login page for HTTP-Redirect")?;
    let url = service.attribute("Location").unwrap_or_default().trim();
    match is_safe_url(url) {
        true => Ok(url.to_owned()),
        false => Err("the login page is no https address".into()),
    }
}

/// Whether a URL is one of HTTPS, or of plain HTTP on this machine.
pub(crate) fn is_safe_url(url: &str) -> bool {
    let is_plain = url.chars().all(|c| c.is_ascii_graphic());
    let is_local = url.starts_with("http://") && tanuki_https::is_localhost(url);
    is_plain && (url.starts_with("https://") || is_local)
}

/// Returns the metadata of Tanuki, an XML document to give to the provider.
pub fn service_metadata(service: &ServiceProvider) -> String {
    let ServiceProvider { entity_id, acs_url } = service;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <md:EntityDescriptor xmlns:md=\"{METADATA}\" entityID=\"{}\">\n  \
         <md:SPSSODescriptor AuthnRequestsSigned=\"false\" WantAssertionsSigned=\"true\" \
         protocolSupportEnumeration=\"{PROTOCOL}\">\n    \
         <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>\n    \
         <md:AssertionConsumerService Binding=\"{POST}\" Location=\"{}\" index=\"0\" \
         isDefault=\"true\"/>\n  </md:SPSSODescriptor>\n</md:EntityDescriptor>\n",
        escape(entity_id),
        escape(acs_url),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate on P-256.
    const CERTIFICATE: &str = "MIIBdDCCARmgAwIBAgIUP9AMF4DpWTHYfi5lCDvcROi+5KIwCgYIKoZIzj0EAwIwDjEMMAoGA1UE\
        AwwDaWRwMCAXDTI2MTEyODEzMTQ0OFoYDzIxMjYxMTA0MTMxNDQ4WjAOMQwwCgYDVQQDDANpZHAw\
        WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ/xwuml32H3p+URviMgeW13A2Rf3dEBtcMCC+kgv+Y\
        e30wkn/EaRWRS0kJAdmqCJlJ3V6S3lRrFqpbyIsO5VXJo1MwUTAdBgNVHQ4EFgQUq4vzAyz2aBjF\
        nIQofDxxWBhzDp0wHwYDVR0jBBgwFoAUq4vzAyz2aBjFnIQofDxxWBhzDp0wDwYDVR0TAQH/BAUw\
        AwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgAmLuEN2kraapa2PtrsyMnhPPU3O4AULqT8FpeUFdv0C\
        IQCwYXGMONNrxcXDaMd0oEkKnZcUCPFo3j4fBK4pgKVxkw==";

    fn metadata(entity: &str, keys: &str, location: &str) -> String {
        format!(
            "\u{feff}<?xml version=\"1.0\"?><!-- a provider -->\
             <EntityDescriptor xmlns=\"{METADATA}\" entityID=\"https://idp.studio.com\"{entity}>\
             <SPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\"/>\
             <IDPSSODescriptor WantAuthnRequestsSigned=\"true\" \
             protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:1.1:protocol {PROTOCOL}\">{keys}\
             <SingleSignOnService Binding=\"{POST}\" Location=\"https://idp.studio.com/post\"/>\
             <SingleSignOnService Binding=\"{REDIRECT}\" Location=\"{location}\"/>\
             </IDPSSODescriptor></EntityDescriptor>"
        )
    }

    fn key(purpose: &str) -> String {
        format!(
            "<KeyDescriptor{purpose}><KeyInfo xmlns=\"{DSIG}\"><X509Data><X509Certificate>\n{}\n\
             </X509Certificate></X509Data></KeyInfo></KeyDescriptor>",
            CERTIFICATE.replace('/', "/\n")
        )
    }

    const PAGE: &str = "https://idp.studio.com/login?tenant=a";

    #[test]
    fn a_provider_is_read() {
        let twice = key("") + &key(" use=\"signing\"");
        let read = Metadata::read(&metadata("", &twice, PAGE)).unwrap();
        assert_eq!(read.entity_id, "https://idp.studio.com");
        assert_eq!(read.login_url, PAGE);
        assert_eq!(read.keys.len(), 1);
        assert!(read.is_valid(i64::MAX));
        let until = " validUntil=\"2030-01-01T00:00:00Z\"";
        let read = Metadata::read(&metadata(until, &key(""), PAGE)).unwrap();
        assert!(read.is_valid(1_893_455_999) && !read.is_valid(1_893_456_000));
    }

    #[test]
    fn unusable_metadata_is_refused() {
        let garbage = key("").replace(&CERTIFICATE[..8], "AAAAAAAA");
        for (text, why) in [
            (metadata("", "", PAGE), "no certificate"),
            (
                metadata("", &key(" use=\"encryption\""), PAGE),
                "no certificate",
            ),
            (metadata("", &garbage, PAGE), "no certificate"),
            (metadata("", &key(""), "http://idp.studio.com"), "no https"),
            (metadata("", &key(""), "javascript:alert(1)"), "no https"),
            (metadata("", &key(""), "https://a/ b"), "no https"),
            (
                metadata(" validUntil=\"soon\"", &key(""), PAGE),
                "malformed",
            ),
            (
                metadata("", &key(""), PAGE).replace(REDIRECT, POST),
                "HTTP-Redirect",
            ),
            (
                metadata("", &key(""), PAGE).replace("SAML:2.0:protocol", "x"),
                "no identity",
            ),
            ("<html><body>Log in</body></html>".into(), "no identity"),
            ("<p>Log in<br></p>".into(), "well-formed"),
        ] {
            let reason = Metadata::read(&text).unwrap_err();
            assert!(reason.contains(why), "{reason} for {text}");
        }
        let one = metadata("", &key(""), PAGE);
        let one = one.split_once("-->").unwrap().1;
        let two =
            format!("<EntitiesDescriptor xmlns=\"{METADATA}\">{one}{one}</EntitiesDescriptor>");
        assert!(Metadata::read(&two).unwrap_err().contains("several"));
    }

    #[test]
    fn what_is_published_can_be_read() {
        let service = ServiceProvider {
            entity_id: "https://a.b/login?c=d&e=\"f\"".into(),
            acs_url: "https://a.b/sso".into(),
        };
        let text = service_metadata(&service);
        let document = Document::parse(&text, Rules::Message).unwrap();
        let root = document.root();
        assert_eq!(root.attribute("entityID"), Some(service.entity_id.as_str()));
        let role = root.only(METADATA, "SPSSODescriptor").unwrap();
        let acs = role.only(METADATA, "AssertionConsumerService").unwrap();
        assert_eq!(acs.attribute("Location"), Some("https://a.b/sso"));
    }
}
