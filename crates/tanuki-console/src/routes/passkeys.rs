//! Passkeys: the admin's own, and logins with them.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use tanuki_core::MaybeId;
use tanuki_core::auth::PasskeyLogin;

use super::login;
use crate::factors_page::{answered, refused};
use crate::failure::HandlerResult;
use crate::form::Form;
use crate::paths::SECOND_FACTORS;
use crate::session::{self, Admin, HOME};
use crate::visit::Visitor;
use crate::{Console, proof};

/// The routes of passkeys.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/login/passkey", post(log_in))
        .route("/console/login/passkey/options", post(login_options))
        .route("/console/second-factors/passkeys", post(add))
        .route("/console/second-factors/passkeys/options", post(options))
        .route("/console/second-factors/passkeys/remove", post(remove))
}

/// `POST /console/second-factors/passkeys/options`: what the page's script asks
/// for. JSON: `PublicKeyCredentialCreationOptions`.
async fn options(admin: Admin, State(console): State<Console>, _: Form) -> HandlerResult {
    answered(console.core.auth().prepare_passkey(&admin.0).await)
}

/// `POST /console/login/passkey/options`. JSON:
/// `PublicKeyCredentialRequestOptions`.
async fn login_options(State(console): State<Console>, _: Form) -> HandlerResult {
    answered(console.core.auth().passkey_challenge())
}

/// `POST /console/second-factors/passkeys`: the answer of a passkey, its name, and
/// a code.
async fn add(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let answer = proof::answer_of_key(&form).unwrap_or_default();
    let proof = proof::of_code(form.text("code"));
    let auth = console.core.auth();
    let added = auth.add_passkey(&admin.0, &answer, form.text("name"), &proof);
    match added.await {
        Ok(_) => Ok(Redirect::to(SECOND_FACTORS).into_response()),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `POST /console/second-factors/passkeys/remove`.
async fn remove(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let proof = proof::of_code(form.text("code"));
    let id = MaybeId::from(form.id("id")?);
    let removed = console.core.auth().remove_passkey(&admin.0, &id, &proof);
    match removed.await {
        Ok(()) => Ok(Redirect::to(SECOND_FACTORS).into_response()),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `POST /console/login/passkey`: the answer of a passkey.
async fn log_in(
    State(console): State<Console>,
    Visitor(visit): Visitor,
    form: Form,
) -> HandlerResult<Response> {
    let next = form.text("next");
    let login = PasskeyLogin {
        answer: &proof::answer_of_key(&form).unwrap_or_default(),
        address: visit.address,
    };
    let auth = console.core.auth();
    match auth.log_in_to_console_with_passkey(&login).await {
        Ok(session) => {
            let target = session::local(next).unwrap_or(HOME);
            session::open(&console, &visit, &session, target).await
        }
        Err(refusal) => {
            let page = login::page(&console, next, "", Some(login::reason(refusal)?), None);
            Ok(page
                .status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response())
        }
    }
}
