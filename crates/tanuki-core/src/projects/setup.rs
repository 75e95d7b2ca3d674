//! What a production works with: its team, and which of the studio's task
//! types, statuses, asset types, automations and backgrounds it uses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sea_query::{Expr, ExprTrait};
use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{project_links, projects, rows};
use tanuki_store::schema::{
    ENTITY_TYPE, PERSON, PREVIEW_BACKGROUND_FILE, PROJECT, PROJECT_ASSET_TYPE_LINK,
    PROJECT_PERSON_LINK, PROJECT_PREVIEW_BACKGROUND_FILE_LINK, PROJECT_STATUS_AUTOMATION_LINK,
    PROJECT_TASK_STATUS_LINK, PROJECT_TASK_TYPE_LINK, STATUS_AUTOMATION, TASK_STATUS, TASK_TYPE,
    Table,
};
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::links::values_of;
use super::settings::check_inherited_bitrates;
use super::{LinkOrder, UNLINKED};
use crate::access::ManagedProject;
use crate::events::Event;
use crate::fields::{check_places, is_hyphenated_id};
use crate::{Caller, ConstraintViolation, Core, Error, Result};

/// A list of what a production works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Team,
    AssetTypes,
    TaskTypes,
    TaskStatuses,
    StatusAutomations,
    PreviewBackgrounds,
}

impl Setting {
    /// The table of its links, the column of their other end, and the table
    /// that this refers to.
    pub(super) fn link(self) -> (&'static Table, &'static str, &'static Table) {
        match self {
            Self::Team => (&PROJECT_PERSON_LINK, "person_id", &PERSON),
            Self::AssetTypes => (&PROJECT_ASSET_TYPE_LINK, "asset_type_id", &ENTITY_TYPE),
            Self::TaskTypes => (&PROJECT_TASK_TYPE_LINK, "task_type_id", &TASK_TYPE),
            Self::TaskStatuses => (&PROJECT_TASK_STATUS_LINK, "task_status_id", &TASK_STATUS),
            Self::StatusAutomations => (
                &PROJECT_STATUS_AUTOMATION_LINK,
                "status_automation_id",
                &STATUS_AUTOMATION,
            ),
            Self::PreviewBackgrounds => (
                &PROJECT_PREVIEW_BACKGROUND_FILE_LINK,
                "preview_background_file_id",
                &PREVIEW_BACKGROUND_FILE,
            ),
        }
    }

    fn unknown(self, id: &str) -> Error {
        let (_, _, of) = self.link();
        Error::invalid(format!("{} with id {id} not found", of.object))
    }
}

/// A task type that a production is to use, and how.
#[derive(Debug)]
pub struct NewTaskType {
    pub task_type_id: String,
    pub priority: Option<i64>,
    /// `None` leaves those of a link as they are.
    pub bitrates: Option<Bitrates>,
    /// `None` leaves that of a link as it is.
    pub is_client_visible: Option<bool>,
}

/// What films of a task type are made with, in Mbit/s; `None` is what the
/// production says.
#[derive(Debug, Clone, Copy)]
pub struct Bitrates {
    pub high: Option<i64>,
    pub low: Option<i64>,
}

impl Bitrates {
    fn fields(self) -> [(&'static str, Value); 2] {
        [
            ("hd_bitrate_compression", self.high.into()),
            ("ld_bitrate_compression", self.low.into()),
        ]
    }
}

/// What a production is to work with besides what it has.
#[derive(Debug)]
pub struct NewSettings {
    pub task_types: Vec<NewTaskType>,
    pub task_status_ids: Vec<String>,
    pub asset_type_ids: Vec<String>,
    /// The production lets go of other task types.
    pub replace_task_types: bool,
}

static TASK_TYPES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
static TASK_STATUSES: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&TASK_STATUS, &[]));
static AUTOMATIONS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&STATUS_AUTOMATION, &[]));
static BACKGROUNDS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&PREVIEW_BACKGROUND_FILE, &[]));

impl Core {
    /// The task types that a production uses.
    pub async fn project_task_types(&self, caller: &Caller, project: &str) -> Result<JsonChunks> {
        let (id, _) = self.require_project(caller, project).await?;
        self.linked_rows(&TASK_TYPES, id, Setting::TaskTypes).await
    }

    /// The task statuses that a production uses.
    pub async fn project_task_statuses(
        &self,
        caller: &Caller,
        project: &str,
    ) -> Result<JsonChunks> {
        let (id, _) = self.require_project(caller, project).await?;
        self.linked_rows(&TASK_STATUSES, id, Setting::TaskStatuses)
            .await
    }

    /// The backgrounds that a production shows 3D previews before.
    pub async fn project_backgrounds(&self, caller: &Caller, project: &str) -> Result<JsonChunks> {
        let (id, _) = self.require_project(caller, project).await?;
        self.linked_rows(&BACKGROUNDS, id, Setting::PreviewBackgrounds)
            .await
    }

