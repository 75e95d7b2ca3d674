//! External programs that some test suites need and not every machine has.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// If this variable is set, a suite whose tool is missing fails instead of
/// being skipped; CI sets it.
pub const REQUIRE_ALL: &str = "TANUKI_REQUIRE_ALL_SUITES";

/// Returns the tool that was found; `None` if it is missing, after printing
/// that the suite is skipped.
///
/// # Panics
///
/// If the tool is missing and [`REQUIRE_ALL`] is set.
pub fn or_skip<T>(found: Option<T>, suite: &str, needs: &str) -> Option<T> {
    if found.is_none() {
        assert!(
            std::env::var_os(REQUIRE_ALL).is_none(),
            "{suite} needs {needs}, and {REQUIRE_ALL} is set"
        );
        // Not with `eprintln!`, whose output is captured if a test passes.
        let _unheard = writeln!(std::io::stderr(), "left out: {suite} needs {needs}");
    }
    found
}

/// Returns the folder of PostgreSQL's server programs, of the newest version.
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

/// Returns a Python that has gazu 1.3.1: `TANUKI_PYTHON`, or that of the
/// `PATH`.
pub fn python_with_gazu() -> Option<PathBuf> {
    let candidates = [std::env::var("TANUKI_PYTHON").ok(), Some("python3".into())];
    candidates
        .into_iter()
        .flatten()
        .map(PathBuf::from)
        .find(|python| has_gazu(python, "1.3.1"))
}

/// Returns a Python that has tuspy, a client of the tus protocol: that with
/// gazu.
pub fn python_with_tuspy() -> Option<PathBuf> {
    python_with_gazu().filter(|python| runs(python, "import tusclient"))
}

/// Returns a Python that has OpenTimelineIO with its reader of edit decision
/// lists: that with gazu.
pub fn python_with_otio() -> Option<PathBuf> {
    let code = "import opentimelineio, otio_cmx3600_adapter";
    python_with_gazu().filter(|python| runs(python, code))
}

/// Older versions of gazu that studios pin; `.ci/run` has the same list.
pub const OLDER_GAZU: [&str; 3] = ["0.9.4", "0.10.20", "1.1.0"];

/// Returns a Python that has an older version of gazu, from the virtual
/// environment `tanuki-ci-gazu-VERSION` in the folder `TANUKI_GAZU_VENVS`, or
/// in the temporary folder.
pub fn python_with_older_gazu(version: &str) -> Option<PathBuf> {
    let python = environments()
        .join(format!("tanuki-ci-gazu-{version}"))
        .join("bin/python");
    has_gazu(&python, version).then_some(python)
}

/// Returns the folder of the virtual environments: `TANUKI_GAZU_VENVS`, or the
/// temporary folder.
fn environments() -> PathBuf {
    let folder = std::env::var_os("TANUKI_GAZU_VENVS");
    folder.map_or_else(std::env::temp_dir, PathBuf::from)
}

fn has_gazu(python: &Path, version: &str) -> bool {
    let assertion = format!("import gazu; assert gazu.__version__ == '{version}'");
    runs(python, &assertion)
}

