//! Path parameters that are the name of a file: an id with an extension.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::Api;
use crate::error::{Failure, not_found};

/// The id in a path that ends with `ID.png`; any other path and a malformed id
/// are refused with 404.
#[derive(Debug)]
pub(crate) struct Png(pub Uuid);

/// The id in a path that ends with `ID.mp4`, like [`Png`].
#[derive(Debug)]
pub(crate) struct Mp4(pub Uuid);

/// The id in a path that ends with `ID` or `ID.EXTENSION`, and the extension:
/// the last parameter of the path. A malformed id is refused with 404.
#[derive(Debug)]
pub(crate) struct FileName {
    pub id: Uuid,
    pub extension: Option<String>,
}

impl FileName {
    /// Requires that there is no extension.
    ///
    /// # Errors
    /// 404 if there is one.
    pub fn id_without_extension(self) -> Result<Uuid, Failure> {
        match self.extension {
            None => Ok(self.id),
            Some(_) => Err(not_found()),
        }
    }

    /// Requires no extension, or `png`: paths of pictures that have both forms.
    ///
    /// # Errors
    /// 404 for another extension.
    pub fn id_of_png(self) -> Result<Uuid, Failure> {
        match self.extension.as_deref() {
            None | Some("png") => Ok(self.id),
            Some(_) => Err(not_found()),
        }
    }
}

async fn with_extension(parts: &mut Parts, api: &Api, extension: &str) -> Result<Uuid, Failure> {
    let name = FileName::from_request_parts(parts, api).await?;
    match name.extension {
        Some(given) if given == extension => Ok(name.id),
        _ => Err(not_found()),
    }
}

impl FromRequestParts<Api> for Png {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        with_extension(parts, api, "png").await.map(Self)
    }
}

impl FromRequestParts<Api> for Mp4 {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        with_extension(parts, api, "mp4").await.map(Self)
    }
}

impl FromRequestParts<Api> for FileName {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let path = RawPathParams::from_request_parts(parts, api).await;
        let path = path.map_err(|_| not_found())?;
        let (_, name) = path.iter().last().ok_or_else(not_found)?;
        let (id, extension) = match name.split_once('.') {
            Some((id, extension)) => (id, Some(extension.to_owned())),
            None => (name, None),
        };
        let id = Uuid::try_parse(id).map_err(|_| not_found())?;
        Ok(Self { id, extension })
    }
}
