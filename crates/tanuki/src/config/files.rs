//! The files of the studio: where they are, and what becomes of them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tanuki_core::settings::FileSettings;
use tanuki_files::Files;

use super::Vars;

const FOLDER: &str = "previews";

/// `PREVIEW_FOLDER`, or a folder beside the database.
pub(super) fn folder(vars: &Vars, data: &Path) -> Files {
    let folder = vars
        .get("PREVIEW_FOLDER")
        .or_else(|| vars.get("THUMBNAIL_FOLDER"))
        .map_or_else(|| data.join(FOLDER), PathBuf::from);
    Files::in_folder(folder, vars.text("FS_BUCKET_PREFIX", ""))
}

pub(super) fn from_vars(vars: &Vars) -> Result<FileSettings> {
    Ok(FileSettings {
        remove: vars.flag("REMOVE_FILES", false)?,
        max_age: vars.number("CLIENT_CACHE_MAX_AGE", 7 * 24 * 60 * 60)?,
    })
}

/// Files elsewhere than in a folder are not found.
pub(super) fn warnings(vars: &Vars) -> Option<String> {
    let backend = vars
        .get("FS_BACKEND")
        .filter(|backend| *backend != "local")?;
    Some(format!(
        "FS_BACKEND is `{backend}`, but this version keeps files in a folder: those that are kept \
         elsewhere are not found"
    ))
}
