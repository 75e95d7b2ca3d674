//! Events as they happen: Socket.IO on `/socket.io`, namespace `/events`.
//!
//! Whoever listens shows an access token: in the cookie or the header of the
//! first request, or as `{"token": …}` when connecting to the namespace. What
//! is committed is sent to those who may hear of it. Tokens, and what their
//! people may hear of, are looked at again every few seconds; who has no token
//! in force any more is disconnected.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::socket::Sid;
use tanuki_core::auth::token::{TokenError, TokenType};
use tanuki_core::{Core, Hearing, Refusal};
use tanuki_store::database::Announcement;
use tokio::sync::broadcast::error::RecvError;

use crate::extract::access_token;

/// The namespace that gazu and the web client listen to.
const NAMESPACE: &str = "/events";

/// Where nothing is told, but which gazu connects to as well.
const MAIN: &str = "/";

/// How long a client may take to connect to a namespace, for which it needs a
/// token, on a connection that anybody may open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a token that was revoked may go on listening.
const RECHECK: Duration = Duration::from_secs(5);

/// The listeners of this server.
#[derive(Clone)]
pub struct Live {
    io: SocketIo,
    listeners: Listeners,
    core: Core,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

type Listeners = Arc<Mutex<HashMap<Sid, Listener>>>;

/// Somebody who listens.
#[derive(Clone)]
struct Listener {
    token: String,
    hearing: Hearing,
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
        .connect_timeout(CONNECT_TIMEOUT)
        .build_layer();
    let live = Live {
        io,
        listeners: Listeners::default(),
        core,
    };
    for namespace in [NAMESPACE, MAIN] {
        let (admitting, admitted) = (live.clone(), live.clone());
        let admit = move |socket: SocketRef, TryData(sent): TryData<Value>| {
            let live = admitting.clone();
            async move { live.admit(&socket, sent.ok()).await }
        };
        let welcome = move |socket: SocketRef| {
            let live = admitted.clone();
            async move { live.welcome(&socket) }
        };
        live.io.ns(namespace, welcome.with(admit));
    }
    (routes.layer(layer), live)
}

impl Live {
    /// Checks who wants to listen, and keeps their token.
    async fn admit(&self, socket: &SocketRef, sent: Option<Value>) -> Result<(), Refused> {
        let of_request = access_token(&socket.req_parts().headers, &self.core);
        let of_payload = || Some(sent?.get("token")?.as_str()?.to_owned());
        let Some(token) = of_request.or_else(of_payload) else {
            return Err(Refused(
                "An access token is needed: as cookie, as Authorization header, or as \
                 {\"token\": …} of the connection."
                    .to_owned(),
            ));
        };
        let hearing = self.check(&token).await.map_err(Refused)?;
        if socket.ns() == NAMESPACE {
            self.all().insert(socket.id, Listener { token, hearing });
        }
        Ok(())
    }

    fn welcome(&self, socket: &SocketRef) {
        if socket.ns() != NAMESPACE {
            return;
        }
        let live = self.clone();
        socket.on_disconnect(move |socket: SocketRef| {
            let live = live.clone();
            async move {
                live.all().remove(&socket.id);
            }
        });
    }

    /// What the person of a token hears of, or why it is not in force.
    async fn check(&self, token: &str) -> Result<Hearing, String> {
        let caller = self
            .core
            .identify(token, TokenType::Access, true)
            .await
            .map_err(reason)?;
        if caller.claims.flag("requires_2fa_setup") {
            return Err("A second factor has to be set up first.".to_owned());
        }
        let hearing = self.core.hearing(&caller).await;
        hearing.map_err(|error| reason(Refusal::Failed(error)))
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Sid, Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what happens to those who listen, until the server stops.
    pub async fn run(self) {
        let mut happened = self.core.database().bus().listen();
        let mut recheck = tokio::time::interval(RECHECK);
        loop {
            tokio::select! {
                told = happened.recv() => match told {
                    Ok(announcement) => self.tell(&announcement),
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "listeners missed events: too many at once");
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = recheck.tick() => self.look_again().await,
            }
        }
    }

    fn tell(&self, announcement: &Announcement) {
        let Some(namespace) = self.io.of(NAMESPACE) else {
            return;
        };
        let Announcement { name, data } = announcement;
        let hears = |listener: &Listener| listener.hearing.hears(name, data);
        let told: Vec<Sid> = self
            .all()
            .iter()
            .filter(|(_, listener)| hears(listener))
            .map(|(id, _)| *id)
            .collect();
        for socket in told.into_iter().filter_map(|id| namespace.get_socket(id)) {
            if let Err(error) = socket.emit(name, data) {
                tracing::debug!(%error, event = name, "a listener missed an event");
            }
        }
    }

    /// Disconnects who may not listen any more, and notes what the others hear
    /// of now.
    async fn look_again(&self) {
        let tokens: Vec<(Sid, String)> = self
            .all()
            .iter()
            .map(|(id, listener)| (*id, listener.token.clone()))
            .collect();
        for (id, token) in tokens {
            if let Ok(hearing) = self.check(&token).await {
                if let Some(listener) = self.all().get_mut(&id) {
                    listener.hearing = hearing;
                }
                continue;
            }
            self.all().remove(&id);
            let namespace = self.io.of(NAMESPACE);
            if let Some(socket) = namespace.and_then(|namespace| namespace.get_socket(id)) {
                let _gone_already = socket.disconnect();
            }
        }
    }

    /// Sends everybody away.
    pub async fn close(&self) {
        self.io.close().await;
    }
}

fn reason(refusal: Refusal) -> String {
    match refusal {
        Refusal::Token(TokenError::Expired) => "The access token has expired.".to_owned(),
        Refusal::Token(TokenError::Invalid(message)) => message,
        Refusal::Revoked => "The access token has been revoked.".to_owned(),
        Refusal::UnknownPerson { .. } => "The account is gone.".to_owned(),
        Refusal::Inactive => "The account is inactive.".to_owned(),
        Refusal::ReadOnly => "The account may only look.".to_owned(),
        Refusal::Failed(error) => {
            tracing::error!(%error, "a listener could not be checked");
            "Internal server error.".to_owned()
        }
    }
}
