//! `/console/login` and `/console/logout`.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};
use minijinja::context;
use tanuki_core::auth::{Login, LoginError, SecondFactorProof};

use crate::Console;
use crate::failure::{Failure, HandlerResult};
use crate::form::Form;
use crate::pages::Page;
use crate::session::{self, HOME};
use crate::visit::Visitor;
use crate::{proof, providers};

/// `GET /console`.
pub(crate) async fn home(visitor: Visitor) -> Redirect {
    let signed_in = visitor.0.person.is_some();
    Redirect::to(if signed_in { HOME } else { "/console/login" })
}

/// `GET /console/login?next=…`.
pub(crate) async fn show(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    uri: Uri,
) -> HandlerResult {
    let next = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "next")
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    if visit.person.is_some() {
        return Ok(Redirect::to(session::local(&next).unwrap_or(HOME)).into_response());
    }
    if console.core.setup().needs_setup().await? {
        return Ok(Page::new("setup_needed.html", context! {}).into_response());
    }
    Ok(page(&console, &next, "", None, None).into_response())
}

/// `POST /console/login`.
pub(crate) async fn log_in(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    form: Form,
) -> HandlerResult {
    let next = form.text("next");
    let email = form.text("email").trim();
    let login = Login {
        email,
        password: form.text("password"),
        second_factor: &SecondFactorProof {
            fido: proof::answer_of_key(&form),
            ..proof::of_code(form.text("code"))
        },
        address: visit.address,
    };
    match console.core.auth().log_in_to_console(&login).await {
        Ok(session) => {
            let target = session::local(next).unwrap_or(HOME);
            session::open(&console, &visit, &session, target).await
        }
        Err(refusal) => {
            if wants_mailed_code(&refusal) {
                console.core.auth().request_mailed_code(email).await?;
            }
            let key = match wants_key(&refusal) {
                true => key_options(&console, email).await,
                false => None,
            };
            let page = page(&console, next, email, Some(reason(refusal)?), key);
            Ok(page
                .status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response())
        }
    }
}

/// The page, with the providers of single sign-on and what its script asks a
/// security key.
pub(super) fn page(
    console: &Console,
    next: &str,
    email: &str,
    error: Option<&str>,
    key: Option<String>,
) -> Page {
    let form = context! { email };
    let providers = providers::enabled(console);
    Page::new("login.html", context! { next, form, error, key, providers })
}

/// Whether somebody whose password is right needs a code by mail.
fn wants_mailed_code(refusal: &LoginError) -> bool {
    let LoginError::MissingSecondFactor { enabled, .. } = refusal else {
        return false;
    };
    enabled.contains(&"email_otp") && !enabled.contains(&"totp")
}

/// Whether somebody whose password is right has a security key, and has to use
/// one of their factors.
fn wants_key(refusal: &LoginError) -> bool {
    match refusal {
        LoginError::MissingSecondFactor { enabled, .. } => enabled.contains(&"fido"),
        _ => false,
    }
}

/// Returns the options for the keys of somebody, as JSON; `None` on a server
/// where keys cannot work.
async fn key_options(console: &Console, email: &str) -> Option<String> {
    let options = console.core.auth().fido_challenge(email).await.ok()?;
    Some(options.to_string())
}

/// Returns the message for a failed login.
pub(super) fn reason(refusal: LoginError) -> Result<&'static str, Failure> {
    Ok(match refusal {
        LoginError::WrongCredentials => "The email or the password is wrong.",
        LoginError::LockedOut => {
            "After too many failed attempts this account is shut. Try again in a minute."
        }
        LoginError::Inactive => "This account is inactive. An administrator can activate it again.",
        LoginError::DefaultPassword { .. } => {
            "This account still has its initial password. Choose one of your own in the web \
             client first, or with a link from the command `tanuki reset-password EMAIL`."
        }
        LoginError::MissingSecondFactor { enabled, .. } if enabled.is_empty() => {
            "This studio asks for two-factor authentication. Set it up in the web client first."
        }
        LoginError::MissingSecondFactor { enabled, .. } if enabled.contains(&"totp") => {
            "This account needs a code as well: of your authenticator app, or a recovery code."
        }
        LoginError::MissingSecondFactor { enabled, .. } if enabled.contains(&"email_otp") => {
            "This account needs a code as well: the one that was mailed to you just now, or a \
             recovery code."
        }
        LoginError::MissingSecondFactor { .. } => {
            "This account needs its security key as well, or a recovery code. Please type the \
             password again."
        }
        LoginError::WrongSecondFactor => "The code is wrong, or it was used already.",
        LoginError::WrongPasskey => {
            "This passkey is unknown here, or that took too long. Try again, or sign in with the \
             password."
        }
        LoginError::DirectoryUnavailable => {
            "The studio's directory (LDAP) cannot be reached. Try again later."
        }
        LoginError::NoStrategy => {
            "The authentication strategy that this server is configured for (AUTH_STRATEGY) is \
             not available."
        }
        LoginError::Failed(error) => return Err(error.into()),
    })
}

/// `POST /console/logout`.
pub(crate) async fn log_out(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    _: Form,
) -> HandlerResult {
    session::close(&console, &visit).await
}
