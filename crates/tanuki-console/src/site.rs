//! The address under which the browser found the server.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    pub https: bool,
    /// Host with its port, if it is not the usual one.
    pub host: String,
    /// The host that the studio is configured to be found at.
    public_host: Option<String>,
}

impl Site {
    /// Reads what a proxy forwards or, without one, what the browser asked
    /// for. A proxy that does not tell the scheme is believed to speak the
    /// configured one if it passes on the configured host.
    pub fn of(headers: &HeaderMap, public_url: &str) -> Self {
        let public = public_url.parse::<Uri>().ok();
        let public_host = public
            .as_ref()
            .and_then(Uri::authority)
            .map(|authority| authority.as_str().to_owned());
        let host = first(headers, "x-forwarded-host")
            .or_else(|| first(headers, HOST.as_str()))
            .filter(|host| is_host(host))
            .map(str::to_owned)
            .or_else(|| public_host.clone())
            .unwrap_or_else(|| "localhost".to_owned());
        let https = match first(headers, "x-forwarded-proto") {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => {
                public.as_ref().and_then(Uri::scheme_str) == Some("https")
                    && public_host.as_ref() == Some(&host)
            }
        };
        Self {
            https,
            host,
            public_host,
        }
    }

    /// Where scripts find the API.
    pub fn api_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}/api", self.host)
    }

    /// Whether a request comes from a page of this site, as far as the browser
    /// says. Ports are not compared: proxies drop them.
    pub fn sent(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = first(headers, "sec-fetch-site") {
            return matches!(site, "same-origin" | "none");
        }
        let Some(origin) = first(headers, ORIGIN.as_str()) else {
            return true;
        };
        let Some((_, host)) = origin.split_once("://") else {
            return false;
        };
        let is = |own: &str| without_port(own).eq_ignore_ascii_case(without_port(host));
        is(&self.host) || self.public_host.as_deref().is_some_and(is)
    }
}

/// The first of a header's values, which proxies separate by commas.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    let value = value.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

/// A host is shown in the page, in a script that people copy.
fn is_host(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn it_finds_the_address_of_the_browser() {
        for (sent, address) in [
            (&[("host", "127.0.0.1:8000")][..], "http://127.0.0.1:8000"),
            (&[("host", "studio.example")], "https://studio.example"),
            (
                &[("host", "studio.example"), ("x-forwarded-proto", "http")],
                "http://studio.example",
            ),
            (
                &[
                    ("host", "backend:8000"),
                    ("x-forwarded-host", "kitsu.lan, proxy"),
                    ("x-forwarded-proto", "https,http"),
                ],
                "https://kitsu.lan",
            ),
            (&[("host", "[::1]:8000")], "http://[::1]:8000"),
            (&[("host", "\"); evil(\"")], "https://studio.example"),
        ] {
            let site = Site::of(&headers(sent), "https://studio.example");
            assert_eq!(site.api_url(), format!("{address}/api"), "{sent:?}");
        }
    }

    #[test]
    fn it_refuses_what_browsers_say_comes_from_elsewhere() {
        for (sent, own) in [
            (&[][..], true),
            (&[("origin", "http://10.0.0.5:8000")], true),
            (&[("origin", "http://10.0.0.5")], true),
            (&[("origin", "https://studio.example")], true),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://10.0.0.5:8000"),
                ],
                false,
            ),
            (&[("sec-fetch-site", "same-site")], false),
        ] {
            let mut all = headers(sent);
            all.insert(HOST, HeaderValue::from_static("10.0.0.5:8000"));
            let site = Site::of(&all, "https://studio.example");
            assert_eq!(site.sent(&all), own, "{sent:?}");
        }
    }
}
