//! `GET /data/user/context`: what the web client loads at login, in one
//! response.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::projection::Projection;
use tanuki_store::query::work::EntityKind;
use tanuki_store::query::{context, people, visibility, work};
use tanuki_store::schema::{
    CUSTOM_ACTION, DEPARTMENT, ENTITY_TYPE, PLUGIN, PREVIEW_BACKGROUND_FILE, PROJECT_STATUS,
    STATUS_AUTOMATION, STUDIO, TASK_STATUS, TASK_TYPE,
};
use tanuki_store::view::people::{CLIENT, FULL, MINIMAL};
use tanuki_store::{ListQuery, Shape};

use super::saved_searches::{filter_groups_shape, filters_shape};
use crate::projects::shapes::open_project;
use crate::{Caller, JsonRow, Result, Work};

macro_rules! projections {
    ($($name:ident = $projection:expr;)*) => {
        $(static $name: LazyLock<Projection> = LazyLock::new(|| $projection);)*
    };
}
projections! {
    ASSET_TYPES = Projection::with_links(&ENTITY_TYPE, &[]).type_name("AssetType");
    CUSTOM_ACTIONS = Projection::all_columns(&CUSTOM_ACTION, &[]);
    STATUS_AUTOMATIONS = Projection::all_columns(&STATUS_AUTOMATION, &[]);
    DEPARTMENTS = Projection::all_columns(&DEPARTMENT, &[]);
    STUDIOS = Projection::all_columns(&STUDIO, &[]);
    PROJECT_STATUSES = Projection::all_columns(&PROJECT_STATUS, &[]);
    TASK_TYPES = Projection::all_columns(&TASK_TYPE, &[]);
    TASK_STATUSES = Projection::all_columns(&TASK_STATUS, &[]);
    BACKGROUNDS = Projection::all_columns(&PREVIEW_BACKGROUND_FILE, &[]);
    PLUGINS = Projection::only(
        &PLUGIN,
        &[
            "id",
            "plugin_id",
            "name",
            "description",
            "version",
            "maintainer_name",
            "maintainer_email",
            "frontend_project_enabled",
            "frontend_studio_enabled",
            "icon",
        ],
    );
}

/// The shape of what the web client starts with.
pub fn context_shape() -> Shape {
    let list = |projection: &Projection| projection.shape().list();
    Shape::object([
        ("asset_types", list(&ASSET_TYPES)),
        ("custom_actions", list(&CUSTOM_ACTIONS)),
        ("status_automations", list(&STATUS_AUTOMATIONS)),
        ("departments", list(&DEPARTMENTS)),
        ("studios", list(&STUDIOS)),
        ("notification_count", Shape::integer()),
        ("persons", list(&FULL)),
        ("project_status", list(&PROJECT_STATUSES)),
        // The caller's role in each project whose team gives them one.
        ("project_roles", Shape::text().by_key()),
        ("projects", open_project().list()),
        ("task_types", list(&TASK_TYPES)),
        ("task_status", list(&TASK_STATUSES)),
        ("search_filters", filters_shape()),
        ("search_filter_groups", filter_groups_shape()),
        ("preview_background_files", list(&BACKGROUNDS)),
        ("plugins", list(&PLUGINS)),
        ("user_limit", Shape::integer()),
    ])
}

impl Work<'_> {
    /// Returns everything that the web client starts with, as far as the caller
    /// may see it: the studio's types, statuses and departments, open projects
    /// with the caller's roles, people, saved searches and the count of unread
    /// notifications. `user_limit` only for admins.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn user_context(self, caller: &Caller) -> Result<Map<String, Value>> {
        let mut context = Map::new();
        let asset_types = ListQuery::new(&ASSET_TYPES).filter(work::is_type_of(EntityKind::Asset));
        let asset_types = asset_types.rows(self.core.database()).await?;
        context.insert("asset_types".into(), json!(asset_types));
        for (key, projection) in [
            ("custom_actions", &CUSTOM_ACTIONS),
            ("status_automations", &STATUS_AUTOMATIONS),
            ("departments", &DEPARTMENTS),
            ("studios", &STUDIOS),
        ] {
            context.insert(key.into(), json!(self.all_of(projection).await?));
        }
        let unread = context::unread_notifications(self.core.database(), caller.id).await?;
        context.insert("notification_count".into(), unread.into());
        context.insert("persons".into(), json!(self.colleagues(caller).await?));
        let statuses = self.all_of(&PROJECT_STATUSES).await?;
        context.insert("project_status".into(), json!(statuses));
        let roles: Map<String, Value> = self
            .core
            .projects()
            .project_roles(caller.id)
            .await?
            .into_iter()
            .map(|(project, role)| (project.to_string(), role.into()))
            .collect();
        context.insert("project_roles".into(), roles.into());
        let projects = self.core.projects().open_projects(caller, None).await?;
        context.insert("projects".into(), json!(projects));
        for (key, projection) in [("task_types", &TASK_TYPES), ("task_status", &TASK_STATUSES)] {
            context.insert(key.into(), json!(self.all_of(projection).await?));
        }
        let filters = self.filters(caller).await?;
        context.insert("search_filters".into(), filters.into());
        let groups = self.filter_groups(caller).await?;
        context.insert("search_filter_groups".into(), groups.into());
        for (key, projection) in [
            ("preview_background_files", &BACKGROUNDS),
            ("plugins", &PLUGINS),
        ] {
            context.insert(key.into(), json!(self.all_of(projection).await?));
        }
        if caller.is_admin() {
            let limit = self.core.settings().studio.user_limit;
            context.insert("user_limit".into(), limit.into());
        }
        Ok(context)
    }

    async fn all_of(self, projection: &'static Projection) -> Result<Vec<JsonRow>> {
        Ok(ListQuery::new(projection)
            .rows(self.core.database())
            .await?)
    }

    /// Returns the people that the caller may see, without guests. Clients get
    /// the people of their projects. JSON: [`CLIENT`], [`FULL`] for managers,
    /// else [`MINIMAL`].
    async fn colleagues(self, caller: &Caller) -> Result<Vec<JsonRow>> {
        let projection: &'static Projection = if caller.is_client() {
            &CLIENT
        } else if caller.manages() {
            &FULL
        } else {
            &MINIMAL
        };
        let people = ListQuery::new(projection);
        let people = if caller.is_client() {
            people
                .filter(visibility::people::in_team_with(caller.id))
                .ascending("first_name")
                .ascending("last_name")
        } else {
            people
                .filter(people::not_preview_account())
                .filter(people::is_no_guest())
        };
        Ok(people.rows(self.core.database()).await?)
    }
}
