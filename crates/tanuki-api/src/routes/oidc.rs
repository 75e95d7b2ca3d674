//! `/auth/oidc/…`: single sign-on with OpenID Connect. Browsers come here by
//! links and redirects, so what goes wrong is a page for people.

use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tanuki_core::Core;
use tanuki_core::auth::LoginMethod;
use tanuki_core::single_sign_on::{OidcCallback, SignOnError};
use tanuki_http::cookies::{self, SetCookie};

use super::session_cookies::{record, set_cookies};
use crate::Api;
use crate::error::{Failure, HandlerResult};
use crate::extract::{ClientAddress, Query, site_of};

/// The cookie that binds a login to the browser that began it.
const COOKIE: &str = "tanuki_sign_on";

/// The content security policy of the page: text and a link.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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
        Err(refusal) => return refused(&api.core, &headers, refusal),
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
        Err(refusal) => return refused(&api.core, &headers, refusal),
    };
    api.core
        .auth()
        .log_login(session.person_id, address, true)
        .await;
    let new = (&session, LoginMethod::Oidc);
    record(&api, &headers, address, new).await;
    let mut answer = redirect(&api.core.settings().studio.public_url);
    set_cookies(&api, &headers, &mut answer, &session);
    set_cookie(&api, &headers, &mut answer, ("", 0));
    Ok(answer)
}

fn redirect(url: &str) -> Response {
    let headers = [(LOCATION, url), (CACHE_CONTROL, "no-store")];
    (StatusCode::FOUND, headers).into_response()
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

/// Answers 400: a page if the browser wants one, or else JSON in Zou's form.
fn refused(core: &Core, headers: &HeaderMap, refusal: SignOnError) -> HandlerResult {
    let message = match refusal {
        SignOnError::NotEnabled => "OIDC is not enabled.",
        SignOnError::Failed => "OIDC authentication failed.",
        SignOnError::NoEmail => "No email claim returned by the provider.",
        SignOnError::UnverifiedEmail => "Email address is not verified.",
        SignOnError::NotBound => {
            "This account cannot be signed in to with this identity. Ask an administrator."
        }
        SignOnError::MalformedEmail => "The provider's email claim is no email address.",
        SignOnError::Inactive => "This account is deactivated. Ask an administrator.",
        SignOnError::UserLimit => "There is no room for another account. Ask an administrator.",
        SignOnError::Unavailable => {
            "The identity provider cannot be reached. Try again later, or tell an administrator."
        }
        SignOnError::TooMany(_) => "Too many logins from this address. Try again in a minute.",
        SignOnError::Internal(error) => return Err(error.into()),
    };
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains("text/html")) {
        return Ok(page(message, &core.settings().studio.public_url));
    }
    let body = json!({"error": message});
    Err(Failure::body(StatusCode::BAD_REQUEST, body))
}

fn page(message: &str, studio: &str) -> Response {
    let studio = studio
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Sign-in failed</title>\n<h1>Sign-in failed</h1>\n\
         <p>{message}</p>\n<p><a href=\"{studio}\">Back to the sign-in page</a></p>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::BAD_REQUEST, headers, text).into_response()
}
