//! The HTTP server: connections, their time limits, and how they end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::util::MapRequest;

/// How long a client may take to send the head of a request, and how long a
/// connection may stand idle before the next one.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// What a connection of HTTP/2 begins with.
const HTTP2: &[u8; 4] = b"PRI ";

/// How long running requests may take once the server is told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// Serves `app` until `stop` comes, then finishes the requests that are
/// running.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, address)) => start(stream, address, &app, &connections),
            Err(error) => {
                // Most likely all file descriptors are in use: wait for some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    tracing::info!("stopping: finishing the requests that are running");
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(STOP_PATIENCE) => {
            tracing::warn!("stopped with requests still running");
        }
    }
}

fn start(stream: TcpStream, address: SocketAddr, app: &Router, connections: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection could not be set to send at once");
    }
    let app = MapRequest::new(app.clone(), move |request: Request<Incoming>| {
        let mut request = tanuki_api::normalize(request.map(Body::new));
        request.extensions_mut().insert(ConnectInfo(address));
        request
    });
    let service = TowerToHyperService::new(app);
    let watcher = connections.watcher();
    tokio::spawn(async move {
        let Ok(Ok(speaks_http2)) = timeout(HEAD_PATIENCE, speaks_http2(&stream)).await else {
            tracing::debug!("a connection was opened for nothing");
            return;
        };
        let mut http = Builder::new(TokioExecutor::new());
        if speaks_http2 {
            http = http.http2_only();
            http.http2()
                .timer(TokioTimer::new())
                .keep_alive_interval(HEAD_PATIENCE);
        } else {
            http = http.http1_only();
            http.http1()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_PATIENCE);
        }
        // WebSockets leave HTTP behind and live on by themselves.
        let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
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