/// Whether a Python runs this code without an error.
fn runs(python: &Path, code: &str) -> bool {
    Command::new(python)
        .args(["-c", code])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Returns a Python that has moto, an S3 server: that with gazu, or that of the
/// `PATH`.
pub fn python_with_moto() -> Option<PathBuf> {
    let candidates = [python_with_gazu(), Some("python3".into())];
    let mut candidates = candidates.into_iter().flatten();
    candidates.find(|python| runs(python, "import moto.server, moto.s3"))
}

/// Returns a Python that has oidc-provider-mock, an OpenID provider: that with
/// gazu.
pub fn python_with_oidc_provider() -> Option<PathBuf> {
    python_with_gazu().filter(|python| runs(python, "import oidc_provider_mock"))
}

/// Set by `.ci/run` if npm's registry cannot be reached: the suites that need a
/// package of it say so, and are skipped.
pub const NO_NPM: &str = "TANUKI_NO_NPM";

/// The version of oidc-provider in `crates/tanuki/tests/oidc/package.json`.
const OIDC_PROVIDER: &str = "8.8.1";

/// Returns Node.js and the folder that has oidc-provider, an OpenID provider, of
/// npm: `tanuki-ci-oidc-provider` in the folder of the virtual environments.
/// `None` if they are missing, after printing that the suite is skipped.
///
/// # Panics
///
/// If they are missing, [`REQUIRE_ALL`] is set, and npm's registry could be
/// reached.
pub fn oidc_provider_or_skip() -> Option<(PathBuf, PathBuf)> {
    let folder = environments().join("tanuki-ci-oidc-provider");
    let manifest = folder.join("node_modules/oidc-provider/package.json");
    let version = format!("\"version\": \"{OIDC_PROVIDER}\"");
    let has_version = std::fs::read_to_string(manifest).is_ok_and(|text| text.contains(&version));
    let found = on_path("node").filter(|_| has_version);
    if found.is_none() && std::env::var_os(NO_NPM).is_some() {
        // Not with `eprintln!`, whose output is captured if a test passes.
        let _unheard = writeln!(
            std::io::stderr(),
            "LEFT OUT: a suite of single sign-on, since npm's registry could not be reached"
        );
        return None;
    }
    let needs = "Node.js and oidc-provider of npm";
    Some((or_skip(found, "a suite of single sign-on", needs)?, folder))
}

/// Returns a Python that has pysaml2 and lxml, and xmlsec1 beside it: that of the
/// virtual environment `tanuki-ci-saml` in the folder of the older versions of
/// gazu, whose requirements are not those of pysaml2.
pub fn python_with_saml() -> Option<PathBuf> {
    on_path("xmlsec1")?;
    let python = environments().join("tanuki-ci-saml/bin/python");
    runs(&python, "import lxml, saml2").then_some(python)
}

/// Returns schemathesis, from the environment of the Python that has gazu.
pub fn schemathesis() -> Option<PathBuf> {
    let program = python_with_gazu()?.with_file_name("schemathesis");
    program.exists().then_some(program)
}

/// Returns OpenLDAP's server, if its clients are installed as well.
pub fn slapd() -> Option<PathBuf> {
    on_path("ldapmodify")?;
    program("slapd")
}

/// The programs of Samba's domain controller.
#[derive(Debug)]
pub struct Samba {
    pub server: PathBuf,
    /// A Python that has Samba's modules, which make a domain.
    pub python: PathBuf,
}

/// Returns Samba's domain controller, if OpenLDAP's clients are installed as well,
/// and this is root: it listens on ports below 1024.
pub fn samba() -> Option<Samba> {
    on_path("ldapmodify")?;
    if !is_root() {
        return None;
    }
    let server = program("samba")?;
    // Debian's modules are those of its own Python.
    let pythons = ["/usr/bin/python3", "python3"].map(PathBuf::from);
    let code = "import os, samba.param, samba.provision\n\
                assert os.path.isdir(samba.param.setup_dir())\n\
                assert os.path.exists(samba.param.modules_dir() + '/ldb/acl.so')";
    let python = pythons.into_iter().find(|python| runs(python, code))?;
    Some(Samba { server, python })
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|user| user.stdout == b"0\n")
}

/// Returns nginx.
pub fn nginx() -> Option<PathBuf> {
    program("nginx")
}

/// Returns a program of the `PATH`, or of the folder in which Debian installs
/// servers outside of a user's `PATH`.
pub fn program(name: &str) -> Option<PathBuf> {
    let installed = PathBuf::from("/usr/sbin").join(name);
    on_path(name).or_else(|| installed.exists().then_some(installed))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.exists())
}

/// Returns chromedriver, if Chromium is installed as well.
pub fn chromedriver() -> Option<PathBuf> {
    on_path("chromium").or_else(|| on_path("google-chrome"))?;
    on_path("chromedriver")
}
