//! What runs the jobs of each kind.

use tanuki_store::query::jobs;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::auth::account_mail;
use crate::files::{films, pictures};
use crate::job_log::refused;
use crate::jobs::{
    ACCOUNT_MAIL, BUILD_NOTICE, CHAT_NOTICE, FILM, FILM_PICTURES, Job, MAIL_NOTICE, PICTURE,
    PLAYLIST_BUILD, Registration, SHARE_MAIL, SHARED_FILM, Workers,
};
use crate::playlists::builds;
use crate::shares::{films as shared_films, invitations};
use crate::{Caller, Core, Jobs, Result, notices};

/// Every kind of job with its handler.
static HANDLERS: &[Registration] = &[
    Registration {
        kind: &ACCOUNT_MAIL,
        handler: account_mail::run,
        given_up: None,
    },
    Registration {
        kind: &MAIL_NOTICE,
        handler: notices::run_mail,
        given_up: None,
    },
    Registration {
        kind: &SHARE_MAIL,
        handler: invitations::run,
        given_up: None,
    },
    Registration {
        kind: &CHAT_NOTICE,
        handler: notices::run_chat,
        given_up: None,
    },
    Registration {
        kind: &FILM,
        handler: films::run,
        given_up: Some(films::give_up),
    },
    Registration {
        kind: &FILM_PICTURES,
        handler: films::frames::run,
        given_up: None,
    },
    Registration {
        kind: &PICTURE,
        handler: pictures::run,
        given_up: Some(pictures::give_up_job),
    },
    Registration {
        kind: &PLAYLIST_BUILD,
        handler: builds::run,
        given_up: Some(builds::give_up),
    },
    Registration {
        kind: &SHARED_FILM,
        handler: shared_films::run,
        given_up: Some(shared_films::give_up),
    },
    Registration {
        kind: &BUILD_NOTICE,
        handler: builds::run_notice,
        given_up: None,
    },
];

impl Core {
    /// Works on the job queue until `stop` is cancelled; jobs that do not end
    /// within five seconds then are put back. Once per server.
    pub async fn run_jobs(&self, stop: CancellationToken) {
        Workers::new(self.clone(), HANDLERS).run(stop).await;
    }
}

impl Jobs<'_> {
    /// Cancels a job that waits or runs. A worker that runs it stops within ten
    /// seconds. Requires an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else, [`Error::NotFound`] if there is no
    /// such job, [`Error::Invalid`] if it has ended.
    pub async fn cancel(self, caller: &Caller, id: Uuid) -> Result<()> {
        caller.require_admin()?;
        let now = self.core.clock().timestamp();
        let mut transaction = self.core.database().begin().await?;
        let Some((kind, arguments)) = jobs::cancel(&mut transaction, id, now).await? else {
            let is_there = jobs::exists(&mut transaction, id).await?;
            return Err(refused(is_there, "the job has ended already"));
        };
        transaction.commit().await?;
        let registration = HANDLERS.iter().find(|own| own.kind.name == kind);
        if let Some(given_up) = registration.and_then(|own| own.given_up) {
            let job = Job {
                run: (id, Uuid::nil()),
                arguments,
                created_at: now,
            };
            given_up(self.core.clone(), job, "it was cancelled".into()).await?;
        }
        Ok(())
    }
}
