//! `cargo run --release -p bench`: how fast Tanuki is, beside the reference
//! and beside what the machine could do. Writes `docs/benchmarks.md`.
//!
//! Servers take turns at each case, so that a machine whose speed drifts
//! slows all of them down; of a case's turns the one in the middle counts.
//! Nothing outside of this machine is asked for anything.

mod cases;
mod chart;
mod client;
mod fanout;
mod files;
mod floor;
mod growth;
mod link;
mod many;
mod measure;
mod process;
mod report;
mod servers;
mod studio;
mod surface;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use tanuki_testkit::postgres::Cluster;

use cases::{CASES, Case, Work};
use client::{Request, load};
use measure::{CLIENTS, Outcome, Rate, heavy_load, measure};
use process::{Process, free_address};
use report::{Floor, Line, Machine, Report, Resources};
use servers::{Kind, Server, Tanuki, Zou};
use studio::{Size, Studio};

/// How PostgreSQL is set up: durable as it comes, with some memory.
const POSTGRES: &[&str] = &["fsync=on", "shared_buffers=512MB", "max_connections=200"];

/// Measure Tanuki, and Zou beside it, on a synthetic studio of 31,600 tasks.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folder of the programs of a virtual environment with Zou 1.0.97: it is
    /// measured too. It needs redis-server.
    #[arg(long, value_name = "FOLDER")]
    zou: Option<PathBuf>,
    /// Seconds that one turn of a case takes.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Turns that each server takes at each case.
    #[arg(long, default_value_t = 3)]
    turns: usize,
    /// Only cases with this in their name; nothing is written then.
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Ask for compressed answers: zstd, br or gzip.
    #[arg(long, value_name = "CODING", requires = "only")]
    accept_encoding: Option<String>,
    /// Also measure the heavy answers of studios 4 and 16 times as large.
    #[arg(long)]
    growth: bool,
    /// Measure pictures and films instead. It needs ffmpeg, vipsthumbnail and
    /// nginx.
    #[arg(long, conflicts_with_all = ["only", "growth"])]
    files: bool,
    /// Measure every read instead, on a studio that has rows of every kind.
    #[arg(long, conflicts_with_all = ["growth", "files"])]
    surface: bool,
    /// Measure the web clients of 500 artists who begin their day at once, and
    /// a restart under load, instead. It needs ffmpeg.
    #[arg(long, conflicts_with_all = ["only", "growth", "files", "surface"])]
    many: bool,
    /// Measure compression over a slow link instead. It needs root, unshare, ip
    /// and tc.
    #[arg(long, conflicts_with_all = ["only", "growth", "files", "surface", "many", "zou"])]
    link: bool,
    /// That the network namespace of `--link` is this one.
    #[arg(long, hide = true, requires = "link")]
    in_namespace: bool,
    /// How many times as large as the default the studio of `--surface` is.
    #[arg(long, default_value_t = 1, requires = "surface")]
    times: u32,
    /// A built `tanuki`, instead of building it.
    #[arg(long, value_name = "PROGRAM")]
    tanuki: Option<PathBuf>,
    /// Where the report goes.
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"))]
    docs: PathBuf,
    /// Only serve what the floor is measured with, on this address.
    #[arg(long, hide = true, requires = "database")]
    floor: Option<SocketAddr>,
    #[arg(long, hide = true)]
    database: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // The floor has the machine as the servers have it; the load is one thread.
    let mut runtime = match arguments.floor {
        Some(_) => tokio::runtime::Builder::new_multi_thread(),
        None => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    match (arguments.floor, &arguments.database) {
        (Some(address), Some(database)) => runtime.block_on(floor::serve(address, database)),
        _ => runtime.block_on(run(&arguments)),
    }
}

/// What every measurement has.
#[derive(Debug)]
struct Bench {
    cluster: Cluster,
    tanuki: Tanuki,
    studio: Studio,
    servers: Vec<Server>,
    /// Where reports go.
    docs: PathBuf,
    _folder: tempfile::TempDir,
}

async fn run(arguments: &Arguments) -> Result<()> {
    if arguments.link {
        if !arguments.in_namespace {
            return link::run_in_namespace();
        }
        link::bring_up()?;
    }
    if let Some(codings) = &arguments.accept_encoding {
        client::accept_encoding(codings);
    }
    let bench = Bench::start(arguments).await?;
    if arguments.files {
        files::measure(&bench).await
    } else if arguments.surface {
        surface::measure(&bench, &arguments.only, arguments.times).await
    } else if arguments.many {
        many::measure(bench).await
    } else if arguments.link {
        link::measure(&bench).await
    } else {
        compare(bench, arguments).await
    }
}

impl Bench {
    /// Loads the studio and starts the servers that are asked for.
    async fn start(arguments: &Arguments) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tanuki-bench-").tempdir()?;
        let tanuki = Tanuki {
            program: match &arguments.tanuki {
                Some(program) => program.canonicalize()?,
                None => servers::build()?,
            },
            folder: folder.path().to_owned(),
        };
        let (more_settings, more_rows) = match arguments.surface {
            true => (surface::POSTGRES, surface::ROWS),
            false => (&[][..], ""),
        };
        let cluster = Cluster::start(&[POSTGRES, more_settings].concat())
            .context("PostgreSQL's server programs are needed (Debian: postgresql)")?;
        eprintln!("loading the studio into PostgreSQL and SQLite …");
        let mut size = Size::of(arguments.times);
        if arguments.many {
            size.people = many::PEOPLE;
        }
        let studio = Studio::load(&cluster, &tanuki, size, more_rows)?;
        Ok(Self {
            servers: start(arguments, &tanuki, &studio).await?,
            cluster,
            tanuki,
            studio,
            docs: arguments.docs.clone(),
            _folder: folder,
        })
    }

    /// Tanuki on PostgreSQL.
    fn tanuki(&self) -> Result<&Server> {
        let mut servers = self.servers.iter();
        let found = servers.find(|server| server.kind == Kind::Postgres);
        found.context("Tanuki on PostgreSQL")
    }

    fn machine(&self) -> Result<Machine> {
        Machine::look(&self.cluster, &self.tanuki.program)
    }
}

