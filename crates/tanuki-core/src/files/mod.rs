//! Files of tasks and entities, as rows: previews, working and output files.

mod backgrounds;
mod paths;
mod previews;
mod tree;
mod work;

pub use backgrounds::PREVIEW_BACKGROUNDS;
pub use paths::FilePath;
pub use previews::PREVIEW_FILES;
pub(crate) use previews::revision_is_taken;
pub use work::{OUTPUT_FILES, WORKING_FILES};
