//! The address under which a browser found the server, and whether a request
//! was sent by a page of that site.

/// Where the browser found the server, as far as the request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Whether the browser speaks HTTPS, with the proxy if there is one.
    pub https: bool,
    /// Host with its port, if it is not the usual one.
    pub host: String,
    /// Whether cookies are to have the attribute `Secure`.
    pub secure_cookies: bool,
    /// The host that the studio is configured to be found at.
    public_host: Option<String>,
}

impl Site {
    /// Reads what a proxy forwards (`X-Forwarded-Host`, `X-Forwarded-Proto`)
    /// or, without one, what the browser asked for. A proxy that does not tell
    /// the scheme is believed to speak the configured one if it passes on the
    /// configured host. `header` gives the value of a header by its name in
    /// lower case; `public_url` is where the studio is configured to be found.
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
        // Without a proxy that tells, the page's own address does; a studio
        // that is configured for HTTPS keeps its cookies off plain HTTP.
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

    /// Where scripts find the API.
    pub fn api_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}/api", self.host)
    }

    /// Whether a request comes from a page of this site or of one of the
    /// allowed origins (`CORS_ALLOWED_ORIGINS`), as far as the browser says.
    /// True of programs, which say nothing. A port counts where both sides
    /// name one: proxies drop them.
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

/// Scheme and host of an address.
fn origin(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then_some((scheme, host))
}

fn is_https(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https")
}

/// The first of a header's values, which proxies separate by commas.
fn first<'a>(header: &impl Fn(&str) -> Option<&'a str>, name: &str) -> Option<&'a str> {
    let value = header(name)?.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

/// A host is shown in the page, in a script that people copy.
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
