//! The client's IP address.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tanuki_http::client_address;

use crate::error::Failure;

/// The client's IP address: the value of
/// `X-Real-IP` if a proxy sets it, or else the peer of the connection. `None`
/// if neither is known.
#[derive(Debug)]
pub(crate) struct ClientAddress(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(client_address(&parts.headers, &parts.extensions)))
    }
}
