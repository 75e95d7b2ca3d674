//! `/tanuki/passkeys`: the caller's passkeys, and logins with them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::auth::passkeys::MAX_NAME;
use tanuki_core::auth::{PasskeyLogin, SecondFactorProof};
use tanuki_core::{JsonRow, MaybeId};

use super::auth::{logged_in, login_failure};
use super::second_factors::{PASSKEY, Proof, proof};
use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Body, ClientAddress, Fields, PathIds, Person, TextRule};

/// The path of a passkey.
#[derive(Debug, Deserialize)]
pub(crate) struct PasskeyPath {
    passkey_id: MaybeId,
}

/// `GET /tanuki/passkeys`. JSON: a list of passkeys, the oldest first.
pub(crate) async fn list(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    Ok(Json(api.core.auth().passkeys(&caller).await?))
}

/// `POST /tanuki/passkeys/options`: the options to make a passkey with.
pub(crate) async fn options(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Value>> {
    let options = api.core.auth().prepare_passkey(&caller).await;
    Ok(Json(options.map_err(|error| PASSKEY.refused(error))?))
}

/// The body of `POST /tanuki/passkeys`.
#[derive(Debug)]
pub(crate) struct NewPasskey {
    answer: Map<String, Value>,
    name: String,
    proof: SecondFactorProof,
}

impl ActionBody for NewPasskey {
    const SCHEMA: &'static str = "PasskeySchema";

    fn read(fields: &mut Fields) -> Self {
        let rule = TextRule {
            max: Some(MAX_NAME),
            ..TextRule::FILLED
        };
        Self {
            answer: fields.object("registration_response"),
            name: fields.text("name", rule),
            proof: proof(fields),
        }
    }
}

/// `POST /tanuki/passkeys`: adds a passkey.
pub(crate) async fn add(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<NewPasskey>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let NewPasskey {
        answer,
        name,
        proof,
    } = body.validate()?;
    let added = api.core.auth().add_passkey(&caller, &answer, &name, &proof);
    let added = added.await.map_err(|error| PASSKEY.refused(error))?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// `DELETE /tanuki/passkeys/{passkey_id}`.
pub(crate) async fn remove(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(path): PathIds<PasskeyPath>,
    body: Body<Proof>,
) -> HandlerResult<StatusCode> {
    let Proof(proof) = body.validate()?;
    let auth = api.core.auth();
    let removed = auth.remove_passkey(&caller, &path.passkey_id, &proof).await;
    removed.map_err(|error| PASSKEY.unproven(error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /tanuki/passkeys/login/options`: a challenge for a login of anybody.
pub(crate) async fn login_options(State(api): State<Api>) -> HandlerResult<Json<Value>> {
    let options = api.core.auth().passkey_challenge();
    Ok(Json(options.map_err(|error| PASSKEY.refused(error))?))
}

/// The body of `POST /tanuki/passkeys/login`.
#[derive(Debug)]
pub(crate) struct Answer(Map<String, Value>);

impl ActionBody for Answer {
    const SCHEMA: &'static str = "PasskeyLoginSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.object("authentication_response"))
    }
}

/// `POST /tanuki/passkeys/login`: logs in with a passkey. The response is that
/// of `POST /auth/login`.
pub(crate) async fn log_in(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body<Answer>,
) -> HandlerResult {
    let Answer(answer) = body.validate()?;
    let login = PasskeyLogin {
        answer: &answer,
        address,
    };
    let done = api.core.auth().log_in_with_passkey(&login).await;
    let done = done.map_err(login_failure)?;
    Ok(logged_in(&api, &headers, address, done).await)
}
