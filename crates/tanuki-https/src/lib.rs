//! A small HTTPS client: one request on one connection, no redirects, bounds
//! on time and size. Reasons of failures name the host only, because paths and
//! bodies hold secrets.

mod cache;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub use cache::{Cache, Freshness};
pub use hyper::Method;

/// The client's name.
const NAME: &str = concat!("Tanuki/", env!("CARGO_PKG_VERSION"));

/// What requests may take, and where they may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a request may take in all.
    pub timeout: Duration,
    /// The longest answer that is read, in bytes.
    pub max_answer: usize,
    /// Whether servers on this machine may be asked over plain HTTP.
    pub plain_localhost: bool,
}

/// A PEM file of authorities to trust besides those that browsers trust.
#[derive(Debug, Clone, Copy)]
pub struct Authorities<'a> {
    /// The setting that names the file, for messages.
    pub setting: &'a str,
    pub path: &'a Path,
}

/// An HTTPS client. Trusts the authorities that browsers trust, and those of a
/// file.
#[derive(Debug, Clone)]
pub struct HttpsClient {
    config: Arc<ClientConfig>,
    limits: Limits,
}

/// A request.
#[derive(Debug)]
pub struct Call {
    method: Method,
    url: String,
    authorization: Option<String>,
    content_type: Option<&'static str>,
    accept: &'static str,
    body: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    body: Bytes,
}

/// Why there is no answer. Reasons hold no paths and no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The address or the credentials are malformed, so that it was not asked.
    Malformed(String),
    /// The server cannot be reached, takes too long or answers too much.
    Unreachable(String),
}

impl Failure {
    /// Returns the reason, in words.
    pub fn into_reason(self) -> String {
        let (Self::Malformed(reason) | Self::Unreachable(reason)) = self;
        reason
    }
}

impl Call {
    /// Creates a request without a body and without credentials.
    pub fn new(method: Method, url: &str) -> Self {
        Self {
            method,
            url: url.to_owned(),
            authorization: None,
            content_type: None,
            accept: "application/json",
            body: String::new(),
        }
    }

    /// Sets the header `Authorization`.
    pub fn authorization(mut self, value: String) -> Self {
        self.authorization = Some(value);
        self
    }

    /// Sets the header `Accept`, which is `application/json` otherwise.
    pub fn accept(mut self, types: &'static str) -> Self {
        self.accept = types;
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.content_type = Some("application/json");
        self.body = body.to_string();
        self
    }

    /// Sets a URL-encoded form as the body.
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        self.content_type = Some("application/x-www-form-urlencoded");
        self.body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self
    }

    fn request(self, host: &str, path: &str) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(path)
            .header(HOST, host)
            .header(USER_AGENT, NAME)
            .header(ACCEPT, self.accept);
        if let Some(value) = self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(value) = self.content_type {
            request = request.header(CONTENT_TYPE, value);
        }
        // A token with a line break in it, for example.
        let malformed =
            |_| Failure::Malformed(format!("{host}: the token or address is malformed"));
        request.body(Full::from(self.body)).map_err(malformed)
    }
}

impl Answer {
    /// Returns the body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the body as text; `None` if it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }
}

/// Whether a URL leads to this machine by its name.
pub fn is_localhost(url: &str) -> bool {
    let uri: Result<Uri, _> = url.trim().parse();
    uri.is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some_and(is_own_name))
}

/// Whether a host is this machine, by its name or IP address.
pub fn is_own_name(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Configures TLS for a client that trusts the authorities that browsers trust, and
/// these.
///
/// # Errors
/// A message for the administrator if the file of authorities cannot be read.
pub fn client_config(authorities: Option<Authorities<'_>>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(Authorities { setting, path }) = authorities {
        let failed =
            |error: &dyn std::fmt::Display| format!("{setting} {}: {error}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
            let certificate = certificate.map_err(|error| failed(&error))?;
            roots.add(certificate).map_err(|error| failed(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

impl HttpsClient {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// A message for the administrator if the file of authorities cannot be
    /// read.
    pub fn new(authorities: Option<Authorities<'_>>, limits: Limits) -> Result<Self, String> {
        Ok(Self {
            config: Arc::new(client_config(authorities)?),
            limits,
        })
    }

    /// Sends a request and reads its answer. Redirects are not followed.
    ///
    /// # Errors
    /// [`Failure::Malformed`] if the address is not one of HTTPS (or of plain
    /// HTTP on this machine, if the limits allow it), [`Failure::Unreachable`]
    /// if the server cannot be reached or exceeds the limits.
    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let malformed = || Failure::Malformed("not an https address".into());
        let uri: Uri = call.url.trim().parse().map_err(|_| malformed())?;
        let authority = uri.authority().ok_or_else(malformed)?;
        let host = authority.host().to_owned();
        let is_plain = match uri.scheme_str() {
            Some("https") => false,
            Some("http") if self.limits.plain_localhost && is_own_name(&host) => true,
            _ => return Err(malformed()),
        };
        let default_port = if is_plain { 80 } else { 443 };
        let port = authority.port_u16().unwrap_or(default_port);
        let header = match authority.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = call.request(&header, path)?;
        let exchange = self.connect_and_send(&host, port, is_plain, request);
        match tokio::time::timeout(self.limits.timeout, exchange).await {
            Ok(answer) => answer.map_err(|why| Failure::Unreachable(format!("{host}: {why}"))),
            Err(_) => Err(Failure::Unreachable(format!(
                "{host}: no answer within {} seconds",
                self.limits.timeout.as_secs()
            ))),
        }
    }

    async fn connect_and_send(
        &self,
        host: &str,
        port: u16,
        is_plain: bool,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, String> {
        let host = host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, port)).await.map_err(text)?;
        if is_plain {
            return self.exchange(stream, request).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(text)?;
        let stream = TlsConnector::from(Arc::clone(&self.config))
            .connect(name, stream)
            .await
            .map_err(text)?;
        self.exchange(stream, request).await
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, String> {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(text)?;
        let exchange = async {
            let answer = sender.send_request(request).await;
            let (head, body) = answer.map_err(text)?.into_parts();
            let body = Limited::new(body, self.limits.max_answer).collect().await;
            Ok(Answer {
                status: head.status.as_u16(),
                body: body.map_err(text)?.to_bytes(),
            })
        };
        tokio::pin!(exchange);
        // The connection is driven until the answer is there.
        tokio::select! {
            answer = &mut exchange => answer,
            ended = connection => match ended {
                Ok(()) => exchange.await,
                Err(error) => Err(text(error)),
            },
        }
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::is_localhost;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for url in [
            "http://localhost:8080/a",
            "http://127.0.0.1",
            "http://[::1]:9/",
        ] {
            assert!(is_localhost(url), "{url}");
        }
        for url in [
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "https://localhost@example.com/",
            "localhost",
            "",
        ] {
            assert!(!is_localhost(url), "{url}");
        }
    }
}
