//! Extractors. Those of a caller have authenticated the request: an endpoint
//! whose handler takes none of them is public.

mod action;
mod address;
mod body;
mod body_limits;
mod caller;
mod describe;
mod disposition;
mod drain;
mod fields;
mod form;
mod if_none_match;
mod lax;
pub(crate) mod link_cookies;
mod multipart;
mod numbers;
mod origin;
mod parameters;
mod path_ids;
mod picture;
mod shared_link;

pub(crate) use action::{ActionBody, Body, BodyList, LenientBody};
pub(crate) use address::ClientAddress;
pub(crate) use body::{Arguments, Ids, JsonValue, ResourceBody, read_small_first};
pub(crate) use body_limits::{BUFFERED_BODY_LIMIT, unreadable};
pub(crate) use caller::{
    Authenticated, Person, RefreshToken, SignatureChecked, WithCurrentUser, accepted, access_token,
};
pub(crate) use describe::{BodySchema, Describe, DescribeInput, Input, QueryParameter};
pub(crate) use fields::{Fields, Pattern, TextRule, id_schema};
pub(crate) use form::{FormRequest, UPLOAD_ID, UPLOAD_IDS, WithFiles};
pub(crate) use if_none_match::IfNoneMatch;
pub(crate) use origin::{is_from_elsewhere, site_of};
pub(crate) use parameters::Parameters;
pub(crate) use path_ids::PathIds;
pub(crate) use picture::{FileName, Mp4, Png};
pub(crate) use shared_link::Shared;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tanuki_core::{Error, MaybeId};

use crate::error::Failure;

/// The decoded pairs of the query string.
#[derive(Debug)]
pub(crate) struct Query(pub Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        pairs(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

impl Query {
    /// Returns the first value of a parameter.
    pub fn first(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// Returns the first value of a parameter as an id; `None` if it is missing
    /// or empty.
    pub fn id(&self, name: &str) -> Option<MaybeId> {
        let text = self.first(name).filter(|text| !text.is_empty())?;
        Some(text.to_owned().into())
    }

    /// Sets a parameter from the path, replacing any of that name in the query
    /// string.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether a flag is `true`, in any case; `default` if it is not given.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.first(name)
            .map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }
}

/// The maximum number of pairs of a query string or form.
const MAX_PAIRS: usize = 10_000;

/// Decodes the pairs of a query string or of a form.
///
/// # Errors
///
/// 400 if there are more than [`MAX_PAIRS`].
fn pairs(text: &str) -> Result<Vec<(String, String)>, Failure> {
    if text.bytes().filter(|byte| *byte == b'&').count() >= MAX_PAIRS {
        let message = format!("A query string or form has at most {MAX_PAIRS} parameters.");
        return Err(Error::invalid(message).into());
    }
    Ok(form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect())
}
