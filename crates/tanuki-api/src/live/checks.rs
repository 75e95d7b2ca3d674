//! Validation of what the listeners show, and of what they may receive.
//!
//! A single task queries the database for all listeners, in a few statements
//! for all tokens of accounts: a client that connects waits for its next round. While the
//! database is unavailable, the task retries every second, and no listener is
//! refused.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tanuki_core::auth::token::TokenError;
use tanuki_core::{AuthError, Core, Error, EventVisibility};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::credentials::{Credential, KnownLinks, Visibility, check_links};
use super::listeners::{Listeners, Outcome};

/// The interval at which a failed check is retried.
const RETRY: Duration = Duration::from_secs(1);

/// The number of these intervals between two checks of all listeners: a revoked
/// token goes on receiving events for at most five seconds.
const RECHECK: u32 = 5;

/// The time-out of a check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// The capacity of the channel of check requests.
const QUEUE: usize = 1024;

/// A handle to request checks; clones share the task that performs them.
#[derive(Clone)]
pub(super) struct Checks {
    requests: mpsc::Sender<Request>,
    inbox: Arc<Mutex<Option<mpsc::Receiver<Request>>>>,
    /// Whether the last check of all listeners failed.
    stale: watch::Sender<bool>,
}

enum Request {
    /// Check a client that is connecting.
    Client(Waiting),
    /// Check all listeners now.
    Everybody(oneshot::Sender<()>),
}

struct Waiting {
    credential: Credential,
    answer: oneshot::Sender<Outcome>,
}

impl Default for Checks {
    fn default() -> Self {
        let (requests, inbox) = mpsc::channel(QUEUE);
        Self {
            requests,
            inbox: Arc::new(Mutex::new(Some(inbox))),
            stale: watch::Sender::new(false),
        }
    }
}

impl Checks {
    /// Checks what a client shows as soon as the database is available. `None`
    /// if the server is shutting down.
    pub async fn check(&self, credential: Credential) -> Option<Outcome> {
        let (answer, checked) = oneshot::channel();
        let request = Request::Client(Waiting { credential, answer });
        self.requests.send(request).await.ok()?;
        checked.await.ok()
    }

    /// Checks all listeners; returns once that was attempted.
    pub async fn check_everybody(&self) {
        let (answer, checked) = oneshot::channel();
        if self.requests.send(Request::Everybody(answer)).await.is_ok() {
            let _stopping = checked.await;
        }
    }

    /// Waits until the last check of all listeners has succeeded.
    pub async fn settled(&self) {
        let mut stale = self.stale.subscribe();
        let _never_closed = stale.wait_for(|stale| !stale).await;
    }

    /// Performs the checks until the server shuts down.
    pub async fn run(&self, core: &Core, listeners: &Listeners) {
        let inbox = self
            .inbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(inbox) = inbox else { return };
        let mut ticks = interval(RETRY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let checker = Checker {
            core,
            listeners,
            stale: &self.stale,
            waiting: Vec::new(),
            refreshing: Vec::new(),
            due_in: RECHECK,
            is_failing: false,
        };
        checker.run(inbox, ticks).await;
    }
}

struct Checker<'a> {
    core: &'a Core,
    listeners: &'a Listeners,
    stale: &'a watch::Sender<bool>,
    waiting: Vec<Waiting>,
    /// Notified after the next check of all listeners.
    refreshing: Vec<oneshot::Sender<()>>,
    /// Ticks until the next check of all listeners.
    due_in: u32,
    is_failing: bool,
}

