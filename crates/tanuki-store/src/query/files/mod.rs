//! Files: previews, main previews, and the registry of stored files.

pub mod main_previews;
pub mod previews;
pub mod stored;
pub mod stored_previews;
