//! The load of the machine that the server runs on, as Linux tells it in
//! `/proc`. Elsewhere all figures are zero.

use std::time::Duration;

use serde_json::{Value, json};
use tanuki_store::Shape;
use tanuki_store::query::jobs;

use crate::{Core, Result};

/// How long processors are observed to measure their load.
const OBSERVED: Duration = Duration::from_millis(200);

/// The shape of the use of the machine.
pub fn resources_shape() -> Shape {
    let number = Shape::number;
    Shape::object([
        ("date", Shape::text()),
        (
            "cpu",
            Shape::object([
                ("percent", number().list()),
                (
                    "loadavg",
                    Shape::object([
                        ("last 1 min", number()),
                        ("last 5 min", number()),
                        ("last 10 min", number()),
                    ]),
                ),
            ]),
        ),
        (
            "memory",
            Shape::object([
                ("total", Shape::integer()),
                ("used", Shape::integer()),
                ("available", Shape::integer()),
                ("percent", number()),
            ]),
        ),
        ("jobs", Shape::object([("running_jobs", Shape::integer())])),
    ])
}

impl Core {
    /// Returns the use of the machine as JSON: of each processor in percent,
    /// the average number of running processes, memory in bytes, and the number
    /// of running jobs. Takes a fifth of a second. For everybody, as in Zou.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn machine_resources(&self) -> Result<Value> {
        let before = processors().await;
        tokio::time::sleep(OBSERVED).await;
        let after = processors().await;
        let percent: Vec<f64> = before
            .iter()
            .zip(&after)
            .map(|(before, after)| after.load_since(before))
            .collect();
        let running = jobs::count_running(self.database()).await?;
        let [one, five, ten] = load_averages(&read("/proc/loadavg").await);
        let memory = Memory::parse(&read("/proc/meminfo").await);
        let used = memory.total.saturating_sub(memory.available);
        Ok(json!({
            "date": self.clock().now().naive_utc().format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
            "cpu": {
                "percent": percent,
                "loadavg": {"last 1 min": one, "last 5 min": five, "last 10 min": ten},
            },
            "memory": {
                "total": memory.total,
                "used": used,
                "available": memory.available,
                "percent": to_tenths(share(used, memory.total)),
            },
            "jobs": {"running_jobs": running},
        }))
    }
}

async fn read(path: &'static str) -> String {
    tokio::fs::read_to_string(path).await.unwrap_or_default()
}

/// What a processor has done since the start, in ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Processor {
    idle: u64,
    total: u64,
}

impl Processor {
    /// Parses a line of `/proc/stat`: `cpu0 user nice system idle iowait …`.
    fn parse(line: &str) -> Option<Self> {
        let (name, ticks) = line.split_once(' ')?;
        name.strip_prefix("cpu")?.parse::<u32>().ok()?;
        // The last two are part of the first two.
        let ticks = ticks.split_whitespace().take(8);
        let ticks: Vec<u64> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
        let idle = ticks.iter().skip(3).take(2).sum();
        let total = ticks.iter().sum();
        Some(Self { idle, total })
    }

    /// Returns the load between two observations, in percent.
    fn load_since(&self, before: &Self) -> f64 {
        let total = self.total.saturating_sub(before.total);
        let idle = self.idle.saturating_sub(before.idle);
        to_tenths(share(total.saturating_sub(idle), total))
    }
}

async fn processors() -> Vec<Processor> {
    let stat = read("/proc/stat").await;
    stat.lines().filter_map(Processor::parse).collect()
}

/// Parses `/proc/loadavg`: the average number of running processes in the last
/// one, five and ten minutes.
fn load_averages(text: &str) -> [f64; 3] {
    let mut averages = text.split_whitespace().map(|number| number.parse().ok());
    [(); 3].map(|()| averages.next().flatten().unwrap_or_default())
}

/// Memory in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Memory {
    total: u64,
    available: u64,
}

impl Memory {
    /// Parses `/proc/meminfo`: `MemTotal: 16316412 kB` and so on.
    fn parse(text: &str) -> Self {
        let bytes = |name: &str| {
            let mut lines = text.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kilobytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kilobytes * 1024)
        };
        Self {
            total: bytes("MemTotal").unwrap_or_default(),
            available: bytes("MemAvailable").unwrap_or_default(),
        }
    }
}

/// Returns a part of the whole in percent; 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64 * 100.0
}

fn to_tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_of_a_processor_is_what_it_was_not_idle() {
        let before = Processor::parse("cpu0 100 0 100 700 100 0 0 0 50 0").unwrap();
        assert_eq!(
            before,
            Processor {
                idle: 800,
                total: 1000
            }
        );
        let after = Processor::parse("cpu0 150 0 125 775 150 0 0 0 80 0").unwrap();
        assert!((after.load_since(&before) - 37.5).abs() < 0.01);
        assert!(before.load_since(&before).abs() < 0.01);
        assert_eq!(Processor::parse("cpu  1 2 3 4 5"), None);
        assert_eq!(Processor::parse("ctxt 12"), None);
    }

    #[test]
    fn memory_and_averages_are_read_from_text() {
        let text = "MemTotal:       16 kB\nMemFree:  2 kB\nMemAvailable:    8 kB\n";
        let memory = Memory {
            total: 16 * 1024,
            available: 8 * 1024,
        };
        assert_eq!(Memory::parse(text), memory);
        assert_eq!(Memory::parse(""), Memory::default());
        assert_eq!(load_averages("0.5 1.25 2.00 1/234 5678"), [0.5, 1.25, 2.0]);
        assert_eq!(load_averages(""), [0.0; 3]);
    }
}
