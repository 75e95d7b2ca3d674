//! HTTP as the API, the console and the server's binary need it: cookies, the
//! client's address, conditional requests, compression.

mod client_address;
pub mod compression;
pub mod cookies;
mod etag;

pub use client_address::client_address;
pub use etag::IfNoneMatch;
