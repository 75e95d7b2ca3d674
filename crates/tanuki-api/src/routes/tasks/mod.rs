//! Tasks.

pub(crate) mod lists;
