//! What the web client loads at login, in one answer.

use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait, Order, SelectStatement};
use serde_json::{Map, Value, json};
use tanuki_store::query::work::EntityKind;
use tanuki_store::query::{context, people, rows, work};
use tanuki_store::schema::{
    CUSTOM_ACTION, DEPARTMENT, ENTITY_TYPE, PLUGIN, PREVIEW_BACKGROUND_FILE, PROJECT_STATUS,
    SEARCH_FILTER, SEARCH_FILTER_GROUP, STATUS_AUTOMATION, STUDIO, TASK_STATUS, TASK_TYPE,
};
use tanuki_store::shape::Shape;

use crate::people::{CLIENT, FULL, MINIMAL};
use crate::{Caller, Core, Result};

macro_rules! shapes {
    ($($name:ident = $shape:expr;)*) => {
        $(static $name: LazyLock<Shape> = LazyLock::new(|| $shape);)*
    };
}
shapes! {
    ASSET_TYPES = Shape::linked(&ENTITY_TYPE, &[]).called("AssetType");
    CUSTOM_ACTIONS = Shape::of(&CUSTOM_ACTION, &[]);
    STATUS_AUTOMATIONS = Shape::of(&STATUS_AUTOMATION, &[]);
    DEPARTMENTS = Shape::of(&DEPARTMENT, &[]);
    STUDIOS = Shape::of(&STUDIO, &[]);
    PROJECT_STATUSES = Shape::of(&PROJECT_STATUS, &[]);
    TASK_TYPES = Shape::of(&TASK_TYPE, &[]);
    TASK_STATUSES = Shape::of(&TASK_STATUS, &[]);
    SEARCH_FILTERS = Shape::of(&SEARCH_FILTER, &[]);
    SEARCH_FILTER_GROUPS = Shape::of(&SEARCH_FILTER_GROUP, &[]);
    BACKGROUNDS = Shape::of(&PREVIEW_BACKGROUND_FILE, &[]);
    PLUGINS = Shape::only(
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

impl Core {
    /// Everything that the web client starts with, as the caller may see it.
    pub async fn user_context(&self, caller: &Caller) -> Result<Map<String, Value>> {
        let mut context = Map::new();
        let mut asset_types = ASSET_TYPES.select(self.database().dialect());
        asset_types.cond_where(work::is_of_kind(("entity_type", "id"), EntityKind::Asset));
        let asset_types = rows::all(self.database(), &ASSET_TYPES, &asset_types).await?;
        context.insert("asset_types".into(), json!(asset_types));
        for (key, shape) in [
            ("custom_actions", &CUSTOM_ACTIONS),
            ("status_automations", &STATUS_AUTOMATIONS),
            ("departments", &DEPARTMENTS),
            ("studios", &STUDIOS),
        ] {
            context.insert(key.into(), json!(self.all_of(shape).await?));
        }
        let unread = context::unread_notifications(self.database(), caller.id).await?;
        context.insert("notification_count".into(), unread.into());
        context.insert("persons".into(), json!(self.colleagues(caller).await?));
        let statuses = self.all_of(&PROJECT_STATUSES).await?;
        context.insert("project_status".into(), json!(statuses));
        let roles: Map<String, Value> = self
            .project_roles(caller.id)
            .await?
            .into_iter()
            .map(|(project, role)| (project.to_string(), role.into()))
            .collect();
        context.insert("project_roles".into(), roles.into());
        let projects = self.open_projects(caller, None).await?;
        context.insert("projects".into(), json!(projects));
        for (key, shape) in [("task_types", &TASK_TYPES), ("task_status", &TASK_STATUSES)] {
            context.insert(key.into(), json!(self.all_of(shape).await?));
        }
        self.add_saved_searches(caller, &mut context).await?;
        for (key, shape) in [
            ("preview_background_files", &BACKGROUNDS),
            ("plugins", &PLUGINS),
        ] {
            context.insert(key.into(), json!(self.all_of(shape).await?));
        }
        if caller.is_admin() {
            let limit = self.settings().studio.user_limit;
            context.insert("user_limit".into(), limit.into());
        }
        Ok(context)
    }

    /// The JSON of every department.
    pub async fn departments(&self) -> Result<Vec<Map<String, Value>>> {
        self.all_of(&DEPARTMENTS).await
    }

    async fn add_saved_searches(
        &self,
        caller: &Caller,
        context: &mut Map<String, Value>,
    ) -> Result<()> {
        let departments = people::departments(self.database(), caller.id).await?;
        // Whose department a saved search is for does not matter to who
        // manages.
        let departments = (!caller.manages()).then_some(departments.as_slice());
        let filters = self
            .saved_searches(caller, &SEARCH_FILTERS, departments)
            .await?;
        context.insert("search_filters".into(), filters.into());
        let mut groups = self
            .saved_searches(caller, &SEARCH_FILTER_GROUPS, departments)
            .await?;
        self.add_hidden_lists(caller, &mut groups).await?;
        context.insert("search_filter_groups".into(), groups.into());
        Ok(())
    }

    async fn all_of(&self, shape: &'static Shape) -> Result<Vec<Map<String, Value>>> {
        let select = shape.select(self.database().dialect());
        Ok(rows::all(self.database(), shape, &select).await?)
    }

    /// The people that the caller knows of; guests are nobody's colleagues.
    async fn colleagues(&self, caller: &Caller) -> Result<Vec<Map<String, Value>>> {
        let shape: &'static Shape = if caller.is_client() {
            &CLIENT
        } else if caller.manages() {
            &FULL
        } else {
            &MINIMAL
        };
        let mut select: SelectStatement = shape.select(self.database().dialect());
        if caller.is_client() {
            select
                .cond_where(people::met_by_client(caller.id))
                .order_by(("person", "first_name"), Order::Asc)
                .order_by(("person", "last_name"), Order::Asc);
        } else {
            select
                .cond_where(people::not_preview_account())
                .and_where(Expr::col(("person", "is_guest")).eq(false));
        }
        Ok(rows::all(self.database(), shape, &select).await?)
    }

    /// Saved searches by list and production (`all` for none).
    async fn saved_searches(
        &self,
        caller: &Caller,
        shape: &'static Shape,
        departments: Option<&[uuid::Uuid]>,
    ) -> Result<Map<String, Value>> {
        let mut select = shape.select(self.database().dialect());
        context::saved_searches(&mut select, shape.table.name, caller.id, departments);
        let mut lists = Map::new();
        for row in rows::all(self.database(), shape, &select).await? {
            let list = text(&row, "list_type").unwrap_or_default().to_owned();
            let project = text(&row, "project_id").unwrap_or("all").to_owned();
            let by_project = lists.entry(list).or_insert_with(|| json!({}));
            if let Some(by_project) = by_project.as_object_mut()
                && let Some(rows) = by_project
                    .entry(project)
                    .or_insert_with(|| json!([]))
                    .as_array_mut()
            {
                rows.push(row.into());
            }
        }
        Ok(lists)
    }

    /// Lists whose groups are all of other departments stand there empty;
    /// the web client reads the key.
    async fn add_hidden_lists(
        &self,
        caller: &Caller,
        lists: &mut Map<String, Value>,
    ) -> Result<()> {
        let all = self
            .saved_searches(caller, &SEARCH_FILTER_GROUPS, None)
            .await?;
        for list in all.keys() {
            lists.entry(list.clone()).or_insert_with(|| json!({}));
        }
        Ok(())
    }
}

fn text<'a>(row: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Value::as_str)
}
