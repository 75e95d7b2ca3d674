//! Settings of stored files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use tanuki_core::settings::FileSettings;
use tanuki_files::{EncryptionKey, Files, S3Settings};

use super::Vars;

const FOLDER: &str = "previews";

/// Returns the folder of files, or of uploads in progress where files are in S3:
/// `PREVIEW_FOLDER`, or one in the data folder.
pub(super) fn folder(vars: &Vars, data: &Path) -> PathBuf {
    vars.get("PREVIEW_FOLDER")
        .or_else(|| vars.get("THUMBNAIL_FOLDER"))
        .map_or_else(|| data.join(FOLDER), PathBuf::from)
}

/// Returns the file storage that `FS_BACKEND` chooses.
pub(super) fn storage(vars: &Vars, data: &Path) -> Result<Files> {
    let folder = folder(vars, data);
    match vars.text("FS_BACKEND", "local").as_str() {
        "local" => Ok(Files::in_folder(folder, vars.text("FS_BUCKET_PREFIX", ""))),
        "s3" => in_s3(vars, &folder),
        "swift" => bail!(
            "FS_BACKEND is `swift`, which Tanuki does not serve: copy the files to S3 or to a \
             folder before you change over"
        ),
        other => Err(vars.wrong("FS_BACKEND", other, "local or s3")),
    }
}

/// Returns the storage in the buckets of the settings `FS_S3_*`.
pub(super) fn in_s3(vars: &Vars, folder: &Path) -> Result<Files> {
    let text = |name: &str| vars.get(name).map(|text| text.trim().to_owned());
    let credentials = match (text("FS_S3_ACCESS_KEY"), text("FS_S3_SECRET_KEY")) {
        (Some(id), Some(secret)) => Some((id, secret)),
        (None, None) => None,
        _ => bail!("FS_S3_ACCESS_KEY and FS_S3_SECRET_KEY must be given both, or neither"),
    };
    let endpoint = text("FS_S3_ENDPOINT");
    if let Some(endpoint) = &endpoint {
        let is_address = ["http://", "https://"]
            .iter()
            .any(|scheme| endpoint.starts_with(scheme));
        if !is_address || endpoint.contains(['@', '?']) {
            bail!("FS_S3_ENDPOINT must be an address like https://s3.studio.lan:9000");
        }
    }
    let encryption = match vars.flag("FS_S3_AES256_ENCRYPTED", false)? {
        true => Some(encryption(text("FS_S3_AES256_KEY"))?),
        false => None,
    };
    let settings = S3Settings {
        endpoint,
        region: text("FS_S3_REGION"),
        credentials,
        bucket_prefix: vars.text("FS_BUCKET_PREFIX", ""),
        create_buckets: vars.flag("FS_S3_CREATE_BUCKET", false)?,
        encryption,
        ca_file: vars.get("AWS_CA_BUNDLE").map(PathBuf::from),
    };
    Files::in_s3(folder, settings).map_err(|error| anyhow!("S3: {error}"))
}

/// The value is a secret, so that no message has it.
fn encryption(key: Option<String>) -> Result<EncryptionKey> {
    key.and_then(|key| EncryptionKey::parse(&key)).context(
        "FS_S3_AES256_KEY must be 32 bytes in URL-safe base64, because FS_S3_AES256_ENCRYPTED is set",
    )
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
        draws_documents: true,
        picture_workers: vars
            .number("TANUKI_PICTURE_WORKERS", picture_workers())?
            .max(1),
    })
}
