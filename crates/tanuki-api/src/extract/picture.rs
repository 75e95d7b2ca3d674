//! Path parameters that end with `.png`.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::Api;
use crate::error::{Failure, not_found};

/// The id in a path that ends with `ID.png`; any other path and a malformed id
/// are refused with 404.
#[derive(Debug)]
pub(crate) struct Png(pub Uuid);

impl FromRequestParts<Api> for Png {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        let Path(name) = path.map_err(|_| not_found())?;
        let id = name.strip_suffix(".png").ok_or_else(not_found)?;
        Uuid::try_parse(id).map(Self).map_err(|_| not_found())
    }
}
