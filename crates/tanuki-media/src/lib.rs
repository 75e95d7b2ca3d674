//! Pictures and films: decoding, resizing, drawing on them, encoding.
//!
//! Knows neither the database nor HTTP. Pictures are synchronous: decoding keeps
//! a processor busy, so callers run it on threads that may block, and bound how
//! many run at once. Films are the work of child processes, which callers await.

pub mod bundle;
pub mod drawing;
pub mod film;
pub mod picture;
