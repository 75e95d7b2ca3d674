//! Files of tasks and entities, as rows: previews, working and output files.

mod backgrounds;
mod previews;
mod work;

pub use backgrounds::PREVIEW_BACKGROUNDS;
pub use previews::PREVIEW_FILES;
pub use work::{OUTPUT_FILES, WORKING_FILES};
