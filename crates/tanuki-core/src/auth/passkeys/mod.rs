//! Passkeys: keys of people's phones, computers or security keys, with which
//! they log in without a password (W3C Web Authentication, discoverable
//! credentials). The key makes sure that it is its owner, so a login with one
//! counts as both factors.

mod challenge;
mod key;
mod login;

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::Shape;
use tanuki_store::projection::Projection;
use tanuki_store::query::auth::accounts;
use tanuki_store::query::auth::passkeys::{self, NewPasskey};
use tanuki_store::query::people;
use tanuki_store::schema::TANUKI_PASSKEY;
use uuid::Uuid;

use super::account_mail::AccountMail;
use super::factors::fido::refused;
use super::factors::webauthn::{BACKED_UP, USER_VERIFIED, base64_of, client_data, made_key, part};
use super::factors::{FactorResult, has_any};
use crate::auth::{FactorError, SecondFactorProof};
use crate::{Auth, Caller, Error, JsonRow, MaybeId};

use challenge::Ceremony;

pub use login::PasskeyLogin;

/// How many passkeys a person may have.
const MAX_PASSKEYS: usize = 20;

/// The longest id of a key, in bytes (CTAP 2.1).
const MAX_ID: usize = 1023;

/// Maximum length of the name of a passkey, in characters, as stored.
pub const MAX_NAME: usize = 60;

static PASSKEY: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &TANUKI_PASSKEY,
        &["id", "name", "is_synced", "created_at", "last_used_at"],
    )
});

/// The shape of a passkey in lists.
pub fn passkey_shape() -> Shape {
    PASSKEY.shape()
}

/// The shape of what a browser needs to make a passkey
/// (`PublicKeyCredentialCreationOptions`).
pub fn creation_shape() -> Shape {
    let selection = Shape::object([
        ("residentKey", Shape::text()),
        ("requireResidentKey", Shape::boolean()),
        ("userVerification", Shape::text()),
    ]);
    super::factors::shapes::creation_options().with("authenticatorSelection", selection)
}

/// The shape of what a browser needs to log in with one
/// (`PublicKeyCredentialRequestOptions`).
pub fn request_shape() -> Shape {
    super::factors::shapes::request_options().with("userVerification", Shape::text())
}

