//! Who asks, proven by a token in a cookie or in the `Authorization` header.

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

/// Anybody with an access token, bots included.
#[derive(Debug)]
pub(crate) struct Authenticated(pub Caller);

/// Like [`Authenticated`], with the caller's own row and the studio's.
#[derive(Debug)]
pub(crate) struct WithCurrentUser(pub CurrentUser);

/// Somebody with an access token of this server. Whether it still counts is
/// asked for together with what they want.
#[derive(Debug)]
pub(crate) struct SignatureChecked(pub VerifiedToken);

/// A real user: bots are refused.
#[derive(Debug)]
pub(crate) struct Person(pub Caller);

/// A real user who shows a refresh token.
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
        let shown = api.core.read_token(&token, TokenType::Access);
        let path = parts.uri.path();
        shown.map(Self).map_err(|refusal| failure(refusal, path))
    }
}

/// The caller that a [`Bearer`] turned out to be, if they may be there, and
/// what they wanted.
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
        let myself = api.core.current_user(&token).await;
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

async fn person(parts: &mut Parts, api: &Api, token_type: TokenType) -> Result<Caller, Failure> {
    let caller = caller(parts, api, token_type).await?;
    parts.extensions.insert(Sender(caller.id));
    if caller.is_person() {
        Ok(caller)
    } else {
        Err(Failure::forbidden())
    }
}

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
        .authenticate(&token, token_type, reads)
        .await
        .map_err(|refusal| failure(refusal, path))?;
    require_second_factor(&caller, path)?;
    Ok(caller)
}

/// Paths that a `GET` changes something at.
const CHANGED_BY_READING: &[&str] = &["/auth/logout", "/auth/refresh-token"];

const FORGED: &str = "This request came from a page of another site, with the cookie of this one. \
    If the page is the studio's own, list its origin in CORS_ALLOWED_ORIGINS, or let the proxy in \
    front of the server pass on the Host header.";

/// Whether a page of another site made the browser send the cookie along: with
/// nothing but a cookie, and from elsewhere. An `Authorization` header is
/// nothing that a browser adds by itself.
fn is_forged(headers: &HeaderMap, token_type: TokenType, core: &Core) -> bool {
    read(headers, cookie_of(token_type)).is_some()
        && !headers.contains_key(AUTHORIZATION)
        && is_from_elsewhere(headers, core)
}

/// Keeps out who has yet to set up a second factor.
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

/// Where a person may go who has yet to set up a second factor.
const OPEN_WITHOUT_SECOND_FACTOR: &[&str] = &[
    "/auth/login",
    "/auth/logout",
    "/auth/authenticated",
    "/auth/refresh-token",
];

/// The access token of a request that opens a connection, if it has one. The
/// cookie does not count where a page of another site opens it.
pub(crate) fn access_token(headers: &HeaderMap, core: &Core) -> Option<String> {
    let token = token(headers, TokenType::Access).ok();
    token.filter(|_| !is_forged(headers, TokenType::Access, core))
}

/// The name of the cookie that a token is kept in.
fn cookie_of(token_type: TokenType) -> &'static str {
    match token_type {
        TokenType::Access => cookies::ACCESS,
        TokenType::Refresh => cookies::REFRESH,
    }
}

/// The token of a request: of the cookie, or else of the header.
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
    // A client may send several schemes with commas between them.
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

fn failure(refusal: AuthError, path: &str) -> Failure {
    match refusal {
        AuthError::Token(TokenError::Expired) => {
            // gazu renews its token when it reads this.
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
