//! `/auth/oidc/…`: single sign-on with OpenID Connect. Browsers come here by
//! links and redirects, so what goes wrong is a page for people.

use axum::extract::State;
use axum::http::HeaderMap;
use tanuki_core::auth::LoginMethod;
use tanuki_core::single_sign_on::{Beginning, Destination, OidcCallback, SignOnProtocol};
use tanuki_http::cookies::{self, SIGN_ON, set_sign_on};

use super::sign_on::{let_in, redirect, refused};
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ClientAddress, Query, site_of};

/// `GET /auth/oidc/login`: redirects to the provider's page.
pub(crate) async fn login(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
) -> HandlerResult {
    let browser = cookies::read(&headers, SIGN_ON);
    let beginning = Beginning {
        address,
        browser: browser.as_deref(),
        destination: Destination::WebClient,
    };
    let login = match api.core.single_sign_on().begin(&beginning).await {
        Ok(login) => login,
        Err(refusal) => return refused(&api, &headers, SignOnProtocol::Oidc, refusal),
    };
    let mut answer = redirect(&login.url);
    let secure = site_of(&headers, &api.core).secure_cookies;
    let seconds = login.lifetime.num_seconds();
    set_sign_on(&mut answer, (&login.browser, seconds), secure);
    Ok(answer)
}

/// `GET /auth/oidc/callback`: where the provider sends the browser back to. Lets
/// the browser in to where the login leads.
pub(crate) async fn callback(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    query: Query,
) -> HandlerResult {
    let browser = cookies::read(&headers, SIGN_ON);
    let callback = OidcCallback {
        state: query.first("state"),
        code: query.first("code"),
        error: query.first("error"),
        issuer: query.first("iss"),
        browser: browser.as_deref(),
    };
    let signed_on = match api.core.single_sign_on().finish(&callback).await {
        Ok(signed_on) => signed_on,
        Err(refusal) => return refused(&api, &headers, SignOnProtocol::Oidc, refusal),
    };
    // The cookie stays: the browser may have begun a login in another window.
    let new = (signed_on, LoginMethod::Oidc);
    Ok(let_in(&api, &headers, address, new).await)
}
