//! Pictures, films and documents: decoding, resizing, drawing on them, encoding.
//!
//! Knows neither the database nor HTTP. Pictures are synchronous: decoding keeps
//! a processor busy, so callers run it on threads that may block, and bound how
//! many run at once. Films and documents are the work of child processes, which
//! callers await.

pub mod bundle;
pub mod child;
pub mod document;
pub mod drawing;
pub mod film;
pub mod picture;
