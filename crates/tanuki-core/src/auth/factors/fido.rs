//! Security keys (FIDO2): registering, logging in, removing.

use chrono::Duration;
use serde_json::{Map, Value, json};
use tanuki_store::query::auth::{accounts, factors, secrets};
use uuid::Uuid;

use super::change::{Factor, remove};
use super::verify::SecondFactorProof;
use super::webauthn::{self, Refused, Site, base64_of, client_data};
use super::{Enrolled, FactorError, FactorResult};
use crate::auth::account_mail::AccountMail;
use crate::auth::secret::{Purpose, random_text};
use crate::{Auth, Caller, Error, Result};

/// How long a challenge is valid.
const CHALLENGE_LIFETIME: Duration = Duration::minutes(5);

/// Characters of a challenge: 33 bytes in base64url.
const CHALLENGE_LENGTH: usize = 44;

/// How many keys a person may have.
const MAX_KEYS: usize = 50;

impl Auth<'_> {
    /// Starts the registration of a security key of the caller. JSON:
    /// `PublicKeyCredentialCreationOptions`, binary values in base64url. The
    /// challenge is valid once, for five minutes. People may call it.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, [`Error::Refused`] if the server has no
    /// domain name, in [`FactorError::Failed`].
    pub async fn prepare_fido(self, caller: &Caller) -> FactorResult<Value> {
        let (account, found) = self.own_factors(caller).await?;
        let site = self.site()?;
        let challenge = self
            .issue_challenge(Purpose::FidoRegistration, account.id)
            .await?;
        let name = tanuki_store::query::people::full_name(self.core.database(), account.id).await?;
        Ok(json!({
            "rp": {"name": "Kitsu", "id": site.host},
            "user": {
                "name": account.email,
                "id": base64_of(account.id.to_string().as_bytes()),
                "displayName": name,
            },
            "challenge": challenge,
            "pubKeyCredParams": webauthn::offered(),
            "excludeCredentials": descriptors(found.fido_credentials.as_deref()),
            "authenticatorSelection": {
                "authenticatorAttachment": "cross-platform",
                "residentKey": "discouraged",
                "userVerification": "preferred",
                "requireResidentKey": false,
            },
        }))
    }

    /// Registers a security key of the caller with its answer to the options of
    /// [`Auth::prepare_fido`], and tells them by mail. Names need not be unique.
    /// People may call it.
    ///
    /// # Errors
    /// [`FactorError::NotPrepared`] without a challenge that is valid,
    /// [`FactorError::Wrong`] for a wrong answer, [`FactorError::LockedOut`];
    /// [`Error::Refused`] for a key that cannot be stored, and [`Error::Denied`]
    /// for bots, in [`FactorError::Failed`].
    pub async fn enable_fido(
        self,
        caller: &Caller,
        answer: &Map<String, Value>,
        device_name: &str,
    ) -> FactorResult<Enrolled> {
        let (account, _) = self.own_factors(caller).await?;
        let id = account.id;
        let now = self.core.clock().timestamp();
        let purpose = Purpose::FidoRegistration.as_str();
        if !secrets::any_of(self.core.database(), purpose, &subjects(id), now).await? {
            return Err(FactorError::NotPrepared);
        }
        let site = self.site()?;
        let mut key = Err(Refused::Wrong);
        self.count_attempt(&account, async {
            let Ok(data) = client_data(answer, "webauthn.create", &site) else {
                return Ok(false);
            };
            let challenge = &data.challenge;
            if !self
                .use_challenge(Purpose::FidoRegistration, id, challenge)
                .await?
            {
                return Ok(false);
            }
            key = webauthn::new_key(answer, &site, device_name);
            Ok(!matches!(key, Err(Refused::Wrong)))
        })
        .await?;
        let key = key.map_err(unusable_key)?;
        self.enroll(id, Factor::Fido, |factors| {
            let keys = factors.fido_credentials.get_or_insert_default();
            keys.retain(Value::is_object);
            if keys.iter().any(|one| is_same_key(one, &key)) {
                return Err(FactorError::Wrong);
            }
            if keys.len() >= MAX_KEYS {
                return Err(refused("There are too many security keys already."));
            }
            keys.push(key);
            Ok(())
        })
        .await
    }

    /// Returns a challenge for a login with a security key. JSON:
    /// `PublicKeyCredentialRequestOptions`. Everybody may call it; `login` is an
    /// address or a desktop login.
    ///
    /// # Errors
    /// [`FactorError::NotEnabled`] for somebody without security keys, who is
    /// inactive or unknown; [`Error::Refused`] if the server has no domain name.
    pub async fn fido_challenge(self, login: &str) -> FactorResult<Value> {
        let database = self.core.database();
        let found = accounts::by_login(database, login).await?;
        let account = found
            .filter(|one| one.active && one.fido_enabled)
            .ok_or(FactorError::NotEnabled)?;
        let site = self.site()?;
        let found = factors::find(database, account.id).await?;
        let keys = found.and_then(|found| found.fido_credentials);
        let challenge = self.issue_challenge(Purpose::FidoLogin, account.id).await?;
        Ok(json!({
            "challenge": challenge,
            "rpId": site.host,
            "allowCredentials": descriptors(keys.as_deref()),
        }))
    }

    /// Removes the first security key of the caller with that name, if there is
    /// one, and tells them by mail. People may call it, with a proof of a
    /// second factor.
    ///
    /// # Errors
    /// [`FactorError::NotEnabled`], [`FactorError::Wrong`],
    /// [`FactorError::LockedOut`]; [`Error::Denied`] for bots.
    pub async fn remove_fido(
        self,
        caller: &Caller,
        device_name: &str,
        proof: &SecondFactorProof,
    ) -> FactorResult<()> {
        let (account, _) = self.own_factors(caller).await?;
        if !account.fido_enabled {
            return Err(FactorError::NotEnabled);
        }
        self.check_proof(&account, proof).await?;
        let mut transaction = self.core.database().begin().await?;
        let mut found = self.locked_factors(&mut transaction, account.id).await?;
        let keys = found.fido_credentials.get_or_insert_default();
        let has_name = |key: &Value| {
            key.get("device_name")
                .is_some_and(|name| name == device_name)
        };
        let Some(at) = keys.iter().position(has_name) else {
            return Ok(());
        };
        keys.remove(at);
        if keys.is_empty() {
            remove(&mut found, Factor::Fido);
        }
        self.finish(transaction, account.id, found, AccountMail::FactorRemoved)
            .await?;
        tracing::info!(person = %account.id, "a security key was removed");
        Ok(())
    }

    /// Whether an answer to a challenge for a login is signed by a security key
    /// of the person. Uses up the challenge.
    pub(super) async fn use_assertion(
        self,
        person_id: Uuid,
        answer: &Map<String, Value>,
    ) -> Result<bool> {
        let Some(site) = Site::of(&self.core.settings().studio.public_url) else {
            return Ok(false);
        };
        let Ok(data) = client_data(answer, "webauthn.get", &site) else {
            return Ok(false);
        };
        if !self
            .use_challenge(Purpose::FidoLogin, person_id, &data.challenge)
            .await?
        {
            return Ok(false);
        }
        let found = factors::find(self.core.database(), person_id).await?;
        let keys = found.and_then(|found| found.fido_credentials);
        let keys = keys.unwrap_or_default();
        Ok(webauthn::is_signed(answer, &data, &keys, &site).unwrap_or(false))
    }

    /// Issues a challenge. A person may have several at once, for several
    /// windows of a browser: as many as there are values of its first two
    /// characters.
    async fn issue_challenge(self, purpose: Purpose, person_id: Uuid) -> Result<String> {
        let challenge = random_text(CHALLENGE_LENGTH)?;
        let subject = subject(person_id, &challenge);
        self.put_secret(
            purpose,
            Some(&subject),
            &challenge,
            None,
            CHALLENGE_LIFETIME,
        )
        .await?;
        Ok(challenge)
    }

    /// Whether a challenge is valid for the purpose and person; it is not any
    /// more then. Of two concurrent callers, one gets true.
    async fn use_challenge(
        self,
        purpose: Purpose,
        person_id: Uuid,
        challenge: &str,
    ) -> Result<bool> {
        let subject = subject(person_id, challenge);
        if challenge.len() != CHALLENGE_LENGTH
            || !self.check_secret(purpose, &subject, challenge).await?
        {
            return Ok(false);
        }
        Ok(self.consume_secret(purpose, &subject).await?.is_some())
    }

    /// Returns the site that security keys are registered for.
    ///
    /// # Errors
    /// [`Error::Refused`] if it has no name.
    pub(in crate::auth) fn site(self) -> FactorResult<Site> {
        let address = &self.core.settings().studio.public_url;
        Site::of(address).ok_or_else(|| {
            refused(
                "Security keys need a server with a name: DOMAIN_NAME is not set, or an IP address.",
            )
        })
    }
}

