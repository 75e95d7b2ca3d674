//! Requests to log somebody in, by a redirect of their browser.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::names::{ASSERTION, POST, PROTOCOL, ServiceProvider};

/// Returns the URL that a browser is sent to, with a request of this id in it.
/// `now` in Unix seconds.
pub(crate) fn redirect_url(
    login_url: &str,
    service: &ServiceProvider,
    id: &str,
    now: i64,
) -> String {
    let instant = DateTime::from_timestamp(now, 0).unwrap_or_default();
    let document = format!(
        "<samlp:AuthnRequest xmlns:samlp=\"{PROTOCOL}\" xmlns:saml=\"{ASSERTION}\" ID=\"{}\" \
         Version=\"2.0\" IssueInstant=\"{}\" Destination=\"{}\" \
         AssertionConsumerServiceURL=\"{}\" ProtocolBinding=\"{POST}\">\
         <saml:Issuer>{}</saml:Issuer></samlp:AuthnRequest>",
        escape(id),
        instant.format("%Y-%m-%dT%H:%M:%SZ"),
        escape(login_url),
        escape(&service.acs_url),
        escape(&service.entity_id),
    );
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLRequest", &STANDARD.encode(deflated(&document)))
        .finish();
    let separator = if login_url.contains('?') { '&' } else { '?' };
    format!("{login_url}{separator}{query}")
}

/// Compresses as the binding prescribes (RFC 1951, without a header).
fn deflated(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let written = encoder.write_all(text.as_bytes());
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Escapes the value of an attribute or a text.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::tree::{Document, Rules};

    #[test]
    fn a_request_names_where_it_comes_from() {
        let service = ServiceProvider {
            entity_id: "https://a.b/login".into(),
            acs_url: "https://a.b/sso".into(),
        };
        let page = "https://idp/login?tenant=a&x=y";
        let url = redirect_url(page, &service, "_abc", 1_800_000_000);
        let query = url.strip_prefix(&format!("{page}&SAMLRequest=")).unwrap();
        let (_, value) = form_urlencoded::parse(format!("a={query}").as_bytes())
            .into_owned()
            .next()
            .unwrap();
        let mut text = String::new();
        let compressed = STANDARD.decode(value).unwrap();
        flate2::read::DeflateDecoder::new(&compressed[..])
            .read_to_string(&mut text)
            .unwrap();
        let document = Document::parse(&text, Rules::Message).unwrap();
        let root = document.root();
        assert!(root.is(PROTOCOL, "AuthnRequest"));
        for (name, expected) in [
            ("ID", "_abc"),
            ("IssueInstant", "2027-01-15T08:00:00Z"),
            ("Destination", page),
            ("AssertionConsumerServiceURL", "https://a.b/sso"),
        ] {
            assert_eq!(root.attribute(name), Some(expected));
        }
        let issuer = root.only(ASSERTION, "Issuer").unwrap();
        assert_eq!(issuer.text().unwrap(), "https://a.b/login");
    }
}
