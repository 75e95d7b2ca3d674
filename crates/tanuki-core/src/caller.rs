//! Who makes a request, as proven by a token.

use tanuki_domain::{IdentityKind, Role};
use tanuki_store::query::tokens;
use uuid::Uuid;

use crate::auth::token::{Claims, TokenError, TokenType};
use crate::{Core, Error, Result};

/// The account behind an accepted token.
#[derive(Debug, Clone)]
pub struct Caller {
    pub id: Uuid,
    pub role: Role,
    pub kind: IdentityKind,
    pub claims: Claims,
}

/// Why a token that the server signed is refused now.
#[derive(Debug)]
pub enum Refusal {
    Token(TokenError),
    /// The token is revoked: by a logout, or by a newer one.
    Revoked,
    /// Its person is gone.
    UnknownPerson {
        subject: String,
    },
    /// Its person is deactivated.
    Inactive,
    /// A preview account may only look.
    ReadOnly,
    Failed(Error),
}

impl From<tanuki_store::Error> for Refusal {
    fn from(error: tanuki_store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Caller {
    /// The administrator at the machine itself, on the command line.
    pub fn operator() -> Self {
        Self {
            id: Uuid::nil(),
            role: Role::Admin,
            kind: IdentityKind::Person,
            claims: Claims::default(),
        }
    }

    /// A person signed in to the console.
    pub fn from_session(id: Uuid, role: Role) -> Self {
        Self {
            id,
            role,
            kind: IdentityKind::Person,
            claims: Claims::default(),
        }
    }

    /// As whose doing events are recorded; the operator is nobody's row.
    pub fn author(&self) -> Option<Uuid> {
        (!self.id.is_nil()).then_some(self.id)
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Admin or production manager.
    pub fn manages(&self) -> bool {
        self.role.manages()
    }

    pub fn is_client(&self) -> bool {
        self.role == Role::Client
    }

    /// A person, not a bot.
    pub fn is_person(&self) -> bool {
        self.kind.is_person()
    }

    pub fn require_admin(&self) -> Result<()> {
        self.is_admin().then_some(()).ok_or(Error::Denied)
    }
}

impl Core {
    /// The account that a token speaks for. `reads` says that the request
    /// changes nothing. One query; nothing is remembered between requests, so
    /// that a revocation counts at once.
    pub async fn identify(
        &self,
        token: &str,
        expected: TokenType,
        reads: bool,
    ) -> Result<Caller, Refusal> {
        let now = self.clock().now().timestamp();
        let claims = self
            .tokens()
            .verify(token, expected, now)
            .map_err(Refusal::Token)?;
        let jti = claims.text("jti").ok_or(Refusal::Revoked)?;
        let kind = claims
            .text("identity_type")
            .and_then(IdentityKind::parse)
            .ok_or(Refusal::Revoked)?;
        let unknown = || Refusal::UnknownPerson {
            subject: claims.text("sub").unwrap_or_default().to_owned(),
        };
        let subject = claims.text("sub").and_then(|sub| Uuid::try_parse(sub).ok());
        let identity = match subject {
            Some(id) => tokens::identity(self.database(), id, jti).await?,
            None => None,
        };
        let Some(identity) = identity else {
            // A revoked token is told from one whose person is gone.
            let revoked = match kind {
                IdentityKind::Person => tokens::is_revoked(self.database(), jti).await?,
                IdentityKind::Bot | IdentityKind::PersonApi => true,
            };
            return Err(if revoked { Refusal::Revoked } else { unknown() });
        };
        let revoked = match kind {
            IdentityKind::Person => identity.revoked,
            IdentityKind::Bot | IdentityKind::PersonApi => identity.jti.as_deref() != Some(jti),
        };
        if revoked {
            return Err(Refusal::Revoked);
        }
        if !identity.active {
            if kind == IdentityKind::Person {
                self.revoke_session(&claims)
                    .await
                    .map_err(Refusal::Failed)?;
            }
            return Err(Refusal::Inactive);
        }
        if identity.preview_project_id.is_some() {
            self.check_preview_account(&identity, &claims, reads)?;
        }
        let role = identity.role.parse().map_err(|_| {
            Refusal::Failed(Error::Failed(format!(
                "person {} has the unknown role `{}`",
                identity.id, identity.role
            )))
        })?;
        Ok(Caller {
            id: identity.id,
            role,
            kind,
            claims,
        })
    }

    /// The account of a production's preview works while its window is open,
    /// for tokens of that window, and only to look.
    fn check_preview_account(
        &self,
        identity: &tokens::Identity,
        claims: &Claims,
        reads: bool,
    ) -> Result<(), Refusal> {
        let open = identity
            .preview_open_until
            .is_some_and(|until| until >= self.clock().timestamp());
        let of_this_window = match (claims.issued_at(), identity.preview_opened_at) {
            (Some(issued), Some(opened)) => issued >= opened.and_utc().timestamp(),
            _ => true,
        };
        if !open || !of_this_window {
            return Err(Refusal::Inactive);
        }
        if reads {
            Ok(())
        } else {
            Err(Refusal::ReadOnly)
        }
    }
}
