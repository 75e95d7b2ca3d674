//! From an identity at the provider to the person: found, bound or created, and
//! brought up to date.

use tanuki_domain::{Role, RoleMap};
use tanuki_store::query::auth::identities::{self, SignOnAccount};
use tanuki_store::query::auth::{accounts, passkeys, secrets, sessions};
use tanuki_store::query::{names, people};
use tanuki_store::schema::{DEPARTMENT_LINK, PERSON};
use tanuki_store::write::{self, Values};
use tanuki_store::{Filter, Transaction};
use uuid::Uuid;

use super::profile::Profile;
use super::{SignOnError, SignOnProtocol, SignOnResult};
use crate::auth::account_mail::AccountMail;
use crate::auth::secret::Purpose;
use crate::events::Event;
use crate::people::is_protected;
use crate::settings::Strategy;
use crate::{ConstraintViolation, Error, Result, SingleSignOn};

impl SingleSignOn<'_> {
    /// Returns the id of the person with an identity, in one transaction with
    /// what changes about them.
    pub(super) async fn sign_on(self, profile: &Profile<'_>) -> SignOnResult<Uuid> {
        match self.try_sign_on(profile).await {
            // Another login of the same person has just created or bound them.
            Err(SignOnError::Internal(Error::Constraint(ConstraintViolation::Duplicate))) => {
                self.try_sign_on(profile).await
            }
            result => result,
        }
    }

    async fn try_sign_on(self, profile: &Profile<'_>) -> SignOnResult<Uuid> {
        let mut transaction = self.core.database().begin().await?;
        let known = match &profile.identity {
            Some(identity) => {
                let identity = [identity.issuer.as_str(), &identity.subject];
                identities::by_identity(&mut transaction, profile.protocol, identity).await?
            }
            None => None,
        };
        let (account, is_new) = match known {
            Some(account) => (account, false),
            None => self.found_or_created(&mut transaction, profile).await?,
        };
        if account.is_internal {
            return Err(self.not_bound(&account, "it is a guest's or a preview's"));
        }
        if !account.active {
            tracing::warn!(person = %account.id, "a single sign-on is refused: the account is not active");
            return Err(SignOnError::Inactive);
        }
        if !is_new && is_bound_anew(&account, profile) {
            self.end_what_was_before(&mut transaction, &account).await?;
        }
        let changed = self.update(&mut transaction, &account, profile).await?;
        if changed || is_new {
            let action = if is_new { "new" } else { "update" };
            let event = Event::about("person", action, account.id);
            self.core.record(&mut transaction, event, None).await?;
        }
        transaction.commit().await?;
        Ok(account.id)
    }

    /// Finds the person with the address of an identity that is not known yet,
    /// or creates one. Returns whether they were created.
    async fn found_or_created(
        self,
        transaction: &mut Transaction,
        profile: &Profile<'_>,
    ) -> SignOnResult<(SignOnAccount, bool)> {
        let email = match &profile.email {
            Ok(email) => email,
            Err(SignOnError::NoEmail) => return Err(SignOnError::NoEmail),
            Err(SignOnError::MalformedEmail) => return Err(SignOnError::MalformedEmail),
            Err(_) => return Err(SignOnError::UnverifiedEmail),
        };
        let found = identities::by_email(transaction, profile.protocol, email).await?;
        if let Some(account) = found {
            if is_protected(self.core, Some(email)) {
                return Err(self.not_bound(&account, "it is in PROTECTED_ACCOUNTS"));
            }
            // Another issuer replaces the binding: studios change providers. A
            // concurrent login may have bound the account to this one.
            let is_taken = profile.identity.as_ref().is_some_and(|identity| {
                let is_of_issuer = account.issuer.as_ref() == Some(&identity.issuer);
                is_of_issuer && account.subject.as_ref() != Some(&identity.subject)
            });
            if is_taken {
                return Err(self.not_bound(&account, "it is another subject's"));
            }
            return Ok((account, false));
        }
        match self.core.people().check_user_limit(&mut *transaction).await {
            Err(Error::Invalid { .. }) => {
                tracing::warn!("a single sign-on is refused: USER_LIMIT is reached");
                return Err(SignOnError::UserLimit);
            }
            checked => checked?,
        }
        let account = SignOnAccount {
            id: Uuid::new_v4(),
            email: Some(email.clone()),
            first_name: profile.first_name.clone().unwrap_or_default(),
            last_name: profile.last_name.clone().unwrap_or_default(),
            phone: Some(String::new()),
            country: None,
            role: Role::User.as_str().to_owned(),
            active: true,
            is_internal: false,
            is_from_directory: false,
            issuer: None,
            subject: None,
        };
        // Without a password nobody logs in with one.
        let values = Values::from([
            ("id", account.id.into()),
            ("first_name", account.first_name.as_str().into()),
            ("last_name", account.last_name.as_str().into()),
            ("email", email.as_str().into()),
            ("phone", "".into()),
            ("desktop_login", "".into()),
            ("role", account.role.as_str().into()),
        ]);
        write::insert(transaction, &PERSON, values, &self.core.defaults()).await?;
        Ok((account, true))
    }

    /// Logs why an account is not bound.
    fn not_bound(self, account: &SignOnAccount, reason: &str) -> SignOnError {
        tracing::warn!(person = %account.id, reason, "a single sign-on is refused: the account cannot be bound");
        SignOnError::NotBound
    }

    /// Ends what others may have of an account that becomes an identity's: its
    /// sessions, passkeys, links to choose a password that were issued before, and
    /// the password where the studio lets nobody in with it. Tells the person by
    /// mail.
    async fn end_what_was_before(
        self,
        transaction: &mut Transaction,
        account: &SignOnAccount,
    ) -> Result<()> {
        self.core
            .auth()
            .end_sessions(transaction, account.id, None)
            .await?;
        let passkeys = passkeys::remove_all(transaction, account.id).await?;
        if let Some(email) = &account.email {
            let purpose = Purpose::ResetPassword.as_str();
            secrets::forget(transaction, purpose, email).await?;
        }
        let settings = self.core.settings();
        let is_usable = match settings.auth.strategy {
            Strategy::Directory => settings.ldap.has_fallback && !account.is_from_directory,
            Strategy::Password | Strategy::NoPassword | Strategy::Unsupported => true,
        };
        if !is_usable {
            let now = self.core.clock().timestamp();
            accounts::remove_password(&mut *transaction, account.id, now).await?;
        }
        tracing::warn!(
            person = %account.id,
            passkeys,
            "an account is bound to a single sign-on, and logged out elsewhere"
        );
        self.core
            .enqueue_account_mail(transaction, AccountMail::SignOnLinked, account.id, None)
            .await
    }

    /// Binds a person to the identity and brings names, role and departments up
    /// to date. Returns whether something changed.
    async fn update(
        self,
        transaction: &mut Transaction,
        account: &SignOnAccount,
        profile: &Profile<'_>,
    ) -> Result<bool> {
        let mut values = Values::new();
        if let Some(identity) = &profile.identity {
            let [issuer, subject] = profile.protocol.columns();
            for (column, claimed, stored) in [
                (issuer, &identity.issuer, &account.issuer),
                (subject, &identity.subject, &account.subject),
            ] {
                if stored.as_ref() != Some(claimed) {
                    values.insert(column, claimed.as_str().into());
                }
            }
        }
        let text = |stored: &Option<String>| stored.clone().unwrap_or_default();
        for (column, claimed, stored) in [
            (
                "first_name",
                &profile.first_name,
                account.first_name.clone(),
            ),
            ("last_name", &profile.last_name, account.last_name.clone()),
            ("phone", &profile.phone, text(&account.phone)),
            ("country", &profile.country, text(&account.country)),
        ] {
            if let Some(value) = claimed.as_ref().filter(|value| **value != stored) {
                let is_cleared = column == "country" && value.is_empty();
                let value = (!is_cleared).then(|| value.clone());
                values.insert(column, value.into());
            }
        }
        let mut changed = false;
        if let Some(groups) = &profile.groups {
            let map = profile.role_map;
            if let Some(role) = self.new_role(transaction, account, (map, groups)).await? {
                values.insert("role", role.as_str().into());
                // So that changed permissions take effect.
                sessions::end_all(&mut *transaction, account.id).await?;
            }
            changed |= self
                .update_departments(transaction, account.id, profile)
                .await?;
        }
        if !values.is_empty() {
            changed = true;
            values.insert("updated_at", self.core.clock().timestamp().into());
            write::update(transaction, &PERSON, account.id, values).await?;
        }
        Ok(changed)
    }

    /// Returns the role that the groups give a person, if it is another. The
    /// last admin keeps theirs, and so do protected accounts.
    async fn new_role(
        self,
        transaction: &mut Transaction,
        account: &SignOnAccount,
        (map, groups): (&RoleMap, &[String]),
    ) -> Result<Option<Role>> {
        let Ok(current) = account.role.parse::<Role>() else {
            return Ok(None);
        };
        let role = map.role(groups, current);
        if map.is_empty() || role == current || is_protected(self.core, account.email.as_deref()) {
            return Ok(None);
        }
        let is_admin = current == Role::Admin;
        if is_admin && !identities::has_other_admin(transaction, account.id).await? {
            tracing::warn!(person = %account.id, "the last admin keeps the role, which no group gives");
            return Ok(None);
        }
        Ok(Some(role))
    }

    /// Adds a person to the departments of their groups and removes them from
    /// others that the map names. Returns whether something changed.
    async fn update_departments(
        self,
        transaction: &mut Transaction,
        person_id: Uuid,
        profile: &Profile<'_>,
    ) -> Result<bool> {
        let groups = profile.groups.as_deref().unwrap_or_default();
        let named = profile.role_map.departments(groups);
        if named.is_empty() {
            return Ok(false);
        }
        let before = people::departments(&mut *transaction, person_id).await?;
        let mut changed = false;
        for (name, is_in) in named {
            let found = names::called(&mut *transaction, "department", name, Filter::all()).await?;
            let Some(department_id) = found else {
                let setting = role_map_setting(profile.protocol);
                tracing::warn!(department = name, "{setting} names an unknown department");
                continue;
            };
            if before.contains(&department_id) == is_in {
                continue;
            }
            changed = true;
            if is_in {
                let link = Values::from([
                    ("person_id", person_id.into()),
                    ("department_id", department_id.into()),
                ]);
                let defaults = self.core.defaults();
                write::insert_new(transaction, &DEPARTMENT_LINK, vec![link], &defaults).await?;
            } else {
                let link = people::is_department_link(person_id, department_id);
                write::delete_where(transaction, DEPARTMENT_LINK.name, link).await?;
            }
        }
        Ok(changed)
    }
}

/// Whether the account gets an identity, or another one than it has.
fn is_bound_anew(account: &SignOnAccount, profile: &Profile<'_>) -> bool {
    profile.identity.as_ref().is_some_and(|identity| {
        account.issuer.as_ref() != Some(&identity.issuer)
            || account.subject.as_ref() != Some(&identity.subject)
    })
}

const fn role_map_setting(protocol: SignOnProtocol) -> &'static str {
    match protocol {
        SignOnProtocol::Oidc => "OIDC_ROLE_MAP",
        SignOnProtocol::Saml => "SAML_ROLE_MAP",
    }
}
