//! `tanuki clean`: deletes old rows of tables that only grow.

use anyhow::{Context as _, Result};
use chrono::{NaiveDateTime, TimeDelta};
use indicatif::{ProgressBar, ProgressStyle};
use tanuki_core::housekeeping::OldRows;
use tanuki_core::{Caller, Core};

use crate::cli::{Age, Clean, GlobalArgs};
use crate::{open, output};

/// Runs a subcommand of `tanuki clean`.
pub async fn run(place: &GlobalArgs, command: &Clean) -> Result<()> {
    let (age, kinds): (&Age, &[OldRows]) = match command {
        Clean::Events(age) => (age, &[OldRows::Events]),
        Clean::Notifications(age) => (age, &[OldRows::Notifications]),
        Clean::LoginLogs(age) => (age, &[OldRows::LoginLogs]),
        Clean::All(age) => (
            age,
            &[OldRows::Events, OldRows::Notifications, OldRows::LoginLogs],
        ),
    };
    open::with_studio(place, async |_, core| {
        let now = core.clock().timestamp();
        let days = TimeDelta::days(age.older_than.into());
        let before = now.checked_sub_signed(days).context("--older-than")?;
        for rows in kinds {
            if age.dry_run {
                count(core, *rows, before).await?;
            } else {
                remove(core, *rows, before).await?;
            }
        }
        Ok(())
    })
    .await
}

async fn count(core: &Core, rows: OldRows, before: NaiveDateTime) -> Result<()> {
    let operator = Caller::operator();
    let housekeeping = core.housekeeping();
    let admin = operator.as_admin()?;
    let old = housekeeping.count_old(admin, rows, before).await?;
    output::line(format_args!(
        "{old} {} from before {} would be removed.",
        noun(rows),
        before.date()
    ));
    Ok(())
}

async fn remove(core: &Core, rows: OldRows, before: NaiveDateTime) -> Result<()> {
    let operator = Caller::operator();
    let housekeeping = core.housekeeping();
    let admin = operator.as_admin()?;
    let old = housekeeping.count_old(admin, rows, before).await?;
    let bar = ProgressBar::new(old).with_style(
        ProgressStyle::with_template("{bar:30} {pos:>9}/{len} {msg}  {per_sec}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(noun(rows));
    let removed = housekeeping
        .remove_old(admin, rows, before, |removed| bar.set_position(removed))
        .await;
    bar.finish_and_clear();
    output::line(format_args!(
        "Removed {} {} from before {}.",
        removed?,
        noun(rows),
        before.date()
    ));
    Ok(())
}

fn noun(rows: OldRows) -> &'static str {
    match rows {
        OldRows::Events => "events",
        OldRows::Notifications => "notifications",
        OldRows::LoginLogs => "logins",
    }
}
