//! A Socket.IO client over WebSocket, as much of it as the tests need.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use tanuki_testkit::Server;

/// A connection that listens to the namespace of events.
pub struct EventSocket {
    pub stream: TcpStream,
}

impl EventSocket {
    /// Opens a connection and asks for the namespace of events.
    pub fn connect(server: &Server, token: &str) -> Self {
        let authorization = format!("Authorization: Bearer {token}\r\n");
        Self::connect_with(server, &authorization, "")
    }

    /// Like [`connect`](Self::connect), with these lines of the head and this
    /// JSON for the namespace.
    pub fn connect_with(server: &Server, lines: &str, payload: &str) -> Self {
        let address = server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        send(&stream, &format!("40/events,{payload}")).unwrap();
        Self { stream }
    }

    /// Sends an event with its data.
    pub fn emit(&self, name: &str, data: &Value) {
        let event = serde_json::json!([name, data]);
        send(&self.stream, &format!("42/events,{event}")).unwrap();
    }

    /// Whether a text comes in time.
    pub fn read_until(&self, text: &str, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        let tick = Duration::from_millis(100);
        self.stream.set_read_timeout(Some(tick)).unwrap();
        while Instant::now() < deadline {
            match (&self.stream).read(&mut buffer) {
                Ok(0) => return false,
                Ok(read) => seen.extend_from_slice(&buffer[..read]),
                Err(_) => {}
            }
            if String::from_utf8_lossy(&seen).contains(text) {
                return true;
            }
        }
        false
    }

    /// Reads what the server sends from the beginning on, until the connection
    /// ends, nothing comes for a minute or `take` returns false. Calls `take`
    /// with the name and data of each event, and with the name `connected` once
    /// the namespace is. Answers pings.
    ///
    /// # Errors
    /// If the connection ends or nothing comes for a minute.
    pub fn read_events(self, mut take: impl FnMut(&str, &Value) -> bool) -> io::Result<()> {
        let patience = Duration::from_secs(60);
        self.stream.set_read_timeout(Some(patience))?;
        let mut reader = BufReader::new(&self.stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        loop {
            let text = frame(&mut reader)?;
            let goes_on = if text == "2" {
                send(&self.stream, "3")?;
                true
            } else if text.starts_with("40/events") {
                take("connected", &Value::Null)
            } else if let Some(event) = text.strip_prefix("42/events,") {
                let event: Value = serde_json::from_str(event)?;
                take(event[0].as_str().unwrap_or_default(), &event[1])
            } else {
                true
            };
            if !goes_on {
                return Ok(());
            }
        }
    }
}

/// Sends a text of less than 64 KiB, in a frame whose mask is zero.
fn send(mut stream: &TcpStream, text: &str) -> io::Result<()> {
    let length = u16::try_from(text.len()).unwrap();
    let head = match u8::try_from(length) {
        Ok(short) if short < 126 => vec![0x81, 0x80 | short],
        _ => [&[0x81, 0x80 | 126][..], &length.to_be_bytes()].concat(),
    };
    stream.write_all(&[&head, &[0; 4][..], text.as_bytes()].concat())
}

/// Reads the text of the next frame.
fn frame(reader: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut head = [0; 2];
    reader.read_exact(&mut head)?;
    let length = match head[1] {
        126 => {
            let mut length = [0; 2];
            reader.read_exact(&mut length)?;
            u64::from(u16::from_be_bytes(length))
        }
        127 => {
            let mut length = [0; 8];
            reader.read_exact(&mut length)?;
            u64::from_be_bytes(length)
        }
        short => u64::from(short),
    };
    let mut text = String::new();
    reader.take(length).read_to_string(&mut text)?;
    if head[0] & 0x0f == 8 {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    Ok(text)
}
