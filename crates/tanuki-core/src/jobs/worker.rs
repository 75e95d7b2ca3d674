//! The workers of a server: they take jobs and run them.

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use tanuki_store::query::jobs::{self, Ending, TakenJob};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{Failure, Job, Kind, Outcome, Registration};
use crate::Core;

/// How long a job that nobody works on any more stays taken.
const LEASE: Duration = Duration::from_secs(30);

/// How often a worker renews its lease.
const RENEWAL: Duration = Duration::from_secs(10);

/// How often the queue is looked at for jobs of other servers, and for those
/// that are due again.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// How long running jobs may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// The wait before the second try; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_secs(5);

/// The longest wait between two tries.
const MAX_BACKOFF: Duration = Duration::from_secs(60 * 60);

/// How long jobs that ended are kept.
const KEEP_DONE: TimeDelta = TimeDelta::days(7);
const KEEP_FAILED: TimeDelta = TimeDelta::days(90);

/// How often old jobs are removed.
const CLEANING: Duration = Duration::from_secs(60 * 60);

/// Why a job is stopped.
enum Stop {
    /// It was cancelled, or its lease ran out and another server has it.
    LeaseLost,
    /// The server stops.
    Shutdown,
}

/// The workers of a server.
pub(crate) struct Workers {
    core: Core,
    registrations: &'static [Registration],
    running: JoinSet<()>,
    /// The kinds of the running jobs, by task.
    kinds: HashMap<tokio::task::Id, &'static str>,
    /// Cancelled when running jobs have to end.
    abandon: CancellationToken,
}

impl Workers {
    /// Creates workers for the registered kinds. They take no jobs before
    /// [`run`](Self::run).
    pub fn new(core: Core, registrations: &'static [Registration]) -> Self {
        Self {
            core,
            registrations,
            running: JoinSet::new(),
            kinds: HashMap::new(),
            abandon: CancellationToken::new(),
        }
    }

    /// Works on the queue until `stop`. Then waits for the running jobs, and
    /// puts back those that take too long.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut cleaning = tokio::time::interval(CLEANING);
        loop {
            self.start_due().await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.core.database().bus().jobs_enqueued() => {}
                Some(ended) = self.running.join_next_with_id() => self.forget(&ended),
                _ = cleaning.tick() => self.clean().await,
                () = sleep(jittered(POLL_INTERVAL)) => {}
            }
        }
        let all = async { while self.running.join_next().await.is_some() {} };
        if timeout(GRACE, all).await.is_err() {
            self.abandon.cancel();
            while self.running.join_next().await.is_some() {}
        }
    }

    fn forget(&mut self, ended: &Result<(tokio::task::Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.kinds.remove(&id);
    }

    /// Takes and starts due jobs of the kinds of which fewer than allowed run.
    async fn start_due(&mut self) {
        loop {
            let free: Vec<&'static str> = self
                .registrations
                .iter()
                .map(|registration| registration.kind)
                .filter(|kind| {
                    let running = self.kinds.values().filter(|name| **name == kind.name);
                    running.count() < (kind.concurrency)(self.core.settings())
                })
                .map(|kind| kind.name)
                .collect();
            let now = self.core.clock().timestamp();
            match jobs::take(self.core.database(), &free, now, now + LEASE).await {
                Ok(Some(job)) => self.start(job),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "the job queue cannot be read");
                    return;
                }
            }
        }
    }

    fn start(&mut self, job: TakenJob) {
        let registration = self
            .registrations
            .iter()
            .find(|registration| registration.kind.name == job.kind);
        let Some(registration) = registration else {
            return;
        };
        let run = run(self.core.clone(), *registration, job, self.abandon.clone());
        let task = self.running.spawn(run);
        self.kinds.insert(task.id(), registration.kind.name);
    }

    async fn clean(&self) {
        let now = self.core.clock().timestamp();
        let (done, failed) = (now - KEEP_DONE, now - KEEP_FAILED);
        if let Err(error) = jobs::remove_ended(self.core.database(), done, failed).await {
            tracing::warn!(%error, "old jobs cannot be removed");
        }
    }
}

