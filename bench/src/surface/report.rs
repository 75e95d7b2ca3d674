//! The report of the whole surface.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::{Line, picture};
use crate::report::milliseconds;
use crate::servers::Kind;

/// How many times as fast as the reference every read should be, unless it is
/// done within [`SHORT`].
const GOAL: f64 = 10.0;
const SHORT: Duration = Duration::from_micros(1500);

/// A request that both answered with success.
#[derive(Debug)]
struct Compared<'a> {
    line: &'a Line,
    reference: Duration,
    postgres: Duration,
    sqlite: Option<Duration>,
    bytes: usize,
}

impl Compared<'_> {
    fn times(&self) -> f64 {
        self.reference.as_secs_f64() / self.postgres.as_secs_f64().max(1e-9)
    }

    fn holds(&self) -> bool {
        self.times() >= GOAL || self.postgres <= SHORT
    }

    /// The cells of its row up to how many times as fast it is.
    fn cells(&self) -> String {
        format!(
            "{}`{}` | {} | {} | {} | {} | {} | {:.1}",
            if self.holds() { "" } else { "**slow** " },
            self.line.name,
            self.line.caller.name(),
            self.bytes,
            milliseconds(self.reference),
            milliseconds(self.postgres),
            self.sqlite.map(milliseconds).unwrap_or_default(),
            self.times()
        )
    }
}

#[derive(Debug)]
pub struct Report<'a> {
    reads: Vec<Compared<'a>>,
    changes: Vec<Compared<'a>>,
    /// Requests whose status is another than the reference's.
    differing: Vec<&'a Line>,
    empty: Duration,
    machine: String,
    tasks: i64,
    /// How many times as large as the default the studio is.
    times: u32,
}

impl<'a> Report<'a> {
    /// From what reads and changes came to.
    pub fn new(
        (reads, changes): (&'a [Line], &'a [Line]),
        empty: Duration,
        machine: String,
        (tasks, times): (i64, u32),
    ) -> Self {
        let differs = |line: &&Line| {
            let mut statuses = line.samples.iter().map(|sample| sample.status);
            let first = statuses.next();
            statuses.any(|status| Some(status) != first)
        };
        Self {
            reads: compared(reads),
            changes: compared(changes),
            differing: reads.iter().chain(changes).filter(differs).collect(),
            empty,
            machine,
            tasks,
            times,
        }
    }

    /// Writes `benchmarks-surface.md` and its picture; for a larger studio, to
    /// files with its size in their name.
    pub fn write(&self, docs: &Path) -> Result<()> {
        let name = format!("benchmarks-surface{}.md", self.size());
        std::fs::write(docs.join(name), self.markdown())?;
        let number = |time: Duration| time.as_secs_f64() * 1000.0;
        let dots: Vec<_> = self
            .reads
            .iter()
            .map(|read| (number(read.reference), number(read.postgres)))
            .collect();
        let name = format!("charts/surface{}.svg", self.size());
        std::fs::write(docs.join(name), picture::svg(&dots))?;
        Ok(())
    }

    /// What the names of files say of the studio's size.
    fn size(&self) -> String {
        match self.times {
            1 => String::new(),
            times => format!("-{times}"),
        }
    }

    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# Every read\n\n\
             Written by `cargo run --release -p bench -- --surface --zou FOLDER`: every GET that is answered from the \
             database, with ids that rows have, and lists as gazu and the web client filter and page them; asked for by an \
             admin, an artist, a client and a bot. One client, servers in turn, the shortest of four answers (of three, \
             where one takes over 0.3 s).\n\n{} · {} tasks\n\n",
            self.machine, self.tasks
        );
        out.push_str(&distribution(&self.reads, "reads"));
        let _infallible = writeln!(
            out,
            "![Every read](charts/surface{}.svg)\n\n\
             Of a read by Tanuki on PostgreSQL: *statements* sent for it, and its *floor*: the time that PostgreSQL executes \
             them (`pg_stat_statements`) and that an answer without any takes ({}). Reads that are neither {GOAL} times as fast \
             as the reference nor done in {} come first.\n\n\
             | read | as | bytes | Zou | Tanuki, PostgreSQL | Tanuki, SQLite | times Zou | statements | floor |\n\
             |---|---|---:|---:|---:|---:|---:|---:|---:|",
            self.size(),
            milliseconds(self.empty),
            milliseconds(SHORT)
        );
        for read in &self.reads {
            let line = read.line;
            let _infallible = writeln!(
                out,
                "| {} | {} | {} |",
                read.cells(),
                line.statements,
                milliseconds(line.executing + self.empty)
            );
        }
        if !self.changes.is_empty() {
            out.push_str("\n## Changes\n\nRows are made, changed and removed again, by an admin; through to the disk.\n\n");
            out.push_str(&distribution(&self.changes, "changes"));
            out.push_str(
                "| change | as | bytes | Zou | Tanuki, PostgreSQL | Tanuki, SQLite | times Zou |\n\
                 |---|---|---:|---:|---:|---:|---:|\n",
            );
        }
        for change in &self.changes {
            let _infallible = writeln!(out, "| {} |", change.cells());
        }
        out.push_str(&self.differences());
        out
    }

    /// Requests that are answered with another status than the reference's.
    fn differences(&self) -> String {
        if self.differing.is_empty() {
            return String::new();
        }
        let mut out = "\n## Answered with different statuses\n\n\
             [differences.md](differences.md) says why.\n\n| request | as | Zou | Tanuki, PostgreSQL | Tanuki, SQLite |\n|---|---|---|---|---|\n"
            .to_owned();
        for line in &self.differing {
            let status = |kind| {
                line.sample(kind)
                    .map(|sample| sample.status.to_string())
                    .unwrap_or_default()
            };
            let _infallible = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                line.name,
                line.caller.name(),
                status(Kind::Reference),
                status(Kind::Postgres),
                status(Kind::Sqlite)
            );
        }
        out
    }
}

fn distribution(compared: &[Compared<'_>], what: &str) -> String {
    let mut times: Vec<f64> = compared.iter().map(Compared::times).collect();
    times.sort_by(f64::total_cmp);
    let at = |part: f64| {
        let place = (times.len().saturating_sub(1) as f64 * part).round() as usize;
        times.get(place).copied().unwrap_or_default()
    };
    let slow = compared.iter().filter(|read| !read.holds()).count();
    format!(
        "{} {what} that both answer with success. Tanuki on PostgreSQL is {:.1} times as fast in the middle, {:.1} times in the \
         slowest tenth, {:.1} times in the fastest. {slow} take over {} and are less than {GOAL} times as fast.\n\n",
        times.len(),
        at(0.5),
        at(0.1),
        at(0.9),
        milliseconds(SHORT)
    )
}

/// What both answered with success: first what holds no goal, and of that the
/// slowest of Tanuki's answers.
fn compared(lines: &[Line]) -> Vec<Compared<'_>> {
    let mut compared: Vec<_> = lines.iter().filter_map(compare).collect();
    compared.sort_by_key(|read| (read.holds(), std::cmp::Reverse(read.postgres)));
    compared
}

fn compare(line: &Line) -> Option<Compared<'_>> {
    let answered = |kind| line.sample(kind).filter(|sample| sample.status < 300);
    let postgres = answered(Kind::Postgres)?;
    Some(Compared {
        line,
        reference: answered(Kind::Reference)?.time,
        postgres: postgres.time,
        sqlite: answered(Kind::Sqlite).map(|sample| sample.time),
        bytes: postgres.bytes,
    })
}
