//! The two cookies of a browser session.

use axum::response::Response;
use chrono::{DateTime, Duration, Utc};
use tanuki_http::cookies::SetCookie;

/// The cookie of the access token.
pub(crate) const ACCESS: &str = "access_token_cookie";
/// The cookie of the refresh token.
pub(crate) const REFRESH: &str = "refresh_token_cookie";

/// The lifetime of the cookies; the tokens inside expire earlier.
const LIFETIME: Duration = Duration::seconds(31_540_000);

/// Returns the path of a cookie; the refresh token is sent to one endpoint
/// only.
fn path(name: &str) -> &'static str {
    if name == REFRESH {
        "/auth/refresh-token"
    } else {
        "/"
    }
}

/// Sets a cookie; a `secure` one is not sent over plain HTTP.
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

/// Deletes a cookie in the browser.
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
