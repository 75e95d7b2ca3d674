//! The provider's endpoints.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{CLIENT_ID, CLIENT_SECRET, OidcProvider, SecretPlace, State, Trouble, pairs};

/// The token of the userinfo endpoint.
const ACCESS_TOKEN: &str = "an-access-token";

/// Why somebody may redeem nothing.
const UNKNOWN_CLIENT: &str = "another client";

struct Received {
    path: String,
    authorization: String,
    body: String,
}

impl OidcProvider {
    /// Answers one request.
    pub(super) fn serve(&self, stream: TcpStream) {
        // Clients that give up are none of the provider's business.
        let _answered = self.try_serve(stream);
    }

    fn try_serve(&self, mut stream: TcpStream) -> Result<()> {
        let received = read(&stream)?;
        let trouble = self.with(|state| {
            state.requests.push(received.path.clone());
            state.behaviour.trouble.get(&received.path).cloned()
        });
        let (status, header, body) = match trouble {
            None => match self.answer(&received) {
                Ok(answer) => (200, String::new(), answer.to_string()),
                Err(error) => {
                    let reason = error.to_string();
                    let (status, code) = match reason == UNKNOWN_CLIENT {
                        true => (401, "invalid_client"),
                        false => (400, "invalid_grant"),
                    };
                    let body = json!({"error": code, "error_description": reason});
                    (status, String::new(), body.to_string())
                }
            },
            Some(Trouble::Status(status)) => (status, String::new(), "{}".into()),
            Some(Trouble::Text(text)) => (200, String::new(), text),
            Some(Trouble::Redirect(url)) => (302, format!("Location: {url}\r\n"), "{}".into()),
            Some(Trouble::Huge) => (200, String::new(), " ".repeat(10 * 1024 * 1024)),
            Some(Trouble::Silence) => {
                std::thread::sleep(Duration::from_secs(60));
                return Ok(());
            }
        };
        write!(
            stream,
            "HTTP/1.1 {status} x\r\n{header}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        Ok(())
    }

    fn answer(&self, received: &Received) -> Result<Value> {
        match received.path.as_str() {
            "/.well-known/openid-configuration" => Ok(self.with(|state| {
                let issuer = self.issuer();
                let description = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/jwks"),
                    "userinfo_endpoint": format!("{issuer}/userinfo"),
                });
                changed(description, &state.behaviour.discovery)
            })),
            "/jwks" => Ok(self.with(|state| state.keys.published())),
            "/token" => self.redeem(received),
            "/userinfo" => self.with(|state| {
                let expected = format!("Bearer {ACCESS_TOKEN}");
                ensure!(received.authorization == expected, "a wrong token");
                let subject = json!({"sub": state.behaviour.person.get("sub")});
                Ok(changed(subject, &state.behaviour.user_info))
            }),
            path => anyhow::bail!("{path} is no endpoint"),
        }
    }

    fn redeem(&self, received: &Received) -> Result<Value> {
        let encoded = "a+secret%3A+with+%2B+and+~";
        let credentials = STANDARD.encode(format!("{CLIENT_ID}:{encoded}"));
        let form = pairs(&received.body);
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let in_form = (get("client_id"), get("client_secret")) == (CLIENT_ID, CLIENT_SECRET);
        let in_header = received.authorization == format!("Basic {credentials}");
        let is_known = match self.with(|state| state.behaviour.secret_place) {
            SecretPlace::Anywhere => in_form != in_header,
            SecretPlace::Header => in_header,
            SecretPlace::Form => in_form,
        };
        ensure!(is_known, UNKNOWN_CLIENT);
        ensure!(get("grant_type") == "authorization_code", "another grant");
        let issuer = self.issuer();
        self.with(|state| {
            let issued = state.codes.remove(get("code")).context("no such code")?;
            ensure!(
                get("redirect_uri") == issued.redirect_uri,
                "another redirect"
            );
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier")));
            ensure!(challenge == issued.challenge, "another verifier");
            let token = id_token(state, &issuer, &issued.nonce)?;
            Ok(json!({
                "access_token": ACCESS_TOKEN,
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": token,
            }))
        })
    }
}

fn id_token(state: &State, issuer: &str, nonce: &str) -> Result<String> {
    let behaviour = &state.behaviour;
    #[expect(
        clippy::disallowed_methods,
        reason = "the provider has a clock of its own"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = i64::try_from(now.as_secs())? + behaviour.clock;
    let mut claims = json!({
        "iss": issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
    });
    claims = changed(claims, &behaviour.person);
    claims = changed(claims, &behaviour.claims);
    let keys = match behaviour.foreign_keys {
        true => &state.foreign,
        false => &state.keys,
    };
    let algorithm = behaviour.algorithm;
    let name = behaviour.key_name.clone();
    let header = json!({
        "alg": algorithm.name(),
        "kid": name.unwrap_or_else(|| keys.key_name(algorithm)),
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let signature = keys.sign(algorithm, input.as_bytes())?;
    Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Returns an object with changes; null removes a key.
fn changed(mut object: Value, changes: &Map<String, Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.extend(changes.clone());
        fields.retain(|_, value| !value.is_null());
    }
    object
}

fn read(stream: &TcpStream) -> Result<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).context("no path")?.to_owned();
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = value.trim().to_owned(),
            "content-length" => length = value.trim().parse()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Received {
        path,
        authorization,
        body: String::from_utf8(body)?,
    })
}
