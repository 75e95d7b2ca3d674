//! `If-None-Match`: the editions of an answer that the client has.

use axum::extract::FromRequestParts;
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use tanuki_core::Held;

use crate::error::Failure;

/// What the client has already.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(pub Held);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let mut held = Held::default();
        let values = parts.headers.get_all(IF_NONE_MATCH).into_iter();
        let values = values.filter_map(|value| value.to_str().ok());
        for tag in values.flat_map(|value| value.split(',')).map(str::trim) {
            held.any |= tag == "*";
            // Editions have no quotes, and weak ones are none of ours.
            held.editions.push(tag.trim_matches('"').to_owned());
        }
        Ok(Self(held))
    }
}
