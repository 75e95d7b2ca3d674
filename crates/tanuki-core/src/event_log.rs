//! The event log and the login log.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use tanuki_store::Shape;
use tanuki_store::projection::Projection;
use tanuki_store::query::events;
use tanuki_store::schema::{API_EVENT, LOGIN_LOG};
use uuid::Uuid;

use crate::access::ensure;
use crate::events::Event;
use crate::parameters::{hyphenated_id, moment};
use crate::resource::{Resource, full_projection};
use crate::{Caller, Error, Events, JsonRow, MaybeId, Result};

/// `/data/events`.
pub static EVENTS: Resource = Resource {
    max_rows: Some(1000),
    ..Resource::plain(&API_EVENT, full_projection!(&API_EVENT))
};

/// Maximum number of prefixes or suffixes in one request.
const MAX_PARTS: usize = 200;

/// Maximum number of rows in a response.
const MAX_EVENTS: i64 = 1000;

/// Filters of the event log, as the query string has them.
#[derive(Debug, Default)]
pub struct EventQuery {
    pub after: Option<String>,
    pub before: Option<String>,
    /// The id of an event: only older ones (cursor pagination).
    pub cursor_event_id: Option<MaybeId>,
    pub limit: i64,
    /// Only events of new files.
    pub only_files: bool,
    pub project_id: Option<MaybeId>,
    pub name: Option<String>,
    pub name_prefixes: Vec<String>,
    pub name_suffixes: Vec<String>,
    pub person_ids: Vec<MaybeId>,
}

/// Filters of the login log, as the query string has them.
#[derive(Debug, Default)]
pub struct LoginLogQuery {
    pub after: Option<String>,
    pub before: Option<String>,
    /// The id of a login: only older ones (cursor pagination).
    pub cursor_login_log_id: Option<MaybeId>,
    pub limit: i64,
    pub person_ids: Vec<MaybeId>,
}

static EVENT: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &API_EVENT,
        &["id", "created_at", "name", "user_id", "project_id", "data"],
    )
});

static LOGIN: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &LOGIN_LOG,
        &["id", "created_at", "ip_address", "person_id", "origin"],
    )
});

/// The shape of an event in the list of the last ones.
pub fn event_shape() -> Shape {
    EVENT.shape()
}

/// The shape of a login in the list of the last ones.
pub fn login_shape() -> Shape {
    LOGIN.shape()
}

