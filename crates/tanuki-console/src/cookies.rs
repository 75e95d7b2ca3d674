//! The console's two cookies.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use tanuki_core::auth::CONSOLE_LIFETIME;

/// Who is signed in.
pub(crate) const SESSION: &str = "tanuki_session";

/// What the tokens of forms are made from (see [`crate::csrf`]).
pub(crate) const CSRF: &str = "tanuki_csrf";

/// The value of a cookie that came with a request, unless it is empty.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

pub(crate) fn set_session(answer: &mut Response, value: &str, secure: bool) {
    let lifetime = CONSOLE_LIFETIME.num_seconds();
    append(
        answer,
        SESSION,
        value,
        &format!("; Max-Age={lifetime}"),
        secure,
    );
}

pub(crate) fn unset_session(answer: &mut Response, secure: bool) {
    append(answer, SESSION, "", "; Max-Age=0", secure);
}

/// Until the browser is closed.
pub(crate) fn set_csrf(answer: &mut Response, value: &str, secure: bool) {
    append(answer, CSRF, value, "", secure);
}

/// Both are `Lax`: `Strict` would sign people out who follow a link from a
/// mail or a chat. Requests that change something are never sent with a `Lax`
/// cookie from elsewhere.
fn append(answer: &mut Response, name: &str, value: &str, age: &str, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/console{age}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}
