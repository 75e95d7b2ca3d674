//! Tasks.

pub(crate) mod actions;
pub(crate) mod create;
pub(crate) mod lists;
pub(crate) mod open;
pub(crate) mod time;
