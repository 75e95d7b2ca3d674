//! `tanuki db copy` and `tanuki db check`.

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tanuki_store::database::{Options, Target};
use tanuki_store::{Database, check, copy};

use crate::cli::Place;
use crate::config::Config;
use crate::open;

pub async fn copy(from: &str, to: &str) -> Result<()> {
    let source = connect(from, true).await.context("--from")?;
    let target = connect(to, false).await.context("--to")?;
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
    println!("Copied {rows} rows; source and target hold the same number in every table.");
    Ok(())
}

async fn connect(url: &str, must_exist: bool) -> Result<Database> {
    let target: Target = url.parse()?;
    if let Target::Sqlite(path) = &target
        && must_exist
        && !path.exists()
    {
        anyhow::bail!("there is no database {}", path.display());
    }
    Ok(Database::connect(&target, Options::default()).await?)
}

pub async fn check(place: &Place) -> Result<()> {
    let config = Config::load(place)?;
    let database = Database::connect(&config.target, config.pool).await?;
    let report = check::check(&database).await?;
    println!("{} at {}", report.version, config.target);
    println!("revision {}", tanuki_store::schema::REVISION);
    let mut total = 0;
    for (table, rows) in &report.counts {
        total += rows;
        if *rows > 0 {
            println!("{rows:>10}  {table}");
        }
    }
    println!("{total:>10}  rows in {} tables", report.counts.len());
    for orphans in &report.orphans {
        println!(
            "orphans: {} rows of {}.{} point at rows of {} that are not there",
            orphans.rows, orphans.table, orphans.column, orphans.references
        );
    }
    if !report.orphans.is_empty() {
        anyhow::bail!("{} references lead into nothing", report.orphans.len());
    }
    println!("every reference leads to a row");
    Ok(())
}
