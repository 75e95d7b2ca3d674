//! The public address of the server as the browser sees it, and the check that
//! a request originates from a page of that site (CSRF protection).

/// The address that a browser used for a request, according to its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Whether the browser uses HTTPS, possibly to a reverse proxy.
    pub https: bool,
    /// Host, with the port unless it is the default.
    pub host: String,
    /// Whether cookies should have the `Secure` attribute.
    pub secure_cookies: bool,
    /// The host of the configured public URL.
    public_host: Option<String>,
}

impl Site {
    /// Determines the address from the headers of a reverse proxy
    /// (`X-Forwarded-Host`, `X-Forwarded-Proto`) or, without a proxy, from
    /// `Host`. If a proxy does not forward the scheme, that of the public URL
    /// is used if the host is the same. `header` returns the value of a header
    /// by its name in lower case; `public_url` is the configured URL of the
    /// studio.
    pub fn of<'a>(header: impl Fn(&str) -> Option<&'a str>, public_url: &str) -> Self {
        let public = origin(public_url);
        let public_host = public.map(|(_, host)| host.to_owned());
        let is_public_https = public.is_some_and(|(scheme, _)| is_https(scheme));
        let host = first(&header, "x-forwarded-host")
            .or_else(|| first(&header, "host"))
            .filter(|host| is_host(host))
            .map(str::to_owned)
            .or_else(|| public_host.clone())
            .unwrap_or_else(|| "localhost".to_owned());
        let forwarded = first(&header, "x-forwarded-proto").map(is_https);
        let https =
            forwarded.unwrap_or_else(|| is_public_https && public_host.as_ref() == Some(&host));
        // Without a forwarded scheme, that of the page's `Origin` is used. If
        // there is none either, a studio configured for HTTPS does not send its
        // cookies over plain HTTP.
        let of_page = first(&header, "origin").and_then(origin);
        let secure_cookies = forwarded
            .or_else(|| of_page.map(|(scheme, _)| is_https(scheme)))
            .unwrap_or(is_public_https);
        Self {
            https,
            host,
            secure_cookies,
            public_host,
        }
    }

    /// Returns the URL of the API.
    pub fn api_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}/api", self.host)
    }

    /// Returns whether a request originates from a page of this site or of one
    /// of the allowed origins (`CORS_ALLOWED_ORIGINS`), according to `Origin`
    /// and `Sec-Fetch-Site`. Programs other than browsers send neither and are
    /// allowed. Ports are compared only if both sides have one, since proxies
    /// drop them.
    pub fn sent<'a>(
        &self,
        header: impl Fn(&str) -> Option<&'a str>,
        allowed_origins: &[String],
    ) -> bool {
        let sent_by = first(&header, "origin");
        if sent_by.is_some_and(|sent_by| {
            let is = |allowed: &String| allowed.eq_ignore_ascii_case(sent_by);
            allowed_origins.iter().any(is)
        }) {
            return true;
        }
        if let Some(site) = first(&header, "sec-fetch-site") {
            return matches!(site, "same-origin" | "none");
        }
        let Some(sent_by) = sent_by else {
            return true;
        };
        let Some((_, host)) = origin(sent_by) else {
            return false;
        };
        is_same_host(&self.host, host)
            || self
                .public_host
                .as_deref()
                .is_some_and(|public| is_same_host(public, host))
    }
}

/// Returns the scheme and the host of a URL.
fn origin(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then_some((scheme, host))
}

fn is_https(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https")
}

/// Returns the first value of a header, which proxies separate by commas.
fn first<'a>(header: &impl Fn(&str) -> Option<&'a str>, name: &str) -> Option<&'a str> {
    let value = header(name)?.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

/// Returns whether a host has only harmless characters: it is displayed in a
/// page, in a script that people copy.
fn is_host(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

fn is_same_host(own: &str, other: &str) -> bool {
    let ((own, own_port), (other, port)) = (without_port(own), without_port(other));
    let same_port = own_port.is_none() || port.is_none() || own_port == port;
    own.eq_ignore_ascii_case(other) && same_port
}

fn without_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(sent: &[(&str, &str)]) -> Site {
        Site::of(|name| value(sent, name), "https://studio.example")
    }

    fn value<'a>(sent: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
        let found = sent.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| *value)
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
            assert_eq!(site(sent).api_url(), format!("{address}/api"), "{sent:?}");
        }
    }

    #[test]
    fn cookies_are_secure_where_the_browser_speaks_https() {
        for (sent, secure) in [
            (&[("x-forwarded-proto", "https")][..], true),
            (&[("x-forwarded-proto", "http")], false),
            (&[("host", "backend:8000")], true),
            (
                &[
                    ("host", "10.0.0.5:8000"),
                    ("origin", "http://10.0.0.5:8000"),
                ],
                false,
            ),
            (&[("origin", "https://studio.example")], true),
        ] {
            assert_eq!(site(sent).secure_cookies, secure, "{sent:?}");
        }
        let plain = Site::of(|_| None, "http://127.0.0.1:8000");
        assert!(!plain.secure_cookies);
    }

    #[test]
    fn it_refuses_what_browsers_say_comes_from_elsewhere() {
        for (sent, own) in [
            (&[][..], true),
            (&[("origin", "http://10.0.0.5:8000")], true),
            (&[("origin", "http://10.0.0.5")], true),
            (&[("origin", "http://10.0.0.5:9000")], false),
            (&[("origin", "https://studio.example")], true),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "https://studio.example.evil.example")], false),
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
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://kitsu.example"),
                ],
                true,
            ),
        ] {
            let all = [sent, &[("host", "10.0.0.5:8000")]].concat();
            let allowed = ["https://kitsu.example".to_owned()];
            let sent_by_own = site(&all).sent(|name| value(&all, name), &allowed);
            assert_eq!(sent_by_own, own, "{sent:?}");
        }
    }
}