impl Checker<'_> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Request>, mut ticks: Interval) {
        loop {
            let ticked = tokio::select! {
                request = inbox.recv() => {
                    let Some(request) = request else { return };
                    self.take(request);
                    false
                }
                _ = ticks.tick() => true,
            };
            while let Ok(request) = inbox.try_recv() {
                self.take(request);
            }
            self.waiting.retain(|waiting| !waiting.answer.is_closed());
            if ticked {
                self.due_in = self.due_in.saturating_sub(1);
            }
            // While the database is unavailable, only ticks query it, not every
            // client that connects.
            if ticked || !self.is_failing {
                self.check().await;
            }
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Client(waiting) => self.waiting.push(waiting),
            Request::Everybody(answer) => self.refreshing.push(answer),
        }
    }

    /// Checks the tokens of connecting clients, and of all listeners if that is
    /// due or requested.
    async fn check(&mut self) {
        let is_of_everybody = self.due_in == 0 || !self.refreshing.is_empty();
        let mut shown: BTreeSet<Credential> = (self.waiting.iter())
            .map(|waiting| waiting.credential.clone())
            .collect();
        if is_of_everybody {
            self.listeners.sweep();
            shown.extend(self.listeners.credentials());
        }
        let outcomes = self.ask(shown).await;
        let refreshing = std::mem::take(&mut self.refreshing);
        if let Some(outcomes) = outcomes {
            for Waiting { credential, answer } in self.waiting.drain(..) {
                if let Some(outcome) = outcomes.get(&credential) {
                    let _gone = answer.send(outcome.clone());
                }
            }
            if is_of_everybody {
                self.listeners.update(&outcomes);
                self.due_in = RECHECK;
                self.stale.send_replace(false);
            }
        } else if is_of_everybody {
            self.due_in = 0;
            self.stale.send_replace(true);
        }
        for answer in refreshing {
            let _gone = answer.send(());
        }
    }

    /// Returns the outcome for each credential; `None` if a query failed or
    /// timed out.
    async fn ask(&mut self, shown: BTreeSet<Credential>) -> Option<HashMap<Credential, Outcome>> {
        if shown.is_empty() {
            return Some(HashMap::new());
        }
        let failure = match timeout(CHECK_TIMEOUT, outcomes(self.core, shown)).await {
            Ok(Ok(outcomes)) => {
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("listeners can be checked again");
                }
                return Some(outcomes);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", CHECK_TIMEOUT.as_secs()),
        };
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(
                error = failure,
                "listeners cannot be checked: events are held back"
            );
        }
        None
    }
}

/// Checks credentials: the tokens of accounts together, links one by one.
///
/// # Errors
/// If a query failed.
async fn outcomes(
    core: &Core,
    shown: BTreeSet<Credential>,
) -> Result<HashMap<Credential, Outcome>, Error> {
    let mut tokens = Vec::new();
    let mut known = KnownLinks::new();
    let mut outcomes = HashMap::with_capacity(shown.len());
    for credential in shown {
        match &credential {
            Credential::Account(token) => tokens.push(token.clone()),
            Credential::Links(links) => {
                let checked = check_links(core, links, &mut known).await?;
                outcomes.insert(credential, checked.map(Arc::new));
            }
        }
    }
    let checked = core.event_visibilities(&tokens).await?;
    let accounts = tokens.into_iter().map(Credential::Account);
    outcomes.extend(accounts.zip(checked.into_iter().map(outcome)));
    Ok(outcomes)
}

fn outcome(checked: Result<EventVisibility, AuthError>) -> Outcome {
    match checked {
        Ok(visibility) if visibility.is_restricted() => {
            Err("A second factor has to be set up first.".to_owned())
        }
        Ok(visibility) => Ok(Arc::new(Visibility::Account(visibility))),
        Err(refusal) => Err(reason(refusal)),
    }
}

/// Returns the reason for refusing a token, as sent to the client.
pub(super) fn reason(refusal: AuthError) -> String {
    match refusal {
        AuthError::Token(TokenError::Expired) => "The access token has expired.".to_owned(),
        AuthError::Token(TokenError::Invalid(message)) => message,
        AuthError::Revoked => "The access token has been revoked.".to_owned(),
        AuthError::UnknownPerson { .. } => "The account is gone.".to_owned(),
        AuthError::Inactive => "The account is inactive.".to_owned(),
        AuthError::ReadOnly => "The account may only look.".to_owned(),
        AuthError::Failed(error) => {
            tracing::error!(%error, "a listener could not be checked");
            "Internal server error.".to_owned()
        }
    }
}
