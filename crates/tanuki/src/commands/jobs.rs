//! `tanuki jobs list` and `tanuki jobs retry`.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use tanuki_core::job_log::JobFilter;
use tanuki_core::{Caller, Core, Error};

use crate::cli::{GlobalArgs, Jobs};
use crate::{open, output};

/// Runs a subcommand of `tanuki jobs`.
pub async fn run(place: &GlobalArgs, command: &Jobs) -> Result<()> {
    open::with_studio(place, async |_, core| match command {
        Jobs::List { state, json } => list(core, state.clone(), *json).await,
        Jobs::Retry { id } => retry(core, id.as_deref()).await,
    })
    .await
}

/// Lists the newest jobs, as a table or as JSON.
async fn list(core: &Core, state: Option<String>, json: bool) -> Result<()> {
    let filter = JobFilter {
        state,
        ..JobFilter::default()
    };
    let jobs = core.jobs().list(&Caller::operator(), &filter).await?;
    if json {
        output::line(serde_json::to_string_pretty(&jobs)?);
        return Ok(());
    }
    if jobs.is_empty() {
        output::aside("There are no such jobs.");
        return Ok(());
    }
    output::line(format_args!(
        "{:<36} {:<14} {:<9} {:>5} {:<19} REASON",
        "ID", "KIND", "STATE", "TRIES", "CREATED"
    ));
    for job in &jobs {
        output::line(format_args!(
            "{:<36} {:<14} {:<9} {:>5} {:<19} {}",
            text(job, "id"),
            text(job, "kind"),
            text(job, "state"),
            job.get("tries").unwrap_or(&Value::Null),
            text(job, "created_at"),
            text(job, "reason"),
        ));
    }
    Ok(())
}

/// Makes a failed job, or all of them, due again; a running server does them.
async fn retry(core: &Core, id: Option<&str>) -> Result<()> {
    let operator = Caller::operator();
    let Some(id) = id else {
        let retried = core.jobs().retry_failed(&operator).await?;
        output::line(format_args!("{retried} failed jobs are due again."));
        return Ok(());
    };
    let id = id.parse().context("the id of a job is a UUID")?;
    match core.jobs().retry(&operator, id).await {
        Err(Error::NotFound) => anyhow::bail!("there is no job {id}"),
        retried => retried?,
    }
    output::line(format_args!("The job {id} is due again."));
    Ok(())
}

fn text<'a>(row: &'a Map<String, Value>, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
