//! `tanuki files check` and `tanuki files copy`.

use anyhow::{Context as _, Result, bail};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;
use tanuki_core::files::{CheckReport, CheckStep, FileProblem};
use tanuki_files::{CopyStep, copy_all};

use crate::cli::{Files, GlobalArgs};
use crate::{config, open, output};

/// Runs a command.
pub async fn run(place: &GlobalArgs, command: &Files) -> Result<()> {
    match command {
        Files::Check { json } => check(place, *json).await,
        Files::Copy { from, to } => copy(place, from, to).await,
    }
}

/// The name of a problem, in text and JSON.
fn name(problem: FileProblem) -> &'static str {
    match problem {
        FileProblem::Missing => "missing",
        FileProblem::WrongSize => "wrong_size",
        FileProblem::Orphaned => "orphaned",
        FileProblem::Unknown => "unknown",
    }
}

const PROBLEMS: [FileProblem; 4] = [
    FileProblem::Missing,
    FileProblem::WrongSize,
    FileProblem::Orphaned,
    FileProblem::Unknown,
];

/// Prints every problem as it is found, and then the sums; fails if there are
/// any.
async fn check(place: &GlobalArgs, as_json: bool) -> Result<()> {
    open::with_studio(place, async |_, core| {
        let bar = progress("{spinner} {pos:>9} files  {per_sec}");
        let report = core.files().check(|step| match step {
            CheckStep::Looked(files) => bar.set_position(files),
            CheckStep::Found(problem, bucket, file) => bar.suspend(|| {
                let (problem, bucket) = (name(problem), bucket.name());
                if as_json {
                    output::line(json!({"problem": problem, "bucket": bucket, "key": file}));
                } else {
                    output::line(format_args!("{problem}: {bucket}/{file}"));
                }
            }),
        });
        let report = report.await?;
        bar.finish_and_clear();
        let problems = print_sums(&report, as_json);
        if problems > 0 {
            bail!("{problems} files are missing, have no row, or are not what their row says");
        }
        Ok(())
    })
    .await
}

/// Returns the number of problems.
fn print_sums(report: &CheckReport, as_json: bool) -> u64 {
    let counted = |problem| report.problems.get(&problem).copied().unwrap_or_default();
    if as_json {
        let mut sums = json!({
            "files": report.files,
            "bytes": report.bytes,
            "deleted": report.deleted,
        });
        for problem in PROBLEMS {
            sums[name(problem)] = counted(problem).into();
        }
        output::line(json!({"summary": sums}));
    } else {
        output::line(format_args!(
            "{:>10}  files, {}",
            report.files,
            HumanBytes(report.bytes)
        ));
        for (count, meaning) in [
            (counted(FileProblem::Missing), "rows without their file"),
            (
                counted(FileProblem::WrongSize),
                "of another size than their row says",
            ),
            (counted(FileProblem::Orphaned), "without a row"),
            (counted(FileProblem::Unknown), "with a strange name"),
            (
                report.deleted,
                "of deleted rows, kept because REMOVE_FILES is not set",
            ),
        ] {
            output::line(format_args!("{count:>10}  {meaning}"));
        }
    }
    report.problems.values().sum()
}

/// Copies all files, with a progress bar.
async fn copy(place: &GlobalArgs, from: &str, to: &str) -> Result<()> {
    let source = config::named_storage(place, from).context("--from")?;
    let target = config::named_storage(place, to).context("--to")?;
    if from == to {
        bail!("--from and --to are the same store");
    }
    source.prepare().await.context("--from")?;
    target.prepare().await.context("--to")?;
    let bar = progress("{spinner} {pos:>9} files  {per_sec}  {msg}");
    let (mut bytes, mut left_out) = (0, 0_u64);
    let report = copy_all(&source, &target, |step| {
        bar.inc(1);
        match step {
            CopyStep::Copied(size) => {
                bytes += size;
                bar.set_message(HumanBytes(bytes).to_string());
            }
            CopyStep::Skipped => {}
            CopyStep::LeftOut(bucket, name) => {
                left_out += 1;
                bar.suspend(|| {
                    let bucket = bucket.name();
                    output::aside(format_args!(
                        "left out, its name is strange: {bucket}/{name}"
                    ));
                });
            }
        }
    })
    .await
    .context("the copy stopped; repeat the command to go on")?;
    bar.finish_and_clear();
    output::line(format_args!(
        "Copied {} files ({}) and compared them; {} were there already.",
        report.copied,
        HumanBytes(report.bytes),
        report.skipped
    ));
    if left_out > 0 {
        bail!("{left_out} files were left out");
    }
    Ok(())
}

fn progress(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
