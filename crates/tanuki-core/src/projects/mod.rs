//! Projects (productions): lists, teams, settings, descriptors and templates.

mod bot_teams;
mod descriptors;
mod embedded;
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

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use tanuki_domain::Role;
use tanuki_store::projection::Projection;
use tanuki_store::query::people;
use tanuki_store::query::projects;
use tanuki_store::query::visibility::descriptors::DescriptorScope;
use tanuki_store::schema::{METADATA_DESCRIPTOR, PROJECT};
use uuid::Uuid;

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
