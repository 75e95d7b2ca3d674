//! Events as they happen: Socket.IO on `/socket.io`, namespace `/events`.
//!
//! Whoever listens shows an access token: in the cookie or the header of the
//! first request, or as `{"token": …}` when connecting to the namespace. What
//! is committed is sent to those who may hear of it. Tokens, and what their
//! people may hear of, are checked again every few seconds; whose token is
//! refused is disconnected. A check that failed because the database could not
//! be asked refuses nobody: events are held back until it succeeds.

mod checks;
mod delivery;
mod listeners;

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
use tokio::sync::watch;

use self::checks::{Checks, reason};
use self::listeners::{Listeners, Room};
use crate::extract::access_token;

/// Where socket.io is served.
const PATH: &str = "/socket.io";

/// Packets that wait in a connection before a listener's events wait with the
/// listener.
const SOCKET_BUFFER: usize = 512;

/// The largest message that a client may send.
const MAX_MESSAGE: usize = 1 << 20;

/// How long a client may take to connect to a namespace, for which it needs a
/// token, on a connection that anybody may open. Ended then, clients connect
/// again by themselves.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long somebody who connects waits for the database to answer. Longer than
/// [`CONNECT_TIMEOUT`], so that a client is never told of a refusal that is
/// none: after a refusal it would not try again.
const ADMISSION_TIMEOUT: Duration = Duration::from_secs(20);

/// The listeners of this server.
#[derive(Clone)]
pub struct Live {
    io: SocketIo,
    listeners: Listeners,
    checks: Checks,
    core: Core,
    stopping: watch::Sender<bool>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// Why somebody may not listen, as their client is told.
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lets clients listen on the routes' `/socket.io`.
pub fn listen(routes: Router, core: Core) -> (Router, Live) {
    let (layer, io) = SocketIo::builder()
        .max_buffer_size(SOCKET_BUFFER)
        .max_payload(MAX_MESSAGE as u64)
        .ws_max_message_size(MAX_MESSAGE)
        .ws_max_frame_size(MAX_MESSAGE)
        .connect_timeout(CONNECT_TIMEOUT)
        .build_layer();
    let live = Live {
        listeners: Listeners::new(io.clone()),
        io,
        checks: Checks::default(),
        core,
        stopping: watch::Sender::new(false),
    };
    for room in [Room::Events, Room::Main] {
        let (admitting, admitted) = (live.clone(), live.clone());
        let admit = move |socket: SocketRef, TryData(sent): TryData<Value>| {
            let live = admitting.clone();
            async move { live.admit(room, socket, sent.ok()).await }
        };
        let welcome = move |socket: SocketRef| {
            let live = admitted.clone();
            async move { live.welcome(room, &socket) }
        };
        live.io.ns(room.namespace(), welcome.with(admit));
    }
    let stopping = live.stopping.subscribe();
    let routes = routes
        .layer(layer)
        .layer(from_fn_with_state(stopping, until_stopped));
    (routes, live)
}

impl Live {
    /// Checks who wants to listen, and keeps their token.
    async fn admit(
        &self,
        room: Room,
        socket: SocketRef,
        sent: Option<Value>,
    ) -> Result<(), Refused> {
        let of_request = access_token(&socket.req_parts().headers, &self.core);
        let of_payload = || Some(sent?.get("token")?.as_str()?.to_owned());
        let Some(token) = of_request.or_else(of_payload) else {
            return Err(Refused(
                "An access token is needed: as cookie, as Authorization header, or as \
                 {\"token\": …} of the connection."
                    .to_owned(),
            ));
        };
        let subject = self.core.token_subject(&token);
        let subject = subject.map_err(|refusal| Refused(reason(refusal)))?;
        let place = self
            .listeners
            .reserve(room, socket, &token, subject.unwrap_or_default())
            .map_err(|full| Refused(full.to_string()))?;
        match tokio::time::timeout(ADMISSION_TIMEOUT, self.checks.check(token)).await {
            Ok(Some(Ok(hearing))) => {
                place.admit(hearing);
                Ok(())
            }
            Ok(Some(Err(reason))) => Err(Refused(reason)),
            Ok(None) | Err(_) => Err(Refused("The token could not be checked.".to_owned())),
        }
    }

    fn welcome(&self, room: Room, socket: &SocketRef) {
        let listeners = self.listeners.clone();
        socket.on_disconnect(move |socket: SocketRef| {
            let listeners = listeners.clone();
            async move { listeners.remove(room, socket.id) }
        });
        // It may have gone before the handler was there.
        self.listeners.remove_if_gone(room, socket.id);
    }

    /// Sends what happens to those who listen, and checks who may listen, until
    /// the server stops.
    pub async fn run(self) {
        let happened = self.core.database().bus().listen();
        tokio::join!(
            self.checks.run(&self.core, &self.listeners),
            delivery::run(happened, &self.checks, &self.listeners),
        );
    }

    /// Answers requests that wait for events, so that they do not keep the
    /// server from stopping. WebSockets stay until the process ends: whoever
    /// loses a connection connects again, and whoever is sent away by the
    /// protocol's own packets does not (python-socketio, and so gazu).
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

/// Ends requests of Socket.IO once the server stops, as a broken connection
/// ends them.
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
