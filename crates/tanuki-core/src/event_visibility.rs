//! Event visibility: which published events an account receives.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tanuki_domain::Role;
use tanuki_store::database::{Audience, EventMessage};
use tanuki_store::query::{access, auth::tokens};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::auth::VerifiedToken;
use crate::auth::token::TokenType;
use crate::events::{Readers, readers};
use crate::{AuthError, Caller, Core, Result};

/// Prefixes of the names of project events that are not sent to the role
/// client.
const INTERNAL: [&str; 14] = [
    "attachment-file:",
    "budget",
    "build-job:",
    "chat",
    "entity-link:",
    "news:",
    "output-file:",
    "production-schedule-version",
    "schedule-item:",
    "task:assign",
    "task:unassign",
    "task:update-casting-stats",
    "time-spent:",
    "working-file:",
];

/// Which events an account receives: its role in each of its projects, and its
/// tasks if it is a vendor in one of them.
#[derive(Debug, Clone)]
pub struct EventVisibility {
    person_id: Uuid,
    role: Role,
    /// The token is good only for setting up a second factor.
    is_restricted: bool,
    productions: BTreeMap<Uuid, ProjectAccess>,
    tasks: BTreeSet<Uuid>,
}

/// The event visibility of each token's account, or why the token is refused;
/// in the order of the tokens.
pub type EventVisibilities = Vec<Result<EventVisibility, AuthError>>;

impl Core {
    /// Returns the id of a token's account after checking signature, times and
    /// type. No query: a revoked token is not noticed. `None` if the claim
    /// `sub` is not a UUID.
    ///
    /// # Errors
    /// [`AuthError`] if the token is refused.
    pub fn token_subject(&self, token: &str) -> Result<Option<Uuid>, AuthError> {
        let shown = self.auth().read_token(token, TokenType::Access)?;
        Ok(shown.subject())
    }

    /// Computes the event visibility of the accounts of access tokens from the
    /// database: four statements per hundred tokens.
    ///
    /// # Errors
    /// If a query failed; then nothing is known of any token.
    pub async fn event_visibilities(&self, tokens: &[String]) -> Result<EventVisibilities> {
        let mut admitted = Vec::with_capacity(tokens.len());
        for tokens in tokens.chunks(tokens::MAX_BATCH) {
            admitted.extend(self.callers_of_tokens(tokens).await?);
        }
        let people: Vec<Uuid> = admitted
            .iter()
            .filter_map(|caller| caller.as_ref().ok())
            .filter(|caller| !caller.is_admin())
            .map(|caller| caller.id)
            .collect();
        let memberships = access::memberships_of(self.database(), &people).await?;
        let mut hearings: EventVisibilities = admitted
            .into_iter()
            .map(|caller| {
                let caller = caller?;
                let places = memberships.get(&caller.id).cloned().unwrap_or_default();
                Ok(EventVisibility::new(&caller, places))
            })
            .collect();
        self.add_tasks(&mut hearings).await?;
        Ok(hearings)
    }

    /// Authenticates at most [`tokens::MAX_BATCH`] tokens with one query.
    async fn callers_of_tokens(&self, tokens: &[String]) -> Result<Vec<Result<Caller, AuthError>>> {
        let shown: Vec<Result<VerifiedToken, AuthError>> = tokens
            .iter()
            .map(|token| self.auth().read_token(token, TokenType::Access))
            .collect();
        let asked: Vec<(Uuid, tokens::TokenIds<'_>)> = shown
            .iter()
            .filter_map(|shown| shown.as_ref().ok())
            .filter_map(|shown| Some((shown.subject()?, shown.ids())))
            .collect();
        let mut found = tokens::identities(self.database(), &asked)
            .await?
            .into_iter();
        let mut admitted = Vec::with_capacity(shown.len());
        for shown in shown {
            let caller = match shown {
                Ok(shown) => {
                    let identity = shown.subject().and_then(|_| found.next().flatten());
                    self.auth().accept_token(shown, identity, true).await
                }
                Err(refusal) => Err(refusal),
            };
            if let Err(AuthError::Failed(error)) = caller {
                return Err(error);
            }
            admitted.push(caller);
        }
        Ok(admitted)
    }

    /// Adds the assigned tasks of accounts that are vendors in one of their
    /// projects.
    async fn add_tasks(&self, hearings: &mut EventVisibilities) -> Result<()> {
        let vendors: Vec<Uuid> = hearings
            .iter()
            .filter_map(|hearing| hearing.as_ref().ok())
            .filter(|hearing| hearing.is_vendor_somewhere())
            .map(|hearing| hearing.person_id)
            .collect();
        let tasks = access::tasks_of(self.database(), &vendors).await?;
        for hearing in hearings.iter_mut().flatten() {
            hearing.tasks = tasks.get(&hearing.person_id).cloned().unwrap_or_default();
        }
        Ok(())
    }
}

impl EventVisibility {
    fn new(caller: &Caller, memberships: Vec<(Uuid, access::Membership)>) -> Self {
        let place = |(id, membership)| (id, caller.project_access_of(Some(membership)));
        Self {
            person_id: caller.id,
            role: caller.role,
            is_restricted: caller.claims.flag("requires_2fa_setup"),
            productions: memberships.into_iter().map(place).collect(),
            tasks: BTreeSet::new(),
        }
    }

