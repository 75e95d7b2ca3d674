//! The shared link that a path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDateTime;
use tanuki_core::shares::{GuestSecrets, LinkRequest, Pass, SharedLink};
use tanuki_http::client_address;
use tanuki_http::cookies::{SetCookie, read};

use super::{Query, is_from_elsewhere, link_cookies, site_of};
use crate::Api;
use crate::error::{Failure, not_found};
use crate::in_flight::Sender;

/// The name of the path's parameter.
const TOKEN: &str = "token";

/// The header in which programs send the secret of a guest.
const GUEST_HEADER: &str = "x-guest-token";

/// The link of a path below `/shared/playlists/{token}`, which is in force, and
/// whose password came with the request if it has one: in the query string, as
/// Zou's clients send it, or in the cookie that was given for it. Anything else
/// is refused with 404. A request below that path is public only through this.
#[derive(Debug)]
pub(crate) struct Shared {
    pub link: SharedLink,
    /// The secrets of guests that came in a header or a cookie.
    pub secrets: GuestSecrets,
    token: String,
    pass: Option<Pass>,
    secure: bool,
}

impl FromRequestParts<Api> for Shared {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let path = RawPathParams::from_request_parts(parts, api).await;
        let path = path.map_err(|_| not_found())?;
        let token = path.iter().find(|(name, _)| *name == TOKEN);
        let (_, token) = token.ok_or_else(not_found)?;
        let query = Query::from_request_parts(parts, api).await?;
        let headers = &parts.headers;
        let pass = link_cookies::pass(token).and_then(|name| read(headers, &name));
        let opened = api.core.shares().open(LinkRequest {
            token,
            password: query.first("password"),
            pass: pass.as_deref(),
            address: client_address(headers, &parts.extensions),
        });
        let opened = opened.await?;
        let header = headers.get(GUEST_HEADER);
        let header = header.and_then(|value| value.to_str().ok().map(str::to_owned));
        // A page of another site must not write in the name of a guest.
        let cookie = link_cookies::guest(token)
            .filter(|_| !is_from_elsewhere(headers, &api.core))
            .and_then(|name| read(headers, &name));
        let shared = Self {
            secrets: GuestSecrets(header.into_iter().chain(cookie).collect()),
            token: token.to_owned(),
            pass: opened.pass,
            secure: site_of(headers, &api.core).secure_cookies,
            link: opened.link,
        };
        parts.extensions.insert(Sender(shared.link.id()));
        Ok(shared)
    }
}

impl Shared {
    /// Returns the response with the cookie that replaces the password, if the
    /// request was sent with the password.
    pub fn answer(&self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let (Some(pass), Some(name)) = (&self.pass, link_cookies::pass(&self.token)) {
            self.set(&mut response, (&name, &pass.value), pass.expires_at);
        }
        response
    }

    /// Like [`answer`](Self::answer), and sets the cookie with the secret of a
    /// guest.
    pub fn answer_guest(
        &self,
        answer: impl IntoResponse,
        (secret, expires_at): (&str, NaiveDateTime),
    ) -> Response {
        let mut response = self.answer(answer);
        if let Some(name) = link_cookies::guest(&self.token) {
            self.set(&mut response, (&name, secret), expires_at);
        }
        response
    }

    fn set(&self, response: &mut Response, (name, value): (&str, &str), until: NaiveDateTime) {
        let cookie = SetCookie {
            name,
            value,
            path: "/",
            expires: Some(until.and_utc()),
            max_age: None,
            secure: self.secure,
        };
        cookie.add_to(response);
    }
}
