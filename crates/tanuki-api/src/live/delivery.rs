//! From what is committed to those who may hear of it.

use std::sync::Arc;
use std::time::Duration;

use tanuki_store::database::{Batch, EventMessage};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::checks::Checks;
use super::listeners::Listeners;

/// How often connections that were full are tried again.
const FLUSH: Duration = Duration::from_millis(20);

/// Events that change what people hear of: it is read anew before they are
/// sent, so that somebody who joins a team hears of it.
const CHANGES_OF_TEAMS: [&str; 4] = [
    "project:new",
    "project:update",
    "task:assign",
    "task:unassign",
];

/// Commits that are looked at together.
const BATCH_SIZE: usize = 256;

/// Sends events until the bus is closed. While it is not known what listeners
/// may hear of, events wait in the bus.
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
                if commits
                    .iter()
                    .flat_map(|events| events.iter())
                    .any(changes_teams)
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

fn changes_teams(event: &Arc<EventMessage>) -> bool {
    CHANGES_OF_TEAMS.contains(&event.name.as_str())
}

fn warn_of_missed(missed: u64) {
    tracing::warn!(missed, "listeners missed events: too many commits at once");
}
