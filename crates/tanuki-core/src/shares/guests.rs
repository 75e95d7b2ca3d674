//! Guests: people without an account who opened a link.
//!
//! A guest is a row of `person` as in Zou, and has a secret: `ID.SIGNATURE`,
//! signed for the link. Their id is in every comment that others read, so the
//! id alone lets nobody write in their name.

use chrono::{Duration, NaiveDateTime};
use serde_json::json;
use tanuki_domain::Role;
use tanuki_store::query::{rows, shares};
use tanuki_store::schema::PERSON;
use tanuki_store::view::people::FULL;
use tanuki_store::view::shares::NEW_GUEST;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::{ShareError, ShareResult, SharedLink};
use crate::attempts::{Limit, of_address};
use crate::events::Event;
use crate::fields::column_value;
use crate::{Caller, Error, JsonRow, Result, Shares};

/// Maximum number of guests of a link.
const MAX_GUESTS: i64 = 1_000;

/// New guests of a link from one address.
const NEW_GUESTS: Limit = Limit {
    name: "guests of a link by address",
    most: 30,
    seconds: 600,
};

/// How long a browser keeps the secret of a guest.
const COOKIE_LIFETIME: Duration = Duration::days(365);

/// The purpose of the signature in a guest's secret.
const SECRET: &str = "tanuki guest of a shared link";

/// Secrets of guests that a request shows: in a cookie, a header or its body.
/// Not verified.
#[derive(Debug, Clone, Default)]
pub struct GuestSecrets(pub Vec<String>);

impl GuestSecrets {
    /// Adds the secret of a body.
    #[must_use]
    pub fn and(mut self, secret: Option<String>) -> Self {
        self.0.extend(secret);
        self
    }
}

/// Who opened a link, as they name themselves.
#[derive(Debug, Clone)]
pub struct NewGuest {
    pub first_name: String,
    pub last_name: String,
    /// The guest that they were before.
    pub guest_id: Option<Uuid>,
}

/// A guest of a link whose secret the request has shown: the proof that
/// functions demand.
#[derive(Debug, Clone)]
pub struct Guest {
    pub(super) link_id: Uuid,
    /// The guest as the author of what they change. They have no access to the
    /// project: what they may do is decided here.
    pub(super) author: Caller,
}

/// A guest with their secret.
#[derive(Debug)]
pub struct GuestCookie {
    /// JSON: every column of the person.
    pub row: JsonRow,
    pub secret: String,
    /// When a cookie with the secret should expire, in UTC.
    pub expires_at: NaiveDateTime,
    /// Whether the guest was found by their id.
    pub is_known: bool,
}

