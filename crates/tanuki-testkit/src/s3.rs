//! An S3 server: moto's, which keeps its objects in memory.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::tools;

/// The time-out for starting the server.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The credentials that tests use. moto takes any.
pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A running S3 server without buckets, stopped when dropped.
#[derive(Debug)]
pub struct S3Server {
    child: Child,
    port: u16,
}

impl S3Server {
    /// Starts a server; `None` if moto is not installed.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start() -> Result<Option<Self>> {
        let found = tools::python_with_moto();
        let Some(python) = tools::or_skip(found, "the S3 suite", "moto with its server") else {
            return Ok(None);
        };
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let child = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p"])
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { child, port };
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline || server.child.try_wait()?.is_some() {
                bail!("moto does not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Some(server))
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the settings of a Tanuki that keeps its files here, and creates
    /// the buckets.
    pub fn variables(&self) -> [(&'static str, String); 6] {
        [
            ("FS_BACKEND", "s3".into()),
            ("FS_S3_ENDPOINT", self.endpoint()),
            ("FS_S3_REGION", "eu-west-3".into()),
            ("FS_S3_ACCESS_KEY", ACCESS_KEY.into()),
            ("FS_S3_SECRET_KEY", SECRET_KEY.into()),
            ("FS_S3_CREATE_BUCKET", "true".into()),
        ]
    }

    /// Stops or continues the process (`STOP`, `CONT`), so that it hangs.
    ///
    /// # Errors
    ///
    /// If there is no `kill`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", name, &id]).status()?;
        Ok(())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        // It may have exited by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
