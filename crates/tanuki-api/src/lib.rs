//! The HTTP API, compatible with Zou's, under `/api/…` and without the prefix.

mod answer;
mod attempts;
mod browser;
mod compression;
mod cookies;
mod csv;
mod download;
mod error;
mod examples;
mod extract;
mod in_flight;
mod live;
mod manifest;
mod openapi;
mod paths;
mod pipeline;
mod request_log;
mod resources;
mod response;
mod router;
mod routes;

use tanuki_core::Core;

pub use in_flight::{Bound, InFlight};
pub use live::{Live, listen};
pub use paths::{OriginalPath, decoded_path, normalize};
pub use router::{finish, router};
pub use routes::uploads::{UPLOAD_REQUEST_HEADERS, UPLOAD_RESPONSE_HEADERS};

/// The state of every handler.
#[derive(Debug, Clone)]
pub struct Api {
    pub core: Core,
    /// `MAX_CONTENT_LENGTH`: the maximum size of a request body, in bytes.
    pub max_body: u64,
    /// The limits on the memory that request bodies hold at once.
    pub in_flight: InFlight,
}
