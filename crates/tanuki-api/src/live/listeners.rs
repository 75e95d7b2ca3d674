//! Who listens on this server.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SendError, SocketError, SocketIo};
use tanuki_core::EventVisibility;
use tanuki_store::database::EventMessage;
use tokio::time::Instant;
use uuid::Uuid;

use super::checks::Outcome;

/// Connections to a namespace that one account may have.
const MAX_PER_ACCOUNT: usize = 500;

/// Connections to a namespace that this server keeps.
const MAX_LISTENERS: usize = 10_000;

/// Events that wait for a listener who reads slowly. Beyond that it misses the
/// oldest.
const BACKLOG: usize = 20_000;

/// How long the library takes, at most, from the end of a check to having the
/// connection in its list.
const SETTLING: Duration = Duration::from_secs(1);

/// A namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Room {
    /// The one that gazu and the web client listen to.
    Events,
    /// Where nothing is sent, but which gazu connects to as well.
    Main,
}

impl Room {
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Events => "/events",
            Self::Main => "/",
        }
    }
}

/// A connection to a namespace.
struct Listener {
    socket: SocketRef,
    token: String,
    subject: Uuid,
    /// `None` until the token is checked for the first time.
    hearing: Option<Arc<EventVisibility>>,
    since: Instant,
    backlog: VecDeque<Arc<EventMessage>>,
}

type Key = (Room, Sid);

/// The connections of this server; clones share them.
#[derive(Clone)]
pub(super) struct Listeners {
    io: SocketIo,
    all: Arc<Mutex<HashMap<Key, Listener>>>,
}

/// Why nobody more is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Account,
    Server,
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account => write!(f, "The account listens {MAX_PER_ACCOUNT} times already."),
            Self::Server => f.write_str("Too many clients listen already."),
        }
    }
}

impl Listeners {
    pub fn new(io: SocketIo) -> Self {
        Self {
            io,
            all: Arc::default(),
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Key, Listener>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a place for a connection while its token is checked.
    ///
    /// # Errors
    /// If the account or the server has as many as they may.
    pub fn reserve(
        &self,
        room: Room,
        socket: SocketRef,
        token: &str,
        subject: Uuid,
    ) -> Result<ListenerSlot, Full> {
        if self.check_room(room, subject).is_err() {
            self.sweep();
            self.check_room(room, subject)?;
        }
        let key = (room, socket.id);
        let listener = Listener {
            socket,
            token: token.to_owned(),
            subject,
            hearing: None,
            since: Instant::now(),
            backlog: VecDeque::new(),
        };
        self.all().insert(key, listener);
        Ok(ListenerSlot {
            listeners: self.clone(),
            key,
            is_kept: false,
        })
    }

    fn check_room(&self, room: Room, subject: Uuid) -> Result<(), Full> {
        let all = self.all();
        let here = || all.iter().filter(|((of, _), _)| *of == room);
        if here().count() >= MAX_LISTENERS {
            return Err(Full::Server);
        }
        let own = here().filter(|(_, listener)| listener.subject == subject);
        if own.count() >= MAX_PER_ACCOUNT {
            return Err(Full::Account);
        }
        Ok(())
    }

    pub fn remove(&self, room: Room, id: Sid) {
        self.all().remove(&(room, id));
    }

    fn is_connected(&self, (room, id): Key) -> bool {
        let namespace = self.io.of(room.namespace());
        namespace.is_some_and(|namespace| namespace.get_socket(id).is_some())
    }

    pub fn remove_if_gone(&self, room: Room, id: Sid) {
        if !self.is_connected((room, id)) {
            self.remove(room, id);
        }
    }

    /// Forgets connections that ended before the library could say so.
    pub fn sweep(&self) {
        let settled: Vec<Key> = self
            .all()
            .iter()
            .filter(|(_, listener)| {
                listener.hearing.is_some() && listener.since.elapsed() > SETTLING
            })
            .map(|(key, _)| *key)
            .collect();
        for key in settled {
            if !self.is_connected(key) {
                self.all().remove(&key);
            }
        }
    }

    /// The tokens of those who listen, each once.
    pub fn tokens(&self) -> BTreeSet<String> {
        let all = self.all();
        let admitted = all.values().filter(|listener| listener.hearing.is_some());
        admitted.map(|listener| listener.token.clone()).collect()
    }

    /// Notes what the accounts of tokens hear of now, and disconnects whose
    /// token is refused.
    pub fn update(&self, checked: &HashMap<String, Outcome>) {
        let mut refused = Vec::new();
        self.all().retain(|_, listener| {
            match checked.get(&listener.token) {
                Some(Ok(hearing)) if listener.hearing.is_some() => {
                    listener.hearing = Some(Arc::clone(hearing));
                }
                Some(Err(_)) if listener.hearing.is_some() => {
                    refused.push(listener.socket.clone());
                    return false;
                }
                _ => {}
            }
            true
        });
        for socket in refused {
            let _gone_already = socket.disconnect();
        }
    }

    /// Queues events for those who may hear of them.
    pub fn queue(&self, events: &[Arc<EventMessage>]) {
        for ((room, id), listener) in self.all().iter_mut() {
            let Some(hearing) = listener.hearing.as_ref().filter(|_| *room == Room::Events) else {
                continue;
            };
            let heard = events.iter().filter(|event| hearing.permits(event));
            listener.backlog.extend(heard.cloned());
            let missed = listener.backlog.len().saturating_sub(BACKLOG);
            if missed > 0 {
                tracing::warn!(missed, %id, "a listener reads too slowly, and misses events");
                listener.backlog.drain(..missed);
            }
        }
    }

    /// Sends what is queued, as far as connections take it. Returns whether
    /// something is left.
    pub fn flush(&self) -> bool {
        let mut is_left = false;
        for listener in self.all().values_mut() {
            listener.flush();
            is_left |= !listener.backlog.is_empty();
        }
        is_left
    }
}

impl Listener {
    fn flush(&mut self) {
        // A connection that is not open yet is sent everything once it is.
        if !self.socket.connected() {
            return;
        }
        while let Some(event) = self.backlog.front() {
            match self.socket.emit(&event.name, &event.data) {
                Err(SendError::Socket(SocketError::InternalChannelFull)) => return,
                Err(error) => tracing::debug!(%error, event = event.name, "an event was not sent"),
                Ok(()) => {}
            }
            self.backlog.pop_front();
        }
    }
}

/// The place of a connection whose token is being checked; given up when
/// dropped.
pub(super) struct ListenerSlot {
    listeners: Listeners,
    key: Key,
    is_kept: bool,
}

impl ListenerSlot {
    /// Lets the connection listen from now on.
    pub fn admit(mut self, hearing: Arc<EventVisibility>) {
        if let Some(listener) = self.listeners.all().get_mut(&self.key) {
            listener.hearing = Some(hearing);
            listener.since = Instant::now();
        }
        self.is_kept = true;
    }
}

impl Drop for ListenerSlot {
    fn drop(&mut self) {
        if !self.is_kept {
            self.listeners.all().remove(&self.key);
        }
    }
}
