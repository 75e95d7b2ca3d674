//! The heavy answers of larger studios: time grows as the rows do.

use std::time::Duration;

use anyhow::Result;

use crate::Bench;
use crate::cases::{Case, Work};
use crate::measure::Outcome;
use crate::servers::{Kind, Tanuki};
use crate::studio::{Size, Studio};

/// How long searches are measured. Heavy answers are few, whatever they take.
const SEARCHING: Duration = Duration::from_secs(3);

/// A heavy answer, or searches, at one size.
#[derive(Debug)]
pub struct Growth {
    pub case: &'static str,
    pub kind: Kind,
    /// How many times the default studio.
    pub times: u32,
    /// Of a heavy answer.
    pub bytes: usize,
    pub median: Duration,
}

/// Measures Tanuki on the studio and on larger ones.
pub async fn measure(bench: &Bench, cases: &[&'static Case]) -> Result<Vec<Growth>> {
    let Bench {
        cluster, tanuki, ..
    } = bench;
    let mut found = Vec::new();
    at(&bench.studio, 1, tanuki, cases, &mut found).await?;
    for times in [4, 16] {
        eprintln!("loading a studio {times} times as large …");
        let studio = Studio::load(cluster, tanuki, Size::of(times), "")?;
        at(&studio, times, tanuki, cases, &mut found).await?;
    }
    Ok(found)
}

async fn at(
    studio: &Studio,
    times: u32,
    tanuki: &Tanuki,
    cases: &[&'static Case],
    found: &mut Vec<Growth>,
) -> Result<()> {
    for (kind, url) in [
        (Kind::Postgres, &studio.postgres),
        (Kind::Sqlite, &studio.sqlite),
    ] {
        let server = tanuki.start(kind, url).await?;
        for case in cases {
            if !matches!(case.work, Work::Heavy { .. } | Work::Search(_)) {
                continue;
            }
            let turn = (0, SEARCHING);
            let outcome = crate::measure::measure(case, &server, &studio.facts, turn).await?;
            let (median, bytes) = match outcome {
                Outcome::Heavy { median, bytes } => (median, bytes),
                Outcome::Rate(rate) => (rate.p50, 0),
                _ => continue,
            };
            found.push(Growth {
                case: case.name,
                kind,
                times,
                bytes,
                median,
            });
        }
    }
    Ok(())
}
