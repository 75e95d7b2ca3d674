//! The secret key that signs tokens.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tanuki_core::auth::secret::random_text;

use super::Vars;

/// The file name of the generated key in the data folder.
const FILE: &str = "secret_key";

/// Zou's default key, which is public.
const PUBLIC_KEY: &str = "mysecretkey";

/// Creates the data folder, readable by its owner only (mode 0700).
pub(super) fn prepare_folder(data: &Path) -> Result<()> {
    let context = || format!("cannot use the data folder {}", data.display());
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).with_context(context)?;
    fs::read_dir(data).with_context(context)?;
    Ok(())
}

/// Returns `SECRET_KEY`, or the key stored in the data folder, which is
/// generated on first use.
pub(super) fn key(vars: &Vars, data: &Path) -> Result<String> {
    if let Some(key) = vars.get("SECRET_KEY") {
        return Ok(key.to_owned());
    }
    let path = data.join(FILE);
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    let key = random_text(64)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&path) {
        Ok(mut file) => {
            file.write_all(key.as_bytes())
                .and_then(|()| file.sync_all())
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(key)
        }
        // Race: another process was first; use its key.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            read(&path)?.with_context(|| format!("{} is empty", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

/// Reads the stored key; `None` if the file does not exist. An empty file is an
/// error.
fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => {
            bail!(
                "{} is empty: delete it to have a new key made",
                path.display()
            )
        }
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Returns warnings about a key that is public or too short.
pub(super) fn warnings(key: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if key == PUBLIC_KEY {
        warnings.push(
            "SECRET_KEY is Zou's public default: anybody can forge a token; set another".into(),
        );
    } else if key.len() < 32 {
        warnings.push(
            "SECRET_KEY is shorter than 32 bytes: tokens are easier to forge than they should be"
                .into(),
        );
    }
    warnings
}
