//! `tanuki db copy`, `tanuki db check` and `tanuki db tune`.

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tanuki_store::database::{Options, Target};
use tanuki_store::page_indexes::{self, IndexState};
use tanuki_store::{Database, SearchIndex, check, copy};

use crate::cli::GlobalArgs;
use crate::config::Config;
use crate::{open, output};

/// Copies a database into an empty one, with a progress bar.
pub async fn copy(from: &str, to: &str) -> Result<()> {
    let source = connect(&from.parse()?, true).await.context("--from")?;
    let target = connect(&to.parse()?, false).await.context("--to")?;
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:30} {pos:>9}/{len} rows  {per_sec}  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let rows = copy::copy(&source, &target, open::clock().as_ref(), |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.rows);
        bar.set_message(progress.table);
    })
    .await?;
    bar.finish_and_clear();
    source.close().await;
    target.close().await;
    output::line(format_args!(
        "Copied {rows} rows; source and target hold the same number in every table."
    ));
    Ok(())
}

async fn connect(target: &Target, must_exist: bool) -> Result<Database> {
    if let Target::Sqlite(path) = target
        && must_exist
        && !path.exists()
    {
        anyhow::bail!("there is no database {}", path.display());
    }
    Ok(Database::connect(target, Options::default()).await?)
}

/// Reports revision, row counts, orphans and invalid values; fails if there are
/// orphans.
pub async fn check(place: &GlobalArgs) -> Result<()> {
    let target = Config::database(place)?;
    let database = connect(&target, true).await?;
    let report = check::check(&database).await?;
    database.close().await;
    output::line(format_args!("{} at {}", report.version, target));
    output::line(format_args!("revision {}", tanuki_store::schema::REVISION));
    let mut total = 0;
    for (table, rows) in &report.counts {
        total += rows;
        if *rows > 0 {
            output::line(format_args!("{rows:>10}  {table}"));
        }
    }
    output::line(format_args!(
        "{total:>10}  rows in {} tables",
        report.counts.len()
    ));
    for orphans in &report.orphans {
        output::line(format_args!(
            "orphans: {} rows of {}.{} point at rows of {} that are not there",
            orphans.rows, orphans.table, orphans.column, orphans.references
        ));
    }
    for odd in &report.odd_values {
        output::line(format_args!(
            "odd values: {} rows of {}.{} hold a date, number or JSON that clients cannot read",
            odd.rows, odd.table, odd.column
        ));
    }
    if let SearchIndex::Missing(parts) = &report.search {
        output::line(format_args!(
            "the search has no index and is slower: {} missing; the server creates it when it \
             starts, which on PostgreSQL needs the extension pg_trgm and the owner of the table \
             entity",
            parts.join(", ")
        ));
    }
    if !report.orphans.is_empty() {
        anyhow::bail!("{} references lead into nothing", report.orphans.len());
    }
    output::line("every reference leads to a row");
    Ok(())
}

/// Lists the indexes for pages of the newest rows, after creating or dropping
/// them.
pub async fn tune(place: &GlobalArgs, create: bool, drop: bool) -> Result<()> {
    let target = Config::database(place)?;
    let database = connect(&target, true).await?;
    let Some(states) = page_indexes::states(&database).await? else {
        output::line(format_args!(
            "SQLite has all indexes: there is nothing to tune"
        ));
        return Ok(());
    };
    for state in &states {
        let exists = state.bytes.is_some();
        if create && (!exists || state.is_broken) {
            output::line(format_args!(
                "creating {} on {} rows …",
                state.index.name, state.rows
            ));
            page_indexes::create(&database, state).await?;
        } else if drop && exists {
            page_indexes::drop_index(&database, &state.index).await?;
        }
    }
    let states = page_indexes::states(&database).await?.unwrap_or_default();
    database.close().await;
    for state in &states {
        output::line(format_args!(
            "{:<26} {:>24}  {}",
            state.index.name,
            size_of(state),
            state.index.reads
        ));
    }
    if states.iter().any(|state| state.bytes.is_none()) && !drop {
        output::line(format_args!(
            "`tanuki db tune --create` creates those that are missing, `--drop` drops them all"
        ));
    }
    Ok(())
}

/// The size of an index in megabytes, or what it would be.
fn size_of(state: &IndexState) -> String {
    /// The size of an entry: two times, an id and the place of the row.
    const ENTRY: i64 = 48;
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = |bytes: i64| bytes as f64 / 1e6;
    match state.bytes {
        Some(_) if state.is_broken => "interrupted".to_owned(),
        Some(bytes) => format!("{:.1} MB", megabytes(bytes)),
        None => format!("missing, about {:.1} MB", megabytes(state.rows * ENTRY)),
    }
}