    /// The status automations that a production uses, for its managers.
    pub async fn project_automations(&self, caller: &Caller, project: &str) -> Result<JsonChunks> {
        let managed = self.require_managed_project(caller, project).await?;
        let id = managed.project_id;
        self.linked_rows(&AUTOMATIONS, id, Setting::StatusAutomations)
            .await
    }

    async fn linked_rows(
        &self,
        projection: &'static Projection,
        project_id: Uuid,
        setting: Setting,
    ) -> Result<JsonChunks> {
        let (table, column, target) = setting.link();
        self.few_rows(projection, |select| {
            let used = project_links::targets(table, column, project_id);
            select.and_where(Expr::col((target.name, "id")).in_subquery(used));
        })
        .await
    }

    /// Lets a production work with one thing more; what it has already stays
    /// as it is.
    pub async fn add_setting(
        &self,
        caller: &Caller,
        project: &str,
        setting: Setting,
        id: &str,
    ) -> Result<Map<String, Value>> {
        let project = self.require_managed_project(caller, project).await?;
        let mut transaction = self.database().begin().await?;
        let row = self
            .link_setting(&mut transaction, project, setting, id)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    pub(super) async fn link_setting(
        &self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        setting: Setting,
        id: &str,
    ) -> Result<Map<String, Value>> {
        let project_id = project.project_id;
        let row = self.lock_project(transaction, project_id).await?;
        let (table, column, of) = setting.link();
        let target = Uuid::try_parse(id).map_err(|_| setting.unknown(id))?;
        let there = rows::existing_in(&mut *transaction, of.name, &[target]).await?;
        if there.is_empty() {
            return Err(setting.unknown(id));
        }
        let ends = (project_id, column, target);
        if project_links::exists(&mut *transaction, table, ends).await? {
            return Ok(row);
        }
        let values = Values::new();
        project_links::add(transaction, table, ends, values, &self.defaults()).await?;
        self.changed_project(transaction, project).await
    }

    /// Lets a production do without something; it may be without already.
    pub async fn remove_setting(
        &self,
        caller: &Caller,
        project: &str,
        setting: Setting,
        id: &str,
    ) -> Result<()> {
        let project = self.require_managed_project(caller, project).await?;
        let target = Uuid::try_parse(id).map_err(|_| Error::NotFound)?;
        let mut transaction = self.database().begin().await?;
        let (table, column, _) = setting.link();
        let ends = (project.project_id, column, target);
        project_links::remove(&mut transaction, table, ends).await?;
        self.changed_project(&mut transaction, project).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Lets a production use a task type. One that it uses keeps its priority.
    pub async fn add_task_type(
        &self,
        caller: &Caller,
        project: &str,
        new: NewTaskType,
    ) -> Result<Map<String, Value>> {
        let project = self.require_managed_project(caller, project).await?;
        if !is_hyphenated_id(&new.task_type_id) {
            return Err(Error::invalid(
                "task_type_id is required and must be a valid UUID",
            ));
        }
        let task_type = parsed(&new.task_type_id)?;
        let mut transaction = self.database().begin().await?;
        let row = self
            .lock_project(&mut transaction, project.project_id)
            .await?;
        let mut fields = Vec::new();
        if let Some(bitrates) = new.bitrates {
            fields.extend(bitrates.fields());
            let data = bitrates
                .fields()
                .map(|(field, rate)| (field.to_owned(), rate));
            let inherited = row.get("hd_bitrate_compression").and_then(Value::as_i64);
            let studio = &self.settings().studio;
            check_inherited_bitrates(studio, &data.into_iter().collect(), &Map::new(), inherited)?;
        }
        if let Some(visible) = new.is_client_visible {
            fields.push(("is_client_visible", visible.into()));
        }
        let table = &PROJECT_TASK_TYPE_LINK;
        let ends = (project.project_id, "task_type_id", task_type);
        if project_links::exists(&mut transaction, table, ends).await? {
            self.update_link(&mut transaction, table, ends, &fields)
                .await?;
        } else {
            fields.push(("priority", new.priority.into()));
            let setting = Setting::TaskTypes;
            let added = self.add_link(&mut transaction, setting, ends, &fields);
            if !added.await? {
                return Err(setting.unknown(&new.task_type_id));
            }
        }
        let row = self.changed_project(&mut transaction, project).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Lets a production work with all of that at once. What the studio does
    /// not have is left out.
    pub async fn add_settings(
        &self,
        caller: &Caller,
        project: &str,
        new: NewSettings,
    ) -> Result<Map<String, Value>> {
        let project = self.require_managed_project(caller, project).await?;
        check_places("task_types", &new.task_types)?;
        check_places("task_status_ids", &new.task_status_ids)?;
        check_places("asset_type_ids", &new.asset_type_ids)?;
        let mut transaction = self.database().begin().await?;
        self.lock_project(&mut transaction, project.project_id)
            .await?;
        self.add_task_types(&mut transaction, project, &new).await?;
        for (setting, ids) in [
            (Setting::TaskStatuses, &new.task_status_ids),
            (Setting::AssetTypes, &new.asset_type_ids),
        ] {
            let (table, column, _) = setting.link();
            for id in ids {
                let ends = (project.project_id, column, parsed(id)?);
                if !project_links::exists(&mut transaction, table, ends).await? {
                    self.add_link(&mut transaction, setting, ends, &[]).await?;
                }
            }
        }
        let row = self.changed_project(&mut transaction, project).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// The task types among settings; of one that is named twice the last
    /// counts.
    async fn add_task_types(
        &self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        new: &NewSettings,
    ) -> Result<()> {
        let project_id = project.project_id;
        let table = &PROJECT_TASK_TYPE_LINK;
        let mut wanted = BTreeMap::new();
        for task_type in &new.task_types {
            wanted.insert(parsed(&task_type.task_type_id)?, task_type);
        }
        let links = projects::task_type_links(&mut *transaction, &[project_id]).await?;
        let used: Vec<Uuid> = links.iter().map(|link| link.task_type_id).collect();
        for (id, task_type) in &wanted {
            let ends = (project_id, "task_type_id", *id);
            let is_used = used.contains(id);
            let mut fields = Vec::new();
            if let Some(visible) = task_type.is_client_visible {
                fields.push(("is_client_visible", visible.into()));
            }
            if task_type.priority.is_some() || !is_used {
                fields.push(("priority", task_type.priority.into()));
            }
            if is_used {
                self.update_link(transaction, table, ends, &fields).await?;
            } else {
                self.add_link(transaction, Setting::TaskTypes, ends, &fields)
                    .await?;
            }
        }
        if new.replace_task_types {
            for id in used.into_iter().filter(|id| !wanted.contains_key(id)) {
                let ends = (project_id, "task_type_id", id);
                project_links::remove(transaction, table, ends).await?;
            }
        }
        Ok(())
    }

    /// Sets whether the clients of a production may set a task status; `None`
    /// is what the studio says.
    pub async fn allow_status_to_clients(
        &self,
        caller: &Caller,
        project: &str,
        task_status: &str,
        allowed: Option<bool>,
    ) -> Result<Map<String, Value>> {
        let ManagedProject { project_id, .. } =
            self.require_managed_project(caller, project).await?;
        let task_status = Uuid::try_parse(task_status).map_err(|_| Error::NotFound)?;
        let ends = (project_id, "task_status_id", task_status);
        let mut transaction = self.database().begin().await?;
        let table = &PROJECT_TASK_STATUS_LINK;
        let fields = [("is_client_allowed", allowed.into())];
        self.update_link(&mut transaction, table, ends, &fields)
            .await?;
        self.link_event(transaction, caller, LinkOrder::TaskStatuses, ends)
            .await
    }

    /// Links a production to something, and returns whether the studio has it.
    async fn add_link(
        &self,
        transaction: &mut Transaction,
        setting: Setting,
        ends: project_links::Ends,
        fields: &[(&'static str, Value)],
    ) -> Result<bool> {
        let (table, _, of) = setting.link();
        let there = rows::existing_in(&mut *transaction, of.name, &[ends.2]).await?;
        if there.is_empty() {
            return Ok(false);
        }
        let values = values_of(table, fields)?;
        project_links::add(transaction, table, ends, values, &self.defaults()).await?;
        Ok(true)
    }

    async fn update_link(
        &self,
        transaction: &mut Transaction,
        table: &'static Table,
        ends: project_links::Ends,
        fields: &[(&'static str, Value)],
    ) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let mut values = values_of(table, fields)?;
        values.insert("updated_at", self.clock().timestamp().into());
        project_links::update(transaction, table, ends, values).await?;
        Ok(())
    }

    /// The row of a production, kept from other writers: of two that add the
    /// same, the second finds it there.
    async fn lock_project(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
    ) -> Result<Map<String, Value>> {
        rows::locked(transaction, &UNLINKED, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// The row of a production that was changed just now, after telling of it.
    pub(super) async fn changed_project(
        &self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
    ) -> Result<Map<String, Value>> {
        let values = Values::from([("updated_at", self.clock().timestamp().into())]);
        write::update(transaction, &PROJECT, project_id, values).await?;
        let event = Event::named("project:update").in_project(Some(project_id));
        self.record(transaction, event, Some(caller)).await?;
        rows::by_id(transaction, &UNLINKED, project_id)
            .await?
            .ok_or(Error::NotFound)
    }
}

fn parsed(id: &str) -> Result<Uuid> {
    Uuid::try_parse(id).map_err(|_| Error::Constraint(ConstraintViolation::Format))
}
