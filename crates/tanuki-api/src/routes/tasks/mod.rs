//! Tasks.

pub(crate) mod create;
pub(crate) mod lists;
