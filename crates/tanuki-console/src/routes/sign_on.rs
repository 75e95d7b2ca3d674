//! Single sign-on to the console: to the provider, and from its answer, which the
//! API takes, to a session.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use tanuki_core::single_sign_on::{Beginning, Destination, SignOnError, SignOnProtocol};
use tanuki_http::cookies::{SIGN_ON, read, set_sign_on};

use super::login;
use crate::Console;
use crate::failure::{Failure, HandlerResult};
use crate::session::{self, HOME};
use crate::visit::{Visit, Visitor};

/// The routes of single sign-on.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/login/oidc", get(begin_oidc))
        .route("/console/login/saml", get(begin_saml))
        .route("/console/login/signed-on", get(finish))
}

/// `GET /console/login/oidc`.
async fn begin_oidc(
    console: State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
) -> HandlerResult {
    begin(&console, &visitor.0, &headers, SignOnProtocol::Oidc).await
}

/// `GET /console/login/saml`.
async fn begin_saml(
    console: State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
) -> HandlerResult {
    begin(&console, &visitor.0, &headers, SignOnProtocol::Saml).await
}

/// Redirects to the provider's page.
async fn begin(
    console: &Console,
    visit: &Visit,
    headers: &HeaderMap,
    protocol: SignOnProtocol,
) -> HandlerResult {
    if visit.person.is_some() {
        return Ok(Redirect::to(HOME).into_response());
    }
    if console.core.setup().needs_setup().await? {
        return Ok(Redirect::to("/console/login").into_response());
    }
    let browser = read(headers, SIGN_ON);
    let beginning = Beginning {
        address: visit.address,
        browser: browser.as_deref(),
        destination: Destination::Console,
    };
    let sign_on = console.core.single_sign_on();
    let begun = match protocol {
        SignOnProtocol::Oidc => sign_on.begin(&beginning).await,
        SignOnProtocol::Saml => sign_on.begin_saml(&beginning).await,
    };
    let login = match begun {
        Ok(login) => login,
        Err(error) => return refused(console, error),
    };
    let mut answer = Redirect::to(&login.url).into_response();
    let cookie = (login.browser.as_str(), login.lifetime.num_seconds());
    set_sign_on(&mut answer, cookie, visit.site.secure_cookies);
    Ok(answer)
}

/// `GET /console/login/signed-on?ticket=…`: where the API sends a browser after
/// the provider's answer.
async fn finish(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    headers: HeaderMap,
    uri: Uri,
) -> HandlerResult {
    let ticket = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "ticket")
        .map(|(_, value)| value);
    let browser = read(&headers, SIGN_ON);
    let sign_on = console.core.single_sign_on();
    let opened = sign_on.open_console(ticket.as_deref(), browser.as_deref());
    let session = match opened.await {
        Ok(session) => session,
        // The page was loaded again.
        Err(SignOnError::Failed) if visit.person.is_some() => {
            return Ok(Redirect::to(HOME).into_response());
        }
        Err(error) => return refused(&console, error),
    };
    session::open(&console, &visit, &session, HOME).await
}

/// Shows the sign-in page, and why a login failed.
fn refused(console: &Console, error: SignOnError) -> HandlerResult {
    let message = match error {
        SignOnError::Internal(error) => return Err(error.into()),
        SignOnError::NotEnabled => return Err(Failure::not_found()),
        SignOnError::Unavailable => {
            "The identity provider cannot be reached. Try again later, or look into the server's \
             log."
        }
        SignOnError::TooMany(_) => "Too many logins from this address. Try again in a minute.",
        SignOnError::Inactive => {
            "This account is inactive. An administrator can activate it again."
        }
        _ => "That login has ended already, took too long, or was begun in another browser.",
    };
    let page = login::page(console, "", "", Some(message), None);
    Ok(page
        .status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}
