//! Requests to the token endpoint (RFC 6749, 4.1.3), with the client's secret.

use std::sync::{MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use tanuki_https::{Answer, Call, Method};

use crate::discovery::{ClientAuthentication, Discovery};
use crate::{Attempt, Failure, Provider, error_of, object_of};

const WHAT: &str = "the token endpoint";

/// Where the client's secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    /// `client_secret_basic`.
    Header,
    /// `client_secret_post`; also for a client without a secret.
    Form,
}

impl SecretPlace {
    const fn other(self) -> Self {
        match self {
            Self::Header => Self::Form,
            Self::Form => Self::Header,
        }
    }
}

impl Provider {
    /// Redeems a code. A provider that takes secrets in both places may expect
    /// this client's in one of them: if it does not know the client, the secret is
    /// sent in the other one, and the place that works is remembered. A provider
    /// looks at the code after it knows the client, so that is still good.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub(crate) async fn exchange(
        &self,
        discovery: &Discovery,
        code: &str,
        attempt: &Attempt<'_>,
    ) -> Result<Map<String, Value>, Failure> {
        let place = self.secret_place(discovery.authentication);
        let mut answer = self.send(discovery, code, attempt, place).await?;
        let is_either = discovery.authentication == ClientAuthentication::Either
            && !self.settings.client_secret.is_empty();
        let is_unknown =
            |answer: &Answer| answer.status != 200 && error_of(answer) == "invalid_client";
        if is_either && is_unknown(&answer) {
            answer = self.send(discovery, code, attempt, place.other()).await?;
            if !is_unknown(&answer) {
                *self.known_place() = Some(place.other());
            }
        }
        object_of(WHAT, &answer).map_err(Failure::Refused)
    }

    /// Returns where the secret goes first: into the header unless the provider
    /// takes it in the form only, or it has characters that servers decode
    /// differently there.
    fn secret_place(&self, authentication: ClientAuthentication) -> SecretPlace {
        let settings = &self.settings;
        let is_plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        };
        let are_plain = is_plain(&settings.client_id) && is_plain(&settings.client_secret);
        match authentication {
            _ if settings.client_secret.is_empty() => SecretPlace::Form,
            ClientAuthentication::Form => SecretPlace::Form,
            ClientAuthentication::Header => SecretPlace::Header,
            ClientAuthentication::Either => match *self.known_place() {
                Some(place) => place,
                None if are_plain => SecretPlace::Header,
                None => SecretPlace::Form,
            },
        }
    }

    /// Where the provider has taken the secret before.
    fn known_place(&self) -> MutexGuard<'_, Option<SecretPlace>> {
        let known = self.secret_place.lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(
        &self,
        discovery: &Discovery,
        code: &str,
        attempt: &Attempt<'_>,
        place: SecretPlace,
    ) -> Result<Answer, Failure> {
        let call = Call::new(Method::POST, &discovery.token_endpoint);
        let (id, secret) = (&self.settings.client_id, &self.settings.client_secret);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", attempt.redirect_uri),
            ("code_verifier", attempt.verifier),
        ];
        let call = match place {
            SecretPlace::Header => call.authorization(credentials(id, secret)).form(&form),
            SecretPlace::Form => {
                form.push(("client_id", id));
                if !secret.is_empty() {
                    form.push(("client_secret", secret));
                }
                call.form(&form)
            }
        };
        let answer = self.https.send(call).await;
        answer.map_err(|failure| Failure::Refused(format!("{WHAT}: {}", failure.into_reason())))
    }
}

/// Returns the header `Authorization` of a client (RFC 6749, 2.3.1).
fn credentials(id: &str, secret: &str) -> String {
    let encode = |text: &str| {
        form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace("%7E", "~")
    };
    let credentials = format!("{}:{}", encode(id), encode(secret));
    format!("Basic {}", STANDARD.encode(credentials))
}