impl Auth<'_> {
    /// Returns the passkeys of the caller, the oldest first. People may call it.
    /// JSON of each: `id`, `name`, `is_synced`, `created_at`, `last_used_at`.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots.
    pub async fn passkeys(self, caller: &Caller) -> crate::Result<Vec<JsonRow>> {
        caller.require_person()?;
        let list = passkeys::of_person(&PASSKEY, caller.id);
        Ok(list.rows(self.core.database()).await?)
    }

    /// Starts adding a passkey of the caller. JSON:
    /// `PublicKeyCredentialCreationOptions`, binary values in base64url. The
    /// challenge is valid once, for five minutes. People may call it.
    ///
    /// # Errors
    /// [`Error::Denied`] for bots, [`Error::Refused`] if the server has no
    /// domain name, in [`FactorError::Failed`].
    pub async fn prepare_passkey(self, caller: &Caller) -> FactorResult<Value> {
        let (account, _) = self.own_factors(caller).await?;
        let site = self.site()?.alone();
        let database = self.core.database();
        let name = people::full_name(database, account.id).await?;
        let known = passkeys::credential_ids(database, account.id).await?;
        let known = known.iter();
        let known: Vec<Value> = known
            .map(|id| json!({"type": "public-key", "id": id}))
            .collect();
        Ok(json!({
            "rp": {"name": self.core.studio_name().await?, "id": site.host},
            "user": {
                "name": account.email.as_deref().unwrap_or(&account.first_name),
                "id": base64_of(account.id.as_bytes()),
                "displayName": name,
            },
            "challenge": self.new_challenge(Ceremony::Register(account.id))?,
            "pubKeyCredParams": key::offered(),
            "excludeCredentials": known,
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
        }))
    }

    /// Adds a passkey of the caller with its answer to the options of
    /// [`Auth::prepare_passkey`], and tells them by mail. Names need not be
    /// unique; long ones are cut. People may call it, with a proof of a second
    /// factor if they have one. Returns the passkey as in
    /// [`passkeys`](Auth::passkeys).
    ///
    /// # Errors
    /// [`FactorError::Wrong`] for a wrong proof or answer,
    /// [`FactorError::NotPrepared`] for a challenge that has ended,
    /// [`FactorError::LockedOut`]; [`Error::Refused`] for a key that cannot be
    /// used, and [`Error::Denied`] for bots, in [`FactorError::Failed`].
    pub async fn add_passkey(
        self,
        caller: &Caller,
        answer: &Map<String, Value>,
        name: &str,
        proof: &SecondFactorProof,
    ) -> FactorResult<JsonRow> {
        let (account, found) = self.own_factors(caller).await?;
        let site = self.site()?.alone();
        let data = client_data(answer, "webauthn.create", &site).map_err(|_| FactorError::Wrong)?;
        if !self.is_challenge(Ceremony::Register(account.id), &data.challenge) {
            return Err(FactorError::NotPrepared);
        }
        let object = part(answer, "attestationObject").map_err(|_| FactorError::Wrong)?;
        let made = made_key(&object, &site).map_err(|_| FactorError::Wrong)?;
        if made.flags & USER_VERIFIED == 0 {
            return Err(refused(
                "This key does not ask who its owner is: a passkey needs a PIN, a fingerprint or \
                 the like.",
            ));
        }
        let public_key = key::usable(made.cose)
            .ok_or_else(|| refused("This kind of key cannot be used as a passkey."))?;
        if made.id.len() > MAX_ID {
            return Err(refused("The id of this passkey is too long to be stored."));
        }
        if has_any(&found) {
            self.check_proof(&account, proof).await?;
        }
        if !self.take_challenge(&data.challenge).await? {
            return Err(FactorError::NotPrepared);
        }
        let name: String = name.trim().chars().take(MAX_NAME).collect();
        let passkey = NewPasskey {
            id: Uuid::new_v4(),
            person_id: account.id,
            credential_id: &base64_of(made.id),
            public_key,
            name: if name.is_empty() { "Passkey" } else { &name },
            sign_count: made.sign_count,
            is_synced: made.flags & BACKED_UP != 0,
            now: self.core.clock().timestamp(),
        };
        self.store_passkey(caller, &passkey).await
    }

    async fn store_passkey(
        self,
        caller: &Caller,
        passkey: &NewPasskey<'_>,
    ) -> FactorResult<JsonRow> {
        let person_id = passkey.person_id;
        let mut transaction = self.core.database().begin().await?;
        // The lock on the person: of several at once, no more than that.
        self.locked_factors(&mut transaction, person_id).await?;
        // Sessions that ended while the request was read add nothing.
        let account = accounts::by_id(&mut transaction, person_id).await?;
        if !account.is_some_and(|account| caller.is_still(&account)) {
            return Err(Error::Denied.into());
        }
        let known = passkeys::credential_ids(&mut transaction, person_id).await?;
        if known.len() >= MAX_PASSKEYS {
            return Err(refused("There are too many passkeys already."));
        }
        if !passkeys::insert(&mut transaction, passkey).await? {
            return Err(FactorError::AlreadyEnabled);
        }
        self.core
            .enqueue_account_mail(&mut transaction, AccountMail::PasskeyAdded, person_id, None)
            .await?;
        transaction.commit().await?;
        tracing::info!(person = %person_id, "a passkey was added");
        let list = passkeys::of_person(&PASSKEY, person_id);
        let rows = list.rows(self.core.database()).await?;
        let id = passkey.id.to_string();
        let is_it = |row: &JsonRow| row.get("id").and_then(Value::as_str) == Some(&*id);
        Ok(rows.into_iter().find(is_it).ok_or(Error::NotFound)?)
    }

    /// Removes a passkey of the caller and tells them by mail. Sessions go on.
    /// People may call it, with a proof of a second factor if they have one.
    ///
    /// # Errors
    /// [`FactorError::Wrong`] for a wrong proof, [`FactorError::LockedOut`];
    /// [`Error::NotFound`] if they have no such passkey, and [`Error::Denied`]
    /// for bots, in [`FactorError::Failed`].
    pub async fn remove_passkey(
        self,
        caller: &Caller,
        passkey: &MaybeId,
        proof: &SecondFactorProof,
    ) -> FactorResult<()> {
        let (account, found) = self.own_factors(caller).await?;
        let id = passkey.found()?;
        if has_any(&found) {
            self.check_proof(&account, proof).await?;
        }
        let mut transaction = self.core.database().begin().await?;
        if !passkeys::remove(&mut transaction, id, account.id).await? {
            return Err(Error::NotFound.into());
        }
        let mail = AccountMail::PasskeyRemoved;
        self.core
            .enqueue_account_mail(&mut transaction, mail, account.id, None)
            .await?;
        transaction.commit().await?;
        tracing::info!(person = %account.id, "a passkey was removed");
        Ok(())
    }
}
