//! `--surface`: every read beside the reference, as an admin, an artist, a
//! client and a bot ask for it, and changes. Writes
//! `docs/benchmarks-surface.md`.

mod changes;
mod ids;
mod picture;
mod reads;
mod report;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use indicatif::ProgressBar;
use tanuki_testkit::postgres::Cluster;

use crate::Bench;
use crate::client::{Connection, Request};
use crate::servers::{Kind, Server, log_in};
use crate::studio::{PASSWORD, Studio};
use reads::Read;

/// Rows that the default studio has none of.
pub const ROWS: &str = include_str!("../../surface/rows.sql");

/// PostgreSQL counts statements and the time that they take.
pub const POSTGRES: &[&str] = &[
    "shared_preload_libraries=pg_stat_statements",
    "pg_stat_statements.track_utility=off",
];

/// How often a read is repeated; the shortest answer counts.
const TURNS: u32 = 3;

/// The same for a read that takes longer than [`LONG`].
const FEW_TURNS: u32 = 2;
const LONG: Duration = Duration::from_millis(300);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Admin,
    Artist,
    Client,
    Bot,
}

impl Caller {
    const ALL: [Self; 4] = [Self::Admin, Self::Artist, Self::Client, Self::Bot];

    fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Artist => "artist",
            Self::Client => "client",
            Self::Bot => "bot",
        }
    }
}

/// One answer of one server.
#[derive(Debug, Clone, Copy)]
struct Sample {
    kind: Kind,
    status: u16,
    bytes: usize,
    /// The shortest of all turns.
    time: Duration,
}

/// One request by one caller on every server.
#[derive(Debug)]
struct Line {
    caller: Caller,
    name: String,
    samples: Vec<Sample>,
    /// Of a request to Tanuki on PostgreSQL.
    statements: u64,
    /// How long PostgreSQL executes them.
    executing: Duration,
}

impl Line {
    fn new(caller: Caller, name: String) -> Self {
        Self {
            caller,
            name,
            samples: Vec::new(),
            statements: 0,
            executing: Duration::ZERO,
        }
    }

    /// Adds an answer; of a server's answers the shortest is kept, with the
    /// status of one that failed.
    fn add(&mut self, sample: Sample) {
        match self.samples.iter_mut().find(|its| its.kind == sample.kind) {
            Some(known) => {
                known.time = known.time.min(sample.time);
                known.status = known.status.max(sample.status);
            }
            None => self.samples.push(sample),
        }
    }

    fn sample(&self, kind: Kind) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.kind == kind)
    }
}

/// Measures every request that has one of `only` in its path (all if that is
/// empty) and writes the report if none is left out. The studio is `times` as
/// large as the default.
pub async fn measure(bench: &Bench, only: &[String], times: u32) -> Result<()> {
    let Bench {
        cluster,
        studio,
        servers,
        ..
    } = bench;
    cluster.psql(
        "postgres",
        "create extension if not exists pg_stat_statements",
    )?;
    let mut ids = ids::Ids::of(cluster, &studio.database);
    let (mut reads, mut changes) = (reads::all(&mut ids)?, changes::all(&mut ids)?);
    let is_asked = |names: &dyn Fn(&str) -> bool| {
        only.is_empty() || only.iter().any(|text| names(text.as_str()))
    };
    reads.retain(|read| is_asked(&|text| read.name.contains(text)));
    changes.retain(|(named, _)| is_asked(&|text| named.names(text)));
    let steps = reads.len() * Caller::ALL.len() + changes.len();
    let progress = ProgressBar::new(steps as u64);
    let mut lines = Vec::new();
    for caller in Caller::ALL {
        let clients = clients(caller, servers, studio).await?;
        for read in &reads {
            progress.inc(1);
            let line = line(caller, read, &clients, cluster, &studio.database).await;
            lines.push(line.with_context(|| format!("{} as {}", read.path, caller.name()))?);
        }
    }
    let mut changed = Vec::new();
    let clients = clients(Caller::Admin, servers, studio).await?;
    for change in &changes {
        progress.inc(1);
        changed.extend(changes::measure(change, &clients).await?);
    }
    progress.finish_and_clear();
    let (empty, _) = sample(bench.tanuki()?, &Request::get("/", "")).await?;
    let report = report::Report::new(
        (&lines, &changed),
        empty.time,
        bench.machine()?.line(),
        (studio.facts.count, times),
    );
    print!("{}", report.markdown());
    if only.is_empty() {
        report.write(&bench.docs)?;
    }
    Ok(())
}

