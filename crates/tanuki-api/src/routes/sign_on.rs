//! What the routes of single sign-on have in common: how a browser that has logged
//! in goes on, and what people see where it fails.

use std::net::IpAddr;

use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tanuki_core::auth::LoginMethod;
use tanuki_core::single_sign_on::{
    Destination, SignOnError, SignOnProtocol, SignOnRefusal, SignedOn,
};

use super::session_cookies::{record, set_cookies};
use crate::Api;
use crate::error::{Failure, HandlerResult};

/// The content security policy of the page: text and a link.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The sign-in page of the console.
const CONSOLE_LOGIN: &str = "/console/login";

/// The page of the console that takes tickets.
const CONSOLE_TICKET: &str = "/console/login/signed-on?ticket=";

/// Redirects a browser; no cache keeps that.
pub(super) fn redirect(url: &str) -> Response {
    let headers = [(LOCATION, url), (CACHE_CONTROL, "no-store")];
    (StatusCode::FOUND, headers).into_response()
}

/// Redirects a browser to where its login leads: to the web client, with the
/// cookies of the session, which is recorded, or to the console with a ticket.
pub(super) async fn let_in(
    api: &Api,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    (signed_on, method): (SignedOn, LoginMethod),
) -> Response {
    let session = match signed_on {
        SignedOn::ToWebClient(session) => session,
        SignedOn::ToConsole(ticket) => {
            return redirect(&format!("{CONSOLE_TICKET}{}", ticket.secret));
        }
    };
    let auth = api.core.auth();
    auth.log_login(session.person_id, address, true).await;
    record(api, headers, address, (&session, method)).await;
    let mut answer = redirect(&api.core.settings().studio.public_url);
    set_cookies(api, headers, &mut answer, &session);
    answer
}

/// Answers 400: a page if the browser wants one, or else JSON in Zou's form.
pub(super) fn refused(
    api: &Api,
    headers: &HeaderMap,
    protocol: SignOnProtocol,
    refusal: impl Into<SignOnRefusal>,
) -> HandlerResult {
    let refusal = refusal.into();
    let of = |oidc, saml| match protocol {
        SignOnProtocol::Oidc => oidc,
        SignOnProtocol::Saml => saml,
    };
    let message = match refusal.error {
        SignOnError::NotEnabled => of("OIDC is not enabled.", "SAML is not enabled."),
        SignOnError::Failed => of("OIDC authentication failed.", "SAML authentication failed."),
        SignOnError::NoEmail => of(
            "No email claim returned by the provider.",
            "The provider names no email address.",
        ),
        SignOnError::UnverifiedEmail => "Email address is not verified.",
        SignOnError::NotBound => {
            "This account cannot be signed in to with this identity. Ask an administrator."
        }
        SignOnError::MalformedEmail => of(
            "The provider's email claim is no email address.",
            "What the provider calls an email address is none.",
        ),
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
        let back = match refusal.destination {
            Destination::WebClient => &api.core.settings().studio.public_url,
            Destination::Console => CONSOLE_LOGIN,
        };
        return Ok(page(message, back));
    }
    let body = json!({"error": message});
    Err(Failure::body(StatusCode::BAD_REQUEST, body))
}

/// The page with a message and a link.
fn page(message: &str, back: &str) -> Response {
    let back = back
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Sign-in failed</title>\n<h1>Sign-in failed</h1>\n\
         <p>{message}</p>\n<p><a href=\"{back}\">Back to the sign-in page</a></p>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::BAD_REQUEST, headers, text).into_response()
}
