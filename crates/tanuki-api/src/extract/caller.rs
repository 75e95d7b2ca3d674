//! Authentication: the caller is proven by a token in a cookie or in the
//! `Authorization` header.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use tanuki_core::auth::token::{TokenError, TokenType};
use tanuki_core::{AuthError, Caller, Core, CurrentUser, VerifiedToken};
use tanuki_http::cookies::read;

use super::is_from_elsewhere;
use crate::error::{Failure, UNAUTHORIZED};
use crate::in_flight::Sender;
use crate::{Api, cookies};

/// A caller with a valid access token, bots included.
#[derive(Debug)]
pub(crate) struct Authenticated(pub Caller);

/// Like [`Authenticated`], with the rows of the caller and of the organisation.
#[derive(Debug)]
pub(crate) struct WithCurrentUser(pub CurrentUser);

/// A caller whose access token has a valid signature and has not expired.
/// Whether it was revoked is *not* checked yet: handlers check that in the same
/// query that loads the data, and pass the result to [`accepted`].
#[derive(Debug)]
pub(crate) struct SignatureChecked(pub VerifiedToken);

/// An authenticated person: bots are refused with 403.
#[derive(Debug)]
pub(crate) struct Person(pub Caller);

/// A person who is authenticated by a refresh token; bots are refused with 403.
#[derive(Debug)]
pub(crate) struct RefreshToken(pub Caller);

impl FromRequestParts<Api> for Authenticated {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let caller = caller(parts, api, TokenType::Access).await?;
        parts.extensions.insert(Sender(caller.id));
        Ok(Self(caller))
    }
}

impl FromRequestParts<Api> for SignatureChecked {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let token = token(&parts.headers, TokenType::Access)?;
        let shown = api.core.auth().read_token(&token, TokenType::Access);
        let path = parts.uri.path();
        shown.map(Self).map_err(|refusal| failure(refusal, path))
    }
}

/// Completes the authentication of a [`SignatureChecked`] token: returns the
/// caller and the data that was loaded with them.
///
/// # Errors
///
/// 401 if the token was revoked or the account is inactive, 403 if the person
/// has to set up a second factor first.
pub(crate) fn accepted<T>(
    found: Result<(Caller, T), AuthError>,
    path: &str,
) -> Result<(Caller, T), Failure> {
    let found = found.map_err(|refusal| failure(refusal, path))?;
    require_second_factor(&found.0, path)?;
    Ok(found)
}

impl FromRequestParts<Api> for WithCurrentUser {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let token = token(&parts.headers, TokenType::Access)?;
        let path = parts.uri.path();
        let myself = api.core.auth().current_user(&token).await;
        let myself = myself.map_err(|refusal| failure(refusal, path))?;
        require_second_factor(&myself.caller, path)?;
        Ok(Self(myself))
    }
}

impl FromRequestParts<Api> for Person {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        person(parts, api, TokenType::Access).await.map(Self)
    }
}

impl FromRequestParts<Api> for RefreshToken {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        person(parts, api, TokenType::Refresh).await.map(Self)
    }
}

/// Authenticates a person; 403 for a bot.
async fn person(parts: &mut Parts, api: &Api, token_type: TokenType) -> Result<Caller, Failure> {
    let caller = caller(parts, api, token_type).await?;
    parts.extensions.insert(Sender(caller.id));
    if caller.is_person() {
        Ok(caller)
    } else {
        Err(Failure::forbidden())
    }
}

/// Authenticates the caller of a request.
///
/// # Errors
///
/// 401 or 422 if the token is missing or invalid; 403 if the request looks like
/// cross-site request forgery or the person has to set up a second factor.
async fn caller(parts: &Parts, api: &Api, token_type: TokenType) -> Result<Caller, Failure> {
    let token = token(&parts.headers, token_type)?;
    let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let path = parts.uri.path();
    let changes = !reads || CHANGED_BY_READING.contains(&path);
    if changes && is_forged(&parts.headers, token_type, &api.core) {
        return Err(Failure::new(StatusCode::FORBIDDEN, FORGED));
    }
    let caller = api
        .core
        .auth()
        .authenticate(&token, token_type, reads)
        .await
        .map_err(|refusal| failure(refusal, path))?;
    require_second_factor(&caller, path)?;
    Ok(caller)
}

/// Paths at which a `GET` has side effects.
const CHANGED_BY_READING: &[&str] = &["/auth/logout", "/auth/refresh-token"];

const FORGED: &str = "This request came from a page of another site, with the cookie of this one. \
    If the page is the studio's own, list its origin in CORS_ALLOWED_ORIGINS, or let the proxy in \
    front of the server pass on the Host header.";