async fn line(
    caller: Caller,
    read: &Read,
    clients: &[(&Server, String)],
    cluster: &Cluster,
    database: &str,
) -> Result<Line> {
    let mut line = Line::new(caller, read.name.to_owned());
    for (server, token) in clients {
        let request = Request::get(&read.path, token);
        let before = match server.kind {
            Kind::Postgres => Some(Statements::of(cluster, database)?),
            _ => None,
        };
        let (sample, requests) = sample(server, &request).await?;
        line.samples.push(sample);
        if let Some(before) = before {
            let after = Statements::of(cluster, database)?;
            line.statements = (after.count - before.count) / u64::from(requests);
            line.executing = (after.executing - before.executing) / requests;
        }
    }
    Ok(line)
}

/// The shortest of some answers, and how many there were.
async fn sample(server: &Server, request: &Request) -> Result<(Sample, u32)> {
    let mut connection = Connection::open(server.address()).await?;
    let mut send = async || {
        match connection.send(request).await {
            Ok(answer) => Ok(answer),
            // The reference closes connections after an error.
            Err(_) if server.kind == Kind::Reference => {
                connection = Connection::open(server.address()).await?;
                connection.send(request).await
            }
            Err(error) => Err(error),
        }
    };
    let first = send().await?;
    let mut shortest = first.time;
    let turns = match first.time {
        time if time > LONG => FEW_TURNS,
        _ => TURNS,
    };
    for _ in 0..turns {
        let next = send().await?;
        ensure!(
            next.status == first.status,
            "answered {} and then {}",
            first.status,
            next.status
        );
        shortest = shortest.min(next.time);
    }
    let sample = Sample {
        kind: server.kind,
        status: first.status,
        bytes: first.bytes,
        time: shortest,
    };
    Ok((sample, turns + 1))
}

/// What PostgreSQL has executed in a database so far.
#[derive(Debug, Clone, Copy)]
struct Statements {
    count: u64,
    executing: Duration,
}

impl Statements {
    fn of(cluster: &Cluster, database: &str) -> Result<Self> {
        let sql = format!(
            "select coalesce(sum(s.calls), 0), coalesce(sum(s.total_exec_time), 0) \
             from pg_stat_statements s join pg_database d on d.oid = s.dbid \
             where d.datname = '{database}'"
        );
        let row = cluster.psql("postgres", &sql)?;
        let (count, milliseconds) = row.trim().split_once('|').context("two columns")?;
        Ok(Self {
            count: count.parse()?,
            executing: Duration::from_secs_f64(milliseconds.parse::<f64>()? / 1000.0),
        })
    }
}

/// Every server, with a token of the caller.
async fn clients<'a>(
    caller: Caller,
    servers: &'a [Server],
    studio: &Studio,
) -> Result<Vec<(&'a Server, String)>> {
    let mut clients = Vec::new();
    for server in servers {
        clients.push((server, token(caller, server, studio).await?));
    }
    Ok(clients)
}

/// The access token of a caller.
async fn token(caller: Caller, server: &Server, studio: &Studio) -> Result<String> {
    let email = match caller {
        Caller::Admin => return Ok(server.token.clone()),
        Caller::Bot => return Ok(studio.bot.clone()),
        Caller::Artist => "person5@studio.test",
        Caller::Client => "person2@studio.test",
    };
    let token = log_in(server.address(), email, PASSWORD).await;
    token.with_context(|| server.kind.name())
}
