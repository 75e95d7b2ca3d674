//! `/auth/oidc/…`: single sign-on with OpenID Connect. Browsers come here by
//! links and redirects, so what goes wrong is a page for people.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use tanuki_core::auth::LoginMethod;
use tanuki_core::single_sign_on::{OidcCallback, SignOnProtocol};
use tanuki_http::cookies::{self, SetCookie};

use super::sign_on::{logged_in, redirect, refused};
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ClientAddress, Query, site_of};

/// The cookie that binds a login to the browser that began it.
const COOKIE: &str = "tanuki_sign_on";

/// `GET /auth/oidc/login`: redirects to the provider's page.
pub(crate) async fn login(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
) -> HandlerResult {
    let browser = cookies::read(&headers, COOKIE);
    let begun = api.core.single_sign_on().begin(address, browser.as_deref());
    let login = match begun.await {
        Ok(login) => login,
        Err(refusal) => return refused(&api, &headers, SignOnProtocol::Oidc, refusal),
    };
    let mut answer = redirect(&login.url);
    let seconds = login.lifetime.num_seconds();
    set_cookie(&api, &headers, &mut answer, (&login.browser, seconds));
    Ok(answer)
}

/// `GET /auth/oidc/callback`: where the provider sends the browser back to.
/// Sets the cookies of a session and redirects to the web client.
pub(crate) async fn callback(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    query: Query,
) -> HandlerResult {
    let browser = cookies::read(&headers, COOKIE);
    let callback = OidcCallback {
        state: query.first("state"),
        code: query.first("code"),
        error: query.first("error"),
        issuer: query.first("iss"),
        browser: browser.as_deref(),
    };
    let session = match api.core.single_sign_on().finish(&callback).await {
        Ok(session) => session,
        Err(refusal) => return refused(&api, &headers, SignOnProtocol::Oidc, refusal),
    };
    let new = (&session, LoginMethod::Oidc);
    let mut answer = logged_in(&api, &headers, address, new).await;
    set_cookie(&api, &headers, &mut answer, ("", 0));
    Ok(answer)
}

fn set_cookie(
    api: &Api,
    headers: &HeaderMap,
    answer: &mut Response,
    (value, seconds): (&str, i64),
) {
    let cookie = SetCookie {
        name: COOKIE,
        value,
        path: "/",
        expires: None,
        max_age: Some(seconds),
        secure: site_of(headers, &api.core).secure_cookies,
    };
    cookie.add_to(answer);
}
