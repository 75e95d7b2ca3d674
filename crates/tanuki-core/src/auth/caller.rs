//! Authentication: from the token of a request to the account that makes it.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_domain::{IdentityKind, Role};
use tanuki_store::query::auth::accounts::Account;
use tanuki_store::query::auth::tokens::{self, CurrentUserQuery, IdentityWithRows, TokenIds};
use tanuki_store::view::people::own_projection;
use uuid::Uuid;

use crate::auth::token::{Claims, GENERATION_CLAIM, TokenError, TokenType};
use crate::{Auth, Error, Result, organisation};

/// The authenticated account of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    pub id: Uuid,
    pub role: Role,
    pub kind: IdentityKind,
    pub claims: Claims,
    /// The account's generation of session tokens at the time of
    /// authentication; see [`Auth::end_sessions`].
    pub(crate) token_generation: i64,
}

/// Why a token is refused.
#[derive(Debug)]
pub enum AuthError {
    /// It is malformed, expired, of the wrong type, or not signed with this
    /// key.
    Token(TokenError),
    /// It is revoked: by a logout, a new password, or a newer API token.
    Revoked,
    /// Its person does not exist any more.
    UnknownPerson {
        subject: String,
    },
    /// Its person is deactivated, or the preview of a preview account is
    /// closed.
    Inactive,
    /// A preview account may only read; the request would change something.
    ReadOnly,
    Failed(Error),
}

/// A token with a valid signature and times, before the check whether it is
/// revoked and its account active.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: Claims,
    jti: String,
    session_mark: String,
    kind: IdentityKind,
    /// The id of the account; `None` if the claim `sub` is not a UUID.
    subject: Option<Uuid>,
}

impl VerifiedToken {
    pub(crate) fn jti(&self) -> &str {
        &self.jti
    }

    /// Returns the ids by which the token is revoked.
    pub(crate) fn ids(&self) -> TokenIds<'_> {
        TokenIds {
            jti: &self.jti,
            session: &self.session_mark,
        }
    }

    pub(crate) fn subject(&self) -> Option<Uuid> {
        self.subject
    }
}

impl From<tanuki_store::Error> for AuthError {
    fn from(error: tanuki_store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Caller {
    /// The operator on the command line: an admin without a person's row.
    pub fn operator() -> Self {
        Self {
            id: Uuid::nil(),
            role: Role::Admin,
            kind: IdentityKind::Person,
            claims: Claims::default(),
            token_generation: 0,
        }
    }

    /// A person with a session of the console.
    pub fn from_session(id: Uuid, role: Role) -> Self {
        Self {
            id,
            role,
            kind: IdentityKind::Person,
            claims: Claims::default(),
            token_generation: 0,
        }
    }

    /// Whether the account is active as it is stored now, and its sessions were not
    /// ended since the caller was authenticated.
    pub(super) fn is_still(&self, account: &Account) -> bool {
        account.active && self.token_generation == account.token_generation
    }

    /// Whether it is the operator on the command line, whom neither
    /// `PROTECTED_ACCOUNTS` nor the role of another admin holds up.
    pub(crate) fn is_operator(&self) -> bool {
        self.author().is_none()
    }

    /// Returns the id of the person that events are recorded for; `None` for
    /// the operator, who has no row.
    pub fn author(&self) -> Option<Uuid> {
        (!self.id.is_nil()).then_some(self.id)
    }

    /// Whether the caller has the studio-wide role admin.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether the caller is an admin or has the studio-wide role manager.
    pub fn manages(&self) -> bool {
        self.role.manages()
    }

    /// Whether the caller has the studio-wide role client.
    pub fn is_client(&self) -> bool {
        self.role == Role::Client
    }

    /// Whether the token is a person's session, and not an API token of a bot
    /// or person.
    pub fn is_person(&self) -> bool {
        self.kind.is_person()
    }

    /// Requires the login of a person.
    ///
    /// # Errors
    /// [`Error::Denied`] for API tokens of bots and people.
    pub fn require_person(&self) -> Result<()> {
        if self.is_person() {
            Ok(())
        } else {
            Err(Error::Denied)
        }
    }

    /// Checks that the caller is an admin or a production manager.
    ///
    /// # Errors
    /// [`Error::Denied`] if not.
    pub fn require_manager(&self) -> Result<()> {
        self.as_manager().map(|_| ())
    }

    /// Checks that the caller is an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] if not.
    pub fn require_admin(&self) -> Result<()> {
        self.as_admin().map(|_| ())
    }

    /// Returns the proof that the caller is an admin.
    ///
    /// # Errors
    /// [`Error::Denied`] if they are not.
    pub fn as_admin(&self) -> Result<Admin<'_>> {
        self.is_admin().then_some(Admin(self)).ok_or(Error::Denied)
    }

    /// Returns the proof that the caller is an admin or a production manager.
    ///
    /// # Errors
    /// [`Error::Denied`] if they are not.
    pub fn as_manager(&self) -> Result<Manager<'_>> {
        self.manages().then_some(Manager(self)).ok_or(Error::Denied)
    }
}

