//! Previews, working files and output files: their rows, and the storage of
//! uploaded content.

mod annotations;
mod avatars;
mod backgrounds;
mod build;
mod downloads;
pub(crate) mod films;
mod given;
mod kinds;
mod new_output;
mod outputs;
mod paths;
pub(crate) mod pictures;
mod places;
mod preview_uploads;
mod previews;
pub(crate) mod processed;
mod review;
pub mod shapes;
mod tokens;
mod tree;
mod upload;
mod work;
mod working;

pub use annotations::AnnotationChanges;
pub use avatars::AvatarOwner;
pub use backgrounds::PREVIEW_BACKGROUNDS;
pub(crate) use build::PathRequest;
pub use build::{BuiltPath, OutputPath, WorkingPath};
pub use downloads::{MovieQuality, PreviewFile, PreviewPicture};
pub(crate) use films::FfmpegFinder;
pub use films::{EncodingReport, FilmSelection, ProbeReport, media_programs_shape};
pub(crate) use given::{author, check_path, check_separator, next_revision, software};
pub(crate) use kinds::UploadKind;
pub use new_output::NewOutputFile;
pub use paths::FilePath;
pub use places::{OutputList, OutputPlace};
pub(crate) use preview_uploads::AcceptedFile;
pub use preview_uploads::ProcessingOptions;
pub use previews::PREVIEW_FILES;
pub(crate) use previews::{main_preview_events, revision_is_taken};
pub use review::{preview_shape, running_shape};
pub use upload::{Disposition, Download, Upload};
pub(crate) use upload::{ReceivedFiles, failed, size_of};
pub use work::{OUTPUT_FILES, WORKING_FILES};
