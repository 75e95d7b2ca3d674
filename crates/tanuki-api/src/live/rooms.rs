//! Review rooms: people who look at a playlist together. One drives the player,
//! the others follow; what is drawn is sent to all before it is stored.
//!
//! Who has a playlist open receives the messages of its room. Who joins the room
//! is named to the others, and may drive. Rooms are in the memory of the server
//! that the clients are connected to.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::socket::Sid;
use tanuki_core::auth::token::TokenType;
use tanuki_core::{Core, MaybeId};
use tanuki_store::database::{Audience, EventMessage};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::listeners::Listeners;
use super::player::Player;

/// The maximum number of playlists that a connection has open.
const MAX_OPEN: usize = 8;

/// The maximum size of the data of a message, in bytes.
const MAX_DATA: usize = 256 << 10;

/// The maximum number of messages of a connection that wait.
const MAX_WAITING: usize = 256;

/// The message that says who is in a room.
const PEOPLE: &str = "preview-room:room-people-updated";

/// The message with the state of the player.
const UPDATED: &str = "preview-room:room-updated";

/// Messages that are passed on as they were sent.
const RELAYED: [&str; 6] = [
    "preview-room:add-annotation",
    "preview-room:remove-annotation",
    "preview-room:update-annotation",
    "preview-room:change-version",
    "preview-room:panzoom-changed",
    "preview-room:comparison-panzoom-changed",
];

/// What a client asks of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// To get its messages.
    Open,
    Close,
    /// To be in it.
    Join,
    Leave,
    /// To change the state of the player.
    Update,
    /// To pass this message on.
    Relay(&'static str),
}

/// The rooms of this server; clones share them.
#[derive(Clone)]
pub(super) struct Rooms {
    core: Core,
    listeners: Listeners,
    all: Arc<Mutex<HashMap<Uuid, ReviewRoom>>>,
}

/// The room of a playlist.
#[derive(Debug)]
struct ReviewRoom {
    project_id: Uuid,
    /// The connections that have the playlist open.
    open: BTreeMap<Sid, Visitor>,
    player: Player,
}

/// A connection that has a playlist open.
#[derive(Debug, Clone, Copy)]
struct Visitor {
    person_id: Uuid,
    /// Whether it may change what the others see.
    may_drive: bool,
    /// When it joined: the number of those who joined before.
    joined: Option<u64>,
}

impl Rooms {
    /// Creates the registry, without rooms.
    pub fn new(core: Core, listeners: Listeners) -> Self {
        Self {
            core,
            listeners,
            all: Arc::default(),
        }
    }

    /// Takes the messages of a connection, one after the other. Those that it
    /// sends too fast are lost.
    pub fn listen_to(&self, socket: &SocketRef) {
        let (sender, mut sent) = mpsc::channel(MAX_WAITING);
        for name in Self::messages() {
            let sender = sender.clone();
            socket.on(name, move |TryData(data): TryData<Value>| {
                if let Ok(data) = data {
                    // The channel is full, or the connection has ended.
                    let _lost = sender.try_send((name, data));
                }
                // What is done here, before the future, keeps the order of the
                // messages.
                std::future::ready(())
            });
        }
        // It ends with the handlers of the connection.
        let (rooms, id) = (self.clone(), socket.id);
        tokio::spawn(async move {
            while let Some((name, data)) = sent.recv().await {
                rooms.take(id, name, data).await;
            }
        });
    }

