//! The console's two cookies.

use axum::response::Response;
use tanuki_core::auth::CONSOLE_LIFETIME;
use tanuki_http::cookies::SetCookie;

/// Who is signed in.
pub(crate) const SESSION: &str = "tanuki_session";

/// What the tokens of forms are made from (see [`crate::csrf`]).
pub(crate) const CSRF: &str = "tanuki_csrf";

/// Keeps a browser signed in.
pub(crate) fn set_session(response: &mut Response, value: &str, secure: bool) {
    let lifetime = CONSOLE_LIFETIME.num_seconds();
    set(response, (SESSION, value), Some(lifetime), secure);
}

/// Signs a browser out.
pub(crate) fn unset_session(response: &mut Response, secure: bool) {
    set(response, (SESSION, ""), Some(0), secure);
}

/// Lasts until the browser is closed.
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
