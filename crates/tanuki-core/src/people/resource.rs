//! The resource `/data/persons`.

use serde_json::{Map, Value};
use tanuki_domain::dates;
use tanuki_store::projection::Projection;
use tanuki_store::query::list_filters;
use tanuki_store::query::{
    auth::accounts, auth::api_sessions, auth::factors, auth::passkeys, auth::sessions,
    auth::tokens, people, planning::time, rows, visibility,
};
use tanuki_store::schema::PERSON;
use tanuki_store::view::people as projections;
use tanuki_store::view::people::{
    CLIENT, DEPARTMENTS, FULL, FULL_UNLINKED, MINIMAL, MINIMAL_UNLINKED, SECRET,
};
use tanuki_store::{Filter, ListQuery, Transaction};
use uuid::Uuid;

use super::checks::{check_email, check_fields};
use super::protected;
use crate::cascade::sum_durations;
use crate::events::Event;
use crate::fields::is_truthy;
use crate::parameters::Parameters;
use crate::resource::{
    Action, ChangeContext, CreateContext, DeleteContext, ReadContext, Relations, Resource,
    UpdateContext, ready,
};
use crate::{Caller, ConstraintViolation, Core, Error, People, Result};

/// Columns that only the endpoints of preview accounts set.
const PREVIEW_FIELDS: [&str; 3] = [
    "preview_project_id",
    "preview_opened_at",
    "preview_open_until",
];

/// Fields by which the studio's directory knows the account of one of its
/// people: with another login or address it would be somebody else's.
const DIRECTORY_FIELDS: [&str; 2] = ["email", "desktop_login"];

/// Fields of their own row that people and bots without the role admin may
/// change: not salary, role and contract.
const OWN_FIELDS: &[&str] = &[
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "desktop_login",
    "timezone",
    "locale",
    "use_12_hour_clock",
    "display_date_format",
    "data",
    "has_avatar",
    "notifications_enabled",
    "notifications_slack_enabled",
    "notifications_slack_userid",
    "notifications_mattermost_enabled",
    "notifications_mattermost_userid",
    "notifications_discord_enabled",
    "notifications_discord_userid",
];

/// `/data/persons`: people and bots.
pub static PERSONS: Resource = Resource {
    list_projection: Some(list_shape),
    read_projection: Some(read_shape),
    scope,
    may_filter,
    may_list: |_| ready(Ok(())),
    // As in Zou, the permission check comes after that of the user limit.
    may_create: |_| ready(Ok(())),
    may_read: |reading| Box::pin(may_read(reading)),
    may_update: |updating| {
        if updating.caller.id == updating.id {
            return ready(Ok(()));
        }
        ready(updating.caller.require_admin())
    },
    may_delete: |deleting| {
        if deleting.caller.id == deleting.id {
            return ready(Err(Error::Denied));
        }
        ready(deleting.caller.require_admin())
    },
    protected_on_create: &[
        "jti",
        "totp_secret",
        "email_otp_secret",
        "otp_recovery_codes",
        "fido_credentials",
        // In the JSON that clients read and send back, but not a column.
        "fido_devices",
        PREVIEW_FIELDS[0],
        PREVIEW_FIELDS[1],
        PREVIEW_FIELDS[2],
    ],
    protected_on_update: &[
        "password",
        "jti",
        "totp_enabled",
        "totp_secret",
        "email_otp_enabled",
        "email_otp_secret",
        "fido_enabled",
        "fido_credentials",
        "otp_recovery_codes",
        "preferred_two_factor_authentication",
        PREVIEW_FIELDS[0],
        PREVIEW_FIELDS[1],
        PREVIEW_FIELDS[2],
    ],
    before_create: |creating| Box::pin(before_create(creating)),
    after_create: |written| Box::pin(after_create(written)),
    before_update: |updating| Box::pin(before_update(updating)),
    after_update: |written| Box::pin(after_update(written)),
    before_delete: |deleting| Box::pin(before_delete(deleting)),
    map_error: |action, error| match (action, error) {
        (Action::Delete, Error::Constraint(ConstraintViolation::Referenced)) => {
            Error::Refused("Some data are still linked to given person.".into())
        }
        (_, error) => error,
    },
    undescribed_keys: &["access_token"],
    ..Resource::plain(&PERSON, |relations| match relations {
        Relations::With => &FULL,
        Relations::Without => &FULL_UNLINKED,
    })
};

fn list_shape(
    caller: &Caller,
    relations: Relations,
    parameters: &Parameters,
) -> &'static Projection {
    let with = relations == Relations::With;
    if caller.is_admin() {
        let with_password = crate::parameters::first(parameters, "with_pass_hash")
            .is_some_and(crate::parameters::is_true);
        return match (with_password, with) {
            (true, true) => &projections::WITH_PASSWORD,
            (true, false) => &projections::WITH_PASSWORD_UNLINKED,
            (false, true) => &FULL,
            (false, false) => &FULL_UNLINKED,
        };
    }
    match (caller.is_client(), with) {
        (true, _) => &CLIENT,
        (false, true) => &MINIMAL,
        (false, false) => &MINIMAL_UNLINKED,
    }
}

