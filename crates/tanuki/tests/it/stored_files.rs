//! A server that stores files, and forms with them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use serde_json::json;
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server, Setup};
use tempfile::TempDir;

use crate::BINARY;

/// A task and a comment of `communication.sql`.
pub(crate) const TASK: &str = "dddddddd-0000-4000-8000-000000000001";
pub(crate) const COMMENT: &str = "eeeeeeee-0000-4000-8000-000000000001";

/// 7 x 5 pixels.
pub(crate) const PNG: &[u8] = include_bytes!("../../../tanuki-media/tests/pictures/small.png");

/// The maximum size of a body on a [`limited_server`], in bytes.
pub(crate) const LIMIT: u64 = 20_000_000;

/// A studio on a [`limited_server`].
pub(crate) struct Studio {
    pub server: Server,
    pub admin: String,
    pub folder: TempDir,
}

impl Studio {
    pub fn open(backend: Backend) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let server = limited_server(backend, folder.path())?;
        let rows = crate::rows_of("communication");
        server.load_fixture(&rows).unwrap();
        Some(Self {
            admin: server.admin_token(),
            server,
            folder,
        })
    }

    /// Creates a preview without a file. Returns its id.
    pub fn preview(&self) -> String {
        let path = format!("/actions/tasks/{TASK}/comments/{COMMENT}/add-preview");
        let request = Request::post(&path).bearer(&self.admin).json(&json!({}));
        let answer = self.server.send(&request);
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Uploads the file of a preview, and waits until it is processed.
    pub fn upload(&self, preview: &str, (name, bytes): (&str, &[u8])) -> Response {
        let path = format!("/pictures/preview-files/{preview}?no_job=true");
        let request = Request::post(&path)
            .bearer(&self.admin)
            .header("Content-Type", "multipart/form-data; boundary=end");
        self.server.send(&request.body(form(name, bytes)))
    }
}

/// The colour of a picture in RGB or RGBA, at a place in per cent of its size.
pub(crate) fn pixel(png: &[u8], (x, y): (u32, u32)) -> [u8; 3] {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    assert!(samples >= 3, "{:?}", info.color_type);
    let (x, y) = (info.width * x / 100, info.height * y / 100);
    let at = (y * info.width + x) as usize * samples;
    pixels[at..at + 3].try_into().unwrap()
}

/// A server without a studio that keeps its files in a folder, and takes bodies
/// of [`LIMIT`] bytes.
pub(crate) fn limited_server(backend: Backend, folder: &Path) -> Option<Server> {
    Setup::new(BINARY, backend)
        .variable("PREVIEW_FOLDER", &folder.display().to_string())
        .variable("MAX_CONTENT_LENGTH", &LIMIT.to_string())
        .start()
}

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
