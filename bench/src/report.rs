//! The report: a table to read, and charts beside it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tanuki_testkit::postgres::Cluster;

use crate::cases::{Case, Work};
use crate::chart::{self, Bars};
use crate::fanout::LISTENERS;
use crate::growth::Growth;
use crate::measure::{CLIENTS, Outcome, Rate};
use crate::servers::Kind;

/// Where the reads that are no case of their own are.
const EVERY_READ: &str = "\n## Every read\n\n\
    [benchmarks-surface.md](benchmarks-surface.md) has every read of the API, as admin, artist, client and bot, and most \
    changes, beside Zou (`--surface`). A dot is a read:\n\n\
    ![Every read](charts/surface.svg)\n";

/// Everything that was measured.
#[derive(Debug)]
pub struct Report {
    pub machine: Machine,
    pub tasks: i64,
    pub lines: Vec<Line>,
    pub floor: Floor,
    pub resources: Vec<Resources>,
    pub growth: Vec<Growth>,
}

/// One case on every server.
#[derive(Debug)]
pub struct Line {
    pub case: Case,
    /// psql's time for the same rows.
    pub fetch: Option<Duration>,
    pub outcomes: Vec<(Kind, Outcome)>,
}

/// What a server that does next to nothing does in a second.
#[derive(Debug)]
pub struct Floor {
    pub bare: Rate,
    pub one_query: Rate,
}

#[derive(Debug)]
pub struct Resources {
    pub kind: Kind,
    pub first_answer: Duration,
    pub memory_idle: u64,
    pub memory_loaded: u64,
    /// Until the last of a hundred listeners has heard of a change.
    pub told: Duration,
}

/// Where and with what it was measured.
#[derive(Debug)]
pub struct Machine {
    processor: String,
    cores: usize,
    memory: u64,
    system: String,
    postgres: String,
    commit: String,
    program: u64,
}

impl Machine {
    pub fn look(cluster: &Cluster, program: &Path) -> Result<Self> {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let said = |program: &str, arguments: &[&str]| -> String {
            let output = Command::new(program).args(arguments).output();
            output.map_or_else(
                |_| "unknown".into(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            )
        };
        let kilobytes = read("/proc/meminfo")
            .split_whitespace()
            .nth(1)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0);
        let of_file = |line: &str| {
            Some(
                line.strip_prefix("model name")?
                    .split(':')
                    .nth(1)?
                    .trim()
                    .to_owned(),
            )
        };
        Ok(Self {
            processor: read("/proc/cpuinfo")
                .lines()
                .find_map(of_file)
                .unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism()?.get(),
            memory: kilobytes * 1024,
            system: said("uname", &["-sr"]),
            postgres: cluster
                .psql("postgres", "show server_version")?
                .trim()
                .to_owned(),
            commit: said("git", &["describe", "--always", "--dirty"]),
            program: std::fs::metadata(program).context("the program")?.len(),
        })
    }
}

impl Machine {
    /// The machine in a line of text.
    pub fn line(&self) -> String {
        format!(
            "{} · {} cores · {:.0} GiB · {} · PostgreSQL {} · commit `{}`",
            self.processor,
            self.cores,
            gibibytes(self.memory),
            self.system,
            self.postgres,
            self.commit
        )
    }
}

impl Line {
    fn of(&self, kind: Kind) -> Option<&Outcome> {
        let (_, outcome) = self.outcomes.iter().find(|(of, _)| *of == kind)?;
        Some(outcome)
    }

    /// How many times as fast as the reference Tanuki is, on PostgreSQL.
    fn ratio(&self) -> Option<f64> {
        let reference = self.of(Kind::Reference)?.speed();
        let ours = self.of(Kind::Postgres)?.speed();
        (reference > 0.0 && ours > 0.0).then(|| ours / reference)
    }
}

