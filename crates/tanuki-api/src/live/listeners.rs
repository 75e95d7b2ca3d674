//! The registry of Socket.IO listeners on this server.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{SendError, SocketError, SocketIo};
use tanuki_store::database::EventMessage;
use tokio::time::Instant;
use uuid::Uuid;

use super::credentials::{Credential, Visibility};

/// The events that a listener may receive, or the reason for its refusal, as
/// sent to the client.
pub(super) type Outcome = Result<Arc<Visibility>, String>;

/// The maximum number of connections to a namespace per account, or per shared
/// link.
const MAX_PER_ACCOUNT: usize = 500;

/// The maximum number of connections to a namespace on this server.
const MAX_LISTENERS: usize = 10_000;

/// The maximum number of events queued for a slow listener. Beyond that it
/// loses the oldest.
const BACKLOG: usize = 20_000;

/// The maximum size of the messages of review rooms that are queued for a slow
/// listener, in bytes. Beyond that it misses them.
const MAX_QUEUED: usize = 4 << 20;

/// What a message takes beside its data, in bytes, so that many small ones are
/// bounded too.
const MESSAGE: usize = 512;

/// The maximum time between the end of a check and the moment at which
/// socketioxide lists the connection.
const SETTLING: Duration = Duration::from_secs(1);

/// A Socket.IO namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Namespace {
    /// The one that gazu and the web client listen to.
    Events,
    /// The default namespace: nothing is emitted there, but gazu also connects
    /// to it.
    Main,
}

impl Namespace {
    /// Returns its name in the protocol.
    pub fn path(self) -> &'static str {
        match self {
            Self::Events => "/events",
            Self::Main => "/",
        }
    }
}

/// A connection to a namespace.
struct Listener {
    socket: SocketRef,
    credential: Credential,
    /// The account, or the link.
    subject: Uuid,
    /// `None` until the credential was checked for the first time.
    hearing: Option<Arc<Visibility>>,
    since: Instant,
    backlog: VecDeque<Arc<EventMessage>>,
    /// Messages of review rooms, which come after the backlog, with their sizes
    /// in bytes.
    messages: VecDeque<(Arc<EventMessage>, usize)>,
}

type Key = (Namespace, Sid);

/// The connections of this server; clones share them.
#[derive(Clone)]
pub(super) struct Listeners {
    io: SocketIo,
    all: Arc<Mutex<HashMap<Key, Listener>>>,
}

