//! `GET /data/user/context`: what the web client loads at login, in one
//! response.

use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::future::try_join_all;
use tanuki_store::database::JsonChunks;
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
use crate::object_text::ObjectText;
use crate::projects::shapes::open_project;
use crate::{Caller, Result, Work};

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
    pub async fn user_context(self, caller: &Caller) -> Result<JsonChunks> {
        let core = self.core;
        let asset_types = ListQuery::new(&ASSET_TYPES).filter(work::is_type_of(EntityKind::Asset));
        let all = |projection| ListQuery::new(projection);
        let (studio, unread, people, roles, projects, types, filters, groups, others) = tokio::try_join!(
            self.texts([
                ("asset_types", asset_types),
                ("custom_actions", all(&CUSTOM_ACTIONS)),
                ("status_automations", all(&STATUS_AUTOMATIONS)),
                ("departments", all(&DEPARTMENTS)),
                ("studios", all(&STUDIOS)),
            ]),
            async { Ok(context::unread_notifications(core.database(), caller.id).await?) },
            self.texts([
                ("persons", colleagues(caller)),
                ("project_status", all(&PROJECT_STATUSES)),
            ]),
            core.projects().project_roles(caller.id),
            core.projects().open_projects(caller, None),
            self.texts([
                ("task_types", all(&TASK_TYPES)),
                ("task_status", all(&TASK_STATUSES)),
            ]),
            self.filters(caller),
            self.filter_groups(caller),
            self.texts([
                ("preview_background_files", all(&BACKGROUNDS)),
                ("plugins", all(&PLUGINS)),
            ]),
        )?;
        let mut context = ObjectText::default();
        add(&mut context, &studio);
        context.value("notification_count", &unread)?;
        add(&mut context, &people);
        context.value("project_roles", &roles)?;
        context.text("projects", &projects);
        add(&mut context, &types);
        context.value("search_filters", &filters)?;
        context.value("search_filter_groups", &groups)?;
        add(&mut context, &others);
        if caller.is_admin() {
            let limit = core.settings().studio.user_limit;
            context.value("user_limit", &limit)?;
        }
        Ok(JsonChunks::whole(context.end().into()))
    }

    /// Reads lists at once. Returns the text of each with its key.
    async fn texts<const N: usize>(
        self,
        lists: [(&'static str, ListQuery); N],
    ) -> Result<Vec<(&'static str, Bytes)>> {
        let database = self.core.database();
        let texts = lists
            .map(|(key, list)| async move { Ok((key, database.fetch_list_text(list).await?)) });
        try_join_all(texts).await
    }
}

/// Lists the people that the caller may see, without guests. Clients get the
/// people of their projects. JSON: [`CLIENT`], [`FULL`] for managers, else
/// [`MINIMAL`].
fn colleagues(caller: &Caller) -> ListQuery {
    if caller.is_client() {
        return ListQuery::new(&CLIENT)
            .filter(visibility::people::in_team_with(caller.id))
            .ascending("first_name")
            .ascending("last_name");
    }
    let people = ListQuery::new(if caller.manages() { &FULL } else { &MINIMAL });
    people
        .filter(people::not_preview_account())
        .filter(people::is_no_guest())
}

fn add(context: &mut ObjectText, texts: &[(&'static str, Bytes)]) {
    for (key, text) in texts {
        context.text(key, text);
    }
}
