//! What is told of changes once they are committed, within this process.

use std::sync::Arc;

use tokio::sync::broadcast;

/// How many announcements a listener may be behind before it misses some.
const BACKLOG: usize = 4096;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// `table:action`.
    pub name: String,
    pub data: serde_json::Value,
}

/// Where announcements go; clones share it.
#[derive(Debug, Clone)]
pub struct Bus(broadcast::Sender<Arc<Announcement>>);

impl Bus {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    /// Everything that is told from now on. Who falls behind by 4096
    /// announcements misses the oldest, which the receiver says.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.0.subscribe()
    }

    pub(super) fn publish(&self, announcements: Vec<Announcement>) {
        for announcement in announcements {
            // An error means that nobody listens.
            let _ = self.0.send(Arc::new(announcement));
        }
    }
}