/// Measures the chosen cases on every server, and writes the report if none is
/// left out.
async fn compare(mut bench: Bench, arguments: &Arguments) -> Result<()> {
    let cases: Vec<&Case> = CASES
        .iter()
        .filter(|case| case.is_named(&arguments.only))
        .collect();
    let lines = take_turns(arguments, &bench, &cases).await?;
    let duration = Duration::from_secs_f64(arguments.seconds);
    let mut report = Report {
        floor: floor(&bench.studio, &bench.tanuki, duration).await?,
        resources: Vec::new(),
        growth: Vec::new(),
        machine: bench.machine()?,
        tasks: bench.studio.facts.count,
        lines,
    };
    if arguments.only.is_empty() {
        for server in &bench.servers {
            let its = resources(server, &bench.studio, &cases, duration).await?;
            report.resources.push(its);
        }
    }
    if arguments.growth {
        bench.servers.clear();
        report.growth = growth::measure(&bench, &cases).await?;
    }
    print!("{}", report.markdown());
    if arguments.only.is_empty() {
        report.write(&arguments.docs)?;
        let written = arguments.docs.join("benchmarks.md");
        eprintln!("written to {}", written.display());
    }
    Ok(())
}

/// Starts every server that is to be had.
async fn start(arguments: &Arguments, tanuki: &Tanuki, studio: &Studio) -> Result<Vec<Server>> {
    let mut servers = Vec::new();
    match &arguments.zou {
        Some(programs) => {
            let zou = Zou {
                programs: programs.canonicalize()?,
                folder: tanuki.folder.clone(),
            };
            servers.push(zou.start(&studio.postgres).await?);
        }
        None => eprintln!("left out: Zou (--zou FOLDER says where it is installed)"),
    }
    servers.push(tanuki.start(Kind::Postgres, &studio.postgres).await?);
    servers.push(tanuki.start(Kind::Sqlite, &studio.sqlite).await?);
    Ok(servers)
}

async fn take_turns(arguments: &Arguments, bench: &Bench, cases: &[&Case]) -> Result<Vec<Line>> {
    let Bench {
        cluster,
        studio,
        servers,
        ..
    } = bench;
    let duration = Duration::from_secs_f64(arguments.seconds);
    let steps = cases.len() * arguments.turns * servers.len();
    let progress = ProgressBar::new(u64::try_from(steps)?).with_style(
        ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} ({eta} left)")?,
    );
    let mut lines = Vec::with_capacity(cases.len());
    for case in cases {
        let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); servers.len()];
        for turn in 0..arguments.turns {
            for (server, outcomes) in servers.iter().zip(&mut outcomes) {
                progress.set_message(format!("{}: {}", case.name, server.kind.name()));
                let turn = (turn, duration);
                let outcome = measure(case, server, &studio.facts, turn)
                    .await
                    .with_context(|| format!("{}: {}", server.kind.name(), case.name))?;
                outcomes.push(outcome);
                progress.inc(1);
            }
        }
        let fetch = match case.work {
            Work::Heavy { rows, .. } => Some(studio.fetch(cluster, &rows(&studio.facts))?),
            _ => None,
        };
        let outcomes = outcomes.into_iter().filter_map(middle);
        lines.push(Line {
            case: **case,
            fetch,
            outcomes: servers
                .iter()
                .map(|server| server.kind)
                .zip(outcomes)
                .collect(),
        });
    }
    progress.finish_and_clear();
    Ok(lines)
}

/// The outcome in the middle.
fn middle(mut outcomes: Vec<Outcome>) -> Option<Outcome> {
    outcomes.sort_by(|one, other| one.speed().total_cmp(&other.speed()));
    let place = outcomes.len() / 2;
    (place < outcomes.len()).then(|| outcomes.swap_remove(place))
}

async fn floor(studio: &Studio, tanuki: &Tanuki, duration: Duration) -> Result<Floor> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([
        "--floor",
        &address.to_string(),
        "--database",
        &studio.postgres,
    ]);
    let server = Process::start(command, address, &tanuki.folder.join("floor.log")).await?;
    let rate = async |path: &str| -> Result<Rate> {
        let request = Request::get(path, "");
        let run = load(server.address, CLIENTS, duration, move |_| request.clone());
        Ok(run.await?.into())
    };
    Ok(Floor {
        bare: rate("/").await?,
        one_query: rate("/query").await?,
    })
}

async fn resources(
    server: &Server,
    studio: &Studio,
    cases: &[&Case],
    duration: Duration,
) -> Result<Resources> {
    heavy_load(cases, server, &studio.facts, duration).await?;
    Ok(Resources {
        kind: server.kind,
        first_answer: server.process.first_answer,
        memory_idle: server.memory_idle,
        memory_loaded: server.process.memory(),
        told: fanout::measure(server, &studio.facts).await?,
    })
}
