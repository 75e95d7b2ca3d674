//! Records the responses of Zou to scenarios; `scenarios/README.md` says how
//! to start one.
//!
//! ```text
//! record-scenarios URL SCENARIO …                  record every step
//! record-scenarios --missing URL SCENARIO …        record steps without a response
//! record-scenarios --check URL SCENARIO …          print differences from what Tanuki should respond
//! record-scenarios --check-recorded URL SCENARIO … print differences from what is recorded
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use tanuki_testkit::scenario::{self, Failures, Recorded, Script};

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
    let mut arguments = std::env::args().skip(1).peekable();
    let mode = arguments.next_if(|argument| argument.starts_with("--"));
    let check: Option<fn(&Script) -> Vec<Recorded>> = match mode.as_deref() {
        Some("--check") => Some(Script::expected),
        Some("--check-recorded") => Some(Script::recorded),
        None | Some("--missing") => None,
        Some(other) => anyhow::bail!("{other} is no option"),
    };
    let url = arguments.next().context(
        "usage: record-scenarios [--missing | --check | --check-recorded] URL SCENARIO …",
    )?;
    let mut found = 0;
    for path in arguments.map(PathBuf::from) {
        let mut script = Script::open(&path)?;
        let played = scenario::play(&script, &url, None)?;
        if let Some(responses_of) = check {
            let expected = responses_of(&script);
            let differences = scenario::differences(&expected, &played)?;
            found += differences.len();
            if !differences.is_empty() {
                let (played, expected, differences) = (&played, &expected, &differences);
                let failures = Failures {
                    played,
                    expected,
                    differences,
                };
                println!("{}:\n{failures}", path.display());
            }
            continue;
        }
        let responses = played.into_iter().map(|one| one.recorded).collect();
        let recorded = script.record(responses, mode.is_some());
        std::fs::write(&path, script.to_text()?)?;
        println!("{}: {recorded} steps recorded", path.display());
    }
    Ok(found)
}
