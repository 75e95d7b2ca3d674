//! Connections that are opened and made nothing of: they end in time, and
//! never keep out others.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tanuki_testkit::http::Request;
use tanuki_testkit::{Backend, Server, Setup};

use crate::BINARY;

fn connect(server: &Server) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    stream
}

/// Whether the server has closed a connection.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let mut byte = [0; 4096];
    match stream.read(&mut byte) {
        Ok(0) => true,
        Ok(_) => is_closed_after(stream),
        Err(error) => !matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ),
    }
}

fn is_closed_after(stream: &mut TcpStream) -> bool {
    let mut left = [0; 4096];
    loop {
        match stream.read(&mut left) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => {
                return !matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                );
            }
        }
    }
}

fn closes_within(stream: &mut TcpStream, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if is_closed(stream) {
            return true;
        }
    }
    false
}

/// What 140 clients do to a server of 128 descriptors, each by its bytes.
const NUISANCES: [(&str, &str); 7] = [
    ("nothing", ""),
    ("half a head", "GET /status HTTP/1.1\r\nHost: he"),
    ("one request", "GET /status HTTP/1.1\r\nHost: here\r\n\r\n"),
    (
        "no body",
        "POST /auth/login HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n\
         Content-Length: 60000\r\n\r\n{",
    ),
    (
        "half a form",
        "POST /auth/login HTTP/1.1\r\nHost: here\r\nContent-Type: multipart/form-data; \
         boundary=b\r\nContent-Length: 900000\r\n\r\n--b\r\n",
    ),
    (
        "HTTP/2",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ),
    (
        "a socket",
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
];

/// How long others may wait: a client that stalls keeps its connection for a
/// second, and 140 of them take the places there are more than once. Without
/// a remedy it would be the head or idle time-out, ten seconds or a minute
/// for each time.
const WAIT: Duration = Duration::from_secs(9);

#[test]
fn more_connections_than_descriptors_keep_nobody_out() {
    for (what, bytes) in NUISANCES {
        let server = Setup::new(BINARY, Backend::Sqlite)
            .descriptors(128)
            .start()
            .unwrap();
        let admin = server.admin_token();
        let mut kept = Vec::new();
        for _ in 0..140 {
            let mut stream = connect(&server);
            // One that was closed for another cannot be written to.
            let _closed = stream.write_all(bytes.as_bytes());
            kept.push(stream);
        }
        for path in ["/status", "/data/persons", "/data/tasks"] {
            let begun = Instant::now();
            let answer = server.send(&Request::get(path).bearer(&admin));
            let took = begun.elapsed();
            assert_eq!(answer.status, 200, "{what}: {path}: {}", answer.text());
            assert!(took < WAIT, "{what}: {path} took {took:?}");
        }
    }
}

#[test]
fn heads_have_a_time_limit_and_idle_connections_another() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("TANUKI_HEAD_TIMEOUT", "1")
        .variable("TANUKI_IDLE_TIMEOUT", "5")
        .start()
        .unwrap();
    let limit = Duration::from_millis(4500);
    let mut silent = connect(&server);
    let mut http2 = connect(&server);
    http2
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .unwrap();
    let mut slow = connect(&server);
    let mut trickling = slow.try_clone().unwrap();
    std::thread::spawn(move || {
        let head = b"GET /status HTTP/1.1\r\nHost: here\r\nX-Long: xxxxxxxxxxxxxxxxxxxxx";
        for byte in head {
            if trickling.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    // One that has asked may take longer to ask again.
    let mut idle = connect(&server);
    let request = b"GET /status HTTP/1.1\r\nHost: here\r\n\r\n";
    idle.write_all(request).unwrap();
    assert!(closes_within(&mut silent, limit), "a silent connection");
    assert!(closes_within(&mut slow, limit), "a head that trickles");
    assert!(closes_within(&mut http2, limit), "HTTP/2 without a request");
    assert!(!is_closed(&mut idle));
    idle.write_all(request).unwrap();
    idle.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut answer = [0; 15];
    idle.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    // A head that begins is to end, on a connection that is kept, too.
    idle.write_all(b"GET /sta").unwrap();
    assert!(closes_within(&mut idle, limit), "the second head");
}

#[test]
fn an_idle_connection_ends() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("TANUKI_IDLE_TIMEOUT", "1")
        .start()
        .unwrap();
    let mut idle = connect(&server);
    idle.write_all(b"GET /status HTTP/1.1\r\nHost: here\r\n\r\n")
        .unwrap();
    assert!(closes_within(&mut idle, Duration::from_secs(10)));
}

#[test]
fn one_address_keeps_so_many_connections_that_wait() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .variable("TANUKI_WAITING_CONNECTIONS_PER_ADDRESS", "5")
        .start()
        .unwrap();
    let mut streams: Vec<TcpStream> = (0..20).map(|_| connect(&server)).collect();
    let answer = server.send(&Request::get("/status"));
    assert_eq!(answer.status, 200);
    let open = streams.iter_mut().map(|stream| !is_closed(stream));
    let open = open.filter(|is_open| *is_open).count();
    assert!((1..=5).contains(&open), "{open} are open");
}

#[test]
fn the_limit_of_descriptors_is_raised_to_what_the_system_allows() {
    let server = Setup::new(BINARY, Backend::Sqlite)
        .soft_descriptors(64)
        .start()
        .unwrap();
    let limits = format!("/proc/{}/limits", server.process_id());
    let limits = std::fs::read_to_string(limits).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let limits: Vec<&str> = files.unwrap().split_whitespace().skip(3).collect();
    assert_ne!(limits[0], "64");
    let soft: u64 = limits[0].parse().unwrap();
    let hard: u64 = limits[1].parse().unwrap();
    assert_eq!(soft, hard.min(1 << 20));
}

#[test]
fn heads_have_a_bound_over_either_version() {
    let server = Setup::new(BINARY, Backend::Sqlite).start().unwrap();
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let mut curl = std::process::Command::new("curl");
        curl.args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", version]);
        for number in 0..3 {
            curl.arg("-H");
            curl.arg(format!("X-Long-{number}: {}", "x".repeat(60_000)));
        }
        let said = curl.arg(format!("{}/status", server.url)).output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        // Or the connection is closed, which curl calls 000.
        assert!(["431", "000"].contains(&said.as_str()), "{version}: {said}");
    }
    assert_eq!(server.send(&Request::get("/status")).status, 200);
}
