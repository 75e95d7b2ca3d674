//! What is told of changes once they are committed, within this process.

use std::sync::Arc;

use tokio::sync::broadcast;
use uuid::Uuid;

/// How many commits a listener may be behind before it misses some.
const BACKLOG: usize = 4096;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct EventMessage {
    /// `table:action`.
    pub name: String,
    /// What is sent; the audience is no part of it.
    pub data: serde_json::Value,
    pub audience: Audience,
}

/// Who may hear of an announcement, beside admins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody who has an account, as far as the name allows.
    Studio,
    /// The team of a production, as far as their roles there allow.
    Project(Uuid),
    /// One person.
    Person(Uuid),
    /// Nobody else.
    Admins,
}

/// The announcements of one commit, in their order.
pub type Batch = Arc<[Arc<EventMessage>]>;

/// Where announcements go; clones share it.
#[derive(Debug, Clone)]
pub struct Bus(broadcast::Sender<Batch>);

impl Bus {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    /// Everything that is told from now on, commit by commit. Who falls behind
    /// by 4096 commits misses the oldest, which the receiver says.
    pub fn listen(&self) -> broadcast::Receiver<Batch> {
        self.0.subscribe()
    }

    /// Whether anybody listens, as the event stream does while it runs.
    pub fn has_listeners(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(super) fn publish(&self, announcements: Vec<EventMessage>) {
        if announcements.is_empty() {
            return;
        }
        // An error means that nobody listens.
        let _ = self
            .0
            .send(announcements.into_iter().map(Arc::new).collect());
    }
}
