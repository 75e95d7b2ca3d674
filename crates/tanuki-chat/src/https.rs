//! A small HTTPS client: one request on one connection, no redirects,
//! bounds on time and size. Reasons of failures name the host only, because the
//! path of a webhook is a secret.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Failure;

/// How long a request may take in all.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// The client's name.
const NAME: &str = concat!("Tanuki/", env!("CARGO_PKG_VERSION"));

/// An HTTPS client. Trusts the authorities that browsers trust, and those of
/// `CHAT_CA_FILE`.
#[derive(Debug)]
pub struct HttpsClient {
    config: Arc<ClientConfig>,
}

/// A request.
#[derive(Debug)]
pub struct Call {
    method: Method,
    url: String,
    authorization: Option<String>,
    body: Option<Value>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    body: Bytes,
}

impl Call {
    /// Creates a request without a body and without credentials.
    pub fn new(method: Method, url: &str) -> Self {
        Self {
            method,
            url: url.to_owned(),
            authorization: None,
            body: None,
        }
    }

    /// Sets the header `Authorization`.
    pub fn authorization(mut self, value: String) -> Self {
        self.authorization = Some(value);
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn request(self, host: &str, path: &str) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(path)
            .header(HOST, host)
            .header(USER_AGENT, NAME);
        if let Some(value) = self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let body = match self.body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        // A token with a line break in it, for example.
        let malformed = |_| Failure::Final(format!("{host}: the token or address is malformed"));
        request.body(Full::new(body)).map_err(malformed)
    }
}

impl Answer {
    /// Returns the body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl HttpsClient {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// A message for the administrator if `CHAT_CA_FILE` cannot be read.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = ca_file {
            let failed =
                |error: &dyn std::fmt::Display| format!("CHAT_CA_FILE {}: {error}", path.display());
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| failed(&error))?;
                roots.add(certificate).map_err(|error| failed(&error))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// [`Failure::Final`] if the address is not one of HTTPS,
    /// [`Failure::Temporary`] if the server cannot be reached or takes more than
    /// 20 seconds.
    pub async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let malformed = || Failure::Final("not an https address".into());
        let uri: Uri = call.url.trim().parse().map_err(|_| malformed())?;
        let is_https = uri.scheme_str() == Some("https");
        let authority = uri.authority().filter(|_| is_https).ok_or_else(malformed)?;
        let host = authority.host().to_owned();
        let port = authority.port_u16().unwrap_or(443);
        let header = match authority.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = call.request(&header, path)?;
        match tokio::time::timeout(TIMEOUT, self.exchange(&host, port, request)).await {
            Ok(answer) => answer.map_err(|why| Failure::Temporary(format!("{host}: {why}"))),
            Err(_) => Err(Failure::Temporary(format!(
                "{host}: no answer within {} seconds",
                TIMEOUT.as_secs()
            ))),
        }
    }

    async fn exchange(
        &self,
        host: &str,
        port: u16,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, String> {
        let host = host.trim_matches(['[', ']']);
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let name = ServerName::try_from(host.to_owned()).map_err(|error| text(&error))?;
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(|error| text(&error))?;
        let stream = TlsConnector::from(Arc::clone(&self.config))
            .connect(name, stream)
            .await
            .map_err(|error| text(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| text(&error))?;
        let exchange = async {
            let answer = sender.send_request(request).await;
            let (head, body) = answer.map_err(|error| text(&error))?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            Ok(Answer {
                status: head.status.as_u16(),
                body: body.map_err(|error| text(&error))?.to_bytes(),
            })
        };
        tokio::pin!(exchange);
        // The connection is driven until the answer is there.
        tokio::select! {
            answer = &mut exchange => answer,
            ended = connection => match ended {
                Ok(()) => exchange.await,
                Err(error) => Err(text(&error)),
            },
        }
    }
}
