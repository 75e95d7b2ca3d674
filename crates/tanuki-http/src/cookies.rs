//! Cookies, as they come and as they are set.

use std::fmt;

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use chrono::{DateTime, Utc};
use headers::{Cookie as CookieHeader, HeaderMapExt as _};

/// Returns the value of a cookie that came with a request, unless it is empty.
/// Quotes around it are no part of it.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies: CookieHeader = headers.typed_get()?;
    let value = cookies.get(name)?.trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

/// Returns the names of the cookies that came with a request.
pub fn names(headers: &HeaderMap) -> Vec<String> {
    let cookies: Option<CookieHeader> = headers.typed_get();
    let names = cookies.iter().flat_map(|cookies| cookies.iter());
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The cookie that binds a single sign-on to the browser that began it.
pub const SIGN_ON: &str = "tanuki_sign_on";

/// Sets the cookie [`SIGN_ON`] for some seconds.
pub fn set_sign_on(response: &mut Response, (value, seconds): (&str, i64), secure: bool) {
    let cookie = SetCookie {
        name: SIGN_ON,
        value,
        path: "/",
        expires: None,
        max_age: Some(seconds),
        secure,
    };
    cookie.add_to(response);
}

/// A cookie to set. It is `HttpOnly` and `SameSite=Lax`: `Strict` would sign
/// people out who follow a link from a mail or a chat, and a request that
/// changes something is never sent with a `Lax` cookie from another site.
#[derive(Debug, Clone, Copy)]
pub struct SetCookie<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub path: &'a str,
    pub expires: Option<DateTime<Utc>>,
    /// Seconds.
    pub max_age: Option<i64>,
    /// Keeps the cookie off plain HTTP.
    pub secure: bool,
}

impl SetCookie<'_> {
    /// Adds the cookie to a response. A value that no header can hold is left
    /// out.
    pub fn add_to(&self, response: &mut Response) {
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

/// The value of a `Set-Cookie` header, with its attributes in the order in
/// which Zou has them.
impl fmt::Display for SetCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)?;
        if let Some(expires) = self.expires {
            write!(
                f,
                "; Expires={}",
                expires.format("%a, %d %b %Y %H:%M:%S GMT")
            )?;
        }
        if let Some(seconds) = self.max_age {
            write!(f, "; Max-Age={seconds}")?;
        }
        if self.secure {
            f.write_str("; Secure")?;
        }
        write!(f, "; HttpOnly; Path={}; SameSite=Lax", self.path)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=1; token=\"x.y\"; empty="),
        );
        assert_eq!(read(&headers, "token").as_deref(), Some("x.y"));
        assert_eq!(read(&headers, "a").as_deref(), Some("1"));
        assert_eq!(read(&headers, "empty"), None);
        assert_eq!(read(&headers, "en"), None);
    }

    #[test]
    fn a_cookie_is_written_with_its_attributes() {
        let cookie = SetCookie {
            name: "token",
            value: "x",
            path: "/",
            expires: Some(DateTime::UNIX_EPOCH),
            max_age: Some(0),
            secure: true,
        };
        assert_eq!(
            cookie.to_string(),
            "token=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly; \
             Path=/; SameSite=Lax"
        );
    }
}
