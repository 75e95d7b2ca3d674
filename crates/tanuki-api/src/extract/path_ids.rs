//! The ids in a path.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::{Failure, not_found};

/// The ids in a path, parsed. A malformed [`Uuid`](uuid::Uuid) is refused with 404, in the
/// order of the handler's arguments: after the extractor of the caller. A
/// [`MaybeId`](tanuki_core::MaybeId) is left to the function that takes it.
///
/// Several ids are a struct with the names of the route's parameters, so that
/// none is taken for another.
#[derive(Debug)]
pub(crate) struct PathIds<T>(pub T);

impl<S, T> FromRequestParts<S> for PathIds<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(rejection) => Err(refusal(rejection)),
        }
    }
}

/// 404 for a malformed id; 500 if the handler wants other parameters than its
/// route has.
fn refusal(rejection: PathRejection) -> Failure {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return Failure::internal("a route without parameters has a handler that wants ids");
    };
    match error.kind() {
        ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. } => {
            Failure::internal(&error.body_text())
        }
        ErrorKind::Message(message) if message.starts_with("missing field") => {
            Failure::internal(message)
        }
        _ => not_found(),
    }
}
