//! nginx as a reverse proxy, configured as studios do for Kitsu: it compresses
//! responses and forwards the client's address.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;
use tempfile::TempDir;

use crate::http::{Request, Response};
use crate::tools;

/// The time-out for starting nginx.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A running nginx, stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx in front of the server at a URL. `None` if it is not
    /// installed.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(upstream: &str) -> Result<Option<Self>> {
        let Some(program) = tools::or_skip(tools::nginx(), "the proxy suite", "nginx") else {
            return Ok(None);
        };
        let folder = TempDir::new()?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let path = folder.path().display();
        let configuration = format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;
            events {{}}
            http {{
                access_log off; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
                fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi;
                scgi_temp_path {path}/scgi;
                gzip on; gzip_proxied any; gzip_min_length 1; gzip_types application/json;
                server {{
                    listen 127.0.0.1:{port};
                    location / {{
                        proxy_pass {upstream};
                        proxy_set_header Host $host;
                        proxy_set_header X-Real-IP $remote_addr;
                        proxy_set_header X-Forwarded-Proto $scheme;
                    }}
                }}
            }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration)?;
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()?;
        let url = format!("http://127.0.0.1:{port}");
        let nginx = Self {
            child,
            url,
            _folder: folder,
        };
        let deadline = Instant::now() + START_TIMEOUT;
        while let Err(error) = Request::get("/status").send(&nginx.url) {
            if Instant::now() > deadline {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(nginx))
    }

    /// Sends a request through the proxy.
    ///
    /// # Errors
    ///
    /// If there is no response.
    pub fn send(&self, request: &Request) -> Result<Response> {
        request.send(&self.url)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have exited by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
