//! The index of `scenarios/README.md`: which scenario sends which endpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Script;

/// The markers around the generated index.
const BEGIN: &str = "<!-- index -->";
const END: &str = "<!-- end of index -->";

/// The names of the scenarios that send an endpoint, by its path and method.
pub type Endpoints = BTreeMap<(String, String), BTreeSet<String>>;

/// Returns the endpoints that a folder's scenarios send. In the paths `ID` is
/// any id or saved value.
///
/// # Errors
///
/// If a scenario cannot be read.
pub fn endpoints(folder: &Path) -> Result<Endpoints> {
    let mut endpoints = Endpoints::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_none_or(|extension| extension != "jsonl")
        {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        for (_, step) in Script::open(&path)?.steps() {
            let action = step.action.as_deref().unwrap_or_default();
            if let (Some((method, path)), None) = (action.split_once(' '), &step.forge) {
                let endpoint = (endpoint(path), method.to_owned());
                endpoints
                    .entry(endpoint)
                    .or_default()
                    .insert(name.to_string());
            }
        }
    }
    Ok(endpoints)
}

/// Returns a text with the index of a folder's scenarios between its marks.
///
/// # Errors
///
/// If a scenario cannot be read, or the text has no marks.
pub fn with_index(text: &str, folder: &Path) -> Result<String> {
    let (before, rest) = text
        .split_once(BEGIN)
        .context("no beginning of the index")?;
    let (_, after) = rest.split_once(END).context("no end of the index")?;
    let mut index = String::new();
    for ((path, method), names) in endpoints(folder)? {
        let names: Vec<String> = names.into_iter().collect();
        writeln!(index, "| `{method} {path}` | {} |", names.join(", "))?;
    }
    Ok(format!(
        "{before}{BEGIN}\n\n| endpoint | scenarios |\n|---|---|\n{index}\n{END}{after}"
    ))
}

/// The path of a request with `ID` in place of ids and of saved values.
fn endpoint(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let is_id = |part: &str| {
        part.contains('{') || (part.len() >= 32 && part.contains(|c: char| c.is_ascii_digit()))
    };
    let parts = path
        .split('/')
        .map(|part| if is_id(part) { "ID" } else { part });
    let parts: Vec<&str> = parts.collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_paths_are_all_the_same() {
        for (path, expected) in [
            (
                "/data/tasks/{t1}/comments?page=1",
                "/data/tasks/ID/comments",
            ),
            (
                "/data/tasks/dddddddd-0000-4000-8000-000000000001",
                "/data/tasks/ID",
            ),
            ("/data/metadata-descriptors", "/data/metadata-descriptors"),
        ] {
            assert_eq!(endpoint(path), expected);
        }
    }
}
