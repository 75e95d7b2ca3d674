//! The load: requests over connections that are kept open.
//!
//! It shares the machine with the servers that it measures, so it does no
//! more than it must: each request is bytes that are ready to be sent, and of
//! an answer only the status and the length are looked at.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Separates the parts of a form.
const BOUNDARY: &str = "tanuki-bench-5f0c1d";

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The `Accept-Encoding` of all requests, if one is measured.
static ACCEPT_ENCODING: OnceLock<String> = OnceLock::new();

/// Sends this `Accept-Encoding` with all requests that are made from now on.
pub fn accept_encoding(value: &str) {
    ACCEPT_ENCODING.get_or_init(|| value.to_owned());
}

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub struct Request(Vec<u8>);

impl Request {
    pub fn get(path: &str, token: &str) -> Self {
        Self::new("GET", path, token, None)
    }

    pub fn new(method: &str, path: &str, token: &str, body: Option<&serde_json::Value>) -> Self {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n");
        if let Some(codings) = ACCEPT_ENCODING.get() {
            head.push_str(&format!("Accept-Encoding: {codings}\r\n"));
        }
        if !token.is_empty() {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if method != "GET" {
            head.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        Self(format!("{head}\r\n{body}").into_bytes())
    }
}

impl Request {
    /// The same request for the bytes from `first` to `last` only.
    pub fn range(self, first: u64, last: u64) -> Self {
        self.header("Range", &format!("bytes={first}-{last}"))
    }

    /// The same request with one more header; only for requests without a body.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let end = self.0.len().saturating_sub(2);
        let header = format!("{name}: {value}\r\n");
        self.0.splice(end..end, header.into_bytes());
        self
    }
}

/// A request whose body is a file, read while it is sent.
#[derive(Debug, Clone)]
pub struct Upload {
    /// What is sent before the file and after it.
    before: Vec<u8>,
    after: Vec<u8>,
    file: PathBuf,
    bytes: u64,
}

impl Upload {
    /// A form with the file in the field `file`.
    pub fn form(path: &str, token: &str, file: &Path) -> Result<Self> {
        let name = file.file_name().context("a file name")?.display();
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        let after = format!("\r\n--{BOUNDARY}--\r\n");
        let bytes = std::fs::metadata(file)?.len();
        let length = part.len() as u64 + bytes + after.len() as u64;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             Content-Length: {length}\r\n\r\n{part}"
        );
        Ok(Self {
            before: head.into_bytes(),
            after: after.into_bytes(),
            file: file.to_owned(),
            bytes,
        })
    }

    /// The file as the body of a PUT.
    pub fn put(path: &str, file: &Path) -> Result<Self> {
        let bytes = std::fs::metadata(file)?.len();
        let head =
            format!("PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n\r\n");
        Ok(Self {
            before: head.into_bytes(),
            after: Vec::new(),
            file: file.to_owned(),
            bytes,
        })
    }

    /// The size of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// An answer, as far as it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub status: u16,
    /// Bytes of the body.
    pub bytes: usize,
    pub time: Duration,
}

/// What a run of many requests came to.
#[derive(Debug)]
pub struct Run {
    pub seconds: f64,
    /// How long each answer took, shortest first.
    times: Vec<Duration>,
}

impl Run {
    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }

    /// The time that this part of all answers took at most.
    pub fn quantile(&self, part: f64) -> Duration {
        quantile(&self.times, part)
    }
}

/// The time that this part of all took at most; the shortest comes first.
pub fn quantile(times: &[Duration], part: f64) -> Duration {
    let last = times.len().saturating_sub(1);
    let place = (last as f64 * part).round() as usize;
    times.get(place).copied().unwrap_or_default()
}

