//! An HTTP client that sends requests exactly as given.
//!
//! Scenarios have malformed bodies, odd headers and paths that an HTTP library
//! would correct or refuse, so this writes the request itself. Each request has
//! its own connection, which the server closes.

use std::fmt::{self, Write as _};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A request, built before it is sent.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// A response.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Builds a `GET` request.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// Builds a `POST` request.
    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// Builds a `PUT` request.
    pub fn put(path: &str) -> Self {
        Self::new("PUT", path)
    }

    /// Builds a `DELETE` request.
    pub fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    /// Sets a header, replacing one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the `Authorization` header.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .body(body.to_string().into_bytes())
    }

    /// Sets a URL-encoded form as the body.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (name, value) in pairs {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(&escaped(name));
            text.push('=');
            text.push_str(&escaped(value));
        }
        self.header("Content-Type", "application/x-www-form-urlencoded")
            .body(text.into_bytes())
    }

    /// Sets the body, without a content type.
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    /// Sends the request to `url` (`http://HOST:PORT`).
    pub fn send(&self, url: &str) -> Result<Response> {
        let host = url.trim_start_matches("http://");
        let mut stream =
            TcpStream::connect(host).with_context(|| format!("connecting to {url}"))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        if self.body.is_some() || matches!(self.method.as_str(), "POST" | "PUT") {
            let length = self.body.as_ref().map_or(0, Vec::len);
            write!(head, "Content-Length: {length}\r\n")?;
        }
        head.push_str("Connection: close\r\n\r\n");
        // In a single write with the head: a server that responds before it has
        // read the body closes, and data that arrives later resets the
        // connection.
        let mut whole = head.into_bytes();
        whole.extend_from_slice(self.body.as_deref().unwrap_or_default());
        let sent = stream.write_all(&whole);
        if self.body.is_none() {
            sent?;
        }
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw)?;
        Response::parse(&raw).with_context(|| format!("{} {}", self.method, self.path))
    }
}

/// Method, path and the beginning of the body.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        match &self.body {
            Some(body) => {
                let body: String = String::from_utf8_lossy(body).chars().take(500).collect();
                write!(f, " {body}")
            }
            None => Ok(()),
        }
    }
}

impl Response {
    fn parse(raw: &[u8]) -> Result<Self> {
        let end = raw
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .context("the answer has no head")?;
        let head = String::from_utf8_lossy(&raw[..end]);
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .context("the answer has no status")?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut body = raw[end + 4..].to_vec();
        if headers
            .iter()
            .any(|(name, value)| name == "transfer-encoding" && value == "chunked")
        {
            body = unchunked(&body)?;
        }
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the body as a string; invalid UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Decodes a chunked body.
fn unchunked(mut raw: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = raw
            .windows(2)
            .position(|window| window == b"\r\n")
            .context("a chunk has no size")?;
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end])?.trim(), 16)?;
        if size == 0 {
            return Ok(body);
        }
        let start = end + 2;
        body.extend_from_slice(raw.get(start..start + size).context("a chunk is cut off")?);
        raw = raw.get(start + size + 2..).unwrap_or_default();
    }
}

/// Percent-encodes a string for a form or a query string.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Decodes a part of a form or a query string.
pub fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = String::from_utf8_lossy(&digits);
                out.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
