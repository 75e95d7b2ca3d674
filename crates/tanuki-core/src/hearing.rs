//! Who hears of what happens: events as they are sent to those who listen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tanuki_store::query::access;
use uuid::Uuid;

use crate::access::Standing;
use crate::{Caller, Core, Result};

/// What clients are not told of a production, by the beginning of its name.
const INTERNAL: [&str; 5] = [
    "news:",
    "task:assign",
    "task:unassign",
    "time-spent:",
    "budget",
];

/// What somebody hears of: where they stand in their productions, and what
/// they work on where they are vendors.
#[derive(Debug, Clone)]
pub struct Hearing {
    person_id: Uuid,
    is_admin: bool,
    productions: BTreeMap<Uuid, Standing>,
    tasks: BTreeSet<Uuid>,
}

impl Core {
    /// What an account hears of, as things are now.
    pub async fn hearing(&self, caller: &Caller) -> Result<Hearing> {
        let mut hearing = Hearing {
            person_id: caller.id,
            is_admin: caller.is_admin(),
            productions: BTreeMap::new(),
            tasks: BTreeSet::new(),
        };
        if hearing.is_admin {
            return Ok(hearing);
        }
        for (id, membership) in access::memberships(self.database(), caller.id).await? {
            let standing = caller.standing_as(Some(membership));
            hearing.productions.insert(id, standing);
        }
        if hearing.productions.values().any(|place| place.is_vendor()) {
            let tasks = access::tasks_of(self.database(), caller.id).await?;
            hearing.tasks = tasks.into_iter().collect();
        }
        Ok(hearing)
    }
}

impl Hearing {
    /// Whether an event is told. What is of no production is told to
    /// everybody, and a notification to whom it is for.
    pub fn hears(&self, name: &str, data: &Value) -> bool {
        if self.is_admin {
            return true;
        }
        let id = |key: &str| Uuid::try_parse(data.get(key)?.as_str()?).ok();
        let is_own = id("person_id") == Some(self.person_id);
        if name.starts_with("notification:") {
            return is_own;
        }
        let Some(project_id) = id("project_id") else {
            return true;
        };
        let Some(standing) = self.productions.get(&project_id) else {
            return false;
        };
        if standing.is_client() {
            let is_published = data.get("for_client") == Some(&Value::Bool(true));
            let is_internal = INTERNAL.iter().any(|start| name.starts_with(start))
                || (name.starts_with("comment:") && !is_published);
            return is_own || !is_internal;
        }
        if standing.is_vendor() {
            let is_theirs = id("task_id").is_some_and(|id| self.tasks.contains(&id));
            return is_own || is_theirs || name.starts_with("project:");
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tanuki_domain::Role;
    use tanuki_store::query::access::Membership;

    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);
    const TASK: Uuid = Uuid::from_u128(3);

    fn hearing(role: Role) -> Hearing {
        let caller = Caller::from_session(Uuid::from_u128(4), role);
        let standing = caller.standing_as(Some(Membership { role: None }));
        Hearing {
            person_id: caller.id,
            is_admin: caller.is_admin(),
            productions: [(HERE, standing)].into(),
            tasks: [TASK].into(),
        }
    }

    #[test]
    fn people_hear_of_their_productions_and_of_the_studio() {
        let artist = hearing(Role::User);
        assert!(artist.hears("task:update", &json!({"project_id": HERE.to_string()})));
        assert!(artist.hears("task-type:new", &json!({"task_type_id": TASK.to_string()})));
        let elsewhere = json!({"project_id": THERE.to_string()});
        assert!(!artist.hears("task:update", &elsewhere));
        assert!(hearing(Role::Admin).hears("task:update", &elsewhere));
    }

    #[test]
    fn notifications_are_for_one_person() {
        let artist = hearing(Role::User);
        let to = |id: Uuid| json!({"person_id": id.to_string(), "project_id": HERE.to_string()});
        assert!(artist.hears("notification:new", &to(artist.person_id)));
        assert!(!artist.hears("notification:new", &to(TASK)));
    }

    #[test]
    fn clients_hear_of_comments_that_are_published_to_them() {
        let client = hearing(Role::Client);
        let comment =
            |for_client: bool| json!({"project_id": HERE.to_string(), "for_client": for_client});
        assert!(client.hears("comment:new", &comment(true)));
        assert!(!client.hears("comment:new", &comment(false)));
        assert!(!client.hears("task:assign", &comment(false)));
        assert!(client.hears("task:update", &comment(false)));
    }

    #[test]
    fn vendors_hear_of_their_tasks() {
        let vendor = hearing(Role::Vendor);
        let task = |id: Uuid| json!({"project_id": HERE.to_string(), "task_id": id.to_string()});
        assert!(vendor.hears("task:update", &task(TASK)));
        assert!(!vendor.hears("task:update", &task(THERE)));
        assert!(!vendor.hears("asset:update", &json!({"project_id": HERE.to_string()})));
    }
}
