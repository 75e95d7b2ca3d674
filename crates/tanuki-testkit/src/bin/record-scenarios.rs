//! Records the responses of a Zou server to scenarios.
//!
//! ```text
//! cargo run -p tanuki-testkit --bin record-scenarios -- URL scenarios/auth.jsonl …
//! ```
//!
//! The server must be fresh: the initial data set, and `admin@example.com` /
//! `mysecretpassword`. With `--check` and `--check-recorded` nothing is
//! written, and the differences are printed: to the expected responses of
//! Tanuki, or to the recorded ones of Zou.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use tanuki_testkit::scenario;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("record-scenarios: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of differences.
fn run() -> Result<usize> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    type Answers = fn(&Path) -> Result<Vec<scenario::Recorded>>;
    let check: Option<Answers> = match arguments.first().map(String::as_str) {
        Some("--check") => Some(scenario::expected),
        Some("--check-recorded") => Some(scenario::recorded),
        _ => None,
    };
    if check.is_some() {
        arguments.remove(0);
    }
    let mut arguments = arguments.into_iter();
    let url = arguments
        .next()
        .context("usage: record-scenarios [--check | --check-recorded] URL SCENARIO …")?;
    let mut found = 0;
    for path in arguments.map(PathBuf::from) {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let answers = scenario::play(&url, &text)?;
        if let Some(answers_of) = check {
            for difference in scenario::differences(&answers_of(&path)?, &answers)? {
                println!("{}: {difference}", path.display());
                found += 1;
            }
            continue;
        }
        let lines: Vec<String> = answers
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()?;
        std::fs::write(
            path.with_extension("answers.jsonl"),
            lines.join("\n") + "\n",
        )?;
        println!("{}: {} answers recorded", path.display(), answers.len());
    }
    Ok(found)
}
