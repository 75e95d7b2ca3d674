//! Settings of stored files.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tanuki_core::settings::FileSettings;
use tanuki_files::Files;

use super::Vars;

const FOLDER: &str = "previews";

/// Returns the file storage: in `PREVIEW_FOLDER`, or in a folder of the data
/// folder.
pub(super) fn folder(vars: &Vars, data: &Path) -> Files {
    let folder = vars
        .get("PREVIEW_FOLDER")
        .or_else(|| vars.get("THUMBNAIL_FOLDER"))
        .map_or_else(|| data.join(FOLDER), PathBuf::from);
    Files::in_folder(folder, vars.text("FS_BUCKET_PREFIX", ""))
}

/// Half of the processors, so that requests are answered while pictures are
/// decoded.
fn picture_workers() -> usize {
    let processors = std::thread::available_parallelism();
    processors.map_or(1, |processors| processors.get().div_ceil(2))
}

pub(super) fn from_vars(vars: &Vars) -> Result<FileSettings> {
    Ok(FileSettings {
        remove: vars.flag("REMOVE_FILES", false)?,
        max_age: vars.number("CLIENT_CACHE_MAX_AGE", 7 * 24 * 60 * 60)?,
        max_picture_pixels: vars.number("MAX_IMAGE_PIXELS", 20_000 * 20_000)?,
        picture_workers: vars
            .number("TANUKI_PICTURE_WORKERS", picture_workers())?
            .max(1),
    })
}

/// Returns a warning if files are stored elsewhere than in a folder, because
/// they are not found then.
pub(super) fn warnings(vars: &Vars) -> Option<String> {
    let backend = vars
        .get("FS_BACKEND")
        .filter(|backend| *backend != "local")?;
    Some(format!(
        "FS_BACKEND is `{backend}`, but this version keeps files in a folder: those that are kept \
         elsewhere are not found"
    ))
}
