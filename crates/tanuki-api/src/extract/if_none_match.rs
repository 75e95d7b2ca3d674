//! The `If-None-Match` header: ETags of the responses that the client has
//! cached.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tanuki_core::ClientEtags;

use crate::error::Failure;

/// The ETags of the client's cached responses; none without the header.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(pub ClientEtags);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let header = tanuki_http::IfNoneMatch::of(&parts.headers);
        if !header.is_present() {
            return Ok(Self(ClientEtags::none()));
        }
        // In the header an ETag is in quotes.
        let has = move |etag: &str| header.matches(&format!("\"{etag}\""));
        Ok(Self(ClientEtags::new(has)))
    }
}
