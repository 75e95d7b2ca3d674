//! Previews, working files and output files: their rows, and the storage of
//! uploaded content.

mod avatars;
mod backgrounds;
mod downloads;
mod kinds;
mod paths;
pub(crate) mod pictures;
mod preview_uploads;
mod previews;
mod processed;
mod tree;
mod upload;
mod work;

pub use avatars::AvatarOwner;
pub use backgrounds::PREVIEW_BACKGROUNDS;
pub use downloads::{MovieQuality, PreviewFile, PreviewPicture};
pub(crate) use kinds::UploadKind;
pub use paths::FilePath;
pub(crate) use preview_uploads::AcceptedFile;
pub use preview_uploads::ProcessingOptions;
pub use previews::PREVIEW_FILES;
pub(crate) use previews::{main_preview_events, revision_is_taken};
pub use upload::{Disposition, Download, Upload};
pub(crate) use upload::{ReceivedFiles, failed, size_of};
pub use work::{OUTPUT_FILES, WORKING_FILES};