impl Shares<'_> {
    /// Returns the guest that the request has the secret of, by the id or by
    /// the names that are given, or else creates one and records `person:new`.
    /// Guests have no password, are no members of any team, and do not count
    /// as users.
    ///
    /// # Errors
    /// [`ShareError::TooMany`] after too many new guests from one address,
    /// [`ShareError::Invalid`] if the link has too many guests,
    /// [`Error::Constraint`] for a name that is too long.
    pub async fn enter(
        self,
        link: &SharedLink,
        secrets: &GuestSecrets,
        new: NewGuest,
    ) -> ShareResult<GuestCookie> {
        let database = self.core.database();
        let known = self.known(link, secrets);
        if let Some(id) = new.guest_id.filter(|id| known.contains(id))
            && shares::guest_names(database, link.id, id).await?.is_some()
        {
            let row = rows::by_id(database, &FULL, id).await?;
            return Ok(self.cookie(link, id, (row, true))?);
        }
        let names = (
            new.first_name.trim().to_owned(),
            new.last_name.trim().to_owned(),
        );
        for id in known {
            if shares::guest_names(database, link.id, id).await?.as_ref() == Some(&names) {
                let row = rows::by_id(database, &NEW_GUEST, id).await?;
                return Ok(self.cookie(link, id, (row, false))?);
            }
        }
        let of_address = format!("{} {}", link.id, of_address(link.address));
        self.claim(NEW_GUESTS, &of_address)?;
        let id = self.create_guest(link, names).await?;
        if link.burn_in.is_some_and(|parts| parts.watermark) {
            self.prepare_films(link, id).await?;
        }
        let row = rows::by_id(database, &NEW_GUEST, id).await?;
        Ok(self.cookie(link, id, (row, false))?)
    }

    async fn create_guest(
        self,
        link: &SharedLink,
        (first_name, last_name): (String, String),
    ) -> ShareResult<Uuid> {
        let database = self.core.database();
        if shares::count_guests(database, link.id).await? >= MAX_GUESTS {
            let most = format!("A link has at most {MAX_GUESTS} guests");
            return Err(ShareError::Invalid(most));
        }
        let id = Uuid::new_v4();
        let email = format!("guest-{}@guest.kitsu", Uuid::new_v4().simple());
        let mut values = Values::from([
            ("id", id.into()),
            ("email", email.into()),
            ("role", Role::Client.as_str().into()),
            ("is_guest", true.into()),
        ]);
        for (field, value) in [
            ("first_name", json!(first_name)),
            ("last_name", json!(last_name)),
            ("data", json!({"share_link_id": link.id})),
        ] {
            let column = PERSON.column(field).ok_or(Error::NotFound)?;
            values.insert(column.name, column_value(column, &value)?);
        }
        let mut transaction = database.begin().await?;
        write::insert(&mut transaction, &PERSON, values, &self.core.defaults()).await?;
        let event = Event::about(PERSON.name, "new", id);
        self.core.record(&mut transaction, event, None).await?;
        transaction.commit().await?;
        Ok(id)
    }

    fn cookie(
        self,
        link: &SharedLink,
        id: Uuid,
        (row, is_known): (Option<JsonRow>, bool),
    ) -> Result<GuestCookie> {
        let last = self.core.clock().timestamp() + COOKIE_LIFETIME;
        Ok(GuestCookie {
            expires_at: link.expires_at.map_or(last, |end| end.min(last)),
            row: row.ok_or(Error::NotFound)?,
            secret: format!("{id}.{}", self.core.signature(SECRET, &signed(link.id, id))),
            is_known,
        })
    }

    /// The ids of the guests whose secrets are shown.
    pub(super) fn known(self, link: &SharedLink, secrets: &GuestSecrets) -> Vec<Uuid> {
        let guest_of = |secret: &String| {
            let (id, signature) = secret.split_once('.')?;
            let id = Uuid::try_parse(id).ok()?;
            let text = signed(link.id, id);
            self.core
                .is_signature(SECRET, &text, signature)
                .then_some(id)
        };
        secrets.0.iter().filter_map(guest_of).collect()
    }

    /// Requires that the request shows the secret of a guest of the link.
    ///
    /// # Errors
    /// [`ShareError::Denied`] with `reason` otherwise.
    pub async fn require_guest(
        self,
        link: &SharedLink,
        id: Uuid,
        secrets: &GuestSecrets,
        reason: &'static str,
    ) -> ShareResult<Guest> {
        let is_shown = self.known(link, secrets).contains(&id);
        let names = match is_shown {
            true => shares::guest_names(self.core.database(), link.id, id).await?,
            false => None,
        };
        if names.is_none() {
            return Err(ShareError::Denied(reason));
        }
        Ok(Guest {
            link_id: link.id,
            author: Caller::from_session(id, Role::Client),
        })
    }

    /// Requires that the request shows the secret of any guest of the link, so
    /// that a request is refused before its files are received.
    ///
    /// # Errors
    /// [`ShareError::Denied`] with `reason` otherwise.
    pub async fn require_any_guest(
        self,
        link: &SharedLink,
        secrets: &GuestSecrets,
        reason: &'static str,
    ) -> ShareResult<Guest> {
        let known = self.known(link, secrets);
        let id = known.first().ok_or(ShareError::Denied(reason))?;
        self.require_guest(link, *id, secrets, reason).await
    }
}

impl Guest {
    /// The id of the person.
    pub fn id(&self) -> Uuid {
        self.author.id
    }

    /// The guest as the one who sends a form.
    pub fn sender(&self) -> &Caller {
        &self.author
    }
}

/// What the signature in a secret is of.
fn signed(link_id: Uuid, guest_id: Uuid) -> String {
    format!("{link_id}\n{guest_id}")
}