impl Report {
    /// Writes `benchmarks.md` and the charts beside it.
    pub fn write(&self, docs: &Path) -> Result<()> {
        let charts = docs.join("charts");
        std::fs::create_dir_all(&charts)?;
        for (name, chart) in self.charts() {
            std::fs::write(charts.join(name), chart)?;
        }
        std::fs::write(docs.join("benchmarks.md"), self.markdown())?;
        Ok(())
    }

    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let _infallible = writeln!(
            out,
            "# Benchmarks\n\n\
             Written by `cargo run --release -p bench`; [performance.md](performance.md) says what was\n\
             tried. Servers took turns on one machine, with the same rows, the same PostgreSQL and the\n\
             same token; the load came from the same machine. Of a case's turns the middle one counts.\n\n{} · {} tasks\n",
            self.machine.line(),
            self.tasks
        );
        self.rates(&mut out);
        self.heavy(&mut out);
        self.writes(&mut out);
        self.footprint(&mut out);
        self.grown(&mut out);
        out.push_str(EVERY_READ);
        out
    }

    fn rates(&self, out: &mut String) {
        let _infallible = writeln!(
            out,
            "## Small answers\n\n\
             Requests a second over {CLIENTS} connections, with the time that half and 99 of 100 answers took. \
             All ask for the same, of which Tanuki reads once what is asked for at one moment; \
             *in turn* they ask for another row each time, all with one token.\n\n\
             ![Small answers](charts/light.svg)\n\n\
             | answer | Zou | Tanuki, PostgreSQL | Tanuki, SQLite | times Zou | asked for |\n\
             |---|---:|---:|---:|---:|---:|"
        );
        for line in self.lines.iter().filter(|line| {
            matches!(
                line.case.work,
                Work::Light(_) | Work::Turns(_) | Work::Search(_) | Work::Login
            )
        }) {
            self.row(out, line, cell);
        }
        let _infallible = writeln!(
            out,
            "\nThe floor, with the same load: a route that answers a fixed text {}, one that makes one \
             prepared query {}.\n",
            rate(&self.floor.bare),
            rate(&self.floor.one_query)
        );
    }

    fn heavy(&self, out: &mut String) {
        let _infallible = writeln!(
            out,
            "## Large answers\n\n\
             Median time until the last byte, one client. psql is the time in which it fetches the same rows.\n\n\
             ![Large answers](charts/heavy.svg)\n\n\
             | answer | psql | Zou | Tanuki, PostgreSQL | Tanuki, SQLite | times Zou | asked for |\n\
             |---|---:|---:|---:|---:|---:|---:|"
        );
        for line in self
            .lines
            .iter()
            .filter(|line| matches!(line.case.work, Work::Heavy { .. }))
        {
            let fetch = line.fetch.map_or_else(String::new, milliseconds);
            let _infallible = write!(out, "| {} | {fetch} ", line.case.name);
            self.cells(out, line, cell);
        }
    }

    fn writes(&self, out: &mut String) {
        let _infallible = writeln!(
            out,
            "\n## Changes\n\n\
             Changes a second with one writer, and with {CLIENTS}, each on a task of its own; PostgreSQL and \
             SQLite write through to the disk.\n\n\
             ![Changes](charts/writes.svg)\n\n\
             | change | Zou | Tanuki, PostgreSQL | Tanuki, SQLite | times Zou | asked for |\n\
             |---|---:|---:|---:|---:|---:|"
        );
        for line in self
            .lines
            .iter()
            .filter(|line| matches!(line.case.work, Work::Write(_)))
        {
            self.row(out, line, cell);
        }
    }

    fn row(&self, out: &mut String, line: &Line, cell: impl Fn(&Outcome) -> String) {
        let _infallible = write!(out, "| {} ", line.case.name);
        self.cells(out, line, cell);
    }

    fn cells(&self, out: &mut String, line: &Line, cell: impl Fn(&Outcome) -> String) {
        for kind in [Kind::Reference, Kind::Postgres, Kind::Sqlite] {
            let text = line.of(kind).map_or_else(|| "not measured".into(), &cell);
            let _infallible = write!(out, "| {text} ");
        }
        let ratio = line
            .ratio()
            .map_or_else(String::new, |ratio| format!("{ratio:.1}"));
        let goal = line
            .case
            .goal
            .map_or_else(String::new, |goal| format!("{goal}"));
        let _infallible = writeln!(out, "| {ratio} | {goal} |");
    }

    fn footprint(&self, out: &mut String) {
        let _infallible = writeln!(
            out,
            "\n## Start, memory, events\n\n\
             Memory is what is resident in the server's processes, idle and after the large answers over \
             {CLIENTS} connections. Told: until the last of {LISTENERS} listeners has heard of a change, median. \
             Tanuki's program is {:.1} MB.\n\n\
             | server | first answer | idle | loaded | told |\n|---|---:|---:|---:|---:|",
            megabytes(self.machine.program)
        );
        for its in &self.resources {
            let _infallible = writeln!(
                out,
                "| {} | {} | {:.1} MB | {:.1} MB | {} |",
                its.kind.name(),
                milliseconds(its.first_answer),
                megabytes(its.memory_idle),
                megabytes(its.memory_loaded),
                milliseconds(its.told)
            );
        }
    }

    fn grown(&self, out: &mut String) {
        if self.growth.is_empty() {
            return;
        }
        let _infallible = writeln!(
            out,
            "\n## Growth\n\n\
             The large answers of studios 1, 4 and 16 times as large: nanoseconds a byte of the answer stay \
             what they are where time grows as the rows do. And the median of searches; the largest studio has \
             50,000 entities.\n\n\
             ![Growth](charts/growth.svg)\n\n\
             | answer | database | size | bytes | time | ns a byte |\n|---|---|---:|---:|---:|---:|"
        );
        for its in &self.growth {
            let _infallible = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                its.case,
                its.kind.name(),
                its.times,
                its.bytes,
                milliseconds(its.median),
                its.per_byte()
                    .map_or_else(String::new, |time| format!("{time:.1}"))
            );
        }
    }

    fn charts(&self) -> Vec<(&'static str, String)> {
        let of = |wanted: fn(&Work) -> bool,
                  title: &'static str,
                  unit: &'static str,
                  value: fn(&Outcome) -> f64| {
            let groups = self
                .lines
                .iter()
                .filter(|line| wanted(&line.case.work))
                .map(|line| {
                    let values = line
                        .outcomes
                        .iter()
                        .map(|(kind, outcome)| (kind.name(), value(outcome)));
                    (line.case.name.to_owned(), values.collect())
                });
            chart::svg(&Bars {
                title,
                unit,
                groups: groups.collect(),
            })
        };
        let time = |outcome: &Outcome| match outcome {
            Outcome::Heavy { median, .. } => median.as_secs_f64() * 1000.0,
            _ => 0.0,
        };
        let light = |work: &Work| matches!(work, Work::Light(_) | Work::Turns(_));
        let mut charts = vec![
            (
                "light.svg",
                of(light, "Small answers", "requests a second", Outcome::speed),
            ),
            (
                "heavy.svg",
                of(
                    |work| matches!(work, Work::Heavy { .. }),
                    "Large answers",
                    "milliseconds",
                    time,
                ),
            ),
            (
                "writes.svg",
                of(
                    |work| matches!(work, Work::Write(_)),
                    "Changes, 16 writers",
                    "a second",
                    Outcome::speed,
                ),
            ),
        ];
        if !self.growth.is_empty() {
            charts.push(("growth.svg", self.growth_chart()));
        }
        charts
    }

    fn growth_chart(&self) -> String {
        let mut groups: Vec<(String, Vec<(&'static str, f64)>)> = Vec::new();
        for its in self.growth.iter().filter(|its| its.bytes > 0) {
            let name = format!("{}, {} times", its.case, its.times);
            let value = (its.kind.name(), its.per_byte().unwrap_or_default());
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => groups.push((name, vec![value])),
            }
        }
        chart::svg(&Bars {
            title: "Growth",
            unit: "nanoseconds a byte",
            groups,
        })
    }
}

impl Growth {
    /// Nanoseconds a byte of a large answer.
    fn per_byte(&self) -> Option<f64> {
        (self.bytes > 0).then(|| self.median.as_secs_f64() * 1e9 / self.bytes as f64)
    }
}

fn cell(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rate(its) => rate(its),
        Outcome::Heavy { median, bytes } => {
            format!(
                "{}, {:.2} MB",
                milliseconds(*median),
                megabytes(*bytes as u64)
            )
        }
        Outcome::Writes { alone, many } => format!("{}; {}", rate(alone), rate(many)),
        Outcome::Missing => "missing".into(),
        Outcome::Failed(status) => format!("answers {status}"),
    }
}

fn rate(its: &Rate) -> String {
    let (p50, p99) = (milliseconds(its.p50), milliseconds(its.p99));
    format!("{:.0}/s ({p50}, {p99})", its.per_second)
}

pub fn milliseconds(time: Duration) -> String {
    let time = time.as_secs_f64() * 1000.0;
    let digits = usize::from(time < 100.0) + usize::from(time < 10.0);
    format!("{time:.digits$} ms")
}

/// Millions of bytes.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}
