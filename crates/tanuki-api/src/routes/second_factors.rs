//! `/auth/totp`, `/auth/email-otp`, `/auth/fido` and `/auth/recovery-codes`:
//! the caller's second factors.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use tanuki_core::Shape;
use tanuki_core::auth::{Enrolled, FactorError, LoginMethod, SecondFactorProof};

use super::session_cookies::{record, set_cookies};
use crate::Api;
use crate::browser::is_browser;
use crate::error::{Failure, HandlerResult};
use crate::extract::{
    ActionBody, Body, ClientAddress, Fields, Parameters, Person, TextRule, is_from_elsewhere,
};

/// Maximum length of the name of a security key, in characters.
const MAX_NAME: usize = 255;

/// Reads the codes and answers with which a request proves a second factor.
pub(super) fn proof(fields: &mut Fields) -> SecondFactorProof {
    SecondFactorProof {
        totp: fields.optional_text("totp"),
        email_otp: fields.optional_text("email_otp"),
        fido: fields.optional_object("fido_authentication_response"),
        recovery_code: fields.optional_text("recovery_code"),
    }
}

/// The body of requests that prove a second factor and nothing else.
#[derive(Debug)]
pub(crate) struct Proof(pub(super) SecondFactorProof);

impl ActionBody for Proof {
    const SCHEMA: &'static str = "TwoFactorAuthSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(proof(fields))
    }
}

/// What a route says about its factor.
pub(super) struct Wording {
    already: &'static str,
    not_enabled: &'static str,
    not_prepared: &'static str,
    /// The registration is refused.
    wrong: &'static str,
}

const TOTP: Wording = Wording {
    already: "TOTP already enabled.",
    not_enabled: "TOTP not enabled.",
    not_prepared: "No TOTP secret was asked for before.",
    wrong: "TOTP verification failed.",
};

const EMAIL_OTP: Wording = Wording {
    already: "OTP by email already enabled.",
    not_enabled: "OTP by email not enabled.",
    not_prepared: "No OTP by email was asked for before.",
    wrong: "OTP by email verification failed.",
};

const FIDO: Wording = Wording {
    already: "FIDO already enabled.",
    not_enabled: "FIDO not enabled.",
    not_prepared: "No preregistration before.",
    wrong: "FIDO server exception your registration response is probly wrong.",
};

const RECOVERY_CODES: Wording = Wording {
    not_enabled: "No two factor authentication enabled.",
    ..TOTP
};

pub(super) const PASSKEY: Wording = Wording {
    already: "This passkey is there already.",
    not_enabled: "There is no passkey.",
    not_prepared: "The challenge is unknown, used or too old.",
    wrong: "The passkey or the proof of a second factor is wrong.",
};

impl Wording {
    /// Returns the response for a factor that was not set up.
    pub(super) fn refused(&self, error: FactorError) -> Failure {
        match error {
            FactorError::AlreadyEnabled => bad_request(self.already),
            FactorError::NotEnabled => bad_request(self.not_enabled),
            FactorError::NotPrepared => bad_request(self.not_prepared),
            // Zou has no such key for security keys.
            FactorError::Wrong if self.wrong == FIDO.wrong => bad_request(self.wrong),
            FactorError::Wrong => wrong(self.wrong),
            FactorError::LockedOut => locked_out(),
            FactorError::Failed(error) => error.into(),
        }
    }

    /// Returns the response for a request whose proof of a factor is refused.
    pub(super) fn unproven(&self, error: FactorError) -> Failure {
        match error {
            FactorError::Wrong => wrong("OTP verification failed."),
            other => self.refused(other),
        }
    }
}

fn bad_request(message: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, message)
}

fn wrong(message: &str) -> Failure {
    let body = json!({"error": true, "message": message, "wrong_OTP": true});
    Failure::body(StatusCode::BAD_REQUEST, body)
}

/// The response for an account that is locked after failed attempts.
pub(super) fn locked_out() -> Failure {
    Failure::body(
        StatusCode::BAD_REQUEST,
        json!({
            "error": true,
            "message": "Too many failed login attempts.",
            "too_many_failed_login_attemps": true,
        }),
    )
}

/// Returns the response for a factor that was set up: recovery codes and a new
/// session, which a browser gets as cookies, too.
async fn enrolled(
    api: &Api,
    headers: &HeaderMap,
    ClientAddress(address): ClientAddress,
    done: Enrolled,
) -> Response {
    let session = &done.session;
    let new = (session, LoginMethod::SecondFactorSetup);
    record(api, headers, address, new).await;
    let codes = done.recovery_codes.map(|codes| codes.0);
    let mut answer = Json(json!({
        "otp_recovery_codes": codes,
        "access_token": session.access_token,
        "refresh_token": session.refresh_token,
    }))
    .into_response();
    if is_browser(headers) && !is_from_elsewhere(headers, &api.core) {
        set_cookies(api, headers, &mut answer, session);
    }
    answer
}

fn success() -> Json<Value> {
    Json(json!({"success": true}))
}

/// The shape of the response to a request that has nothing to tell.
pub(crate) fn success_shape() -> Shape {
    Shape::object([("success", Shape::boolean())])
}

/// `PUT /auth/totp`: the secret for an authenticator app.
pub(crate) async fn prepare_totp(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Value>> {
    let setup = api.core.auth().prepare_totp(&caller).await;
    let setup = setup.map_err(|error| TOTP.refused(error))?;
    Ok(Json(json!({
        "totp_provisionning_uri": setup.key_uri,
        "otp_secret": setup.secret,
    })))
}

/// The body of `POST /auth/totp`.
#[derive(Debug)]
pub(crate) struct TotpCode(String);

impl ActionBody for TotpCode {
    const SCHEMA: &'static str = "TOTPSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.text("totp", TextRule::FILLED))
    }
}

