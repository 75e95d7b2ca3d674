//! A connection to a directory: one request at a time, with bounds on time and
//! size.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use crate::ber;
use crate::message::{Outcome, Request, Response, code};
use crate::{Failure, Security, Settings};

/// The longest message that is read, in bytes: an entry with its photo.
const MAX_MESSAGE: usize = 8 * 1024 * 1024;

/// How much is read at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// The stream of a connection: plain, or with TLS.
type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A connection. Dropping it closes it.
pub(crate) struct Connection {
    stream: Stream,
    /// What was read and belongs to the next message.
    buffer: Vec<u8>,
    last_id: i32,
    /// How long one answer may take.
    timeout: Duration,
    /// How much was read so far, in bytes.
    pub received: u64,
}

impl Connection {
    /// Connects, with TLS where the settings say so.
    pub async fn open(settings: &Settings, tls: &Arc<ClientConfig>) -> Result<Self, Failure> {
        let opening = async {
            let address = (settings.host.as_str(), settings.port);
            let stream = TcpStream::connect(address).await.map_err(failure)?;
            // Messages are small, and each is waited for.
            stream.set_nodelay(true).map_err(failure)?;
            let mut connection = Self {
                stream: match settings.security {
                    Security::Tls => encrypted(stream, settings, tls).await?,
                    Security::Plain | Security::StartTls => Either::Left(stream),
                },
                buffer: Vec::new(),
                last_id: 0,
                timeout: settings.timeout,
                received: 0,
            };
            if settings.security == Security::StartTls {
                connection = connection.start_tls(settings, tls).await?;
            }
            Ok(connection)
        };
        within(settings.timeout, opening).await
    }

    /// Asks for TLS on the connection, and goes on with it only.
    async fn start_tls(
        mut self,
        settings: &Settings,
        tls: &Arc<ClientConfig>,
    ) -> Result<Self, Failure> {
        self.send(&Request::StartTls).await?;
        match self.receive().await? {
            Response::Extended(outcome) if outcome.code == code::SUCCESS => {}
            Response::Extended(outcome) => return Err(refusal("StartTLS", &outcome)),
            _ => return Err(unexpected()),
        }
        // Who is in between could have sent it before the encryption.
        if !self.buffer.is_empty() {
            return Err(Failure::new("something came before the encryption began"));
        }
        let Either::Left(stream) = self.stream else {
            return Err(unexpected());
        };
        Ok(Self {
            stream: encrypted(stream, settings, tls).await?,
            ..self
        })
    }

    /// Logs in with a name and a password; returns what the server says. An
    /// empty password is never sent: many servers take it for a wish to stay
    /// anonymous, and call that a success (RFC 4513, section 5.1.2).
    pub async fn bind(&mut self, name: &str, password: &str) -> Result<Outcome, Failure> {
        if name.is_empty() || password.is_empty() {
            return Err(Failure::new("a name or password is empty"));
        }
        self.send(&Request::Bind { name, password }).await?;
        match self.receive().await? {
            Response::Bound(outcome) => Ok(outcome),
            _ => Err(unexpected()),
        }
    }

    /// Says goodbye. Whether that arrives does not matter.
    pub async fn close(mut self) {
        let farewell = async {
            self.send(&Request::Unbind).await?;
            self.stream.shutdown().await.map_err(failure)
        };
        let _ended_already = within(Duration::from_secs(1), farewell).await;
    }

    /// Sends a request.
    pub async fn send(&mut self, request: &Request<'_>) -> Result<(), Failure> {
        self.last_id += 1;
        let bytes = request.encode(self.last_id);
        let stream = &mut self.stream;
        let sending = async {
            stream.write_all(&bytes).await.map_err(failure)?;
            stream.flush().await.map_err(failure)
        };
        within(self.timeout, sending).await
    }

    /// Waits for the next answer to the last request.
    pub async fn receive(&mut self) -> Result<Response, Failure> {
        let bytes = within(self.timeout, read(&mut self.stream, &mut self.buffer)).await?;
        self.received += bytes.len() as u64;
        let malformed = |_| Failure::new("the answer is not LDAP");
        match Response::decode(&bytes).map_err(malformed)? {
            (id, response) if id == self.last_id => Ok(response),
            // The notice that the server disconnects.
            (0, Response::Extended(outcome)) => Err(refusal("the connection", &outcome)),
            _ => Err(unexpected()),
        }
    }
}

/// Reads a whole message.
async fn read(stream: &mut Stream, buffer: &mut Vec<u8>) -> Result<Vec<u8>, Failure> {
    loop {
        let head = ber::head(buffer).map_err(|_| Failure::new("the answer is not LDAP"))?;
        let size = head.map(|(start, length)| start.saturating_add(length));
        match size {
            Some(size) if size > MAX_MESSAGE => {
                return Err(Failure::new("an answer is too long"));
            }
            Some(size) if size <= buffer.len() => return Ok(buffer.drain(..size).collect()),
            _ => {}
        }
        buffer.reserve(CHUNK);
        if stream.read_buf(buffer).await.map_err(failure)? == 0 {
            return Err(Failure::new("the server closed the connection"));
        }
    }
}

async fn encrypted(
    stream: TcpStream,
    settings: &Settings,
    tls: &Arc<ClientConfig>,
) -> Result<Stream, Failure> {
    let name = ServerName::try_from(settings.host.clone()).map_err(failure)?;
    let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    Ok(Either::Right(Box::new(connecting.await.map_err(failure)?)))
}

/// Gives up after a time.
pub(crate) async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result,
        Err(_) => Err(Failure::new(format!("no answer within {time:?}"))),
    }
}

/// Says how the server refused something.
pub(crate) fn refusal(what: &str, outcome: &Outcome) -> Failure {
    let Outcome { code, message } = outcome;
    let message: String = message
        .chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect();
    Failure::new(format!("{what}: the server answers {code} {message}").trim_end())
}

fn failure(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

fn unexpected() -> Failure {
    Failure::new("the answer is none to the request")
}
