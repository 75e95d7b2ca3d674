//! The page with an admin's second factors and passkeys.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Json};
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tanuki_core::auth::FactorError;

use crate::Console;
use crate::failure::{Failure, HandlerResult};
use crate::moment::Moment;
use crate::pages::Page;
use crate::session::Admin;

/// A passkey on the page.
#[derive(Debug, Serialize)]
struct Passkey {
    id: String,
    name: String,
    is_synced: bool,
    added: Moment,
    /// `None` if it was not used yet.
    used: Option<Moment>,
}

impl Passkey {
    fn of(passkey: &Map<String, Value>) -> Self {
        let text = |key: &str| passkey.get(key).and_then(Value::as_str);
        Self {
            id: text("id").unwrap_or_default().to_owned(),
            name: text("name").unwrap_or_default().to_owned(),
            is_synced: passkey.get("is_synced") == Some(&Value::Bool(true)),
            added: Moment::of(text("created_at").unwrap_or_default()),
            used: text("last_used_at").map(Moment::of),
        }
    }
}

/// Returns the page with all factors, and why the last change failed.
pub(crate) async fn overview(
    console: &Console,
    Admin(caller): &Admin,
    error: Option<&str>,
) -> HandlerResult<Page> {
    let found = console.core.auth().factor_overview(caller).await;
    let found = found.map_err(unexpected)?;
    let passkeys = console.core.auth().passkeys(caller).await?;
    let passkeys: Vec<Passkey> = passkeys.iter().map(Passkey::of).collect();
    let has_any = found.totp || found.email_otp || !found.keys.is_empty();
    let context = context! {
        section => "second-factors",
        error,
        totp => found.totp,
        email_otp => found.email_otp,
        keys => found.keys,
        passkeys => Serde(passkeys),
        recovery_codes => found.recovery_codes,
        has_any,
    };
    Ok(Page::new("second_factors.html", context))
}

/// Shows the page with all factors, and why a change was refused.
pub(crate) async fn refused(
    console: &Console,
    admin: &Admin,
    refusal: FactorError,
) -> HandlerResult {
    let message = match refusal {
        FactorError::AlreadyEnabled => "That is set up already.",
        FactorError::NotEnabled => "That factor is not set up, or it was removed meanwhile.",
        FactorError::NotPrepared => "That took too long. Please begin again.",
        FactorError::Wrong => "The code or the answer of the key is wrong, or it was used already.",
        FactorError::LockedOut => {
            "After too many failed attempts this account is shut. Try again in a minute."
        }
        FactorError::Failed(error) => return Err(error.into()),
    };
    let page = overview(console, admin, Some(message)).await?;
    Ok(page
        .status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}

/// Returns the page for a refusal that should not be there.
pub(crate) fn unexpected(refusal: FactorError) -> Failure {
    match refusal {
        FactorError::Failed(error) => error.into(),
        refusal => Failure::internal(&format!("{refusal:?}")),
    }
}

/// Returns options for a script, or why there are none.
pub(crate) fn answered(options: Result<Value, FactorError>) -> HandlerResult {
    match options {
        Ok(options) => Ok(Json(options).into_response()),
        Err(FactorError::Failed(error)) => {
            let message = error.to_string();
            match Failure::from(error) {
                Failure::Refused { status, .. } => {
                    Ok((status, Json(json!({"message": message}))).into_response())
                }
                failure => Err(failure),
            }
        }
        Err(refusal) => Err(unexpected(refusal)),
    }
}