/// The beginning of the subjects of a person's challenges.
fn subjects(person_id: Uuid) -> String {
    format!("{person_id}:")
}

fn subject(person_id: Uuid, challenge: &str) -> String {
    let slot: String = challenge.chars().take(2).collect();
    subjects(person_id) + &slot
}

/// Returns the keys as browsers want them named.
fn descriptors(keys: Option<&[Value]>) -> Vec<Value> {
    let ids = keys.unwrap_or_default().iter();
    let ids = ids.filter_map(webauthn::stored_id);
    ids.map(|id| json!({"type": "public-key", "id": id}))
        .collect()
}

fn is_same_key(one: &Value, other: &Value) -> bool {
    one.get("credential_id") == other.get("credential_id")
}

pub(in crate::auth) fn refused(message: &'static str) -> FactorError {
    FactorError::Failed(Error::Refused(message.into()))
}

/// Returns what to tell somebody whose key cannot be stored.
fn unusable_key(why: Refused) -> FactorError {
    match why {
        Refused::Wrong => FactorError::Wrong,
        Refused::IdBeginsWithZero => refused(
            "The security key chose an id that cannot be stored. Register it again: it will \
             choose another one.",
        ),
        Refused::IdTooLong => refused("The id of this security key is too long to be stored."),
        Refused::KindOfKey => {
            refused("This kind of security key cannot be used. Keys for ES256 and ES384 can.")
        }
    }
}
