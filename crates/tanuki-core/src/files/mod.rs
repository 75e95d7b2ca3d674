//! Previews, working files and output files: their rows, and the storage of
//! uploaded content.

mod backgrounds;
mod paths;
mod previews;
mod tree;
mod upload;
mod work;

pub use backgrounds::PREVIEW_BACKGROUNDS;
pub use paths::FilePath;
pub use previews::PREVIEW_FILES;
pub(crate) use previews::{main_preview_events, revision_is_taken};
pub use upload::{Download, Upload};
pub(crate) use upload::{ReceivedFiles, failed, size_of};
pub use work::{OUTPUT_FILES, WORKING_FILES};