/// Runs a job and records how it ended.
async fn run(core: Core, registration: Registration, job: TakenJob, abandon: CancellationToken) {
    let kind = registration.kind;
    let ending = if job.tries > i64::from(kind.max_tries) {
        // The server stopped each time while it ran.
        Ending::Failed("no run of it ended".into())
    } else {
        match attempt(&core, registration, &job, &abandon).await {
            Ok(outcome) => ending(kind, &job, outcome, &core),
            Err(Stop::LeaseLost) => return,
            Err(Stop::Shutdown) => Ending::Interrupted,
        }
    };
    match &ending {
        Ending::Failed(reason) => {
            tracing::error!(job = %job.id, kind = kind.name, reason, "a job failed for good");
            if let Some(given_up) = registration.given_up
                && let Err(error) = given_up(core.clone(), given(&job), reason.clone()).await
            {
                // It is run again when its lease has run out.
                tracing::warn!(%error, job = %job.id, "a job cannot be given up");
                return;
            }
        }
        Ending::Again(reason, _) => {
            tracing::warn!(job = %job.id, kind = kind.name, reason, "a job is to be retried");
        }
        Ending::Deferred(reason, _) => {
            tracing::debug!(job = %job.id, kind = kind.name, reason, "a job waits");
        }
        Ending::Done(_) | Ending::Interrupted => {}
    }
    let now = core.clock().timestamp();
    if let Err(error) = jobs::end(core.database(), &job, ending, now).await {
        // It is run again when its lease has run out.
        tracing::warn!(%error, job = %job.id, "the end of a job cannot be recorded");
    }
}

/// A job as handlers get it.
fn given(job: &TakenJob) -> Job {
    Job {
        run: (job.id, job.lease),
        arguments: job.arguments.clone(),
        created_at: job.created_at,
    }
}

/// Runs the handler of a job, with its time limit.
async fn attempt(
    core: &Core,
    registration: Registration,
    job: &TakenJob,
    abandon: &CancellationToken,
) -> Result<Outcome, Stop> {
    let limit = (registration.kind.time_limit)(core.settings());
    let handler = (registration.handler)(core.clone(), given(job));
    // A task of its own, so that a panic is a failure of the job.
    let task = AbortOnDropHandle::new(tokio::spawn(handler));
    tokio::select! {
        ended = timeout(limit, task) => Ok(match ended {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(Failure::Temporary(format!("it stopped: {error}"))),
            Err(_) => Err(Failure::Temporary(format!(
                "it took longer than {} seconds",
                limit.as_secs()
            ))),
        }),
        () = lose_lease(core, (job.id, job.lease)) => Err(Stop::LeaseLost),
        () = abandon.cancelled() => Err(Stop::Shutdown),
    }
}

/// Renews the lease of a job; ends when that is not possible any more.
async fn lose_lease(core: &Core, run: (Uuid, Uuid)) {
    loop {
        sleep(RENEWAL).await;
        let until = core.clock().timestamp() + LEASE;
        match jobs::renew(core.database(), run, until).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "the lease of a job cannot be renewed"),
        }
    }
}

fn ending(kind: &Kind, job: &TakenJob, outcome: Outcome, core: &Core) -> Ending {
    match outcome {
        Ok(reason) => Ending::Done(reason),
        Err(Failure::Final(reason)) => Ending::Failed(reason),
        Err(Failure::Waiting(reason, wait)) => {
            Ending::Deferred(reason, core.clock().timestamp() + wait)
        }
        Err(Failure::Temporary(reason)) if job.tries >= i64::from(kind.max_tries) => {
            Ending::Failed(reason)
        }
        Err(Failure::Temporary(reason)) => {
            let wait = jittered(backoff(job.tries));
            Ending::Again(reason, core.clock().timestamp() + wait)
        }
    }
}

/// The wait after that many tries.
fn backoff(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(20);
    let wait = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(doublings));
    wait.min(MAX_BACKOFF)
}

/// Changes a time by up to a fifth, so that jobs and servers do not keep step.
fn jittered(time: Duration) -> Duration {
    // Random bits of a version 4 id.
    let random = u32::from(Uuid::new_v4().as_bytes()[0]);
    time.mul_f64(0.8 + f64::from(random) / 255.0 * 0.4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let seconds: Vec<u64> = [1, 2, 3, 10, 11, 1000]
            .map(|tries| backoff(tries).as_secs())
            .into();
        assert_eq!(seconds, [5, 10, 20, 2560, 3600, 3600]);
        for _ in 0..100 {
            let wait = jittered(Duration::from_secs(10)).as_secs_f64();
            assert!((8.0..=12.0).contains(&wait), "{wait}");
        }
    }
}
