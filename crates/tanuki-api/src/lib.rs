//! The HTTP API: what Zou answers, under `/api/…` and bare.

mod attempts;
mod browser;
mod cookies;
mod download;
mod error;
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
mod unsupported;

use tanuki_core::Core;

pub use in_flight::{Bound, InFlight};
pub use live::{Live, listen};
pub use paths::{OriginalPath, normalize};
pub use router::{finish, router};

/// What every handler works with.
#[derive(Debug, Clone)]
pub struct Api {
    pub core: Core,
    /// `MAX_CONTENT_LENGTH`, bytes of a request's body.
    pub max_body: u64,
    /// What requests hold at once.
    pub in_flight: InFlight,
}