/// A connection that is kept open.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Whether the body is kept for [`Connection::json`].
    keeps: bool,
    body: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(256 * 1024),
            keeps: false,
            body: Vec::new(),
        })
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    /// If the connection fails, or no answer arrives in two minutes.
    pub async fn send(&mut self, request: &Request) -> Result<Answer> {
        let begun = Instant::now();
        let answered = async {
            self.stream.write_all(&request.0).await?;
            self.answer(begun).await
        };
        let answered = tokio::time::timeout(PATIENCE, answered).await;
        answered.context("no answer in two minutes")?
    }

    /// Whether a part of an answer has been received, of which the rest is missing.
    pub fn broke_off(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Sends a file and reads the answer to its end.
    pub async fn upload(&mut self, upload: &Upload) -> Result<Answer> {
        let begun = Instant::now();
        let mut file = tokio::fs::File::open(&upload.file).await?;
        let mut buffer = vec![0; 1 << 20];
        self.stream.write_all(&upload.before).await?;
        loop {
            let read = file.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            self.stream.write_all(&buffer[..read]).await?;
        }
        self.stream.write_all(&upload.after).await?;
        self.answer(begun).await
    }

    async fn answer(&mut self, begun: Instant) -> Result<Answer> {
        self.body.clear();
        let (status, length, head) = self.head().await?;
        self.take(head, false);
        let bytes = match length {
            Length::Known(length) => {
                self.pass(length, true).await?;
                length
            }
            Length::Chunks => self.pass_chunks().await?,
        };
        Ok(Answer {
            status,
            bytes,
            time: begun.elapsed(),
        })
    }

    /// Sends a request and reads the JSON of the answer.
    pub async fn json(&mut self, request: &Request) -> Result<(u16, serde_json::Value)> {
        let (answer, json) = self.full(request).await?;
        Ok((answer.status, json))
    }

    /// Sends a request; returns the answer, and its JSON (null if it has none).
    pub async fn full(&mut self, request: &Request) -> Result<(Answer, serde_json::Value)> {
        self.keeps = true;
        let answer = self.send(request).await;
        self.keeps = false;
        let json = serde_json::from_slice(&self.body).unwrap_or_default();
        Ok((answer?, json))
    }

    /// Status, length of the body, and bytes of the head.
    async fn head(&mut self) -> Result<(u16, Length, usize)> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 48];
            let mut answer = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(bytes) = answer.parse(&self.buffer)? {
                let status = answer.code.context("an answer without a status")?;
                let mut length = Length::Known(0);
                for header in answer.headers.iter() {
                    if header.name.eq_ignore_ascii_case("content-length") {
                        length = Length::Known(std::str::from_utf8(header.value)?.parse()?);
                    } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                        length = Length::Chunks;
                    }
                }
                return Ok((status, length, bytes));
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        Ok(())
    }

    fn take(&mut self, bytes: usize, of_body: bool) {
        if of_body && self.keeps {
            self.body.extend_from_slice(&self.buffer[..bytes]);
        }
        self.buffer.drain(..bytes);
    }

    async fn pass(&mut self, mut bytes: usize, of_body: bool) -> Result<()> {
        loop {
            let there = bytes.min(self.buffer.len());
            self.take(there, of_body);
            bytes -= there;
            if bytes == 0 {
                return Ok(());
            }
            self.fill().await?;
        }
    }

    async fn pass_chunks(&mut self) -> Result<usize> {
        let mut bytes = 0;
        loop {
            let end = loop {
                match self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                    Some(end) => break end,
                    None => self.fill().await?,
                }
            };
            let size = std::str::from_utf8(&self.buffer[..end])?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            self.pass(end + 2, false).await?;
            self.pass(size, true).await?;
            self.pass(2, false).await?;
            if size == 0 {
                return Ok(bytes);
            }
            bytes += size;
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Known(usize),
    Chunks,
}

/// Sends requests over so many connections for so long. `next` makes the
/// request of each number, counted over all connections.
pub async fn load(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    next: impl Fn(usize) -> Request + Send + Sync + 'static,
) -> Result<Run> {
    let shared = std::sync::Arc::new((next, AtomicUsize::new(0)));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for mut connection in open {
        let shared = std::sync::Arc::clone(&shared);
        running.spawn(async move {
            let mut times = Vec::with_capacity(1 << 14);
            while begun.elapsed() < duration {
                let request = (shared.0)(shared.1.fetch_add(1, Ordering::Relaxed));
                let answer = connection.send(&request).await?;
                if !(200..300).contains(&answer.status) {
                    bail!("a request was answered {}", answer.status);
                }
                times.push(answer.time);
            }
            Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(of_one) = running.join_next().await {
        times.extend(of_one??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    Ok(Run { seconds, times })
}
