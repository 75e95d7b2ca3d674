//! A TCP proxy in front of a server that can simulate network faults.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// The interval at which connections check for a change of the fault.
const TICK: Duration = Duration::from_millis(20);

/// The fault that the proxy simulates, also on open connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// None: it forwards.
    None,
    /// Accepts connections, but forwards nothing.
    Hang,
    /// Closes all connections.
    Close,
}

/// A running proxy. Its threads end with the test program.
#[derive(Debug)]
pub struct Proxy {
    pub port: u16,
    fault: Arc<AtomicU8>,
}

impl Proxy {
    /// Starts a proxy in front of `127.0.0.1:PORT`, on a free port.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub fn start(target: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
        let proxy = Self {
            port: listener.local_addr()?.port(),
            fault: Arc::new(AtomicU8::new(Fault::None as u8)),
        };
        let fault = Arc::clone(&proxy.fault);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let fault = Arc::clone(&fault);
                std::thread::spawn(move || connect(client, target, fault));
            }
        });
        Ok(proxy)
    }

    /// Sets the fault for all connections.
    pub fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// Closes the connections that are open now; new ones are forwarded.
    pub fn close_open_connections(&self) {
        self.set(Fault::Close);
        std::thread::sleep(TICK * 5);
        self.set(Fault::None);
    }
}

fn connect(client: TcpStream, target: u16, fault: Arc<AtomicU8>) {
    if is(&fault, Fault::Close) {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else {
        return;
    };
    let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let other = Arc::clone(&fault);
    std::thread::spawn(move || forward(from_client, server, &other));
    forward(from_server, client, &fault);
}

fn forward(mut from: TcpStream, mut to: TcpStream, fault: &AtomicU8) {
    let mut buffer = vec![0; 64 * 1024];
    let _read_blocks_for_long = from.set_read_timeout(Some(TICK));
    loop {
        if is(fault, Fault::Close) {
            break;
        }
        if is(fault, Fault::Hang) {
            std::thread::sleep(TICK);
            continue;
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                while is(fault, Fault::Hang) {
                    std::thread::sleep(TICK);
                }
                if to.write_all(&buffer[..read]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    for stream in [from, to] {
        let _closed_already = stream.shutdown(Shutdown::Both);
    }
}

fn is(fault: &AtomicU8, which: Fault) -> bool {
    fault.load(Ordering::SeqCst) == which as u8
}
