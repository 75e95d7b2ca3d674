//! Who makes a request, as proven by a token.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_domain::{IdentityKind, Role};
use tanuki_store::query::tokens::{self, CurrentUserQuery, IdentityWithRows};
use uuid::Uuid;

use crate::auth::token::{Claims, GENERATION_CLAIM, TokenError, TokenType};
use crate::{Core, Error, Result, organisation, people};

/// The account behind an accepted token.
#[derive(Debug, Clone)]
pub struct Caller {
    pub id: Uuid,
    pub role: Role,
    pub kind: IdentityKind,
    pub claims: Claims,
    /// The generation of session tokens that the account was in when the
    /// caller was identified.
    pub(crate) token_generation: i64,
}

/// Why a token that the server signed is refused now.
#[derive(Debug)]
pub enum AuthError {
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

/// A token that the server has signed, before it is known whether it still
/// counts: its own words.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: Claims,
    jti: String,
    kind: IdentityKind,
    /// Whose it is; none where it names nobody.
    subject: Option<Uuid>,
}

impl VerifiedToken {
    pub(crate) fn jti(&self) -> &str {
        &self.jti
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
    /// The administrator at the machine itself, on the command line.
    pub fn operator() -> Self {
        Self {
            id: Uuid::nil(),
            role: Role::Admin,
            kind: IdentityKind::Person,
            claims: Claims::default(),
            token_generation: 0,
        }
    }

    /// A person signed in to the console.
    pub fn from_session(id: Uuid, role: Role) -> Self {
        Self {
            id,
            role,
            kind: IdentityKind::Person,
            claims: Claims::default(),
            token_generation: 0,
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

/// A caller who was found to be an admin. Functions that only admins may call
/// take this, so that nothing can call them without the check.
#[derive(Debug, Clone, Copy)]
pub struct Admin<'a>(&'a Caller);

impl<'a> Admin<'a> {
    pub(crate) fn caller(self) -> &'a Caller {
        self.0
    }
}

/// A caller who was found to manage projects: an admin, or a production
/// manager.
#[derive(Debug, Clone, Copy)]
pub struct Manager<'a>(&'a Caller);

impl<'a> Manager<'a> {
    pub(crate) fn caller(self) -> &'a Caller {
        self.0
    }
}

static CURRENT_USER: LazyLock<CurrentUserQuery> =
    LazyLock::new(|| CurrentUserQuery::new(people::own_projection(), organisation::parts()));

/// Who somebody is, and where.
#[derive(Debug)]
pub struct CurrentUser {
    pub caller: Caller,
    found: IdentityWithRows,
    /// A studio that has been made just now.
    made: Option<Map<String, Value>>,
}

impl CurrentUser {
    /// Appends the JSON of the person's own row.
    pub fn write_person(&self, out: &mut Vec<u8>) -> Result<()> {
        Ok(self.found.write_person(out)?)
    }

    /// Appends the JSON of the studio; its chat keys only for admins.
    pub fn write_organisation(&self, out: &mut Vec<u8>) -> Result<()> {
        match &self.made {
            Some(made) => out.extend(Value::Object(made.clone()).to_string().bytes()),
            None => self.found.write_organisation(self.caller.is_admin(), out)?,
        }
        Ok(())
    }
}

impl Core {
    /// The account that a token speaks for. `reads` says that the request
    /// changes nothing. One query; nothing is remembered between requests, so
    /// that a revocation counts at once.
    pub async fn authenticate(
        &self,
        token: &str,
        expected: TokenType,
        reads: bool,
    ) -> Result<Caller, AuthError> {
        let shown = self.read_token(token, expected)?;
        self.authenticate_verified(shown, reads).await
    }

    /// The account that a token speaks for.
    pub(crate) async fn authenticate_verified(
        &self,
        shown: VerifiedToken,
        reads: bool,
    ) -> Result<Caller, AuthError> {
        let identity = match shown.subject {
            Some(id) => tokens::identity(self.database(), id, &shown.jti).await?,
            None => None,
        };
        self.accept_token(shown, identity, reads).await
    }

    /// Like [`Core::identify`], with what `/auth/authenticated` answers. One
    /// query, too.
    pub async fn current_user(&self, token: &str) -> Result<CurrentUser, AuthError> {
        let shown = self.read_token(token, TokenType::Access)?;
        let found = match shown.subject {
            Some(id) => {
                CURRENT_USER
                    .identity(self.database(), id, &shown.jti)
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
            let made = self.organisation(caller.is_admin()).await;
            Some(made.map_err(AuthError::Failed)?)
        };
        Ok(CurrentUser {
            caller,
            found,
            made,
        })
    }

    /// What a token that the server has signed says.
    pub fn read_token(&self, token: &str, expected: TokenType) -> Result<VerifiedToken, AuthError> {
        let now = self.clock().now().timestamp();
        let claims = self
            .tokens()
            .verify(token, expected, now)
            .map_err(AuthError::Token)?;
        let jti = claims.text("jti").ok_or(AuthError::Revoked)?.to_owned();
        let kind = claims
            .text("identity_type")
            .and_then(IdentityKind::parse)
            .ok_or(AuthError::Revoked)?;
        let subject = claims.text("sub").and_then(|sub| Uuid::try_parse(sub).ok());
        Ok(VerifiedToken {
            claims,
            jti,
            kind,
            subject,
        })
    }

    /// Why a token is refused whose person is not there: a revoked one is told
    /// from one whose person is gone.
    async fn unknown_identity(&self, shown: &VerifiedToken) -> AuthError {
        let revoked = match shown.kind {
            IdentityKind::Person => tokens::is_revoked(self.database(), &shown.jti).await,
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

    /// The caller, if what is known of their account lets them in.
    pub(crate) async fn accept_token(
        &self,
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

    /// The account of a production's preview works while its window is open,
    /// for tokens of that window, and only to look.
    fn check_preview_account(
        &self,
        identity: &tokens::Identity,
        claims: &Claims,
        reads: bool,
    ) -> Result<(), AuthError> {
        let open = identity
            .preview_open_until
            .is_some_and(|until| until >= self.clock().timestamp());
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
/// before its last new password or deactivation. Tokens that Zou signed name no
/// generation; of these the time counts, in whole seconds.
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
