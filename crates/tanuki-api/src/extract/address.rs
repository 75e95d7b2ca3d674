//! The client's IP address.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tanuki_http::client_address;

use crate::error::Failure;

/// The client's IP address, as the login log stores it: the value of
/// `X-Real-IP` if a proxy sets it, or else the peer of the connection. `None`
/// if neither is known.
#[derive(Debug)]
pub(crate) struct ClientAddress(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let address = client_address(&parts.headers, &parts.extensions);
        Ok(Self(address.map(|address| address.to_string())))
    }
}
