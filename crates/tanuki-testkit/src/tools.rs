//! Programs that some suites need and not every machine has.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// With this variable set, a suite that finds a tool missing fails instead of
/// passing by: CI sets it.
pub const REQUIRE_ALL: &str = "TANUKI_REQUIRE_ALL_SUITES";

/// The found tool; or `None` after saying that a suite is left out. Panics
/// where no suite may be left out.
pub fn or_skip<T>(found: Option<T>, suite: &str, needs: &str) -> Option<T> {
    if found.is_none() {
        assert!(
            std::env::var_os(REQUIRE_ALL).is_none(),
            "{suite} needs {needs}, and {REQUIRE_ALL} is set"
        );
        // Not by `eprintln!`, whose words are kept back when a test passes.
        let _unheard = writeln!(std::io::stderr(), "left out: {suite} needs {needs}");
    }
    found
}

/// The folder of PostgreSQL's server programs.
pub fn postgres_programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort();
    folders.reverse();
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// A Python that has gazu 1.3.1: `TANUKI_PYTHON`, or the one on the path.
pub fn python_with_gazu() -> Option<PathBuf> {
    let candidates = [std::env::var("TANUKI_PYTHON").ok(), Some("python3".into())];
    candidates
        .into_iter()
        .flatten()
        .map(PathBuf::from)
        .find(|python| has_gazu(python, "1.3.1"))
}

/// Older versions of gazu that studios pin; `.ci/run` has the same list.
pub const OLDER_GAZU: [&str; 3] = ["0.9.4", "0.10.20", "1.1.0"];

/// A Python that has an older version of gazu: in the virtual environment
/// `tanuki-ci-gazu-VERSION` of the folder `TANUKI_GAZU_VENVS`, or of the
/// temporary folder.
pub fn python_with_older_gazu(version: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TANUKI_GAZU_VENVS");
    let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from);
    let python = folder
        .join(format!("tanuki-ci-gazu-{version}"))
        .join("bin/python");
    has_gazu(&python, version).then_some(python)
}

fn has_gazu(python: &Path, version: &str) -> bool {
    let assertion = format!("import gazu; assert gazu.__version__ == '{version}'");
    Command::new(python)
        .args(["-c", &assertion])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The program of schemathesis, beside the Python that has gazu.
pub fn schemathesis() -> Option<PathBuf> {
    let program = python_with_gazu()?.with_file_name("schemathesis");
    program.exists().then_some(program)
}

/// nginx, which Debian installs where only root's path leads.
pub fn nginx() -> Option<PathBuf> {
    let installed = PathBuf::from("/usr/sbin/nginx");
    on_path("nginx").or_else(|| installed.exists().then_some(installed))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.exists())
}

/// Chromium's driver, where Chromium itself is there as well.
pub fn chromedriver() -> Option<PathBuf> {
    on_path("chromium").or_else(|| on_path("google-chrome"))?;
    on_path("chromedriver")
}
