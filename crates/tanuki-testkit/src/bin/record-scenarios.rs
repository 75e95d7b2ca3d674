//! Records the answers of a reference server to scenarios.
//!
//! ```text
//! cargo run -p tanuki-testkit --bin record-scenarios -- URL scenarios/auth.jsonl …
//! ```
//!
//! The server must be fresh: the initial data set, and
//! `admin@example.com` / `mysecretpassword`. With `--check`, nothing is
//! written and the differences from what was recorded are printed.

use std::path::PathBuf;
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

/// Returns how many differences there are.
fn run() -> Result<usize> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.first().is_some_and(|first| first == "--check");
    if check {
        arguments.remove(0);
    }
    let mut arguments = arguments.into_iter();
    let url = arguments
        .next()
        .context("usage: record-scenarios [--check] URL SCENARIO …")?;
    let mut found = 0;
    for path in arguments.map(PathBuf::from) {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let answers = scenario::play(&url, &text)?;
        if check {
            for difference in scenario::differences(&scenario::expected(&path)?, &answers) {
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
