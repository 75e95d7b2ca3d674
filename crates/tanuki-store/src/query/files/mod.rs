//! Files: previews, main previews, working files, output files, and the
//! registry of stored files.

pub mod expected;
pub mod films;
pub mod main_previews;
pub mod outputs;
pub mod previews;
pub mod stored;
pub mod stored_previews;
pub mod uploads;
pub mod working;
