//! Opening a link: its token, its password, and the cookie that is given for a
//! password.

use std::net::IpAddr;

use chrono::{Duration, NaiveDateTime};
use tanuki_store::query::shares::{self, Link};
use uuid::Uuid;

use super::{ShareError, ShareResult};
use crate::attempts::{Limit, of_address};
use crate::files::films::BurnInParts;
use crate::{Error, Shares};

/// Wrong passwords of a link from one address.
const PASSWORDS_OF_ADDRESS: Limit = Limit {
    name: "passwords of a link by address",
    most: 5,
    seconds: 60,
};

/// Wrong passwords of a link from everywhere.
const PASSWORDS_OF_LINK: Limit = Limit {
    name: "passwords of a link",
    most: 200,
    seconds: 60,
};

/// Tokens from one address that are those of no link.
const UNKNOWN_TOKENS: Limit = Limit {
    name: "tokens of no link",
    most: 300,
    seconds: 60,
};

/// How long a browser need not send the password again.
const PASS_LIFETIME: Duration = Duration::days(30);

/// The purpose of the signature of a [`Pass`].
const PASS: &str = "tanuki password of a shared link";

/// Maximum length of a token, as stored.
const MAX_TOKEN: usize = 64;

/// What a request shows to open a link.
#[derive(Debug, Clone, Copy)]
pub struct LinkRequest<'a> {
    pub token: &'a str,
    pub password: Option<&'a str>,
    /// The value of the cookie that was given for the password.
    pub pass: Option<&'a str>,
    pub address: Option<IpAddr>,
}

/// A link that is in force, and whose password the request knows if it has
/// one: the proof that functions demand.
#[derive(Debug, Clone)]
pub struct SharedLink {
    pub(super) id: Uuid,
    pub(super) playlist_id: Uuid,
    pub(super) project_id: Uuid,
    pub(super) can_comment: bool,
    pub(super) expires_at: Option<NaiveDateTime>,
    pub(super) address: Option<IpAddr>,
    /// What is burnt into its films; `None` if they are shared as they are.
    pub(super) burn_in: Option<BurnInParts>,
}

impl SharedLink {
    /// The id of the link.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Whether texts are burnt into the films, perhaps with the viewer's name.
    pub fn burns_in(&self) -> bool {
        self.burn_in.is_some()
    }

    /// Requires that guests may write.
    ///
    /// # Errors
    /// [`ShareError::Denied`] with `reason`.
    pub fn require_comments(&self, reason: &'static str) -> ShareResult<()> {
        if self.can_comment {
            Ok(())
        } else {
            Err(ShareError::Denied(reason))
        }
    }
}

/// The cookie that replaces the password of a link. It is valid until the
/// password is changed or the cookie expires.
#[derive(Debug, Clone)]
pub struct Pass {
    pub value: String,
    /// In UTC.
    pub expires_at: NaiveDateTime,
}

/// A link, and a new cookie if the request showed the password.
#[derive(Debug)]
pub struct OpenedLink {
    pub link: SharedLink,
    pub pass: Option<Pass>,
}

impl Shares<'_> {
    /// Opens a link: it is known, not revoked, not expired, and its password is
    /// right if it has one. Wrong passwords and unknown tokens are limited for
    /// each address.
    ///
    /// # Errors
    /// [`Error::NotFound`] otherwise, whatever the reason;
    /// [`ShareError::TooMany`] after too many attempts.
    pub async fn open(self, asked: LinkRequest<'_>) -> ShareResult<OpenedLink> {
        let database = self.core.database();
        let found = match asked.token.len() <= MAX_TOKEN {
            true => shares::by_token(database, asked.token).await?,
            false => None,
        };
        let Some(found) = found else {
            self.claim(UNKNOWN_TOKENS, &of_address(asked.address))?;
            return Err(Error::NotFound.into());
        };
        let link = self.in_force(&found, asked.address)?;
        let pass = match &found.password {
            None => None,
            Some(hash) => self.check_password(&found, hash, asked).await?,
        };
        Ok(OpenedLink { link, pass })
    }

    /// Requires that a link is not revoked and has not expired.
    pub(super) fn in_force(
        self,
        link: &Link,
        address: Option<IpAddr>,
    ) -> Result<SharedLink, Error> {
        let now = self.core.clock().timestamp();
        let is_over = link.expires_at.is_some_and(|end| end < now);
        if !link.is_active || is_over {
            return Err(Error::NotFound);
        }
        Ok(SharedLink {
            id: link.id,
            playlist_id: link.playlist_id,
            project_id: link.project_id.ok_or(Error::NotFound)?,
            can_comment: link.can_comment,
            expires_at: link.expires_at,
            address,
            // What cannot be read was written by a later version: the least that
            // may be shown then is who watches.
            burn_in: link.burn_in.as_deref().map(|parts| {
                BurnInParts::of_link(parts).unwrap_or(BurnInParts {
                    watermark: true,
                    ..BurnInParts::default()
                })
            }),
        })
    }

    /// Requires the cookie or the password of a link; returns a new cookie for
    /// the password.
    async fn check_password(
        self,
        link: &Link,
        hash: &str,
        asked: LinkRequest<'_>,
    ) -> ShareResult<Option<Pass>> {
        if asked
            .pass
            .is_some_and(|pass| self.is_pass(link, hash, pass))
        {
            return Ok(None);
        }
        let password = asked.password.filter(|password| !password.is_empty());
        let Some(password) = password else {
            return Err(Error::NotFound.into());
        };
        // Counted before it is verified, so that many at once are not more.
        let of_link = link.id.to_string();
        let of_address = format!("{of_link} {}", of_address(asked.address));
        self.claim(PASSWORDS_OF_ADDRESS, &of_address)?;
        self.claim(PASSWORDS_OF_LINK, &of_link)?;
        let passwords = self.core.passwords();
        let matches = passwords.verify(password, Some(hash.as_bytes())).await?;
        if !matches {
            return Err(Error::NotFound.into());
        }
        let attempts = self.core.attempts();
        attempts.give_back(PASSWORDS_OF_ADDRESS, &of_address);
        attempts.give_back(PASSWORDS_OF_LINK, &of_link);
        Ok(Some(self.new_pass(link, hash)))
    }

    fn new_pass(self, link: &Link, hash: &str) -> Pass {
        let last = self.core.clock().timestamp() + PASS_LIFETIME;
        let expires_at = link.expires_at.map_or(last, |end| end.min(last));
        let end = expires_at.and_utc().timestamp();
        let signature = self.core.signature(PASS, &signed(link, hash, end));
        Pass {
            value: format!("{end}.{signature}"),
            expires_at,
        }
    }

    fn is_pass(self, link: &Link, hash: &str, pass: &str) -> bool {
        let Some((end, signature)) = pass.split_once('.') else {
            return false;
        };
        let Ok(end) = end.parse::<i64>() else {
            return false;
        };
        let is_signed = self
            .core
            .is_signature(PASS, &signed(link, hash, end), signature);
        is_signed && end > self.core.clock().timestamp().and_utc().timestamp()
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// [`ShareError::TooMany`] if there were too many.
    pub(super) fn claim(self, limit: Limit, who: &str) -> ShareResult<()> {
        let now = self.core.clock().timestamp().and_utc().timestamp();
        let claimed = self.core.attempts().claim(limit, who, now);
        claimed.map_err(ShareError::TooMany)
    }
}

/// What the signature of a cookie is of. With the hash, so that another
/// password makes it worthless.
fn signed(link: &Link, hash: &str, end: i64) -> String {
    format!("{}\n{hash}\n{end}", link.id)
}