    /// Whether the token is good only for setting up a second factor.
    pub fn is_restricted(&self) -> bool {
        self.is_restricted
    }

    fn is_vendor_somewhere(&self) -> bool {
        self.productions.values().any(|place| place.is_vendor())
    }

    /// Whether the account receives an event. Admins receive every event;
    /// others by the event's audience, and within a project by their role
    /// there: clients no internal events, vendors those of their tasks.
    pub fn permits(&self, event: &EventMessage) -> bool {
        if self.role == Role::Admin {
            return true;
        }
        match event.audience {
            Audience::Studio => self.permits_studio_event(&event.name),
            Audience::Project(id) => self.permits_project_event(id, event),
            Audience::Person(id) => id == self.person_id,
            Audience::Admins => false,
        }
    }

    fn permits_studio_event(&self, name: &str) -> bool {
        match readers(name) {
            Some(Readers::All) => true,
            Some(Readers::NoVendors) => self.role != Role::Vendor,
            Some(Readers::Managers) => self.role.manages(),
            None => false,
        }
    }

    fn permits_project_event(&self, project_id: Uuid, event: &EventMessage) -> bool {
        let Some(access) = self.productions.get(&project_id) else {
            return false;
        };
        let EventMessage { name, data, .. } = event;
        let id = |key: &str| Uuid::try_parse(data.get(key)?.as_str()?).ok();
        let is_own = id("person_id") == Some(self.person_id);
        if access.is_client() {
            let is_published = data.get("for_client") == Some(&Value::Bool(true));
            let is_internal = INTERNAL.iter().any(|start| name.starts_with(start))
                || (name.starts_with("comment:") && !is_published);
            return is_own || !is_internal;
        }
        if access.is_vendor() {
            let is_theirs = id("task_id").is_some_and(|id| self.tasks.contains(&id));
            return is_own || is_theirs || name.starts_with("project:");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tanuki_store::query::access::Membership;

    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);
    const TASK: Uuid = Uuid::from_u128(3);

    fn hearing(role: Role) -> EventVisibility {
        let caller = Caller::from_session(Uuid::from_u128(4), role);
        EventVisibility {
            tasks: [TASK].into(),
            ..EventVisibility::new(&caller, vec![(HERE, Membership { role: None })])
        }
    }

    fn event(name: &str, audience: Audience, data: Value) -> EventMessage {
        EventMessage {
            name: name.to_owned(),
            data,
            audience,
        }
    }

    #[test]
    fn people_hear_of_their_productions_and_of_the_studio() {
        let artist = hearing(Role::User);
        let of = |audience| event("asset_instance:new", audience, json!({}));
        assert!(artist.permits(&of(Audience::Project(HERE))));
        assert!(!artist.permits(&of(Audience::Project(THERE))));
        assert!(!artist.permits(&of(Audience::Studio)));
        assert!(!artist.permits(&of(Audience::Admins)));
        assert!(artist.permits(&event("task-type:new", Audience::Studio, json!({}))));
        let admin = hearing(Role::Admin);
        assert!(
            admin.permits(&of(Audience::Project(THERE))) && admin.permits(&of(Audience::Admins))
        );
    }

    #[test]
    fn studio_wide_events_go_to_those_who_read_the_rows() {
        let heard = |role, name| hearing(role).permits(&event(name, Audience::Studio, json!({})));
        assert!(heard(Role::Client, "department:update"));
        assert!(heard(Role::Client, "status-automation:new"));
        assert!(!heard(Role::Vendor, "status-automation:new"));
        assert!(heard(Role::Manager, "project-template:new"));
        assert!(!heard(Role::Supervisor, "project-template:new"));
        assert!(!heard(Role::Manager, "salary-scale:update"));
    }

    #[test]
    fn personal_events_are_for_one_person() {
        let artist = hearing(Role::User);
        let to = |id| event("notification:new", Audience::Person(id), json!({}));
        assert!(artist.permits(&to(artist.person_id)));
        assert!(!artist.permits(&to(TASK)));
    }

    #[test]
    fn clients_hear_of_comments_that_are_published_to_them() {
        let client = hearing(Role::Client);
        let heard = |name, for_client: bool| {
            let data = json!({"for_client": for_client});
            client.permits(&event(name, Audience::Project(HERE), data))
        };
        assert!(heard("comment:new", true));
        assert!(!heard("comment:new", false));
        assert!(!heard("task:assign", false));
        assert!(!heard("attachment-file:new", false));
        assert!(heard("task:update", false));
    }

    #[test]
    fn vendors_hear_of_their_tasks() {
        let vendor = hearing(Role::Vendor);
        let heard = |name, data| vendor.permits(&event(name, Audience::Project(HERE), data));
        let task = |id: Uuid| json!({"task_id": id.to_string()});
        assert!(heard("task:update", task(TASK)));
        assert!(!heard("task:update", task(THERE)));
        assert!(!heard("asset:update", json!({})));
    }
}
