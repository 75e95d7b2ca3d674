//! A new session: where it is used, and the cookies of a browser.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::response::Response;
use tanuki_core::auth::{Device, LoginMethod, Session};

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

/// Adds a new session to the list of its person's.
pub(super) async fn record(
    api: &Api,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    (session, method): (&Session, LoginMethod),
) {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let device = Device {
        ip_address: address,
        user_agent: agent,
    };
    let auth = api.core.auth();
    auth.record_session(session, method, device).await;
}
