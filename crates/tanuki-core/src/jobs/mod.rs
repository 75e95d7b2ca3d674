//! The job queue: work that is done after a change is committed and answered,
//! such as sending mail.
//!
//! A job is a row of `tanuki_job`, written in the transaction of its cause: what
//! is rolled back leaves no job, and what is committed is done even if the
//! server stops at that moment. All servers that use the database work on the
//! queue. A worker takes a job with a lease and renews it; if the server is
//! killed the lease runs out, and the job is taken again. So a job may run
//! twice, but only one run at a time.

mod worker;

use std::time::Duration;

use chrono::NaiveDateTime;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::jobs::{self, NewJob};
use uuid::Uuid;

pub(crate) use worker::Workers;

use crate::{Core, Error, Result, Settings};

/// A kind of job: its limits, which each server applies for itself.
#[derive(Debug)]
pub struct Kind {
    /// The name in the table, up to 40 characters.
    pub name: &'static str,
    /// How many jobs of this kind a server runs at the same time.
    pub concurrency: fn(&Settings) -> usize,
    /// How often it is tried before it is given up.
    pub max_tries: u32,
    /// After this time a run is stopped and counts as failed.
    pub time_limit: fn(&Settings) -> Duration,
}

/// Mails about a person's account.
pub(crate) static ACCOUNT_MAIL: Kind = Kind {
    name: "account-mail",
    concurrency: |_| 2,
    max_tries: 15,
    time_limit: |_| Duration::from_secs(120),
};

/// Notifications by mail.
pub(crate) static MAIL_NOTICE: Kind = Kind {
    name: "mail-notice",
    concurrency: |_| 4,
    max_tries: 15,
    time_limit: |_| Duration::from_secs(120),
};

/// Mails that invite to a shared playlist.
pub(crate) static SHARE_MAIL: Kind = Kind {
    name: "share-mail",
    concurrency: |_| 2,
    max_tries: 15,
    time_limit: |_| Duration::from_secs(120),
};

/// Notifications to a chat: Slack, Mattermost or Discord.
pub(crate) static CHAT_NOTICE: Kind = Kind {
    name: "chat-notice",
    concurrency: |_| 4,
    max_tries: 10,
    time_limit: |_| Duration::from_secs(120),
};

/// Encoding a film, and what is made of it.
pub(crate) static FILM: Kind = Kind {
    name: "film",
    concurrency: |settings| settings.films.at_once,
    max_tries: 3,
    // Each run of ffmpeg has that time: the encode, the tiles, a few short ones.
    time_limit: |settings| settings.films.time_limit.saturating_mul(3),
};

/// Pictures of a film that is stored: its tiles, or those of another frame.
pub(crate) static FILM_PICTURES: Kind = Kind {
    name: "film-pictures",
    concurrency: |settings| settings.films.at_once,
    max_tries: 3,
    time_limit: |settings| settings.films.time_limit,
};

/// Pictures of uploaded previews. How many are decoded at the same time is a
/// setting.
pub(crate) static PICTURE: Kind = Kind {
    name: "picture",
    concurrency: |_| 8,
    max_tries: 5,
    time_limit: |_| Duration::from_secs(15 * 60),
};

/// Building a film of a playlist.
pub(crate) static PLAYLIST_BUILD: Kind = Kind {
    name: "playlist-build",
    concurrency: |settings| settings.films.at_once,
    max_tries: 3,
    // Each run of ffmpeg has the time of one film.
    time_limit: |settings| settings.films.time_limit.saturating_mul(6),
};

/// Copying a film for those who watch it by a link, with texts burnt in.
pub(crate) static SHARED_FILM: Kind = Kind {
    name: "shared-film",
    concurrency: |settings| settings.films.at_once,
    max_tries: 3,
    // Decoding and encoding run at the same time; then the sound is added.
    time_limit: |settings| settings.films.time_limit.saturating_mul(3),
};

/// Mails that the film of a playlist is there.
pub(crate) static BUILD_NOTICE: Kind = Kind {
    name: "build-notice",
    concurrency: |_| 2,
    max_tries: 15,
    time_limit: |_| Duration::from_secs(120),
};

/// A job that a worker runs.
#[derive(Debug)]
pub struct Job {
    /// The id of the job and that of this run.
    pub(crate) run: (Uuid, Uuid),
    pub arguments: Map<String, Value>,
    /// When it was enqueued.
    pub created_at: NaiveDateTime,
}

impl Job {
    /// Returns an id of the arguments.
    ///
    /// # Errors
    /// [`Failure::Final`] if there is none.
    pub(crate) fn id(&self, key: &str) -> Result<Uuid, Failure> {
        crate::fields::id_of(&self.arguments, key)
            .ok_or_else(|| Failure::Final(format!("the arguments have no id {key}")))
    }

    /// Returns a flag of the arguments, or the default if there is none.
    pub(crate) fn flag(&self, key: &str, default: bool) -> bool {
        let flag = self.arguments.get(key).and_then(Value::as_bool);
        flag.unwrap_or(default)
    }

    /// Returns a text of the arguments; empty if there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        let text = self.arguments.get(key).and_then(Value::as_str);
        text.unwrap_or_default()
    }
}

/// Why a run of a job failed. Admins read the reason, so it holds no secrets.
#[derive(Debug)]
pub enum Failure {
    /// It may work later.
    Temporary(String),
    /// It will not work later either.
    Final(String),
    /// What it needs is not there yet: it waits for that long and is run again,
    /// which does not count as a try.
    Waiting(String, Duration),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Temporary(error.into().to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Temporary(format!("a file cannot be read or written: {error}"))
    }
}

/// The result of a run; a reason if there was nothing to do.
pub type Outcome = Result<Option<String>, Failure>;

/// Runs a job of one kind.
pub type Handler = fn(Core, Job) -> BoxFuture<'static, Outcome>;

/// What a job that was given up or cancelled leaves to be done, with the reason.
pub type GivenUp = fn(Core, Job, String) -> BoxFuture<'static, Result<()>>;

/// A kind and what runs its jobs. The handlers are in the areas whose rules
/// they need, so they are listed above all areas, in `job_handlers`.
#[derive(Debug, Clone, Copy)]
pub struct Registration {
    pub kind: &'static Kind,
    pub handler: Handler,
    /// Called before a job of the kind ends as failed or cancelled.
    pub given_up: Option<GivenUp>,
}

impl Core {
    /// Enqueues jobs of one kind, one for each of the arguments. Workers start
    /// them after the commit.
    pub(crate) async fn enqueue(
        &self,
        transaction: &mut Transaction,
        kind: &'static Kind,
        arguments: Vec<Map<String, Value>>,
    ) -> Result<()> {
        let jobs = arguments.into_iter().map(|arguments| NewJob {
            kind: kind.name,
            arguments,
        });
        jobs::enqueue(transaction, jobs.collect(), &self.defaults()).await?;
        Ok(())
    }

    /// Notes how far a running job is, in percent.
    pub(crate) async fn report_progress(&self, job: &Job, percent: u8) -> Result<()> {
        jobs::report_progress(self.database(), job.run, percent).await?;
        Ok(())
    }
}
