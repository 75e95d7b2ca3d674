//! A server that stores files, and forms with them.

use std::path::{Path, PathBuf};

use tanuki_testkit::{Backend, Server, Setup};

use crate::BINARY;

/// A server that keeps its files in a folder.
pub(crate) fn server(backend: Backend, folder: &Path) -> Option<Server> {
    let folder = folder.display().to_string();
    let setup = Setup::new(BINARY, backend).variable("PREVIEW_FOLDER", &folder);
    let server = setup.start()?;
    server
        .load_fixture(&crate::rows_of("communication"))
        .unwrap();
    Some(server)
}

/// A form with a file, whose boundary is `end`.
pub(crate) fn form(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--end--\r\n"].concat()
}

/// Returns the temporary files and folders of all servers that store files in a
/// folder.
pub(crate) fn temporary(folder: &Path) -> Vec<PathBuf> {
    let within = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path())
    };
    // Each server has a folder of its own, and beside that a lock.
    within(&folder.join(".incoming"))
        .filter(|path| path.extension().is_none_or(|extension| extension != "lock"))
        .flat_map(|path| within(&path))
        .collect()
}