/// Proof that a caller is an admin. Functions that only admins may call take it
/// as an argument, so that the check cannot be forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Admin<'a>(&'a Caller);

impl<'a> Admin<'a> {
    pub(crate) fn caller(self) -> &'a Caller {
        self.0
    }
}

/// Proof that a caller is an admin or has the studio-wide role manager.
#[derive(Debug, Clone, Copy)]
pub struct Manager<'a>(&'a Caller);

impl<'a> Manager<'a> {
    pub(crate) fn caller(self) -> &'a Caller {
        self.0
    }
}

static CURRENT_USER: LazyLock<CurrentUserQuery> =
    LazyLock::new(|| CurrentUserQuery::new(own_projection(), organisation::parts()));

/// The caller with the rows of `GET /auth/authenticated`.
#[derive(Debug)]
pub struct CurrentUser {
    pub caller: Caller,
    found: IdentityWithRows,
    /// The organisation, if the database had none and it was created for this
    /// request.
    made: Option<Map<String, Value>>,
}

impl CurrentUser {
    /// Appends the JSON of the person's own row: all columns but the secrets,
    /// and the names of their security keys.
    ///
    /// # Errors
    /// If a column cannot be read as its type.
    pub fn write_person(&self, out: &mut Vec<u8>) -> Result<()> {
        Ok(self.found.write_person(out)?)
    }

    /// Appends the JSON of the organisation; its chat tokens only for admins.
    ///
    /// # Errors
    /// If a column cannot be read as its type.
    pub fn write_organisation(&self, out: &mut Vec<u8>) -> Result<()> {
        match &self.made {
            Some(made) => out.extend(Value::Object(made.clone()).to_string().bytes()),
            None => self.found.write_organisation(self.caller.is_admin(), out)?,
        }
        Ok(())
    }
}

