//! The console's two cookies.

use axum::response::Response;
use tanuki_core::auth::CONSOLE_LIFETIME;
use tanuki_http::cookies::SetCookie;

/// The cookie of the session.
pub(crate) const SESSION: &str = "tanuki_session";

/// The cookie from which the CSRF tokens of forms are derived (see
/// [`crate::csrf`]).
pub(crate) const CSRF: &str = "tanuki_csrf";

/// Sets the session cookie, for [`CONSOLE_LIFETIME`].
pub(crate) fn set_session(response: &mut Response, value: &str, secure: bool) {
    let lifetime = CONSOLE_LIFETIME.num_seconds();
    set(response, (SESSION, value), Some(lifetime), secure);
}

/// Deletes the session cookie.
pub(crate) fn unset_session(response: &mut Response, secure: bool) {
    set(response, (SESSION, ""), Some(0), secure);
}

/// Sets the CSRF cookie, which lasts until the browser is closed.
pub(crate) fn set_csrf(response: &mut Response, value: &str, secure: bool) {
    set(response, (CSRF, value), None, secure);
}

fn set(response: &mut Response, (name, value): (&str, &str), max_age: Option<i64>, secure: bool) {
    let cookie = SetCookie {
        name,
        value,
        path: "/console",
        expires: None,
        max_age,
        secure,
    };
    cookie.add_to(response);
}
