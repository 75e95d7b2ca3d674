//! Who is in a production, and as what.

use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Order};
use serde_json::{Map, Value, json};
use tanuki_store::Transaction;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{people, project_links, rows};
use tanuki_store::schema::{ColumnType, PROJECT_PERSON_LINK};
use tanuki_store::write::Values;
use uuid::Uuid;

use super::{Setting, UNLINKED};
use crate::access::ManagedProject;
use crate::events::Event;
use crate::people::{CLIENT, FULL, MINIMAL_UNLINKED};
use crate::{Caller, Core, Error, Result};

static FOR_MANAGERS: LazyLock<Projection> = LazyLock::new(|| with_role(&FULL));
/// Keys in the order of [`FOR_MANAGERS`], which the reference shows them.
static FOR_MANAGERS_OF_TEAM: LazyLock<Projection> = LazyLock::new(|| {
    let keys: Vec<&str> = MINIMAL_UNLINKED.keys().collect();
    with_role(&FULL.clone().only_keys(&keys))
});
static FOR_COLLEAGUES: LazyLock<Projection> = LazyLock::new(|| with_role(&MINIMAL_UNLINKED));
static FOR_CLIENTS: LazyLock<Projection> = LazyLock::new(|| with_role(&CLIENT));

/// The role that the team gives somebody, null where it is their own.
fn with_role(projection: &Projection) -> Projection {
    projection
        .clone()
        .computed("project_role", ColumnType::Text, |_| {
            Expr::col(("project_person_link", "role"))
        })
}

impl Core {
    /// The team of a production, as much of everybody as the caller's role
    /// there may see.
    pub async fn team(&self, caller: &Caller, project: &str) -> Result<JsonChunks> {
        let (project_id, access) = self.require_project(caller, project).await?;
        // What people earn is for who manages in the studio: whoever manages
        // one production takes anybody into its team.
        let projection: &'static Projection = if access.is_manager() && caller.manages() {
            &FOR_MANAGERS
        } else if access.is_manager() {
            &FOR_MANAGERS_OF_TEAM
        } else if access.is_client() {
            &FOR_CLIENTS
        } else {
            &FOR_COLLEAGUES
        };
        Ok(self.rows(projection, |select| {
            let is_theirs =
                Expr::col(("project_person_link", "person_id")).equals(("person", "id"));
            select
                .inner_join("project_person_link", is_theirs)
                .and_where(Expr::col(("project_person_link", "project_id")).eq(project_id))
                .order_by(("person", "created_at"), Order::Asc);
        }))
    }

    /// Takes somebody into a team. A role that is given is theirs there from
    /// now on.
    pub async fn add_to_team(
        &self,
        caller: &Caller,
        project: &str,
        person: &str,
        role: Option<&'static str>,
    ) -> Result<Map<String, Value>> {
        let project = self.require_managed_project(caller, project).await?;
        let project_id = project.project_id;
        let mut transaction = self.database().begin().await?;
        let person_id = Uuid::try_parse(person).ok();
        if let Some(id) = person_id {
            let own = people::preview_project(&mut transaction, id).await?;
            if own.is_some_and(|own| own != project_id) {
                return Err(Error::invalid(
                    "A preview account can only belong to its own project",
                ));
            }
        }
        let mut row = self
            .link_setting(&mut transaction, project, Setting::Team, person)
            .await?;
        if let (Some(id), Some(_)) = (person_id, role) {
            self.set_role(&mut transaction, project, id, role).await?;
            row = rows::by_id(&mut transaction, &UNLINKED, project_id)
                .await?
                .ok_or(Error::NotFound)?;
        }
        transaction.commit().await?;
        Ok(row)
    }

    /// Gives a member of a team another role there; `None` is their own.
    pub async fn set_team_role(
        &self,
        caller: &Caller,
        project: &str,
        person: &str,
        role: Option<&'static str>,
    ) -> Result<Value> {
        let project = self
            .require_managed_project_unless_admin(caller, project)
            .await?;
        let person_id = Uuid::try_parse(person).map_err(|_| no_member())?;
        let mut transaction = self.database().begin().await?;
        self.set_role(&mut transaction, project, person_id, role)
            .await?;
        transaction.commit().await?;
        Ok(json!({
            "project_id": project.project_id,
            "person_id": person_id,
            "role": role,
        }))
    }

    async fn set_role(
        &self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
        person_id: Uuid,
        role: Option<&'static str>,
    ) -> Result<()> {
        let preview = people::preview_project(&mut *transaction, person_id).await?;
        if preview.is_some() {
            return Err(Error::invalid("A preview account keeps its client role"));
        }
        let values = Values::from([("role", role.into())]);
        let ends = (project_id, "person_id", person_id);
        let table = &PROJECT_PERSON_LINK;
        if !project_links::update(transaction, table, ends, values).await? {
            return Err(no_member());
        }
        let event = Event::named("project:update").in_project(Some(project_id));
        self.record(transaction, event, Some(caller)).await
    }
}

fn no_member() -> Error {
    Error::invalid("Person is not a member of the project team")
}
