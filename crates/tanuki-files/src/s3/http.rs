//! HTTP for the S3 client, over hyper and rustls: a pool of connections, and
//! bounds on how long the store may take.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::{Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tanuki_https::{Authorities, client_config};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsConnector;

/// How long a connection may take, with TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the store may take to begin its response, and between two pieces of
/// it.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The slowest upload that is waited for, in bytes a second.
const SLOWEST_UPLOAD: u64 = 64 * 1024;

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest error that is read, in bytes.
const MAX_ERROR: usize = 64 * 1024;

/// Makes the HTTP clients of the S3 client.
#[derive(Debug, Clone)]
pub(super) struct HyperConnector {
    tls: Arc<ClientConfig>,
}

impl HyperConnector {
    /// Configures TLS; connects to nothing yet. `ca_file` is a PEM file of
    /// authorities that are trusted besides those that browsers trust.
    ///
    /// # Errors
    ///
    /// A message for the administrator if the file cannot be read.
    pub fn new(ca_file: Option<&PathBuf>) -> Result<Self, String> {
        let authorities = ca_file.map(|path| Authorities {
            setting: "AWS_CA_BUNDLE",
            path,
        });
        Ok(Self {
            tls: Arc::new(client_config(authorities)?),
        })
    }

    /// Returns a client with a pool of connections.
    pub fn client(&self) -> HttpClient {
        let tls = TlsConnector::from(Arc::clone(&self.tls));
        let connector = tower::service_fn(move |uri: Uri| -> BoxFuture<'static, _> {
            let tls = tls.clone();
            Box::pin(async move {
                match timeout(CONNECT_TIMEOUT, connect(&uri, tls)).await {
                    Ok(connection) => connection,
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                }
            })
        });
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .build(connector);
        HttpClient::new(HyperService(client))
    }
}

impl HttpConnector for HyperConnector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.client())
    }
}

async fn connect(uri: &Uri, tls: TlsConnector) -> io::Result<TokioIo<StoreConnection>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    if !is_tls {
        return Ok(TokioIo::new(StoreConnection(Box::new(stream))));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = tls.connect(name, stream).await?;
    Ok(TokioIo::new(StoreConnection(Box::new(stream))))
}

/// A connection to the store, with TLS or without.
struct StoreConnection(Box<dyn Stream>);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Connection for StoreConnection {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for StoreConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for StoreConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Sends requests and waits for their responses.
struct HyperService<C>(Client<C, HttpRequestBody>);

impl<C> std::fmt::Debug for HyperService<C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HyperService")
    }
}

#[async_trait::async_trait]
impl<C: Connect + Clone + Send + Sync + 'static> HttpService for HyperService<C> {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let upload = request.body().content_length() as u64 / SLOWEST_UPLOAD;
        let limit = READ_TIMEOUT + Duration::from_secs(upload);
        let response = match timeout(limit, self.0.request(request)).await {
            Ok(response) => response.map_err(failure)?,
            Err(_) => return Err(HttpError::new(HttpErrorKind::Timeout, TimedOut)),
        };
        let (head, body) = response.into_parts();
        let body = TimedBody {
            body,
            waiting: None,
        };
        let is_error = head.status.is_client_error() || head.status.is_server_error();
        let body = if is_error {
            HttpResponseBody::from(error_code(body).await?)
        } else {
            HttpResponseBody::new(body)
        };
        Ok(Response::from_parts(head, body))
    }
}

/// Reads an error and returns its code only: the rest repeats the access key,
/// the signature or the request, and becomes part of messages in the log.
async fn error_code(body: TimedBody) -> Result<String, HttpError> {
    let body = Limited::new(body, MAX_ERROR).collect().await;
    let body = body.map_err(|error| HttpError::new_boxed(HttpErrorKind::Decode, error))?;
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let code = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map_or("", |(code, _)| code);
    let is_letter = |letter: &char| letter.is_ascii_alphanumeric();
    Ok(code.chars().filter(is_letter).take(100).collect())
}

/// Says which failures may be retried.
fn failure(error: hyper_util::client::legacy::Error) -> HttpError {
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error)
}

#[derive(Debug, thiserror::Error)]
#[error("no response within the time limit")]
struct TimedOut;

/// A response body that fails when the store sends nothing for too long.
struct TimedBody {
    body: Incoming,
    /// Runs while a piece is awaited. The time that a slow client takes does
    /// not count.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waiting = None;
            let failed = |error| HttpError::new(HttpErrorKind::Interrupted, error);
            return Poll::Ready(frame.map(|frame| frame.map_err(failed)));
        }
        let waiting = this
            .waiting
            .get_or_insert_with(|| Box::pin(sleep(READ_TIMEOUT)));
        match waiting.as_mut().poll(context) {
            Poll::Ready(()) => {
                let error = HttpError::new(HttpErrorKind::Timeout, TimedOut);
                Poll::Ready(Some(Err(error)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
