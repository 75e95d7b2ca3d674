//! The HTTP server: connections, their time limits, and how they end.
//!
//! A connection is closed when its client does not send the head of a request
//! in time, or does not read; and in favour of another when there are too
//! many, if it is the one that has waited for its client longest.

mod activity;
mod body;
mod descriptors;
mod registry;
mod stream;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use activity::Activity;
use body::{Received, Sent};
pub use descriptors::{raise_limit, room_for_connections};
pub use registry::Bounds;
use registry::{Registry, Ticket};
use stream::Stream;

/// How long is waited for a client.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the head of a request, from its first byte or from the connection
    /// on.
    pub head: Duration,
    /// For the next request on a connection.
    pub idle: Duration,
    /// For it to read what it was sent.
    pub send: Duration,
}

/// What a connection of HTTP/2 begins with.
const HTTP2: &[u8; 4] = b"PRI ";

/// Requests that run at once on a connection of HTTP/2.
const MAX_STREAMS: u32 = 100;

/// Bytes of the heads of a request.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Bytes that are held for a stream of HTTP/2 whose client does not read.
const SEND_BUFFER: usize = 64 * 1024;

/// Bytes of a request that are read ahead, and so of a head at most.
const READ_BUFFER: usize = 128 * 1024;

/// How often clients are looked after.
const SWEEP: Duration = Duration::from_millis(500);

/// How soon a connection that there is no room for is tried again.
const RETRY: Duration = Duration::from_millis(20);

/// How long running requests may take once the server is told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves `app` until `stop` comes, then finishes the requests that are
/// running.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    (bounds, timeouts): (Bounds, Timeouts),
    stop: impl Future<Output = ()>,
) {
    let registry = Registry::new(bounds);
    let swept = registry.clone();
    let sweeping = tokio::spawn(async move {
        let mut tick = tokio::time::interval(SWEEP);
        loop {
            tick.tick().await;
            swept.sweep(&timeouts);
        }
    });
    tokio::select! {
        () = accept(&listener, &app, &registry) => {}
        () = stop => {}
    }
    drop(listener);
    tracing::info!("stopping: finishing the requests that are running");
    tokio::select! {
        () = registry.end() => {}
        () = tokio::time::sleep(STOP_TIMEOUT) => {
            tracing::warn!("stopped with requests still running");
        }
    }
    sweeping.abort();
}

/// Takes in connections, without end.
async fn accept(listener: &TcpListener, app: &Router, registry: &Registry) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most likely all file descriptors are in use.
                tracing::warn!(%error, "a connection could not be accepted");
                registry.close_longest_waiting();
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        let ticket = loop {
            if let Some(ticket) = registry.admit(address.ip()) {
                break ticket;
            }
            tokio::time::sleep(RETRY).await;
        };
        start(stream, address, app.clone(), ticket);
    }
}

fn start(stream: TcpStream, address: SocketAddr, app: Router, ticket: Ticket) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection could not be set to send at once");
    }
    let activity = Arc::clone(&ticket.activity);
    let stream = Stream {
        tcp: stream,
        ticket,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = serve_connection(stream, address, app, &activity) => {}
            () = activity.cut.notified() => {
                tracing::debug!("a connection was closed: its client did not send or read");
            }
        }
    });
}

async fn serve_connection(
    stream: Stream,
    address: SocketAddr,
    app: Router,
    activity: &Arc<Activity>,
) {
    let Ok(speaks_http2) = speaks_http2(&stream.tcp).await else {
        return;
    };
    let of_requests = Arc::clone(activity);
    let service = service_fn(move |request: Request<Incoming>| {
        respond(app.clone(), request, address, Arc::clone(&of_requests))
    });
    let mut http = Builder::new(TokioExecutor::new());
    if speaks_http2 {
        activity.set_http2();
        http = http.http2_only();
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_BYTES)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(Duration::from_secs(30));
    } else {
        http = http.http1_only();
        // The registry looks after time limits: an idle connection may take
        // longer than a head that has begun.
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(None::<Duration>)
            .max_buf_size(READ_BUFFER);
    }
    // WebSockets leave HTTP behind and live on by themselves.
    let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = activity.end.notified() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn respond(
    app: Router,
    request: Request<Incoming>,
    address: SocketAddr,
    activity: Arc<Activity>,
) -> Result<Response<Sent>, Infallible> {
    let running = activity.request();
    let received = Arc::clone(&activity);
    let request = request.map(|body| Body::new(Received::new(body, received)));
    let mut request = tanuki_api::normalize(request);
    request.extensions_mut().insert(ConnectInfo(address));
    let response = app.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        activity.set_upgraded();
    }
    Ok(response.map(|body| Sent::new(body, &activity, running)))
}

/// Whether a connection begins as HTTP/2 does, which proxies may speak to a
/// server without TLS. Waits for the first bytes, and leaves them there.
async fn speaks_http2(stream: &TcpStream) -> std::io::Result<bool> {
    let mut first = [0; HTTP2.len()];
    loop {
        let read = stream.peek(&mut first).await?;
        if read == 0 || read == HTTP2.len() || !HTTP2.starts_with(&first[..read]) {
            return Ok(first == *HTTP2);
        }
        // A first packet that ends within four bytes.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
