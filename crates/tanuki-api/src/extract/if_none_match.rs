//! `If-None-Match`: the versions of a response that the client has.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tanuki_core::ClientEtags;

use crate::error::Failure;

/// The versions of a response that the client has.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(pub ClientEtags);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let header = tanuki_http::IfNoneMatch::of(&parts.headers);
        if !header.is_present() {
            return Ok(Self(ClientEtags::none()));
        }
        // On the wire an ETag is in quotes.
        let has = move |etag: &str| header.matches(&format!("\"{etag}\""));
        Ok(Self(ClientEtags::new(has)))
    }
}
