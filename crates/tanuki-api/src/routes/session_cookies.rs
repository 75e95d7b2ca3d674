//! The cookies of a new session of a browser.

use axum::http::HeaderMap;
use axum::response::Response;
use tanuki_core::auth::Session;

use crate::extract::site_of;
use crate::{Api, cookies};

/// Sets the cookies of a session.
pub(super) fn set_cookies(
    api: &Api,
    headers: &HeaderMap,
    answer: &mut Response,
    session: &Session,
) {
    let now = api.core.clock().now();
    let secure = site_of(headers, &api.core).secure_cookies;
    for cookie in [
        (cookies::ACCESS, session.access_token.as_str()),
        (cookies::REFRESH, session.refresh_token.as_str()),
    ] {
        cookies::set(answer, cookie, now, secure);
    }
}