/// The limit that a new connection would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Account,
    Server,
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account => write!(
                f,
                "The account or link listens {MAX_PER_ACCOUNT} times already."
            ),
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

    /// Reserves a slot for a connection while its credential is checked.
    ///
    /// # Errors
    ///
    /// [`Full`] if the account or the server has the maximum number of
    /// connections.
    pub fn reserve(
        &self,
        namespace: Namespace,
        socket: SocketRef,
        credential: Credential,
        subject: Uuid,
    ) -> Result<ListenerSlot, Full> {
        if self.check_limits(namespace, subject).is_err() {
            self.sweep();
            self.check_limits(namespace, subject)?;
        }
        let key = (namespace, socket.id);
        let listener = Listener {
            socket,
            credential,
            subject,
            hearing: None,
            since: Instant::now(),
            backlog: VecDeque::new(),
            messages: VecDeque::new(),
        };
        self.all().insert(key, listener);
        Ok(ListenerSlot {
            listeners: self.clone(),
            key,
            is_kept: false,
        })
    }

    /// Checks the limits on connections.
    fn check_limits(&self, namespace: Namespace, subject: Uuid) -> Result<(), Full> {
        let all = self.all();
        let here = || all.iter().filter(|((of, _), _)| *of == namespace);
        if here().count() >= MAX_LISTENERS {
            return Err(Full::Server);
        }
        let own = here().filter(|(_, listener)| listener.subject == subject);
        if own.count() >= MAX_PER_ACCOUNT {
            return Err(Full::Account);
        }
        Ok(())
    }

    /// Removes a connection; does nothing if it is not registered.
    pub fn remove(&self, namespace: Namespace, id: Sid) {
        self.all().remove(&(namespace, id));
    }

    fn is_connected(&self, (namespace, id): Key) -> bool {
        let connections = self.io.of(namespace.path());
        connections.is_some_and(|connections| connections.get_socket(id).is_some())
    }

    /// Removes a connection that socketioxide no longer lists.
    pub fn remove_if_gone(&self, namespace: Namespace, id: Sid) {
        if !self.is_connected((namespace, id)) {
            self.remove(namespace, id);
        }
    }

    /// Removes connections that were closed before the disconnect handler was
    /// registered.
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

    /// Returns the distinct credentials of the admitted listeners.
    pub fn credentials(&self) -> BTreeSet<Credential> {
        let all = self.all();
        let admitted = all.values().filter(|listener| listener.hearing.is_some());
        admitted
            .map(|listener| listener.credential.clone())
            .collect()
    }

    /// Whether somebody listens with the right of a shared link.
    pub fn have_links(&self) -> bool {
        let is_link = |one: &Listener| matches!(one.credential, Credential::Links(_));
        self.all().values().any(is_link)
    }

    /// Updates what the listeners may receive, and disconnects those whose
    /// credential is refused.
    pub fn update(&self, checked: &HashMap<Credential, Outcome>) {
        let mut refused = Vec::new();
        self.all().retain(|_, listener| {
            match checked.get(&listener.credential) {
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

    /// Queues events for the listeners that may receive them.
    pub fn queue(&self, events: &[Arc<EventMessage>]) {
        for ((namespace, id), listener) in self.all().iter_mut() {
            let Some(hearing) = listener
                .hearing
                .as_ref()
                .filter(|_| *namespace == Namespace::Events)
            else {
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

    /// Returns the token of an admitted listener to events that has an account.
    pub fn token(&self, id: Sid) -> Option<String> {
        let all = self.all();
        let listener = all.get(&(Namespace::Events, id))?;
        listener.hearing.as_ref()?;
        match &listener.credential {
            Credential::Account(token) => Some(token.clone()),
            Credential::Links(_) => None,
        }
    }

    /// Sends a message of a review room to those of the listeners that may
    /// receive it. Its data has `size` bytes.
    pub fn send(&self, ids: &[Sid], message: &Arc<EventMessage>, size: usize) {
        let mut all = self.all();
        for id in ids {
            let Some(listener) = all.get_mut(&(Namespace::Events, *id)) else {
                continue;
            };
            let hearing = listener.hearing.as_ref();
            if hearing.is_some_and(|hearing| hearing.permits(message)) {
                listener.queue_message(message.clone(), size + MESSAGE);
                listener.flush();
            }
        }
    }

    /// Sends queued events, as far as the buffers of the connections have room.
    /// Returns whether any are left.
    pub fn flush(&self) -> bool {
        let mut is_left = false;
        for listener in self.all().values_mut() {
            listener.flush();
            is_left |= !(listener.backlog.is_empty() && listener.messages.is_empty());
        }
        is_left
    }
}

impl Listener {
    fn queue_message(&mut self, message: Arc<EventMessage>, size: usize) {
        let queued: usize = self.messages.iter().map(|(_, size)| size).sum();
        if queued + size > MAX_QUEUED {
            tracing::debug!(message = message.name, "a listener reads too slowly");
            return;
        }
        self.messages.push_back((message, size));
    }

    fn flush(&mut self) {
        // A connection that is not open yet gets everything once it is.
        if !self.socket.connected() {
            return;
        }
        while let Some(event) = self.backlog.front() {
            if !self.emit(event) {
                return;
            }
            self.backlog.pop_front();
        }
        while let Some((message, _)) = self.messages.front() {
            if !self.emit(message) {
                return;
            }
            self.messages.pop_front();
        }
    }

    /// Sends an event; false if the buffer of the connection is full.
    fn emit(&self, event: &EventMessage) -> bool {
        match self.socket.emit(&event.name, &event.data) {
            Err(SendError::Socket(SocketError::InternalChannelFull)) => return false,
            Err(error) => tracing::debug!(%error, event = event.name, "an event was not sent"),
            Ok(()) => {}
        }
        true
    }
}

/// The slot of a connection whose credential is being checked; released on drop,
/// unless the connection was admitted.
pub(super) struct ListenerSlot {
    listeners: Listeners,
    key: Key,
    is_kept: bool,
}

impl ListenerSlot {
    /// Admits the connection: it receives events from now on.
    pub fn admit(mut self, hearing: Arc<Visibility>) {
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
