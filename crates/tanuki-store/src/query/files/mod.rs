//! Files: previews, and the registry of stored files.

pub mod previews;
pub mod stored;
