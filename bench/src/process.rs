//! Servers as processes: how they start, how much memory they take.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::client::{Connection, Request};

/// How long a server may take to its first answer.
const START: Duration = Duration::from_secs(60);

/// The time-out for a server to exit after SIGTERM.
const END: Duration = Duration::from_secs(5);

/// A running server; it gets SIGTERM when dropped.
#[derive(Debug)]
pub struct Process {
    command: Command,
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
    /// From the start of the program to the first answer.
    pub first_answer: Duration,
}

impl Process {
    /// Starts a program that will listen on `address` and waits until it
    /// answers. Whatever it prints goes to `log`.
    pub async fn start(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let log_file = std::fs::File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file);
        let begun = Instant::now();
        let child = spawn(&mut command)?;
        let mut process = Self {
            command,
            child,
            log: log.to_owned(),
            address,
            first_answer: Duration::ZERO,
        };
        process.wait_for_answer(begun).await?;
        Ok(process)
    }

    /// Sends SIGTERM, waits until the program has exited, and starts it again.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn restart(&mut self) -> Result<()> {
        self.terminate();
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < END {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
        let begun = Instant::now();
        self.child = spawn(&mut self.command)?;
        self.wait_for_answer(begun).await
    }

    async fn wait_for_answer(&mut self, begun: Instant) -> Result<()> {
        while !answers(self.address).await {
            if let Some(status) = self.child.try_wait()? {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                bail!(
                    "{} ended: {status}\n{said}",
                    self.command.get_program().display()
                );
            }
            if begun.elapsed() > START {
                bail!("no answer from {} in a minute", self.address);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.first_answer = begun.elapsed();
        Ok(())
    }

    /// Sends SIGTERM, on which a server ends its child processes too.
    fn terminate(&self) {
        let _sent = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
    }

    /// Starts a new measurement of [`peak_memory`](Self::peak_memory).
    ///
    /// # Errors
    /// If the process has ended.
    pub fn reset_peak_memory(&self) -> Result<()> {
        // proc_pid_clear_refs(5): 5 sets the peak to what is resident now.
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        Ok(())
    }

    /// The most resident memory that the process itself has had since the last
    /// reset, in bytes.
    pub fn peak_memory(&self) -> u64 {
        status_bytes(self.child.id(), "VmHWM:")
    }

    /// Resident memory of the process and those that it started, in bytes.
    /// What they share is counted once a process, as `ps` shows it.
    pub fn memory(&self) -> u64 {
        let id = self.child.id();
        let children = children(id).into_iter();
        resident(id) + children.map(resident).sum::<u64>()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.terminate();
        let begun = Instant::now();
        while begun.elapsed() < END {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    let spawned = command.spawn();
    spawned.with_context(|| format!("starting {}", command.get_program().display()))
}

async fn answers(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    connection.send(&Request::get("/", "")).await.is_ok()
}

fn resident(id: u32) -> u64 {
    status_bytes(id, "VmRSS:")
}

/// A value in kilobytes of the status of a process, in bytes; 0 if it is gone.
fn status_bytes(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = value.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn children(id: u32) -> Vec<u32> {
    let path = PathBuf::from(format!("/proc/{id}/task/{id}/children"));
    let listed = std::fs::read_to_string(path).unwrap_or_default();
    listed
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
