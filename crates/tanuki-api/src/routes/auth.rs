//! `/auth/…`: login and logout, tokens, passwords.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tanuki_core::Shape;
use tanuki_core::auth::password::PasswordPolicyError;
use tanuki_core::auth::shapes::session;
use tanuki_core::auth::{
    LoggedIn, Login, LoginError, LoginMethod, PASSWORD_IN_DIRECTORY, ResetError, ResetLink,
    SecondFactorProof,
};

use super::second_factors::{locked_out, proof};
use super::session_cookies::{record, set_cookies};
use crate::browser::is_browser;
use crate::error::{Failure, HandlerResult};
use crate::extract::{
    ActionBody, Body, ClientAddress, Fields, Pattern, Person, RefreshToken, TextRule,
    WithCurrentUser, is_from_elsewhere, site_of,
};
use crate::{Api, cookies, response};

/// The body of `POST /auth/login`.
#[derive(Debug)]
pub(crate) struct Credentials {
    email: String,
    password: String,
    second_factor: SecondFactorProof,
}

impl ActionBody for Credentials {
    const SCHEMA: &'static str = "LoginSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email", TextRule::FILLED),
            password: fields.text_or("password", "default"),
            second_factor: proof(fields),
        }
    }
}

/// `POST /auth/login`.
pub(crate) async fn login(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    arguments: Body<Credentials>,
) -> HandlerResult {
    let credentials = arguments.validate()?;
    let login = Login {
        email: &credentials.email,
        password: &credentials.password,
        second_factor: &credentials.second_factor,
        address,
    };
    let done = api.core.auth().log_in(&login).await;
    let done = done.map_err(login_failure)?;
    Ok(logged_in(&api, &headers, address, done).await)
}

/// Writes the login log, and returns the response to a login: the person, the
/// organisation and a session, which a browser gets as cookies, too.
pub(super) async fn logged_in(
    api: &Api,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    logged_in: LoggedIn,
) -> Response {
    let browser = is_browser(headers);
    let session = &logged_in.session;
    let auth = api.core.auth();
    auth.log_login(session.person_id, address, browser).await;
    let new = (session, logged_in.method);
    record(api, headers, address, new).await;
    let mut body = json!({
        "user": logged_in.user,
        "organisation": logged_in.organisation,
        "login": true,
        "access_token": session.access_token,
        "refresh_token": session.refresh_token,
    });
    if logged_in.must_set_up_second_factor {
        body["two_factor_authentication_required"] = true.into();
    }
    let mut answer = Json(body).into_response();
    // Login CSRF: a page of another site must not log the browser in.
    if browser && !is_from_elsewhere(headers, &api.core) {
        set_cookies(api, headers, &mut answer, session);
    }
    answer
}

/// The shape of the response to a login.
pub(crate) fn login_shape() -> Shape {
    session().with("two_factor_authentication_required", Shape::boolean())
}

/// Returns the response for a failed login, with the keys that Kitsu and gazu
/// look for.
pub(super) fn login_failure(refusal: LoginError) -> Failure {
    let refused = |body: Value| Failure::body(StatusCode::BAD_REQUEST, body);
    match refusal {
        LoginError::WrongCredentials => refused(json!({
            "login": false,
            "message": "Wrong email or password.",
        })),
        LoginError::LockedOut => refused(json!({
            "error": true,
            "login": false,
            "too_many_failed_login_attemps": true,
            "message": "Too many failed login attempts, retry in a minute.",
        })),
        LoginError::DefaultPassword { token } => {
            refused(json!({"login": false, "default_password": true, "token": token}))
        }
        LoginError::MissingSecondFactor { preferred, enabled } => refused(json!({
            "error": true,
            "login": false,
            "missing_OTP": true,
            "message": "A two-factor authentication code is required.",
            "preferred_two_factor_authentication": preferred,
            "two_factor_authentication_enabled": enabled,
        })),
        LoginError::WrongSecondFactor => refused(json!({
            "error": true,
            "login": false,
            "wrong_OTP": true,
            "message": "Wrong two-factor authentication code.",
        })),
        LoginError::WrongPasskey => refused(json!({
            "error": true,
            "login": false,
            "message": "The passkey is unknown, or its answer is wrong or too late.",
        })),
        LoginError::Inactive => Failure::body(
            StatusCode::UNAUTHORIZED,
            json!({
                "error": true,
                "login": false,
                "unactive": true,
                "message": "User is unactive, he cannot log in.",
            }),
        ),
        // Not a 5xx, which Kitsu shows as a broken server, and gazu 503 as success.
        LoginError::DirectoryUnavailable => refused(json!({
            "error": true,
            "login": false,
            "message": "The studio's directory (LDAP) cannot be reached. Try again later, or tell an administrator.",
        })),
        // Not Zou's 409, which gazu takes for success.
        LoginError::NoStrategy => refused(json!({
            "error": true,
            "login": false,
            "message": "The authentication strategy of this server is not available.",
        })),
        LoginError::Failed(error) => error.into(),
    }
}

