//! Delivery of committed events to the listeners that may receive them.

use std::time::Duration;

use tanuki_store::database::Batch;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::checks::Checks;
use super::listeners::Listeners;

/// The interval at which connections with a full buffer are retried.
const FLUSH: Duration = Duration::from_millis(20);

/// Events that change what accounts may receive: it is reloaded before they are
/// sent, so that somebody who joins a team receives the event of that.
const CHANGES_OF_TEAMS: [&str; 4] = [
    "project:new",
    "project:update",
    "task:assign",
    "task:unassign",
];

/// Events that change what shared links show: a guest who is new, and what is in
/// the playlist.
const CHANGES_OF_LINKS: [&str; 2] = ["person:new", "playlist:update"];

/// The maximum number of commits that are processed together.
const BATCH_SIZE: usize = 256;

/// Delivers events until the bus is closed. While it is not known what the
/// listeners may receive, events wait in the bus.
pub(super) async fn run(mut happened: Receiver<Batch>, checks: &Checks, listeners: &Listeners) {
    let mut is_left = false;
    loop {
        let received = tokio::select! {
            received = happened.recv() => received,
            () = tokio::time::sleep(FLUSH), if is_left => {
                is_left = listeners.flush();
                continue;
            }
        };
        match received {
            Ok(first) => {
                let mut commits = vec![first];
                while commits.len() < BATCH_SIZE {
                    match happened.try_recv() {
                        Ok(next) => commits.push(next),
                        Err(TryRecvError::Lagged(missed)) => warn_of_missed(missed),
                        Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                    }
                }
                let any_of = |names: &[&str]| {
                    let mut events = commits.iter().flat_map(|events| events.iter());
                    events.any(|event| names.contains(&event.name.as_str()))
                };
                if any_of(&CHANGES_OF_TEAMS)
                    || (any_of(&CHANGES_OF_LINKS) && listeners.have_links())
                {
                    checks.check_everybody().await;
                }
                checks.settled().await;
                for events in commits {
                    listeners.queue(&events);
                }
                is_left = listeners.flush();
            }
            Err(RecvError::Lagged(missed)) => warn_of_missed(missed),
            Err(RecvError::Closed) => return,
        }
    }
}

fn warn_of_missed(missed: u64) {
    tracing::warn!(missed, "listeners missed events: too many commits at once");
}
