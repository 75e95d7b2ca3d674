//! The two cookies in which browsers keep a session.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use chrono::{DateTime, Duration, Utc};

pub(crate) const ACCESS: &str = "access_token_cookie";
pub(crate) const REFRESH: &str = "refresh_token_cookie";

/// How long a browser keeps them; the tokens inside expire earlier.
const LIFETIME: Duration = Duration::seconds(31_540_000);

/// The value of a cookie that came with a request, unless it is empty.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"'))
        .filter(|value| !value.is_empty())
}

/// The path that a cookie is sent to; the refresh token goes nowhere else.
fn path(name: &str) -> &'static str {
    if name == REFRESH {
        "/auth/refresh-token"
    } else {
        "/"
    }
}

/// `secure` keeps the cookie off plain HTTP.
pub(crate) fn set(
    answer: &mut Response,
    (name, token): (&str, &str),
    now: DateTime<Utc>,
    secure: bool,
) {
    let secure = if secure { "Secure; " } else { "" };
    append(
        answer,
        &format!(
            "{name}={token}; Expires={}; Max-Age={}; {secure}HttpOnly; Path={}; SameSite=Lax",
            (now + LIFETIME).format("%a, %d %b %Y %H:%M:%S GMT"),
            LIFETIME.num_seconds(),
            path(name)
        ),
    );
}

pub(crate) fn unset(answer: &mut Response, name: &str, secure: bool) {
    let secure = if secure { "Secure; " } else { "" };
    append(
        answer,
        &format!(
            "{name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; {secure}HttpOnly; Path={}; SameSite=Lax",
            path(name)
        ),
    );
}

fn append(answer: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}