/// `GET /auth/authenticated`. JSON: the caller's row under `user`, and
/// `organisation`.
pub(crate) async fn authenticated(WithCurrentUser(myself): WithCurrentUser) -> HandlerResult {
    let mut json = Vec::with_capacity(4096);
    json.extend_from_slice(br#"{"authenticated":true,"user":"#);
    myself.write_person(&mut json)?;
    json.extend_from_slice(br#","organisation":"#);
    myself.write_organisation(&mut json)?;
    json.push(b'}');
    Ok(response::json(json))
}

/// `GET /auth/logout`: revokes the session's tokens.
pub(crate) async fn logout(
    Person(caller): Person,
    State(api): State<Api>,
    headers: HeaderMap,
) -> HandlerResult {
    api.core.auth().revoke_session(&caller.claims).await?;
    let mut answer = Json(json!({"logout": true})).into_response();
    if is_browser(&headers) {
        let secure = site_of(&headers, &api.core).secure_cookies;
        cookies::unset(&mut answer, cookies::ACCESS, secure);
        cookies::unset(&mut answer, cookies::REFRESH, secure);
    }
    Ok(answer)
}

/// `GET /auth/refresh-token`: issues a new access token. A browser gets it as a
/// cookie, other clients in the body.
pub(crate) async fn refresh_token(
    RefreshToken(caller): RefreshToken,
    State(api): State<Api>,
    headers: HeaderMap,
) -> HandlerResult {
    let token = api.core.auth().refresh(&caller).await?;
    if !is_browser(&headers) {
        return Ok(Json(json!({"access_token": token})).into_response());
    }
    let mut answer = Json(json!({"refresh": true})).into_response();
    let secure = site_of(&headers, &api.core).secure_cookies;
    let now = api.core.clock().now();
    cookies::set(&mut answer, (cookies::ACCESS, &token), now, secure);
    cookies::unset(&mut answer, cookies::REFRESH, secure);
    Ok(answer)
}

/// The shape of the response to a refresh: the token, unless a browser got it
/// as a cookie.
pub(crate) fn refreshed_shape() -> Shape {
    let keys = [
        ("access_token", Shape::text()),
        ("refresh", Shape::boolean()),
    ];
    Shape::object(keys)
}

/// The body of `POST /auth/change-password`.
#[derive(Debug)]
pub(crate) struct ChangePassword {
    old: String,
    new: String,
    repeated: String,
}

impl ActionBody for ChangePassword {
    const SCHEMA: &'static str = "ChangePasswordSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            old: fields.text("old_password", TextRule::FILLED),
            new: fields.text("password", TextRule::FILLED),
            repeated: fields.text("password_2", TextRule::FILLED),
        }
    }
}

/// `POST /auth/change-password`.
pub(crate) async fn change_password(
    Person(caller): Person,
    State(api): State<Api>,
    arguments: Body<ChangePassword>,
) -> HandlerResult<Json<Value>> {
    let ChangePassword { old, new, repeated } = arguments.validate()?;
    api.core
        .auth()
        .change_password(&caller, &old, &new, &repeated)
        .await
        .map_err(reset_failure)?;
    Ok(Json(json!({"success": true})))
}

/// The body of `POST /auth/reset-password`.
#[derive(Debug)]
pub(crate) struct SendPasswordReset {
    email: String,
}

impl ActionBody for SendPasswordReset {
    const SCHEMA: &'static str = "SendPasswordResetSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email", TextRule::FILLED),
        }
    }
}

/// `POST /auth/reset-password`: sends a link by mail. The response is the same
/// whether or not an account has that email, so that it does not reveal
/// accounts.
pub(crate) async fn request_password_reset(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    arguments: Body<SendPasswordReset>,
) -> HandlerResult<Json<Value>> {
    let SendPasswordReset { email } = arguments.validate()?;
    api.core
        .auth()
        .request_password_reset(&email, address)
        .await
        .map_err(reset_failure)?;
    Ok(Json(json!({"success": "Reset token sent"})))
}

/// The body of `PUT /auth/reset-password`.
#[derive(Debug)]
pub(crate) struct ResetPassword {
    email: String,
    token: String,
    new: String,
    repeated: String,
}