/// Whether the request looks like cross-site request forgery (CSRF): it is
/// authenticated by the cookie alone and was sent by a page of another site. A
/// browser never adds an `Authorization` header by itself.
fn is_forged(headers: &HeaderMap, token_type: TokenType, core: &Core) -> bool {
    read(headers, cookie_of(token_type)).is_some()
        && !headers.contains_key(AUTHORIZATION)
        && is_from_elsewhere(headers, core)
}

/// Refuses a person who still has to set up a second factor with 403.
fn require_second_factor(caller: &Caller, path: &str) -> Result<(), Failure> {
    if caller.claims.flag("requires_2fa_setup") && !OPEN_WITHOUT_SECOND_FACTOR.contains(&path) {
        return Err(Failure::body(
            StatusCode::FORBIDDEN,
            json!({
                "error": true,
                "two_factor_authentication_required": true,
                "message": "Two-factor authentication setup is required. \
                            Please configure 2FA before accessing the API.",
            }),
        ));
    }
    Ok(())
}

/// Paths that a person may use before setting up a second factor.
const OPEN_WITHOUT_SECOND_FACTOR: &[&str] = &[
    "/auth/login",
    "/auth/logout",
    "/auth/authenticated",
    "/auth/refresh-token",
    "/auth/totp",
    "/auth/email-otp",
    "/auth/fido",
    "/auth/recovery-codes",
];

/// Returns the access token of a request that opens a connection, if it has
/// one. The cookie is ignored if a page of another site opens the connection.
pub(crate) fn access_token(headers: &HeaderMap, core: &Core) -> Option<String> {
    let token = token(headers, TokenType::Access).ok();
    token.filter(|_| !is_forged(headers, TokenType::Access, core))
}

/// Returns the name of the cookie that holds a token.
fn cookie_of(token_type: TokenType) -> &'static str {
    match token_type {
        TokenType::Access => cookies::ACCESS,
        TokenType::Refresh => cookies::REFRESH,
    }
}

/// Returns the token of a request: from the cookie, or else from the
/// `Authorization` header.
///
/// # Errors
///
/// 401 if there is none, 422 if the header is malformed. Messages are Zou's.
fn token(headers: &HeaderMap, token_type: TokenType) -> Result<String, Failure> {
    let cookie = cookie_of(token_type);
    if let Some(token) = read(headers, cookie) {
        return Ok(token);
    }
    let missing = |detail: &str| {
        Failure::token(
            StatusCode::UNAUTHORIZED,
            &format!("Missing JWT in cookies or headers (Missing cookie \"{cookie}\"; {detail})"),
        )
    };
    let header = headers
        .get(AUTHORIZATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default();
    let header = header.trim().trim_matches(',');
    if header.is_empty() {
        return Err(missing("Missing Authorization Header"));
    }
    // A client may send several schemes, separated by commas.
    let mut bearers = header
        .split(',')
        .filter(|field| field.split_whitespace().next() == Some("Bearer"));
    let (Some(bearer), None) = (bearers.next(), bearers.next()) else {
        return Err(missing(
            "Missing 'Bearer' type in 'Authorization' header. \
             Expected 'Authorization: Bearer <JWT>'",
        ));
    };
    let mut words = bearer.split_whitespace().skip(1);
    match (words.next(), words.next()) {
        (Some(token), None) => Ok(token.to_owned()),
        _ => Err(Failure::token(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'",
        )),
    }
}

/// Returns the response for a failed authentication, as Zou has it.
fn failure(refusal: AuthError, path: &str) -> Failure {
    match refusal {
        AuthError::Token(TokenError::Expired) => {
            // gazu refreshes its token when it gets this message.
            Failure::new(StatusCode::UNAUTHORIZED, "Signature has expired")
        }
        AuthError::Token(TokenError::Invalid(message)) => {
            Failure::token(StatusCode::UNPROCESSABLE_ENTITY, &message)
        }
        AuthError::Revoked => Failure::token(StatusCode::UNAUTHORIZED, "Token has been revoked"),
        AuthError::UnknownPerson { subject } if matches!(path, "/auth/logout" | "/auth/login") => {
            Failure::token(
                StatusCode::UNAUTHORIZED,
                &format!("Error loading the user {subject}"),
            )
        }
        AuthError::UnknownPerson { .. } | AuthError::Inactive => {
            Failure::new(StatusCode::UNAUTHORIZED, UNAUTHORIZED)
        }
        AuthError::ReadOnly => Failure::forbidden(),
        AuthError::Failed(error) => error.into(),
    }
}
