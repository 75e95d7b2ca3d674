//! `--link`: what compression is worth to a client on the same machine and to one
//! behind a slow link. Writes `docs/benchmarks-link.md`.
//!
//! The benchmark runs again in a network namespace of its own, whose loopback
//! interface sends what a server answers at the speed of the link.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::Bench;
use crate::cases::{CASES, Work};
use crate::client::{Connection, Request};
use crate::report::{Machine, megabytes, milliseconds};

/// Speed of the slow link, in Mbit/s.
const SPEED: u32 = 100;

/// Values of `Accept-Encoding`.
const CODINGS: [&str; 4] = ["identity", "gzip", "br", "zstd"];

/// How often each answer is asked for; the median counts.
const TURNS: usize = 5;

/// One answer with one coding.
#[derive(Debug)]
struct Line {
    case: &'static str,
    coding: &'static str,
    bytes: usize,
    local: Duration,
    linked: Duration,
}

/// Runs this benchmark with the same arguments in a network namespace.
///
/// # Errors
/// If there is no `unshare` (util-linux), no permission to use it, or the
/// benchmark fails.
pub fn run_in_namespace() -> Result<()> {
    let mut command = Command::new("unshare");
    command.arg("--net").arg("--").arg(std::env::current_exe()?);
    command
        .args(std::env::args_os().skip(1))
        .arg("--in-namespace");
    let ended = command.status().context("unshare is needed")?;
    ensure!(
        ended.success(),
        "the benchmark in a network namespace: {ended}"
    );
    Ok(())
}

/// Brings up the loopback interface of a new network namespace.
pub fn bring_up() -> Result<()> {
    run("ip", "link set lo up")
}

/// Measures Tanuki on PostgreSQL, and writes the report.
pub async fn measure(bench: &Bench) -> Result<()> {
    let server = bench.tanuki()?;
    let mut lines = Vec::new();
    for case in CASES {
        let Work::Heavy { path, .. } = case.work else {
            continue;
        };
        for coding in CODINGS {
            eprintln!("{}, {coding} …", case.name);
            let request = Request::get(&path(&bench.studio.facts), &server.token);
            let request = request.header("Accept-Encoding", coding);
            let (local, bytes) = time(server.address(), &request).await?;
            slow_down(server.address())?;
            let linked = time(server.address(), &request).await;
            run("tc", "qdisc del dev lo root")?;
            lines.push(Line {
                case: case.name,
                coding,
                bytes,
                local,
                linked: linked?.0,
            });
        }
    }
    let report = markdown(&bench.machine()?, &lines);
    print!("{report}");
    std::fs::write(bench.docs.join("benchmarks-link.md"), report)?;
    Ok(())
}

/// How long an answer takes, the median of [`TURNS`], and its bytes.
async fn time(address: SocketAddr, request: &Request) -> Result<(Duration, usize)> {
    let mut connection = Connection::open(address).await?;
    let mut answers = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        let answer = connection.send(request).await?;
        ensure!(answer.status == 200, "answered {}", answer.status);
        answers.push(answer);
    }
    answers.sort_by_key(|answer| answer.time);
    let middle = answers[TURNS / 2];
    Ok((middle.time, middle.bytes))
}

/// Has what a server sends go at the speed of the slow link; everything else on
/// the loopback interface, such as what PostgreSQL sends, stays as fast.
fn slow_down(server: SocketAddr) -> Result<()> {
    let port = server.port();
    run("tc", "qdisc add dev lo root handle 1: htb default 1")?;
    run(
        "tc",
        "class add dev lo parent 1: classid 1:1 htb rate 100gbit",
    )?;
    let slow = format!("class add dev lo parent 1: classid 1:2 htb rate {SPEED}mbit burst 64k");
    run("tc", &slow)?;
    let filter = format!(
        "filter add dev lo parent 1: protocol ip u32 match ip sport {port} 0xffff flowid 1:2"
    );
    run("tc", &filter)
}

fn run(program: &str, arguments: &str) -> Result<()> {
    let output = Command::new(program)
        .args(arguments.split(' '))
        .output()
        .with_context(|| format!("{program} is needed (Debian: iproute2)"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {arguments}: {said}");
    Ok(())
}

fn markdown(machine: &Machine, lines: &[Line]) -> String {
    let mut out = String::new();
    let _infallible = writeln!(
        out,
        "# Benchmarks of compression\n\n\
         Written by `cargo run --release -p bench -- --link`. Large answers of Tanuki on PostgreSQL to a client on the same \
         machine, and to one behind a link of {SPEED} Mbit/s, in a network namespace; the median of {TURNS}. \
         The client does not decompress what it receives.\n\n{}\n\n\
         | answer | `Accept-Encoding` | bytes | same machine | {SPEED} Mbit/s | times as fast there |\n\
         |---|---|---:|---:|---:|---:|",
        machine.line()
    );
    let mut plain = Duration::ZERO;
    for line in lines {
        if line.coding == "identity" {
            plain = line.linked;
        }
        let _infallible = writeln!(
            out,
            "| {} | {} | {:.2} MB | {} | {} | {:.1} |",
            line.case,
            line.coding,
            megabytes(line.bytes as u64),
            milliseconds(line.local),
            milliseconds(line.linked),
            plain.as_secs_f64() / line.linked.as_secs_f64()
        );
    }
    out
}
