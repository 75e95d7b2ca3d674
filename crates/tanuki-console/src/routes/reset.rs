//! `/console/reset-password`: choosing a new password with a link.
//!
//! The links of mails and of the command line point to
//! `/reset-change-password`, a page of the web client; where no web client is
//! deployed it redirects to this page.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};
use minijinja::context;
use tanuki_core::auth::password::PasswordPolicyError;
use tanuki_core::auth::{PASSWORD_IN_DIRECTORY, ResetError, ResetLink};

use crate::Console;
use crate::dialog::Errors;
use crate::failure::HandlerResult;
use crate::form::Form;
use crate::pages::Page;
use crate::visit::Visitor;

/// `GET /reset-change-password?email=…&token=…`.
pub(crate) async fn from_link(uri: Uri) -> Redirect {
    let query = uri.query().unwrap_or_default();
    Redirect::to(&format!("/console/reset-password?{query}"))
}

/// `GET /console/reset-password?email=…&token=…`.
pub(crate) async fn show(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    uri: Uri,
) -> HandlerResult<Page> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let parameter = |name: &str| {
        form_urlencoded::parse(query)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let (email, token) = (parameter("email"), parameter("token"));
    let link = ResetLink {
        email: &email,
        token: &token,
        address: visit.address,
    };
    if !console.core.auth().check_reset_link(&link).await? {
        return Ok(closed());
    }
    Ok(page(&console, &email, &token, &Errors::new()))
}

/// `POST /console/reset-password`.
pub(crate) async fn reset(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    form: Form,
) -> HandlerResult {
    let (email, token) = (form.text("email"), form.text("token"));
    let link = ResetLink {
        email,
        token,
        address: visit.address,
    };
    let refusal = match console
        .core
        .auth()
        .reset_password(&link, form.text("password"), form.text("password_2"))
        .await
    {
        Ok(()) => return Ok(Page::new("reset_done.html", context! {}).into_response()),
        Err(refusal) => refusal,
    };
    let mut errors = Errors::new();
    match refusal {
        ResetError::Unfit(PasswordPolicyError::TooShort) => {
            let min = console.core.passwords().min_length();
            let message = format!("The password needs at least {min} characters.");
            errors.insert("password".into(), message);
        }
        ResetError::Unfit(PasswordPolicyError::Mismatch) => {
            let message = "The two passwords are not the same.";
            errors.insert("password_2".into(), message.into());
        }
        ResetError::InDirectory => {
            errors.insert("password".into(), PASSWORD_IN_DIRECTORY.into());
        }
        ResetError::Failed(error) => return Err(error.into()),
        _ => return Ok(closed().into_response()),
    }
    Ok(page(&console, email, token, &errors)
        .status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}

fn page(console: &Console, email: &str, token: &str, errors: &Errors) -> Page {
    let password_min = console.core.passwords().min_length();
    Page::new(
        "reset.html",
        context! { email, token, errors, password_min },
    )
}

/// 410: the link was used, has expired, or is invalid.
fn closed() -> Page {
    Page::new("reset_closed.html", context! {}).status(StatusCode::GONE)
}
