//! The HTTP server: connections, their time-outs, and graceful shutdown.
//!
//! A connection is closed if its client does not send the head of a request in
//! time, or does not read the response. If there are too many connections, the
//! one that has been waiting for its client longest is closed.

mod activity;
mod body;
mod descriptors;
mod registry;
mod stream;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};

use crate::app::App;
use activity::Activity;
use body::{Received, Sent};
pub use descriptors::{raise_limit, room_for_connections};
pub use registry::Bounds;
use registry::{Registry, Ticket};
use stream::Stream;

/// The time-outs of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For receiving the head of a request, from its first byte, or from the
    /// start of the connection.
    pub head: Duration,
    /// For the next request on a keep-alive connection.
    pub idle: Duration,
    /// For the client to read what was sent.
    pub send: Duration,
}

/// The start of the HTTP/2 connection preface.
const HTTP2: &[u8; 4] = b"PRI ";

/// The maximum number of concurrent requests on an HTTP/2 connection.
const MAX_STREAMS: u32 = 100;

/// The maximum size of a request's headers over HTTP/2, in bytes.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// The maximum number of bytes buffered for an HTTP/2 stream whose client does
/// not read.
const SEND_BUFFER: usize = 64 * 1024;

/// The size of the read buffer over HTTP/1, in bytes, and so the maximum size
/// of a head.
const READ_BUFFER: usize = 128 * 1024;

/// The interval at which time-outs are checked.
const SWEEP: Duration = Duration::from_millis(500);

/// The interval at which a connection that exceeds the limit is retried.
const RETRY: Duration = Duration::from_millis(20);

/// How long running requests may take after the shutdown has begun.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves `app` until `stop` completes, then shuts down gracefully: waits for
/// running requests, at most [`STOP_TIMEOUT`].
pub async fn serve(
    listener: TcpListener,
    app: App,
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

/// Accepts connections, forever.
async fn accept(listener: &TcpListener, app: &App, registry: &Registry) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most likely the file descriptors are exhausted.
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

fn start(stream: TcpStream, address: SocketAddr, app: App, ticket: Ticket) {
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

async fn serve_connection(stream: Stream, address: SocketAddr, app: App, activity: &Arc<Activity>) {
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
        // The registry enforces the time-outs: an idle connection has a longer
        // one than a head that has started.
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(None::<Duration>)
            .max_buf_size(READ_BUFFER);
    }
    // WebSockets are upgraded and outlive the HTTP connection.
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
    app: App,
    request: Request<Incoming>,
    address: SocketAddr,
    activity: Arc<Activity>,
) -> Result<Response<Sent>, Infallible> {
    let running = activity.request();
    let received = Arc::clone(&activity);
    let mut request = request.map(|body| Body::new(Received::new(body, received)));
    request.extensions_mut().insert(ConnectInfo(address));
    let response = app.respond(request).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        activity.set_upgraded();
    }
    Ok(response.map(|body| Sent::new(body, &activity, running)))
}

/// Whether a connection starts with the HTTP/2 preface (prior knowledge), which
/// proxies may use without TLS. Peeks at the first bytes without consuming
/// them.
async fn speaks_http2(stream: &TcpStream) -> std::io::Result<bool> {
    let mut first = [0; HTTP2.len()];
    loop {
        let read = stream.peek(&mut first).await?;
        if read == 0 || read == HTTP2.len() || !HTTP2.starts_with(&first[..read]) {
            return Ok(first == *HTTP2);
        }
        // The first packet may end within these four bytes.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