fn read_shape(caller: &Caller, relations: Relations) -> &'static Projection {
    let with = relations == Relations::With;
    match (caller.manages(), caller.is_client(), with) {
        (true, _, true) => &FULL,
        (true, _, false) => &FULL_UNLINKED,
        (false, true, _) => &CLIENT,
        (false, false, true) => &MINIMAL,
        (false, false, false) => &MINIMAL_UNLINKED,
    }
}

pub(super) fn scope(caller: &Caller) -> Filter {
    let visible = people::not_preview_account();
    if caller.is_client() {
        return visible.and(visibility::people::in_team_with(caller.id));
    }
    visible
}

/// Admins filter by all columns but secrets, everybody else by the keys of
/// [`MINIMAL`], the address, which gazu looks people up with, and `is_guest`.
fn may_filter(caller: &Caller, field: &str) -> bool {
    if caller.is_admin() {
        return !SECRET.contains(&field);
    }
    matches!(field, "email" | "is_guest") || MINIMAL.keys().any(|key| key == field)
}

/// Requires of clients that the person is in the team of one of their open
/// projects: the same condition as in [`scope`].
async fn may_read(reading: ReadContext<'_>) -> Result<()> {
    let caller = reading.caller;
    if !caller.is_client() {
        return Ok(());
    }
    let core = reading.core;
    let met = ListQuery::new(&FULL)
        .filter(visibility::people::in_team_with(caller.id))
        .filter(list_filters::has_id(&PERSON, reading.id));
    if met.count(core.database()).await? == 0 {
        return Err(Error::Denied);
    }
    Ok(())
}

async fn before_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
        core,
        caller,
        data,
        values,
    } = creating;
    let is_bot = is_truthy(data.get("is_bot"));
    let active = data
        .get("active")
        .is_none_or(|active| is_truthy(Some(active)));
    if !is_bot && active {
        core.people().check_user_limit(core.database()).await?;
    }
    caller.require_admin()?;
    check_fields(data)?;
    check_new_expiration(core, data)?;
    if let Some(address) = check_email(core, data)?
        && !is_bot
        && people::email_taken(core.database(), &address, None).await?
    {
        return Err(Error::invalid("Email already in use."));
    }
    match data.remove("password") {
        None | Some(Value::Null) => {}
        Some(Value::String(password)) if !password.is_empty() => {
            let hash = core.passwords().hash(&password).await?;
            values.insert("password", hash.into());
        }
        Some(_) => {
            return Err(Error::WrongType {
                field: "password",
                expected: "a text that is not empty",
            });
        }
    }
    if data.get("timezone").is_some_and(|zone| zone == "") {
        data.remove("timezone");
        values.insert("timezone", tanuki_store::Value::String(None));
    }
    Ok(())
}

async fn after_create(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        transaction,
        id,
        answer,
        ..
    } = written;
    if answer.get("is_bot") == Some(&Value::Bool(true)) {
        let token = core.auth().renew_api_token(transaction, id, answer).await?;
        answer.insert("access_token".into(), token.into());
    }
    Ok(())
}

async fn before_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        core,
        caller,
        transaction,
        id,
        data,
        ..
    } = updating;
    let before = rows::by_id(&mut *transaction, &FULL, id)
        .await?
        .ok_or(Error::NotFound)?;
    if before
        .get("preview_project_id")
        .is_some_and(|id| !id.is_null())
    {
        return Err(Error::Denied);
    }
    let was_bot = is_truthy(before.get("is_bot"));
    let wakes = !is_truthy(before.get("active")) && is_truthy(data.get("active"));
    if wakes && !was_bot && !is_truthy(data.get("is_bot")) {
        core.people().check_user_limit(&mut *transaction).await?;
    }
    protected::check_update(core, caller, &before, data)?;
    if !caller.is_admin() {
        let is_from_directory = is_truthy(before.get("is_generated_from_ldap"));
        data.retain(|field, _| {
            let is_own = OWN_FIELDS.contains(&field.as_str());
            is_own && !(is_from_directory && DIRECTORY_FIELDS.contains(&field.as_str()))
        });
    }
    check_fields(data)?;
    if data.get("timezone").is_some_and(|zone| zone == "") {
        data.insert("timezone".into(), Value::Null);
    }
    check_changed_expiration(core, data, before.get("expiration_date"))?;
    if was_bot && data.len() > 1 && data.get("expiration_date") == before.get("expiration_date") {
        // An unchanged date in a full row that is sent back does not request a
        // new token; an unchanged date alone does.
        data.remove("expiration_date");
    }
    if data.get("email") == before.get("email") {
        // An unchanged address is not validated, whatever it is; most bots have
        // none.
        data.remove("email");
    }
    if let Some(address) = check_email(core, data)? {
        let is_bot = data
            .get("is_bot")
            .map_or(was_bot, |flag| is_truthy(Some(flag)));
        if !is_bot && people::email_taken(&mut *transaction, &address, Some(id)).await? {
            return Err(Error::invalid("Email already in use."));
        }
    }
    Ok(())
}

