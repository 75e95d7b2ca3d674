//! Real-time events: Socket.IO on `/socket.io`, namespace `/events`.
//!
//! A listener authenticates with an access token: in the cookie or the header
//! of the first request, or as `{"token": …}` when connecting to the namespace.
//! Somebody without an account listens with the right of the shared links that
//! their browser has opened, or with `{"shared_link": …}` ([`credentials`]).
//! Events are sent after their commit to the listeners that may receive them.
//! Tokens and links, and what they may receive, are checked again every few
//! seconds; a listener whose token or link is refused is disconnected. A check that
//! failed because the database was unavailable refuses nobody: events are
//! buffered until it succeeds.

mod checks;
mod credentials;
mod delivery;
mod listeners;
mod player;
mod rooms;

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler as _;
use tanuki_core::Core;
use tanuki_http::client_address;
use tokio::sync::watch;
use uuid::Uuid;

use self::checks::{Checks, reason};
use self::credentials::{Credential, links_of};
use self::listeners::{Listeners, Namespace};
use self::rooms::Rooms;
use crate::extract::access_token;

/// The path of Socket.IO.
const PATH: &str = "/socket.io";

/// The capacity of a connection's buffer, in packets. Once it is full, events
/// are queued in the listener's backlog.
const SOCKET_BUFFER: usize = 512;

/// The maximum size of a message from a client, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// The time-out for connecting to a namespace, which needs a token, on a
/// connection that anybody may open. Clients reconnect by themselves when it
/// closes the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The time-out for checking a token. Longer than [`CONNECT_TIMEOUT`], so that
/// a client never gets a refusal only because the database is slow: after a
/// refusal it would not retry.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(20);

/// The Socket.IO server.
#[derive(Clone)]
pub struct Live {
    io: SocketIo,
    listeners: Listeners,
    rooms: Rooms,
    checks: Checks,
    core: Core,
    stopping: watch::Sender<bool>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// The reason for refusing a connection, as sent to the client.
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Serves Socket.IO on the `/socket.io` of the routes.
pub fn listen(routes: Router, core: Core) -> (Router, Live) {
    let (layer, io) = SocketIo::builder()
        .max_buffer_size(SOCKET_BUFFER)
        .max_payload(MAX_MESSAGE as u64)
        .ws_max_message_size(MAX_MESSAGE)
        .ws_max_frame_size(MAX_MESSAGE)
        .connect_timeout(CONNECT_TIMEOUT)
        .build_layer();
    let listeners = Listeners::new(io.clone());
    let live = Live {
        rooms: Rooms::new(core.clone(), listeners.clone()),
        listeners,
        io,
        checks: Checks::default(),
        core,
        stopping: watch::Sender::new(false),
    };
    for namespace in [Namespace::Events, Namespace::Main] {
        let (admitting, admitted) = (live.clone(), live.clone());
        let admit = move |socket: SocketRef, TryData(sent): TryData<Value>| {
            let live = admitting.clone();
            async move { live.admit(namespace, socket, sent.ok()).await }
        };
        let welcome = move |socket: SocketRef| {
            let live = admitted.clone();
            async move { live.welcome(namespace, &socket) }
        };
        live.io.ns(namespace.path(), welcome.with(admit));
    }
    let stopping = live.stopping.subscribe();
    let routes = routes
        .layer(layer)
        .layer(from_fn_with_state(stopping, until_stopped));
    (routes, live)
}

impl Live {
    /// Authenticates a connection and registers it as a listener.
    async fn admit(
        &self,
        namespace: Namespace,
        socket: SocketRef,
        sent: Option<Value>,
    ) -> Result<(), Refused> {
        let (credential, subject) = self.credential(&socket, sent).await?;
        let place = self
            .listeners
            .reserve(namespace, socket.clone(), credential.clone(), subject)
            .map_err(|full| Refused(full.to_string()))?;
        match tokio::time::timeout(ADMISSION_TIMEOUT, self.checks.check(credential)).await {
            Ok(Some(Ok(hearing))) => {
                place.admit(hearing);
                // Before the client knows that it is connected, so that none of
                // its messages comes too early.
                if namespace == Namespace::Events {
                    self.rooms.listen_to(&socket);
                }
                Ok(())
            }
            Ok(Some(Err(reason))) => Err(Refused(reason)),
            Ok(None) | Err(_) => Err(Refused("The token could not be checked.".to_owned())),
        }
    }

    /// Returns what a handshake shows, with the id of its account or link.
    async fn credential(
        &self,
        socket: &SocketRef,
        sent: Option<Value>,
    ) -> Result<(Credential, Uuid), Refused> {
        let parts = socket.req_parts();
        let of_request = access_token(&parts.headers, &self.core);
        let of_payload = || Some(sent.as_ref()?.get("token")?.as_str()?.to_owned());
        if let Some(token) = of_request.or_else(of_payload) {
            let subject = self.core.token_subject(&token);
            let subject = subject.map_err(|refusal| Refused(reason(refusal)))?;
            return Ok((Credential::Account(token), subject.unwrap_or_default()));
        }
        let address = client_address(&parts.headers, &parts.extensions);
        let opened = links_of(&self.core, &parts.headers, sent.as_ref(), address);
        let opened = tokio::time::timeout(ADMISSION_TIMEOUT, opened).await;
        opened.ok().flatten().ok_or_else(|| {
            Refused(
                "An access token is needed: as cookie, as Authorization header, or as \
                 {\"token\": …} of the connection; or a shared link, as its cookie or as \
                 {\"shared_link\": …}."
                    .to_owned(),
            )
        })
    }

    /// Registers the handlers of an admitted connection.
    fn welcome(&self, namespace: Namespace, socket: &SocketRef) {
        let (listeners, rooms) = (self.listeners.clone(), self.rooms.clone());
        socket.on_disconnect(move |socket: SocketRef| {
            let (listeners, rooms) = (listeners.clone(), rooms.clone());
            async move {
                listeners.remove(namespace, socket.id);
                if namespace == Namespace::Events {
                    rooms.disconnect(socket.id);
                }
            }
        });
        // The connection may have closed before the handler was registered.
        self.listeners.remove_if_gone(namespace, socket.id);
    }

    /// Delivers events to the listeners and checks their tokens, until the
    /// server shuts down.
    pub async fn run(self) {
        let happened = self.core.database().bus().listen();
        tokio::join!(
            self.checks.run(&self.core, &self.listeners),
            delivery::run(happened, &self.checks, &self.listeners),
        );
    }

    /// Ends long-polling requests, so that they do not delay the shutdown.
    /// WebSockets stay open until the process ends: clients reconnect after
    /// they lose a connection, but not after a disconnect packet of the
    /// protocol (python-socketio, and so gazu).
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

/// Middleware that ends Socket.IO requests on shutdown with 502, which clients
/// treat like a broken connection.
async fn until_stopped(
    State(mut stopping): State<watch::Receiver<bool>>,
    request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with(PATH) {
        return next.run(request).await;
    }
    tokio::select! {
        response = next.run(request) => response,
        _ = stopping.wait_for(|stopping| *stopping) => {
            (StatusCode::BAD_GATEWAY, [(header::CONNECTION, "close")]).into_response()
        }
    }
}
