//! `tanuki project`: what an operator does with productions.

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use tanuki_core::{Caller, Core};
use uuid::Uuid;

use crate::cli::{GlobalArgs, Project};
use crate::{open, output};

/// Runs a subcommand of `tanuki project`.
pub async fn run(place: &GlobalArgs, command: &Project) -> Result<()> {
    let Project::Recount { projects, all } = command;
    open::with_studio(place, async |_, core| {
        let found = if *all {
            open_productions(core).await?
        } else {
            let mut found = Vec::with_capacity(projects.len());
            for project in projects {
                found.push(core.projects().find_production(project).await?);
            }
            found
        };
        for (id, name) in &found {
            recount(core, *id, name).await?;
        }
        Ok(())
    })
    .await
}

/// Returns the ids and names of the open productions.
async fn open_productions(core: &Core) -> Result<Vec<(Uuid, String)>> {
    let rows = core.projects().open_production_names().await?;
    let text = |row: &tanuki_core::JsonRow, key: &str| {
        let text = row.get(key).and_then(serde_json::Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    rows.iter()
        .map(|row| Ok((text(row, "id").parse()?, text(row, "name"))))
        .collect()
}

async fn recount(core: &Core, id: Uuid, name: &str) -> Result<()> {
    let operator = Caller::operator();
    let admin = operator.as_admin()?;
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:30} {pos:>9}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let show = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    bar.set_message(format!("tasks of {name}"));
    let tasks = core.comments().recount_tasks(admin, id, show).await?;
    bar.set_message(format!("castings of {name}"));
    let castings = core.breakdown().recount_project(admin, id, show).await?;
    bar.finish_and_clear();
    output::line(format_args!(
        "{name}: {tasks} tasks were wrong and are corrected; {castings} castings are counted anew."
    ));
    Ok(())
}