impl ActionBody for ResetPassword {
    const SCHEMA: &'static str = "ResetPasswordSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email", TextRule::FILLED),
            token: fields.text("token", TextRule::FILLED),
            new: fields.text("password", TextRule::FILLED),
            repeated: fields.text("password2", TextRule::FILLED),
        }
    }
}

/// `PUT /auth/reset-password`: sets a new password with the token of the link.
pub(crate) async fn reset_password(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    arguments: Body<ResetPassword>,
) -> HandlerResult<Json<Value>> {
    let ResetPassword {
        email,
        token,
        new,
        repeated,
    } = arguments.validate()?;
    let shown = ResetLink {
        email: &email,
        token: &token,
        address,
    };
    api.core
        .auth()
        .reset_password(&shown, &new, &repeated)
        .await
        .map_err(reset_failure)?;
    Ok(Json(json!({"success": true})))
}

/// Returns the response for a password that was not changed.
pub(crate) fn reset_failure(refusal: ResetError) -> Failure {
    let refused = |message: &str| Failure::new(StatusCode::BAD_REQUEST, message);
    match refusal {
        ResetError::Unfit(PasswordPolicyError::Mismatch) => {
            refused("Confirmation password doesn't match.")
        }
        ResetError::Unfit(PasswordPolicyError::TooShort) => refused("Password is too short."),
        ResetError::WrongToken => refused("Wrong or expired token."),
        ResetError::WrongOldPassword => refused("Old password is wrong."),
        ResetError::InDirectory => refused(PASSWORD_IN_DIRECTORY),
        ResetError::Inactive => refused("User is unactive."),
        ResetError::LockedOut => locked_out(),
        ResetError::Failed(error) => error.into(),
    }
}

/// The body of `POST /auth/app-login/code`.
#[derive(Debug)]
pub(crate) struct AppLoginCode {
    challenge: String,
}

impl ActionBody for AppLoginCode {
    const SCHEMA: &'static str = "AppLoginCodeSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            challenge: fields.text(
                "code_challenge",
                TextRule {
                    pattern: Some(Pattern {
                        shown: "^[A-Za-z0-9_-]{43}$",
                        has: |text| {
                            text.len() == 43
                                && text.bytes().all(|byte| is_word(byte) || byte == b'-')
                        },
                    }),
                    ..TextRule::ANY
                },
            ),
        }
    }
}

/// `POST /auth/app-login/code`: issues a single-use code to log an application
/// in (PKCE).
pub(crate) async fn app_login_code(
    Person(caller): Person,
    State(api): State<Api>,
    arguments: Body<AppLoginCode>,
) -> HandlerResult<(StatusCode, Json<Value>)> {
    let AppLoginCode { challenge } = arguments.validate()?;
    let code = api.core.auth().issue_app_login(&caller, &challenge).await?;
    Ok((StatusCode::CREATED, Json(json!({"code": code}))))
}

/// The body of `POST /auth/app-login/token`.
#[derive(Debug)]
pub(crate) struct AppLoginToken {
    code: String,
    verifier: String,
}

impl ActionBody for AppLoginToken {
    const SCHEMA: &'static str = "AppLoginTokenSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            code: fields.text(
                "code",
                TextRule {
                    max: Some(128),
                    ..TextRule::FILLED
                },
            ),
            verifier: fields.text(
                "code_verifier",
                TextRule {
                    pattern: Some(Pattern {
                        shown: "^[A-Za-z0-9._~-]{43,128}$",
                        has: |text| {
                            (43..=128).contains(&text.len())
                                && text
                                    .bytes()
                                    .all(|byte| is_word(byte) || b".~-".contains(&byte))
                        },
                    }),
                    ..TextRule::ANY
                },
            ),
        }
    }
}

/// `POST /auth/app-login/token`: exchanges the code for tokens.
pub(crate) async fn app_login_token(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    arguments: Body<AppLoginToken>,
) -> HandlerResult<Json<Value>> {
    let AppLoginToken { code, verifier } = arguments.validate()?;
    let Some(login) = api
        .core
        .auth()
        .redeem_app_login(&code, &verifier, address)
        .await?
    else {
        return Err(Failure::body(
            StatusCode::BAD_REQUEST,
            json!({"login": false, "message": "Wrong or expired code."}),
        ));
    };
    api.core
        .auth()
        .log_login(login.session.person_id, address, false)
        .await;
    let new = (&login.session, LoginMethod::AppLogin);
    record(&api, &headers, address, new).await;
    Ok(Json(json!({
        "user": login.user,
        "organisation": login.organisation,
        "login": true,
        "access_token": login.session.access_token,
        "refresh_token": login.session.refresh_token,
    })))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