impl Auth<'_> {
    /// Authenticates a request by its token. `reads` says that the request
    /// changes nothing, which is all that preview accounts may do. One query
    /// per request; nothing is cached, so that a revocation takes effect at
    /// once.
    ///
    /// # Errors
    /// [`AuthError`] if the token is refused.
    pub async fn authenticate(
        self,
        token: &str,
        expected: TokenType,
        reads: bool,
    ) -> Result<Caller, AuthError> {
        let shown = self.read_token(token, expected)?;
        self.authenticate_verified(shown, reads).await
    }

    /// Like [`authenticate`](Self::authenticate), for a token whose signature
    /// was checked.
    pub(crate) async fn authenticate_verified(
        self,
        shown: VerifiedToken,
        reads: bool,
    ) -> Result<Caller, AuthError> {
        let identity = match shown.subject {
            Some(id) => tokens::identity(self.core.database(), id, shown.ids()).await?,
            None => None,
        };
        self.accept_token(shown, identity, reads).await
    }

    /// Like [`Auth::authenticate`], with the rows that `/auth/authenticated`
    /// responds with. One query, too.
    ///
    /// # Errors
    /// An [`AuthError`] if the token is refused.
    pub async fn current_user(self, token: &str) -> Result<CurrentUser, AuthError> {
        let shown = self.read_token(token, TokenType::Access)?;
        let found = match shown.subject {
            Some(id) => {
                CURRENT_USER
                    .identity(self.core.database(), id, shown.ids())
                    .await?
            }
            None => None,
        };
        let Some(found) = found else {
            return Err(self.unknown_identity(&shown).await);
        };
        let identity = found.identity.clone();
        let caller = self.accept_token(shown, Some(identity), true).await?;
        let made = if found.has_studio {
            None
        } else {
            let made = self.core.organisation(caller.is_admin()).await;
            Some(made.map_err(AuthError::Failed)?)
        };
        Ok(CurrentUser {
            caller,
            found,
            made,
        })
    }

    /// Checks a token's signature, times and type, without a query.
    ///
    /// # Errors
    /// [`AuthError::Token`]; [`AuthError::Revoked`] if `jti` or `identity_type`
    /// is missing.
    pub fn read_token(self, token: &str, expected: TokenType) -> Result<VerifiedToken, AuthError> {
        let now = self.core.clock().now().timestamp();
        let claims = self
            .core
            .tokens()
            .verify(token, expected, now)
            .map_err(AuthError::Token)?;
        let jti = claims.text("jti").ok_or(AuthError::Revoked)?.to_owned();
        let kind = claims
            .text("identity_type")
            .and_then(IdentityKind::parse)
            .ok_or(AuthError::Revoked)?;
        let subject = claims.text("sub").and_then(|sub| Uuid::try_parse(sub).ok());
        let session_mark = tokens::session_mark(claims.session_id().unwrap_or(&jti));
        Ok(VerifiedToken {
            claims,
            jti,
            session_mark,
            kind,
            subject,
        })
    }

    /// Returns why a token without a matching account is refused: revoked, or
    /// its person does not exist any more.
    async fn unknown_identity(self, shown: &VerifiedToken) -> AuthError {
        let revoked = match shown.kind {
            IdentityKind::Person => tokens::is_revoked(self.core.database(), shown.ids()).await,
            IdentityKind::Bot | IdentityKind::PersonApi => Ok(true),
        };
        match revoked {
            Ok(true) => AuthError::Revoked,
            Ok(false) => AuthError::UnknownPerson {
                subject: shown.claims.text("sub").unwrap_or_default().to_owned(),
            },
            Err(error) => error.into(),
        }
    }

    /// Decides by an account's row whether its token is accepted. Also revokes
    /// the session of a person who was deactivated.
    ///
    /// # Errors
    /// [`AuthError`]: no such account, revoked, superseded by a new password,
    /// inactive, or a preview account that may not make the request.
    pub(crate) async fn accept_token(
        self,
        shown: VerifiedToken,
        identity: Option<tokens::Identity>,
        reads: bool,
    ) -> Result<Caller, AuthError> {
        let Some(identity) = identity else {
            return Err(self.unknown_identity(&shown).await);
        };
        let VerifiedToken {
            claims, jti, kind, ..
        } = shown;
        let revoked = match kind {
            IdentityKind::Person => identity.revoked,
            IdentityKind::Bot | IdentityKind::PersonApi => identity.jti.as_deref() != Some(&*jti),
        };
        if revoked {
            return Err(AuthError::Revoked);
        }
        if !identity.active {
            if kind == IdentityKind::Person {
                self.revoke_session(&claims)
                    .await
                    .map_err(AuthError::Failed)?;
            }
            return Err(AuthError::Inactive);
        }
        if kind == IdentityKind::Person && is_superseded(&claims, &identity.generation) {
            return Err(AuthError::Revoked);
        }
        if identity.preview_project_id.is_some() {
            self.check_preview_account(&identity, &claims, reads)?;
        }
        let role = identity.role.parse().map_err(|_| {
            AuthError::Failed(Error::Failed(format!(
                "person {} has the unknown role `{}`",
                identity.id, identity.role
            )))
        })?;
        Ok(Caller {
            id: identity.id,
            role,
            kind,
            claims,
            token_generation: identity.generation.number,
        })
    }

    /// The account of a project's preview is accepted only while the preview is
    /// open, with tokens issued since it was opened, and for requests that only
    /// read.
    fn check_preview_account(
        self,
        identity: &tokens::Identity,
        claims: &Claims,
        reads: bool,
    ) -> Result<(), AuthError> {
        let open = identity
            .preview_open_until
            .is_some_and(|until| until >= self.core.clock().timestamp());
        let of_this_window = match (claims.issued_at(), identity.preview_opened_at) {
            (Some(issued), Some(opened)) => issued >= opened.and_utc().timestamp(),
            _ => true,
        };
        if !open || !of_this_window {
            return Err(AuthError::Inactive);
        }
        if reads {
            Ok(())
        } else {
            Err(AuthError::ReadOnly)
        }
    }
}

/// Whether a session token was issued before the account's current generation:
/// before its last new password or deactivation. Tokens that Zou signed have no
/// generation; for these the time of issue is compared, in whole seconds.
fn is_superseded(claims: &Claims, current: &tokens::Generation) -> bool {
    if current.kept_session.is_some() && claims.session_id() == current.kept_session.as_deref() {
        return false;
    }
    match (claims.integer(GENERATION_CLAIM), current.started_at) {
        (Some(generation), _) => generation != current.number,
        (None, Some(started)) => claims
            .issued_at()
            .is_none_or(|issued| issued <= started.and_utc().timestamp()),
        (None, None) => false,
    }
}
