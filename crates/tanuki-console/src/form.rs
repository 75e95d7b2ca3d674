//! Forms that the console's pages submit.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use bytes::Bytes;
use uuid::Uuid;

use crate::Console;
use crate::failure::Failure;
use crate::visit::Visitor;

/// A submitted form, checked against CSRF: every handler with side effects
/// takes it as an argument.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl FromRequest<Console> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let Visitor(visit) = Visitor::from_request_parts(&mut parts, console).await?;
        // Origins that the API allows do not apply to the console.
        let header = |name: &str| parts.headers.get(name)?.to_str().ok();
        if !visit.site.sent(header, &[]) {
            return Err(Failure::refused(
                StatusCode::FORBIDDEN,
                "This form came from another site. If it was sent from the console, the proxy in \
                 front of the server has to pass on the Host header.",
            ));
        }
        let request = Request::from_parts(parts, body);
        let body = Bytes::from_request(request, console)
            .await
            .map_err(|rejection| {
                Failure::refused(rejection.status(), "This form could not be read.")
            })?;
        let form = Self(form_urlencoded::parse(&body).into_owned().collect());
        if !visit.accepts_csrf(console, form.text("csrf")) {
            return Err(Failure::refused(
                StatusCode::FORBIDDEN,
                "This form is out of date, or the browser keeps no cookies. Go back, reload the \
                 page and send the form again.",
            ));
        }
        Ok(form)
    }
}

impl Form {
    /// Returns the first value of a field; empty if it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Returns all values of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a checkbox is checked.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Returns the id in a hidden field.
    ///
    /// # Errors
    ///
    /// 400 if it is missing or not a UUID.
    pub fn id(&self, name: &str) -> Result<Uuid, Failure> {
        Uuid::try_parse(self.text(name)).map_err(|_| {
            Failure::refused(
                StatusCode::BAD_REQUEST,
                "This form is not complete. Go back, reload the page and send the form again.",
            )
        })
    }
}
