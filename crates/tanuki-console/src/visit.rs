//! The visitor of a page: session, address, CSRF cookie.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::Response;
use tanuki_core::Result;
use tanuki_core::auth::SessionPerson;
use tanuki_core::auth::secret::random_text;
use tanuki_domain::Site;
use tanuki_http::client_address;
use tanuki_http::cookies::read;

use crate::failure::Failure;
use crate::{Console, cookies};

/// A request of a browser: who is signed in, and its cookies.
#[derive(Debug)]
pub(crate) struct Visit {
    /// The signed-in person; `None` if nobody is signed in.
    pub person: Option<SessionPerson>,
    /// The value of the session cookie, whether or not the session is valid.
    pub session: Option<String>,
    pub site: Site,
    /// The browser's IP address: the value of `X-Real-IP` if a proxy sets it,
    /// or else the peer of the connection.
    pub address: Option<IpAddr>,
    csrf_cookie: String,
    has_csrf_cookie: bool,
}

impl Visit {
    /// Reads the cookies and headers of a request. The session is not checked
    /// yet.
    pub fn of(console: &Console, request: &Request) -> Result<Self> {
        let headers = request.headers();
        let csrf_cookie = read(headers, cookies::CSRF);
        Ok(Self {
            person: None,
            session: read(headers, cookies::SESSION),
            site: Site::of(
                |name| headers.get(name)?.to_str().ok(),
                &console.core.settings().studio.public_url,
            ),
            address: client_address(headers, request.extensions()),
            has_csrf_cookie: csrf_cookie.is_some(),
            csrf_cookie: match csrf_cookie {
                Some(cookie) => cookie,
                None => random_text(32)?,
            },
        })
    }

    /// Loads the person of the session. Queries the database on every request,
    /// so that signing out, deactivation and a change of role take effect at
    /// once.
    pub async fn find_person(&mut self, console: &Console) -> Result<()> {
        if let Some(session) = &self.session {
            self.person = console.core.auth().console_session(session).await?;
        }
        Ok(())
    }

    /// Returns the CSRF token for this browser's forms.
    pub fn csrf_code(&self, console: &Console) -> String {
        console
            .csrf
            .code(&self.csrf_cookie, self.session.as_deref())
    }

    /// Whether a CSRF token is valid for this browser.
    pub fn accepts_csrf(&self, console: &Console, code: &str) -> bool {
        console
            .csrf
            .accepts(code, &self.csrf_cookie, self.session.as_deref())
    }

    /// Sets the CSRF cookie if the browser does not have it yet.
    pub fn keep_csrf_cookie(&self, answer: &mut Response) {
        if !self.has_csrf_cookie {
            cookies::set_csrf(answer, &self.csrf_cookie, self.site.https);
        }
    }
}

/// Extractor of the [`Visit`], which the middleware has added to the request.
#[derive(Debug)]
pub(crate) struct Visitor(pub Arc<Visit>);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Arc<Visit>>()
            .map(|visit| Self(Arc::clone(visit)))
            .ok_or_else(|| Failure::internal("a page is served outside of its layer"))
    }
}
