//! `/console/second-factors`: the admin's own second factors.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use minijinja::context;
use tanuki_core::auth::{Enrolled, FactorError};

use crate::Console;
use crate::factors_page::{answered, overview, refused, unexpected};
use crate::failure::HandlerResult;
use crate::form::Form;
use crate::pages::Page;
use crate::paths::SECOND_FACTORS;
use crate::session::Admin;
use crate::{proof, qr};

const APP: &str = "/console/second-factors/app";

/// Maximum length of the name of a security key, in characters.
const MAX_NAME: usize = 60;

/// The routes of these pages.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(SECOND_FACTORS, get(show))
        .route(APP, get(show_app).post(prepare_app))
        .route("/console/second-factors/app/enable", post(enable_app))
        .route("/console/second-factors/app/disable", post(disable_app))
        .route("/console/second-factors/recovery-codes", post(renew_codes))
        .route("/console/second-factors/keys", post(add_key))
        .route("/console/second-factors/keys/options", post(key_options))
        .route("/console/second-factors/keys/remove", post(remove_key))
}

/// `GET /console/second-factors`.
async fn show(admin: Admin, State(console): State<Console>) -> HandlerResult {
    Ok(overview(&console, &admin, None).await?.into_response())
}

/// `POST /console/second-factors/app`: chooses a secret and leads to it.
async fn prepare_app(admin: Admin, State(console): State<Console>, _: Form) -> HandlerResult {
    match console.core.auth().prepare_totp(&admin.0).await {
        Ok(_) => Ok(Redirect::to(APP).into_response()),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `GET /console/second-factors/app`: the secret that is not confirmed yet.
async fn show_app(admin: Admin, State(console): State<Console>) -> HandlerResult {
    app_page(&console, &admin, None).await
}

async fn app_page(console: &Console, admin: &Admin, error: Option<&str>) -> HandlerResult {
    let setup = match console.core.auth().pending_totp(&admin.0).await {
        Ok(setup) => setup,
        Err(FactorError::NotPrepared | FactorError::AlreadyEnabled) => {
            return Ok(Redirect::to(SECOND_FACTORS).into_response());
        }
        Err(refusal) => return Err(unexpected(refusal)),
    };
    let squares = qr::draw(&setup.key_uri);
    let context = context! {
        section => "second-factors",
        error,
        secret => setup.secret,
        side => squares.as_ref().map(|squares| squares.side),
        path => squares.map(|squares| squares.path),
    };
    let page = Page::new("second_factor_app.html", context);
    Ok(match error {
        Some(_) => page.status(StatusCode::UNPROCESSABLE_ENTITY),
        None => page,
    }
    .into_response())
}

/// `POST /console/second-factors/app/enable`.
async fn enable_app(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let enabled = console
        .core
        .auth()
        .enable_totp(&admin.0, form.text("code").trim())
        .await;
    match enabled {
        Ok(enrolled) => Ok(added(enrolled)),
        Err(FactorError::Wrong) => {
            let error = "The code is wrong. Scan the picture again, and see that the clock of the \
                         phone is right.";
            app_page(&console, &admin, Some(error)).await
        }
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `POST /console/second-factors/app/disable`.
async fn disable_app(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let proof = proof::of_code(form.text("code"));
    match console.core.auth().disable_totp(&admin.0, &proof).await {
        Ok(()) => Ok(Redirect::to(SECOND_FACTORS).into_response()),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `POST /console/second-factors/recovery-codes`: shows new ones.
async fn renew_codes(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let proof = proof::of_code(form.text("code"));
    match console
        .core
        .auth()
        .renew_recovery_codes(&admin.0, &proof)
        .await
    {
        Ok(codes) => Ok(codes_page(codes.0)),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `POST /console/second-factors/keys/options`: what the page's script asks a
/// security key. JSON: `PublicKeyCredentialCreationOptions`.
async fn key_options(admin: Admin, State(console): State<Console>, _: Form) -> HandlerResult {
    answered(console.core.auth().prepare_fido(&admin.0).await)
}

/// `POST /console/second-factors/keys`: the answer of a key, and its name.
async fn add_key(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let name: String = form.text("name").trim().chars().take(MAX_NAME).collect();
    let name = if name.is_empty() {
        "Security key"
    } else {
        &name
    };
    let answer = proof::answer_of_key(&form).unwrap_or_default();
    match console
        .core
        .auth()
        .enable_fido(&admin.0, &answer, name)
        .await
    {
        Ok(enrolled) => Ok(added(enrolled)),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// `POST /console/second-factors/keys/remove`.
async fn remove_key(admin: Admin, State(console): State<Console>, form: Form) -> HandlerResult {
    let proof = proof::of_code(form.text("code"));
    let removed = console
        .core
        .auth()
        .remove_fido(&admin.0, form.text("name"), &proof)
        .await;
    match removed {
        Ok(()) => Ok(Redirect::to(SECOND_FACTORS).into_response()),
        Err(refusal) => refused(&console, &admin, refusal).await,
    }
}

/// Shows the recovery codes that come with the first factor, or leads back.
fn added(enrolled: Enrolled) -> Response {
    match enrolled.recovery_codes {
        Some(codes) => codes_page(codes.0),
        None => Redirect::to(SECOND_FACTORS).into_response(),
    }
}

fn codes_page(codes: Vec<String>) -> Response {
    let context = context! { section => "second-factors", codes };
    Page::new("recovery_codes.html", context).into_response()
}