/// `POST /auth/totp`: enables the authenticator app.
pub(crate) async fn enable_totp(
    Person(caller): Person,
    State(api): State<Api>,
    headers: HeaderMap,
    address: ClientAddress,
    body: Body<TotpCode>,
) -> HandlerResult {
    let TotpCode(code) = body.validate()?;
    let done = api.core.auth().enable_totp(&caller, &code).await;
    let done = done.map_err(|error| TOTP.refused(error))?;
    Ok(enrolled(&api, &headers, address, done).await)
}

/// `DELETE /auth/totp`.
pub(crate) async fn disable_totp(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<Proof>,
) -> HandlerResult<Json<Value>> {
    let Proof(proof) = body.validate()?;
    let done = api.core.auth().disable_totp(&caller, &proof).await;
    done.map_err(|error| TOTP.unproven(error))?;
    Ok(success())
}

/// `GET /auth/email-otp?email=`: mails a code for a login. The response is the
/// same for everybody.
pub(crate) async fn send_email_otp(
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Json<Value>> {
    let login = parameters.required_text("email")?.unwrap_or_default();
    api.core.auth().request_mailed_code(&login).await?;
    Ok(success())
}

/// `PUT /auth/email-otp`: mails a code to the caller, to enable codes by mail.
pub(crate) async fn prepare_email_otp(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Value>> {
    let done = api.core.auth().prepare_email_otp(&caller).await;
    done.map_err(|error| EMAIL_OTP.refused(error))?;
    Ok(success())
}

/// The body of `POST /auth/email-otp`.
#[derive(Debug)]
pub(crate) struct MailedCode(String);

impl ActionBody for MailedCode {
    const SCHEMA: &'static str = "EmailOTPSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.text("email_otp", TextRule::FILLED))
    }
}

/// `POST /auth/email-otp`: enables codes by mail.
pub(crate) async fn enable_email_otp(
    Person(caller): Person,
    State(api): State<Api>,
    headers: HeaderMap,
    address: ClientAddress,
    body: Body<MailedCode>,
) -> HandlerResult {
    let MailedCode(code) = body.validate()?;
    let done = api.core.auth().enable_email_otp(&caller, &code).await;
    let done = done.map_err(|error| EMAIL_OTP.refused(error))?;
    Ok(enrolled(&api, &headers, address, done).await)
}

/// `DELETE /auth/email-otp`.
pub(crate) async fn disable_email_otp(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<Proof>,
) -> HandlerResult<Json<Value>> {
    let Proof(proof) = body.validate()?;
    let done = api.core.auth().disable_email_otp(&caller, &proof).await;
    done.map_err(|error| EMAIL_OTP.unproven(error))?;
    Ok(success())
}

/// `GET /auth/fido?email=`: a challenge for a login.
pub(crate) async fn fido_challenge(
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Json<Value>> {
    let login = parameters.required_text("email")?.unwrap_or_default();
    let challenge = api.core.auth().fido_challenge(&login).await;
    Ok(Json(challenge.map_err(|error| FIDO.refused(error))?))
}

/// `PUT /auth/fido`: the options to register a security key with.
pub(crate) async fn prepare_fido(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<Value>> {
    let options = api.core.auth().prepare_fido(&caller).await;
    Ok(Json(options.map_err(|error| FIDO.refused(error))?))
}

/// The body of `POST /auth/fido`.
#[derive(Debug)]
pub(crate) struct NewKey {
    answer: Map<String, Value>,
    name: String,
}

impl ActionBody for NewKey {
    const SCHEMA: &'static str = "FidoRegisterSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            answer: fields.object("registration_response"),
            name: fields.text("device_name", NAME),
        }
    }
}

/// The name of a security key.
const NAME: TextRule = TextRule {
    max: Some(MAX_NAME),
    ..TextRule::FILLED
};

/// `POST /auth/fido`: registers a security key.
pub(crate) async fn enable_fido(
    Person(caller): Person,
    State(api): State<Api>,
    headers: HeaderMap,
    address: ClientAddress,
    body: Body<NewKey>,
) -> HandlerResult {
    let NewKey { answer, name } = body.validate()?;
    let done = api.core.auth().enable_fido(&caller, &answer, &name).await;
    let done = done.map_err(|error| FIDO.refused(error))?;
    Ok(enrolled(&api, &headers, address, done).await)
}

/// The body of `DELETE /auth/fido`.
#[derive(Debug)]
pub(crate) struct OldKey {
    name: String,
    proof: SecondFactorProof,
}

impl ActionBody for OldKey {
    const SCHEMA: &'static str = "FidoUnregisterSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("device_name", TextRule::FILLED),
            proof: proof(fields),
        }
    }
}

/// `DELETE /auth/fido`: removes the first security key of a name.
pub(crate) async fn remove_fido(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<OldKey>,
) -> HandlerResult<Json<Value>> {
    let OldKey { name, proof } = body.validate()?;
    let done = api.core.auth().remove_fido(&caller, &name, &proof).await;
    done.map_err(|error| FIDO.unproven(error))?;
    Ok(success())
}

/// `PUT /auth/recovery-codes`: new recovery codes in place of the old ones.
pub(crate) async fn renew_recovery_codes(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<Proof>,
) -> HandlerResult<Json<Value>> {
    let Proof(proof) = body.validate()?;
    let codes = api.core.auth().renew_recovery_codes(&caller, &proof).await;
    let codes = codes.map_err(|error| RECOVERY_CODES.unproven(error))?;
    Ok(Json(json!({"otp_recovery_codes": codes.0})))
}
