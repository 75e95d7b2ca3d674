//! The two cookies in which browsers keep a session.

use axum::response::Response;
use chrono::{DateTime, Duration, Utc};
use tanuki_http::cookies::SetCookie;

pub(crate) const ACCESS: &str = "access_token_cookie";
pub(crate) const REFRESH: &str = "refresh_token_cookie";

/// How long a browser keeps them; the tokens inside expire earlier.
const LIFETIME: Duration = Duration::seconds(31_540_000);

/// The path that a cookie is sent to; the refresh token goes nowhere else.
fn path(name: &str) -> &'static str {
    if name == REFRESH {
        "/auth/refresh-token"
    } else {
        "/"
    }
}

/// Sets a cookie; `secure` keeps it off plain HTTP.
pub(crate) fn set(
    response: &mut Response,
    (name, token): (&str, &str),
    now: DateTime<Utc>,
    secure: bool,
) {
    let cookie = SetCookie {
        name,
        value: token,
        path: path(name),
        expires: Some(now + LIFETIME),
        max_age: Some(LIFETIME.num_seconds()),
        secure,
    };
    cookie.add_to(response);
}

/// Has the browser forget a cookie.
pub(crate) fn unset(response: &mut Response, name: &str, secure: bool) {
    let cookie = SetCookie {
        name,
        value: "",
        path: path(name),
        expires: Some(DateTime::UNIX_EPOCH),
        max_age: None,
        secure,
    };
    cookie.add_to(response);
}
