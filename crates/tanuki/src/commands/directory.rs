//! `tanuki sync-ldap`: accounts follow the directory.

use anyhow::{Result, bail};
use indicatif::ProgressBar;
use tanuki_core::directory::{
    PhotoReport, SyncAction, SyncOptions, SyncOutcome, SyncReport, SyncStep,
};
use tanuki_core::{Caller, Core};

use super::Incomplete;
use crate::cli::{GlobalArgs, SyncLdap};
use crate::{open, output};

/// Runs `tanuki sync-ldap`. Everything is read before anything is written.
pub async fn sync(place: &GlobalArgs, flags: &SyncLdap) -> Result<()> {
    open::with_studio(place, async |_, core| {
        let operator = Caller::operator();
        let admin = operator.as_admin()?;
        let bar = ProgressBar::new_spinner();
        let people = core.directory().people(admin, |read| {
            bar.set_message(format!("{read} people of the directory are read"));
            bar.tick();
        });
        let people = people.await;
        bar.finish_and_clear();
        let people = people?;
        let options = SyncOptions {
            is_dry_run: flags.dry_run,
            is_forced: flags.force,
            takes_over: flags.take_over,
        };
        let report = core.directory().sync(admin, &people, options).await?;
        report.steps.iter().for_each(print);
        summarize(&report, people.len());
        if let SyncOutcome::HeldBack { switched_off, of } = report.outcome {
            bail!(
                "nothing was changed: {switched_off} of {of} people of the directory would be \
                 switched off; --force does it nevertheless"
            );
        }
        let photos = match flags.no_photos {
            true => PhotoReport::default(),
            false => sync_photos(core, &report).await?,
        };
        for (who, reason) in &photos.refused {
            output::line(format_args!("photo       {who}: {reason}"));
        }
        let refused = |step: &&SyncStep| step.action == SyncAction::Refuse;
        let refused = report.steps.iter().filter(refused).count() + photos.refused.len();
        if refused > 0 {
            return Err(Incomplete(format!("{refused} entries could not be followed")).into());
        }
        Ok(())
    })
    .await
}

async fn sync_photos(core: &Core, report: &SyncReport) -> Result<PhotoReport> {
    let operator = Caller::operator();
    let bar = ProgressBar::new_spinner();
    let directory = core.directory();
    let photos = directory.sync_photos(operator.as_admin()?, report, |read| {
        bar.set_message(format!("{read} photos are read"));
        bar.tick();
    });
    let photos = photos.await;
    bar.finish_and_clear();
    let photos = photos?;
    if report.outcome == SyncOutcome::Written {
        output::aside(format_args!(
            "{} new photos, {} as before.",
            photos.changed, photos.unchanged
        ));
    }
    Ok(photos)
}

fn print(step: &SyncStep) {
    let verb = match step.action {
        SyncAction::Create => "create",
        SyncAction::Update => "update",
        SyncAction::SwitchOn => "switch on",
        SyncAction::SwitchOff => "switch off",
        SyncAction::Keep => "keep",
        SyncAction::Refuse => "refuse",
    };
    // What a directory says may hold anything.
    let text = format!("{verb:<11} {}: {}", step.who, step.note);
    output::line(text.replace(char::is_control, " "));
}

fn summarize(report: &SyncReport, read: usize) {
    let count = |action: SyncAction| {
        let steps = report.steps.iter();
        steps.filter(|step| step.action == action).count()
    };
    let would = match report.outcome {
        SyncOutcome::Written => "",
        SyncOutcome::DryRun | SyncOutcome::HeldBack { .. } => " would be",
    };
    output::aside(format_args!(
        "{read} people in the directory:{would} {} created, {} updated, {} switched on, {} switched \
         off; {} as before, {} kept, {} refused.",
        count(SyncAction::Create),
        count(SyncAction::Update),
        count(SyncAction::SwitchOn),
        count(SyncAction::SwitchOff),
        report.unchanged,
        count(SyncAction::Keep),
        count(SyncAction::Refuse),
    ));
}
