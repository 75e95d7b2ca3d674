//! Projects (productions): lists, teams, settings, descriptors and templates.

mod bot_teams;
mod descriptors;
mod linked;
mod links;
mod listing;
mod preview_account;
mod removal;
mod resource;
mod settings;
mod setup;
pub mod shapes;
mod softwares;
mod team;
mod template_copies;
pub mod template_links;
mod templates;

pub use crate::access::ManagedProject;
pub use descriptors::{DescriptorDetails, METADATA_DESCRIPTORS, NewDescriptor};
pub use links::{LinkOrder, TaskStatusLink, TaskTypeLink};
pub use listing::AllProjects;
pub use resource::PROJECTS;
pub(crate) use settings::check_settings;
pub use setup::{Bitrates, NewSettings, NewTaskType, Setting};
pub use templates::PROJECT_TEMPLATES;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_domain::Role;
use tanuki_store::ListQuery;
use tanuki_store::projection::Projection;
use tanuki_store::query::people;
use tanuki_store::query::visibility::descriptors::DescriptorScope;
use tanuki_store::query::{projects, visibility};
use tanuki_store::schema::{METADATA_DESCRIPTOR, PROJECT};
use uuid::Uuid;

use crate::fields::id_of;
use crate::{Caller, JsonRow, Projects, Result};

static LINKED: LazyLock<Projection> = LazyLock::new(|| Projection::with_links(&PROJECT, &[]));
static UNLINKED: LazyLock<Projection> = LazyLock::new(|| Projection::all_columns(&PROJECT, &[]));

static DESCRIPTOR: LazyLock<Projection> = LazyLock::new(|| {
    Projection::only(
        &METADATA_DESCRIPTOR,
        &[
            "id",
            "name",
            "field_name",
            "data_type",
            "choices",
            "for_client",
            "entity_type",
            "task_type_id",
            "position",
            "departments",
            "project_id",
        ],
    )
});

impl Projects<'_> {
    /// Returns the roles that teams give to a person, by project. Memberships
    /// without a role of their own are not included.
    pub(crate) async fn project_roles(self, person_id: Uuid) -> Result<BTreeMap<Uuid, String>> {
        let roles = projects::roles_of(self.core.database(), person_id).await?;
        Ok(roles.into_iter().collect())
    }

    /// Adds to each project its `descriptors`, `task_type_links`,
    /// `task_types_priority`, `task_statuses_link`, and for TV shows
    /// `first_episode_id`. The number of queries does not grow with the
    /// projects.
    pub(crate) async fn add_project_settings(
        self,
        caller: &Caller,
        found: &mut [Map<String, Value>],
    ) -> Result<()> {
        let database = self.core.database();
        let ids: Vec<Uuid> = found
            .iter()
            .filter_map(|project| id_of(project, "id"))
            .collect();
        let mut descriptors = self.descriptors(caller, &ids).await?;
        let mut task_types: BTreeMap<Uuid, Map<String, Value>> = BTreeMap::new();
        for link in projects::task_type_links(database, &ids).await? {
            task_types.entry(link.project_id).or_default().insert(
                link.task_type_id.to_string(),
                json!({
                    "priority": link.priority,
                    "hd_bitrate_compression": link.hd_bitrate_compression,
                    "ld_bitrate_compression": link.ld_bitrate_compression,
                    "is_client_visible": link.is_client_visible,
                }),
            );
        }
        let mut statuses: BTreeMap<Uuid, Map<String, Value>> = BTreeMap::new();
        for link in projects::task_status_links(database, &ids).await? {
            statuses.entry(link.project_id).or_default().insert(
                link.task_status_id.to_string(),
                json!({
                    "priority": link.priority,
                    "roles_for_board": link.roles_for_board,
                    "is_client_allowed": link.is_client_allowed,
                }),
            );
        }
        let episodes = projects::first_episodes(database, &ids).await?;
        for project in found {
            let Some(id) = id_of(project, "id") else {
                continue;
            };
            let task_types = task_types.remove(&id).unwrap_or_default();
            let priorities: Map<String, Value> = task_types
                .iter()
                .map(|(task_type, link)| (task_type.clone(), link["priority"].clone()))
                .collect();
            let descriptors = descriptors.remove(&id).unwrap_or_default();
            project.insert("descriptors".into(), descriptors.into());
            project.insert("task_type_links".into(), task_types.into());
            project.insert("task_types_priority".into(), priorities.into());
            project.insert(
                "task_statuses_link".into(),
                statuses.remove(&id).unwrap_or_default().into(),
            );
            let is_series = project
                .get("production_type")
                .is_some_and(|kind| kind == "tvshow");
            if let (true, Some(episode)) = (is_series, episodes.get(&id)) {
                project.insert("first_episode_id".into(), episode.to_string().into());
            }
        }
        Ok(())
    }

    /// Returns metadata descriptors by project, limited to those that the
    /// caller's role in each project may see.
    async fn descriptors(
        self,
        caller: &Caller,
        ids: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Vec<Value>>> {
        let roles = if caller.is_admin() {
            BTreeMap::new()
        } else {
            self.project_roles(caller.id).await?
        };
        let mut by_role: HashMap<Role, Vec<Uuid>> = HashMap::new();
        for id in ids {
            // Teams cannot grant the role of an admin.
            let role = roles
                .get(id)
                .and_then(|role| role.parse::<Role>().ok())
                .filter(|role| *role != Role::Admin)
                .unwrap_or(caller.role);
            by_role.entry(role).or_default().push(*id);
        }
        let mut found: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
        for (role, ids) in by_role {
            let scope = self.descriptor_scope(caller, role).await?;
            let visible = ListQuery::new(&DESCRIPTOR)
                .filter(projects::descriptors_of(ids))
                .filter(visibility::descriptors::in_scope(&scope));
            for row in visible.rows(self.core.database()).await? {
                let Some(project) = id_of(&row, "project_id") else {
                    continue;
                };
                found
                    .entry(project)
                    .or_default()
                    .push(in_production(row).into());
            }
        }
        Ok(found)
    }

    /// Which metadata descriptors the caller may see with that role: clients
    /// those published to them, vendors those of their departments or of none,
    /// others all. In SQL: `visibility::descriptors`.
    async fn descriptor_scope(self, caller: &Caller, role: Role) -> Result<DescriptorScope> {
        Ok(match role {
            Role::Client => DescriptorScope::ForClients,
            Role::Vendor => DescriptorScope::Departments(
                people::departments(self.core.database(), caller.id).await?,
            ),
            _ => DescriptorScope::All,
        })
    }
}

/// Converts a descriptor's row to its JSON within a project.
fn in_production(mut descriptor: JsonRow) -> JsonRow {
    descriptor.remove("project_id");
    if descriptor.get("for_client").is_none_or(Value::is_null) {
        descriptor.insert("for_client".into(), false.into());
    }
    descriptor
}
