//! What runs the jobs of each kind.

use tokio_util::sync::CancellationToken;

use crate::auth::account_mail;
use crate::files::pictures;
use crate::jobs::{ACCOUNT_MAIL, CHAT_NOTICE, MAIL_NOTICE, PICTURE, Registration, Workers};
use crate::{Core, notices};

/// Every kind of job with its handler.
static HANDLERS: &[Registration] = &[
    Registration {
        kind: &ACCOUNT_MAIL,
        handler: account_mail::run,
        on_failed: None,
    },
    Registration {
        kind: &MAIL_NOTICE,
        handler: notices::run_mail,
        on_failed: None,
    },
    Registration {
        kind: &CHAT_NOTICE,
        handler: notices::run_chat,
        on_failed: None,
    },
    Registration {
        kind: &PICTURE,
        handler: pictures::run,
        on_failed: Some(pictures::give_up_job),
    },
];

impl Core {
    /// Works on the job queue until `stop` is cancelled; jobs that do not end
    /// within five seconds then are put back. Once per server.
    pub async fn run_jobs(&self, stop: CancellationToken) {
        Workers::new(self.clone(), HANDLERS).run(stop).await;
    }
}