impl Events<'_> {
    /// Returns the latest events, newest first: for admins all, for managers
    /// those of the projects that they manage. JSON of each: `id`,
    /// `created_at`, `name`, `user_id`, `project_id`, `data`.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else; [`Error::Invalid`] for malformed
    /// ids, dates or names, a negative limit, or a cursor that does not exist.
    pub async fn last_events(self, caller: &Caller, asked: EventQuery) -> Result<Vec<JsonRow>> {
        let project_id = hyphenated_id("project_id", asked.project_id.as_ref())?;
        self.may_see_events(caller, project_id).await?;
        let mut query = events::EventFilter {
            before: moment("before", asked.before.as_deref())?,
            after: moment("after", asked.after.as_deref())?,
            limit: limited(asked.limit)?,
            only_files: asked.only_files,
            project_id,
            name: asked.name,
            ..events::EventFilter::default()
        };
        let cursor = hyphenated_id("cursor_event_id", asked.cursor_event_id.as_ref())?;
        if !caller.is_admin() {
            // An id in upper case is none of the caller's projects.
            let written = asked.project_id.as_ref().map(MaybeId::as_str);
            let is_plain = written.is_none_or(|id| id == id.to_lowercase());
            let own = match project_id {
                Some(id) => caller
                    .project_access(self.core.database(), Some(id))
                    .await?
                    .is_manager(),
                None => true,
            };
            ensure(is_plain && own)?;
            query.manager = Some((caller.id, caller.role));
        }
        query.people = people(&asked.person_ids)?;
        query.prefixes = parts("name_prefixes", asked.name_prefixes)?;
        query.suffixes = parts("name_suffixes", asked.name_suffixes)?;
        if let Some(id) = cursor {
            let at = events::created_at(self.core.database(), API_EVENT.name, id).await?;
            let none = || Error::invalid(format!("No event found with id: {id}"));
            query.older_than = Some(at.ok_or_else(none)?);
        }
        Ok(events::last(&EVENT, &query)
            .rows(self.core.database())
            .await?)
    }

    /// Returns the names of the recorded events, sorted. Requires the
    /// studio-wide role admin or manager.
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else.
    pub async fn event_names(self, caller: &Caller) -> Result<Vec<String>> {
        ensure(caller.manages())?;
        Ok(events::names(self.core.database()).await?)
    }

    /// Publishes `main:test`, which everybody receives, without recording it:
    /// for those who check that events arrive. Anybody may ask for it, as in
    /// Zou.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn publish_test(self) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        self.core
            .publish(&mut transaction, Event::named("main:test"));
        transaction.commit().await?;
        Ok(())
    }

    /// Requires the studio-wide role admin or manager, or a manager of the
    /// project that the request is limited to. In SQL:
    /// `visibility::events::of_managed_projects`.
    async fn may_see_events(self, caller: &Caller, project_id: Option<Uuid>) -> Result<()> {
        if caller.manages() {
            return Ok(());
        }
        let access = caller
            .project_access(self.core.database(), project_id)
            .await?;
        access.require_manager()
    }

    /// Returns the latest logins, newest first. Requires an admin. JSON of
    /// each: `id`, `created_at`, `ip_address`, `person_id`, `origin` (`web` or
    /// `script`).
    ///
    /// # Errors
    /// [`Error::Denied`] for everybody else; [`Error::Invalid`] for malformed
    /// ids or dates, a negative limit, or a cursor that does not exist.
    pub async fn last_logins(self, caller: &Caller, asked: LoginLogQuery) -> Result<Vec<JsonRow>> {
        caller.require_admin()?;
        let mut query = events::EventFilter {
            before: moment("before", asked.before.as_deref())?,
            after: moment("after", asked.after.as_deref())?,
            limit: limited(asked.limit)?,
            ..events::EventFilter::default()
        };
        let cursor = hyphenated_id("cursor_login_log_id", asked.cursor_login_log_id.as_ref())?;
        query.people = people(&asked.person_ids)?;
        if let Some(id) = cursor {
            let at = events::created_at(self.core.database(), LOGIN_LOG.name, id).await?;
            let none = || Error::invalid(format!("No login log found with id: {id}"));
            query.older_than = Some(at.ok_or_else(none)?);
        }
        let logins = events::last_logins(&LOGIN, &query);
        Ok(logins.rows(self.core.database()).await?)
    }
}

fn limited(limit: i64) -> Result<u64> {
    u64::try_from(limit.min(MAX_EVENTS))
        .map_err(|_| Error::invalid("limit must be a positive integer."))
}

fn people(ids: &[MaybeId]) -> Result<Vec<Uuid>> {
    let malformed = || Error::invalid("The person_ids parameter contains an invalid id");
    ids.iter().map(|id| id.hyphenated(malformed())).collect()
}

/// Validates and deduplicates objects or actions of event names: lower case
/// letters, digits and hyphens.
fn parts(name: &str, texts: Vec<String>) -> Result<Vec<String>> {
    let fits = |text: &String| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !text.is_empty() && text.bytes().all(known)
    };
    let texts: BTreeSet<String> = texts.into_iter().collect();
    if texts.len() > MAX_PARTS {
        return Err(Error::invalid(format!(
            "The {name} parameter has at most {MAX_PARTS} values"
        )));
    }
    if texts.iter().all(fits) {
        return Ok(texts.into_iter().collect());
    }
    Err(Error::invalid(format!(
        "The {name} parameter contains an invalid value"
    )))
}
