//! Pictures and films: decoding, resizing, encoding.
//!
//! Knows neither the database nor HTTP, and is synchronous: decoding keeps a
//! processor busy, so callers run it on threads that may block, and bound how
//! many run at once.

pub mod picture;
