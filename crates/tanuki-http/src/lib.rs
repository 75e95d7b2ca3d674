//! HTTP as the API and the console both need it: cookies, the client's
//! address, conditional requests.

mod client_address;
pub mod cookies;
mod etag;

pub use client_address::client_address;
pub use etag::IfNoneMatch;
