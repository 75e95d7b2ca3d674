//! Files of tasks and entities: previews, working and output files as rows, and
//! the bytes of those that the studio keeps.

mod backgrounds;
mod paths;
mod previews;
mod tree;
mod upload;
mod work;

pub use backgrounds::PREVIEW_BACKGROUNDS;
pub use paths::FilePath;
pub use previews::PREVIEW_FILES;
pub(crate) use previews::revision_is_taken;
pub use upload::{Download, Upload};
pub(crate) use upload::{ReceivedFiles, failed, size_of};
pub use work::{OUTPUT_FILES, WORKING_FILES};