    /// The names of the messages that clients send.
    fn messages() -> impl Iterator<Item = &'static str> {
        let own = [
            "preview-room:open-playlist",
            "preview-room:close-playlist",
            "preview-room:join",
            "preview-room:leave",
            UPDATED,
        ];
        own.into_iter().chain(RELAYED)
    }

    /// Takes a message of a client. One that it may not send, or that is
    /// malformed, is ignored.
    async fn take(&self, id: Sid, name: &'static str, data: Value) {
        let Value::Object(data) = data else { return };
        let size = serde_json::to_vec(&data).map_or(usize::MAX, |text| text.len());
        let playlist = data.get("playlist_id").and_then(Value::as_str);
        let playlist = playlist.and_then(|id| MaybeId::from(id.to_owned()).found().ok());
        let (Some(playlist), true) = (playlist, size <= MAX_DATA) else {
            return;
        };
        let action = match name {
            "preview-room:open-playlist" => Action::Open,
            "preview-room:close-playlist" => Action::Close,
            "preview-room:join" => Action::Join,
            "preview-room:leave" => Action::Leave,
            UPDATED => Action::Update,
            relayed => Action::Relay(relayed),
        };
        if matches!(action, Action::Open | Action::Join) && !self.open(id, playlist).await {
            return;
        }
        let messages = self.act((id, playlist), action, data);
        self.send(playlist, messages, size);
    }

    /// Opens a playlist for a connection whose account may read it. Returns
    /// whether it is open.
    async fn open(&self, id: Sid, playlist: Uuid) -> bool {
        let Some(token) = self.listeners.token(id) else {
            return false;
        };
        let auth = self.core.auth();
        let Ok(caller) = auth.authenticate(&token, TokenType::Access, true).await else {
            return false;
        };
        // Preview accounts look on: they may not write.
        let writes = auth.authenticate(&token, TokenType::Access, false).await;
        let room = self.core.playlists().review_room(&caller, playlist).await;
        let Ok(project_id) = room else {
            return false;
        };
        let visitor = Visitor {
            person_id: caller.id,
            may_drive: writes.is_ok(),
            joined: None,
        };
        let mut all = self.all();
        let opened = all.values().filter(|room| room.open.contains_key(&id));
        if opened.count() >= MAX_OPEN && !is_open(&all, playlist, id) {
            return false;
        }
        let room = all.entry(playlist).or_insert_with(|| ReviewRoom {
            project_id,
            open: BTreeMap::new(),
            player: Player::default(),
        });
        room.open.entry(id).or_insert(visitor);
        drop(all);
        // It may have ended before it was entered.
        if self.listeners.token(id).is_none() {
            self.disconnect(id);
            return false;
        }
        true
    }

    /// Applies an action of a connection to a room. Returns the messages to send
    /// to the connections that have the playlist open, with their data.
    fn act(
        &self,
        (id, playlist): (Sid, Uuid),
        action: Action,
        data: Map<String, Value>,
    ) -> Vec<(&'static str, Value)> {
        let mut all = self.all();
        let Some(room) = all.get_mut(&playlist) else {
            return Vec::new();
        };
        let Some(visitor) = room.open.get(&id).copied() else {
            return Vec::new();
        };
        match action {
            Action::Open => vec![(PEOPLE, room.people_updated(playlist))],
            Action::Join => {
                let is_first = room.people().is_empty();
                if is_first && visitor.may_drive {
                    room.player.update(&data);
                }
                room.join(id);
                let state = room.player.state(playlist, &room.people());
                vec![
                    (PEOPLE, room.people_updated(playlist)),
                    (UPDATED, state.into()),
                ]
            }
            Action::Leave => {
                room.leave(id);
                vec![(PEOPLE, room.people_updated(playlist))]
            }
            Action::Close => {
                let was_in_it = visitor.joined.is_some();
                room.open.remove(&id);
                let told = match was_in_it {
                    true => vec![(PEOPLE, room.people_updated(playlist))],
                    false => Vec::new(),
                };
                if room.open.is_empty() {
                    all.remove(&playlist);
                }
                told
            }
            Action::Update if visitor.may_drive => {
                room.player.update(&data);
                let mut state = Map::new();
                state.insert("only_newcomer".into(), false.into());
                state.extend(room.player.state(playlist, &room.people()));
                vec![(UPDATED, state.into())]
            }
            Action::Relay(name) if visitor.may_drive => vec![(name, data.into())],
            Action::Update | Action::Relay(_) => Vec::new(),
        }
    }

    /// Takes a connection that has ended out of all rooms.
    pub fn disconnect(&self, id: Sid) {
        let left: Vec<Uuid> = {
            let all = self.all();
            let rooms = all.iter().filter(|(_, room)| room.open.contains_key(&id));
            rooms.map(|(playlist, _)| *playlist).collect()
        };
        for playlist in left {
            let messages = self.act((id, playlist), Action::Close, Map::new());
            self.send(playlist, messages, 0);
        }
    }

    /// Sends messages to all who have a playlist open. Their data has `size`
    /// bytes.
    fn send(&self, playlist: Uuid, messages: Vec<(&'static str, Value)>, size: usize) {
        let (project_id, visitors) = {
            let all = self.all();
            let Some(room) = all.get(&playlist) else {
                return;
            };
            (
                room.project_id,
                room.open.keys().copied().collect::<Vec<_>>(),
            )
        };
        for (name, data) in messages {
            let message = Arc::new(EventMessage {
                name: name.to_owned(),
                data,
                audience: Audience::Project(project_id),
            });
            self.listeners.send(&visitors, &message, size);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, ReviewRoom>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_open(all: &HashMap<Uuid, ReviewRoom>, playlist: Uuid, id: Sid) -> bool {
    all.get(&playlist)
        .is_some_and(|room| room.open.contains_key(&id))
}

impl ReviewRoom {
    /// The people in the room, in the order in which they joined.
    fn people(&self) -> Vec<Uuid> {
        let joined = self.open.values();
        let mut joined: Vec<(u64, Uuid)> = joined
            .filter_map(|visitor| Some((visitor.joined?, visitor.person_id)))
            .collect();
        joined.sort_unstable();
        let mut people = Vec::with_capacity(joined.len());
        for (_, person) in joined {
            if !people.contains(&person) {
                people.push(person);
            }
        }
        people
    }

    fn join(&mut self, id: Sid) {
        let places = self.open.values().filter_map(|visitor| visitor.joined);
        let next = places.max().map_or(0, |last| last + 1);
        if let Some(visitor) = self.open.get_mut(&id) {
            visitor.joined.get_or_insert(next);
        }
    }

    fn leave(&mut self, id: Sid) {
        if let Some(visitor) = self.open.get_mut(&id) {
            visitor.joined = None;
        }
        if self.people().is_empty() {
            self.player = Player::default();
        }
    }

    fn people_updated(&self, playlist: Uuid) -> Value {
        json!({"people": self.people(), "playlist_id": playlist, "id": playlist})
    }
}
