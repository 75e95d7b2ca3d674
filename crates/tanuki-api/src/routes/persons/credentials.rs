//! What admins do with people's credentials.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tanuki_core::MaybeId;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, TextRule};
use crate::routes::auth::reset_failure;

/// The path of a person.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonPath {
    person_id: MaybeId,
}

/// The body of `POST /actions/persons/{person_id}/change-password`.
#[derive(Debug)]
pub(crate) struct NewPassword(String);

impl ActionBody for NewPassword {
    const SCHEMA: &'static str = "ChangePasswordSchema";

    fn read(fields: &mut Fields) -> Self {
        let new = fields.text("password", TextRule::FILLED);
        let repeated = fields.text("password_2", TextRule::FILLED);
        fields.check_all(
            new == repeated,
            "Value error, Confirmation password doesn't match.",
        );
        Self(new)
    }
}

/// `GET /actions/persons/{person_id}/invite`.
pub(crate) async fn invite(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonPath>,
) -> HandlerResult<Json<Value>> {
    api.core.people().invite(&caller, &path.person_id).await?;
    Ok(Json(json!({"success": true, "message": "Email sent"})))
}

/// `POST /actions/persons/{person_id}/reset-password-link`.
pub(crate) async fn reset_password_link(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonPath>,
) -> HandlerResult<Json<Value>> {
    let link = api
        .core
        .people()
        .password_reset_link(&caller, &path.person_id)
        .await?;
    Ok(Json(json!({"reset_password_link": link})))
}

/// `POST /actions/persons/{person_id}/change-password`.
pub(crate) async fn change_password(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonPath>,
    arguments: Body<NewPassword>,
) -> HandlerResult<Json<Value>> {
    let people = api.core.people();
    people.may_set_password(&caller, &path.person_id).await?;
    let NewPassword(new) = arguments.validate()?;
    people
        .set_password(&caller, &path.person_id, &new)
        .await
        .map_err(reset_failure)?;
    Ok(Json(json!({"success": true})))
}

/// `DELETE /actions/persons/{person_id}/disable-two-factor-authentication`.
pub(crate) async fn disable_two_factor(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonPath>,
) -> HandlerResult<Json<Value>> {
    api.core
        .people()
        .disable_two_factor(&caller, &path.person_id)
        .await?;
    Ok(Json(json!({"success": true})))
}
