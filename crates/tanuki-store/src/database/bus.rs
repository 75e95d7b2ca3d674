//! Publishes events of committed changes to listeners within this process, and
//! wakes its workers for new jobs.

use std::sync::Arc;

use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

/// How many commits a listener may lag behind before it loses the oldest.
const BACKLOG: usize = 4096;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventMessage {
    /// `table:action`.
    pub name: String,
    /// The payload that is sent; the audience is not part of it.
    pub data: serde_json::Value,
    pub audience: Audience,
}

/// Who may receive an event, besides admins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody who has an account, if the name of the event allows it.
    Studio,
    /// Members of the team of a project, if their role in it allows it.
    Project(Uuid),
    /// One person.
    Person(Uuid),
    /// Only admins.
    Admins,
}

/// The events of one commit, in the order in which they were recorded.
pub type Batch = Arc<[Arc<EventMessage>]>;

/// Broadcasts events; clones share the channel.
#[derive(Debug, Clone)]
pub struct Bus {
    events: broadcast::Sender<Batch>,
    jobs: Arc<Notify>,
}

impl Bus {
    pub(super) fn new() -> Self {
        Self {
            events: broadcast::Sender::new(BACKLOG),
            jobs: Arc::new(Notify::new()),
        }
    }

    /// Subscribes to the events of all later commits. A receiver that lags
    /// behind by more than 4096 commits loses the oldest, and gets
    /// `RecvError::Lagged`.
    pub fn listen(&self) -> broadcast::Receiver<Batch> {
        self.events.subscribe()
    }

    /// Returns whether there are listeners, such as the event stream.
    pub fn has_listeners(&self) -> bool {
        self.events.receiver_count() > 0
    }

    pub(super) fn publish(&self, announcements: Vec<EventMessage>) {
        if announcements.is_empty() {
            return;
        }
        // An error means that there is no listener.
        let _ = self
            .events
            .send(announcements.into_iter().map(Arc::new).collect());
    }

    /// Waits until a transaction of this process that enqueued jobs is
    /// committed; returns at once if one was since the last call. For one
    /// waiting task.
    pub async fn jobs_enqueued(&self) {
        self.jobs.notified().await;
    }

    pub(super) fn wake_workers(&self) {
        self.jobs.notify_one();
    }
}