async fn after_update(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        transaction,
        id,
        before,
        data,
        answer,
        ..
    } = written;
    if let Some(departments) = rows::by_id(&mut *transaction, &DEPARTMENTS, id).await? {
        answer.extend(departments);
    }
    if data.contains_key("expiration_date") && !is_past(core, answer.get("expiration_date")) {
        let token = core.auth().renew_api_token(transaction, id, answer).await?;
        answer.insert("access_token".into(), token.into());
    }
    let is_off = data.contains_key("active") && answer.get("active") != Some(&Value::Bool(true));
    if is_off || answer.get("is_bot") != before.get("is_bot") {
        // After reactivation, or as another kind of account, a new login is
        // required.
        core.auth().end_sessions(transaction, id, None).await?;
    } else if data.contains_key("active") || data.contains_key("role") {
        // Console sessions end so that changed permissions take effect.
        sessions::end_all(&mut *transaction, id).await?;
    }
    Ok(())
}

/// Deletes what Tanuki's own tables have of the logins of an account that is
/// deleted: sessions, the token generation, used codes of second factors,
/// passkeys.
async fn forget_logins(transaction: &mut Transaction, id: Uuid) -> Result<()> {
    sessions::end_all(&mut *transaction, id).await?;
    tokens::forget_generation(&mut *transaction, id).await?;
    api_sessions::forget_all(&mut *transaction, id, None).await?;
    factors::forget(transaction, id).await?;
    passkeys::remove_all(transaction, id).await?;
    Ok(())
}

async fn before_delete(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        core,
        caller,
        transaction,
        id,
        force,
        ..
    } = deleting;
    let account = accounts::by_id(&mut *transaction, id)
        .await?
        .ok_or(Error::NotFound)?;
    protected::check_deletion(core, account.email.as_deref())?;
    forget_logins(transaction, id).await?;
    if force {
        core.people()
            .take_belongings(transaction, caller, id)
            .await?;
    }
    Ok(())
}

/// Requires an expiration date that is not in the past.
///
/// # Errors
/// [`Error::Invalid`] if it is malformed or has passed.
fn check_new_expiration(core: &Core, data: &Map<String, Value>) -> Result<()> {
    let Some(value) = data.get("expiration_date").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let day = value
        .as_str()
        .and_then(dates::parse_day)
        .ok_or_else(|| Error::invalid("Expiration date is not valid."))?;
    if day < core.clock().today() {
        return Err(Error::invalid("Expiration date can't be in the past."));
    }
    Ok(())
}

/// Like [`check_new_expiration`] for an update: an unchanged date is accepted
/// even if it has passed.
fn check_changed_expiration(
    core: &Core,
    data: &Map<String, Value>,
    before: Option<&Value>,
) -> Result<()> {
    if data.get("expiration_date") == before {
        return Ok(());
    }
    check_new_expiration(core, data)
}

fn is_past(core: &Core, day: Option<&Value>) -> bool {
    day.and_then(Value::as_str)
        .and_then(dates::parse_day)
        .is_some_and(|day| day < core.clock().today())
}

impl People<'_> {
    /// Cascade: deletes what a person owns, such as comments and time spent,
    /// and records the events.
    async fn take_belongings(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        id: Uuid,
    ) -> Result<()> {
        let tasks = time::remove_spent(transaction, time::spent_by(id)).await?;
        sum_durations(self.core, caller, transaction, &tasks).await?;
        for comment in people::remove_belongings(transaction, id).await? {
            let mut event = Event::about("comment", "delete", comment.id);
            if let Some(task_id) = comment.task_id {
                event = event.with("task_id", task_id.to_string());
            }
            let event = event.in_project(comment.project_id);
            self.core.record(transaction, event, Some(caller)).await?;
        }
        Ok(())
    }

    /// Deletes the preview account of a project, if it has one, with what it
    /// owns.
    pub(crate) async fn remove_preview_account(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
    ) -> Result<()> {
        let Some(account) = people::preview_account(&mut *transaction, project_id).await? else {
            return Ok(());
        };
        let id = account.id;
        forget_logins(transaction, id).await?;
        self.take_belongings(transaction, caller, id).await?;
        people::remove(transaction, id).await?;
        let event = Event::about("person", "delete", id);
        self.core.record(transaction, event, Some(caller)).await
    }

    /// Refuses another active person if `USER_LIMIT` is reached.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the `limit` in its data.
    pub(crate) async fn check_user_limit(
        self,
        connection: impl tanuki_store::Connection,
    ) -> Result<()> {
        self.check_user_count(people::count_active_users(connection).await?)
    }

    /// Refuses another active person beside so many if `USER_LIMIT` is reached.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the `limit` in its data.
    pub(super) fn check_user_count(self, active: i64) -> Result<()> {
        let limit = self.core.settings().studio.user_limit;
        if active < limit {
            return Ok(());
        }
        let mut data = Map::new();
        data.insert("limit".into(), limit.into());
        Err(Error::Invalid {
            message: "User limit reached.".into(),
            data: Some(data),
        })
    }
}
