//! `tanuki films encode`, `probe` and `tiles`, `tanuki pictures make` and
//! `probe`, and `tanuki check`.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use tanuki_core::files::{PreviewSelection, ProbeReport};
use tanuki_core::{Caller, Core};
use uuid::Uuid;

use crate::cli::{Films, GlobalArgs, Pictures, WhichPreviews};
use crate::{open, output};

/// Says which ffmpeg encodes films.
pub async fn check(place: &GlobalArgs) -> Result<()> {
    open::with_studio(place, async |_, core| {
        let report = core.files().media_programs(&Caller::operator()).await?;
        let Some(version) = report.get("version").and_then(Value::as_str) else {
            let reason = text(&report, "reason");
            output::line(format_args!("ffmpeg:  missing; {reason}"));
            output::line("         films that browsers play are kept as they are, others wait");
            return Ok(());
        };
        let encoders = report.get("encoders").and_then(Value::as_array);
        let encoders = encoders.into_iter().flatten().filter_map(Value::as_str);
        let encoders: Vec<&str> = encoders.collect();
        let has_tones = report.get("tone_mapping") == Some(&Value::Bool(true));
        output::line(format_args!("ffmpeg:  {version} at {}", text(&report, "path")));
        output::line(format_args!("         encoders {}", encoders.join(", ")));
        output::line(if has_tones {
            "         films with a high dynamic range are tone-mapped"
        } else {
            "         films with a high dynamic range are not tone-mapped: the filter zscale is missing"
        });
        Ok(())
    })
    .await
}

/// Runs a subcommand of `tanuki films`.
pub async fn run_on_films(place: &GlobalArgs, command: &Films) -> Result<()> {
    open::with_studio(place, async |_, core| match command {
        Films::Encode { which, all } => encode(core, which, *all).await,
        Films::Probe { which, dry_run } => probe(core, which, *dry_run).await,
        Films::Tiles { which, all } => tiles(core, which, *all).await,
    })
    .await
}

/// Runs a subcommand of `tanuki pictures`.
pub async fn run_on_pictures(place: &GlobalArgs, command: &Pictures) -> Result<()> {
    open::with_studio(place, async |_, core| {
        let operator = Caller::operator();
        match command {
            Pictures::Make { which, all } => {
                let selection = selection(core, which).await?;
                let files = core.files();
                let enqueued = files.make_missing_thumbnails(&operator, &selection, *all);
                let enqueued = enqueued.await?;
                output::line(format_args!(
                    "The thumbnails of {enqueued} previews are to be made."
                ));
                Ok(())
            }
            Pictures::Probe { which, dry_run } => {
                let selection = selection(core, which).await?;
                let files = core.files();
                let found = files.probe_pictures(&operator, &selection, *dry_run);
                report(&found.await?, "pictures", *dry_run);
                Ok(())
            }
        }
    })
    .await
}

async fn selection(core: &Core, which: &WhichPreviews) -> Result<PreviewSelection> {
    let ids = which.ids.iter().map(|id| {
        id.parse::<Uuid>()
            .with_context(|| format!("`{id}` is no id of a preview, which is a UUID"))
    });
    let project = match &which.project {
        Some(name) => Some(core.projects().find_production(name).await?.0),
        None => None,
    };
    Ok(PreviewSelection {
        ids: ids.collect::<Result<_>>()?,
        project,
    })
}

async fn encode(core: &Core, which: &WhichPreviews, all: bool) -> Result<()> {
    let selection = selection(core, which).await?;
    let report = core
        .files()
        .encode_again(&Caller::operator(), &selection, all)
        .await?;
    output::line(format_args!("{} films are to be encoded.", report.enqueued));
    if report.without_source > 0 {
        output::aside(format_args!(
            "Of {} films the file as it was sent is not stored any more.",
            report.without_source
        ));
    }
    Ok(())
}

async fn probe(core: &Core, which: &WhichPreviews, dry_run: bool) -> Result<()> {
    let selection = selection(core, which).await?;
    let operator = Caller::operator();
    let found = core
        .files()
        .probe_films(&operator, &selection, dry_run)
        .await?;
    report(&found, "films", dry_run);
    Ok(())
}

/// Says what was read, and what differed from its row.
fn report(found: &ProbeReport, kind: &str, dry_run: bool) {
    for line in &found.lines {
        output::line(line);
    }
    let verb = if dry_run {
        "would change"
    } else {
        "were changed"
    };
    output::aside(format_args!(
        "{} {kind} were read, {} {verb}.",
        found.read,
        found.lines.len()
    ));
}

async fn tiles(core: &Core, which: &WhichPreviews, all: bool) -> Result<()> {
    let selection = selection(core, which).await?;
    let operator = Caller::operator();
    let enqueued = core
        .files()
        .make_missing_tiles(&operator, &selection, all)
        .await?;
    output::line(format_args!(
        "The tiles of {enqueued} films are to be made."
    ));
    Ok(())
}

fn text<'a>(row: &'a Map<String, Value>, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
