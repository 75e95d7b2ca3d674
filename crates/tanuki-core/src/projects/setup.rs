//! Links of a project: its team, and which of the studio's task types, task
//! statuses, asset types, status automations and preview backgrounds it uses.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};
use tanuki_store::Transaction;
use tanuki_store::query::{projects::links, rows};
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
use crate::fields::check_places;
use crate::{Caller, ConstraintViolation, Error, JsonRow, MalformedId, MaybeId, Projects, Result};

/// A kind of link between a project and rows of the studio.
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
    /// Returns the link table, its column for the linked row, and the linked
    /// table.
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

    fn unknown(self, id: &MaybeId) -> Error {
        let (_, _, of) = self.link();
        Error::invalid(format!("{} with id {} not found", of.object, id.as_str()))
    }
}

/// A task type to add to a project, with its settings there.
#[derive(Debug)]
pub struct NewTaskType {
    pub task_type_id: MaybeId,
    pub priority: Option<i64>,
    /// `None` leaves the bit rates of an existing link unchanged.
    pub bitrates: Option<Bitrates>,
    /// `None` leaves the visibility of an existing link unchanged.
    pub is_client_visible: Option<bool>,
}

/// Bit rates of a task type's movies in Mbit/s; `None` inherits the project's.
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

/// Links to add to a project.
#[derive(Debug)]
pub struct NewSettings {
    pub task_types: Vec<NewTaskType>,
    pub task_status_ids: Vec<MaybeId>,
    pub asset_type_ids: Vec<MaybeId>,
    /// Whether other task types are removed from the project.
    pub replace_task_types: bool,
}

impl Projects<'_> {
    /// Links a project to a row of the studio. Idempotent: an existing link is
    /// left unchanged. Returns the project's row. Requires a manager of the
    /// project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if the linked row does not exist.
    pub async fn add_setting(
        self,
        caller: &Caller,
        project_id: Uuid,
        setting: Setting,
        id: &MaybeId,
    ) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, project_id)
            .await?;
        let mut transaction = self.core.database().begin().await?;
        let row = self
            .link_setting(&mut transaction, project, setting, id)
            .await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Links a project to a row of the studio within a transaction. Locks the
    /// project's row. Idempotent. Returns the project's row.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the linked row does not exist.
    pub(super) async fn link_setting(
        self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        setting: Setting,
        id: &MaybeId,
    ) -> Result<JsonRow> {
        let project_id = project.project_id;
        let row = self.lock_project(transaction, project_id).await?;
        let (table, column, of) = setting.link();
        let target = id.id().ok_or_else(|| setting.unknown(id))?;
        let there = rows::existing_in(&mut *transaction, of.name, &[target]).await?;
        if there.is_empty() {
            return Err(setting.unknown(id));
        }
        let ends = (project_id, column, target);
        if links::exists(&mut *transaction, table, ends).await? {
            return Ok(row);
        }
        let values = Values::new();
        links::add(transaction, table, ends, values, &self.core.defaults()).await?;
        self.changed_project(transaction, project).await
    }

    /// Removes a link between a project and a row of the studio. Idempotent.
    /// Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist or the id is
    /// malformed, [`Error::Denied`] without permission.
    pub async fn remove_setting(
        self,
        caller: &Caller,
        project_id: Uuid,
        setting: Setting,
        id: &MaybeId,
    ) -> Result<()> {
        let project = self
            .core
            .require_managed_project(caller, project_id)
            .await?;
        let target = id.found()?;
        let mut transaction = self.core.database().begin().await?;
        let (table, column, _) = setting.link();
        let ends = (project.project_id, column, target);
        links::remove(&mut transaction, table, ends).await?;
        self.changed_project(&mut transaction, project).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Adds a task type to a project, or updates the existing link except its
    /// priority. Returns the project's row. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Invalid`] if the task type is malformed or
    /// does not exist, or for an invalid bit rate.
    pub async fn add_task_type(
        self,
        caller: &Caller,
        project_id: Uuid,
        new: NewTaskType,
    ) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, project_id)
            .await?;
        let malformed = MalformedId::Required("task_type_id");
        let task_type = new.task_type_id.hyphenated(malformed)?;
        let mut transaction = self.core.database().begin().await?;
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
            let studio = &self.core.settings().studio;
            check_inherited_bitrates(studio, &data.into_iter().collect(), &Map::new(), inherited)?;
        }
        if let Some(visible) = new.is_client_visible {
            fields.push(("is_client_visible", visible.into()));
        }
        let table = &PROJECT_TASK_TYPE_LINK;
        let ends = (project.project_id, "task_type_id", task_type);
        if links::exists(&mut transaction, table, ends).await? {
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

    /// Adds task types, task statuses and asset types to a project in one
    /// transaction. Ids that do not exist are ignored. Returns the project's
    /// row. Requires a manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist, [`Error::Denied`]
    /// without permission, [`Error::Constraint`] for a malformed id.
    pub async fn add_settings(
        self,
        caller: &Caller,
        project_id: Uuid,
        new: NewSettings,
    ) -> Result<JsonRow> {
        let project = self
            .core
            .require_managed_project(caller, project_id)
            .await?;
        check_places("task_types", &new.task_types)?;
        check_places("task_status_ids", &new.task_status_ids)?;
        check_places("asset_type_ids", &new.asset_type_ids)?;
        let mut transaction = self.core.database().begin().await?;
        self.lock_project(&mut transaction, project.project_id)
            .await?;
        self.add_task_types(&mut transaction, project, &new).await?;
        for (setting, ids) in [
            (Setting::TaskStatuses, &new.task_status_ids),
            (Setting::AssetTypes, &new.asset_type_ids),
        ] {
            let ids = ids.iter().map(parsed).collect::<Result<BTreeSet<_>>>()?;
            let new = ids.into_iter().map(|id| (id, Values::new())).collect();
            self.add_links(&mut transaction, project, setting, new)
                .await?;
        }
        let row = self.changed_project(&mut transaction, project).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Adds and updates the links to task types. If a task type is listed
    /// twice, the last one counts.
    async fn add_task_types(
        self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        new: &NewSettings,
    ) -> Result<()> {
        let setting = Setting::TaskTypes;
        let (table, column, _) = setting.link();
        let end = (project.project_id, column);
        let mut wanted = BTreeMap::new();
        for task_type in &new.task_types {
            wanted.insert(parsed(&task_type.task_type_id)?, task_type);
        }
        let used = links::ids(&mut *transaction, table, end).await?;
        let mut added = Vec::new();
        let mut updated: BTreeMap<&str, Vec<(Uuid, tanuki_store::Value)>> = BTreeMap::new();
        for (id, task_type) in &wanted {
            let link = used.get(id);
            let mut fields = Vec::new();
            if let Some(visible) = task_type.is_client_visible {
                fields.push(("is_client_visible", visible.into()));
            }
            if task_type.priority.is_some() || link.is_none() {
                fields.push(("priority", task_type.priority.into()));
            }
            let values = values_of(table, &fields)?;
            match link {
                None => added.push((*id, values)),
                Some(link) => {
                    for (column, value) in values {
                        updated.entry(column).or_default().push((*link, value));
                    }
                }
            }
        }
        let now = self.core.clock().timestamp();
        for (column, values) in updated {
            let now = Values::from([("updated_at", now.into())]);
            write::update_each(&mut *transaction, (table, column), &values, now).await?;
        }
        self.add_links(transaction, project, setting, added).await?;
        if new.replace_task_types {
            let others = used.into_keys().filter(|id| !wanted.contains_key(id));
            let others: Vec<Uuid> = others.collect();
            links::remove_all(transaction, table, end, &others).await?;
        }
        Ok(())
    }

    /// Inserts those links that the project does not have yet. Ids that do not
    /// exist are ignored.
    async fn add_links(
        self,
        transaction: &mut Transaction,
        project: ManagedProject<'_>,
        setting: Setting,
        new: Vec<(Uuid, Values)>,
    ) -> Result<()> {
        let (table, column, of) = setting.link();
        let end = (project.project_id, column);
        let ids: Vec<Uuid> = new.iter().map(|(id, _)| *id).collect();
        let there = rows::existing_in(&mut *transaction, of.name, &ids).await?;
        let mut there: HashSet<Uuid> = there.into_iter().collect();
        for linked in links::targets(&mut *transaction, table, end).await? {
            there.remove(&linked);
        }
        let new = new.into_iter().filter(|(id, _)| there.contains(id));
        let defaults = self.core.defaults();
        links::add_all(transaction, table, end, new.collect(), &defaults).await?;
        Ok(())
    }

    /// Sets whether the clients of a project may set a task status; `None`
    /// inherits the studio's setting. Returns the link's row. Requires a
    /// manager of the project.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the project does not exist or use the status,
    /// [`Error::Denied`] without permission.
    pub async fn allow_status_to_clients(
        self,
        caller: &Caller,
        project_id: Uuid,
        task_status: &MaybeId,
        allowed: Option<bool>,
    ) -> Result<JsonRow> {
        self.core
            .require_managed_project(caller, project_id)
            .await?;
        let task_status = task_status.found()?;
        let ends = (project_id, "task_status_id", task_status);
        let mut transaction = self.core.database().begin().await?;
        let table = &PROJECT_TASK_STATUS_LINK;
        let fields = [("is_client_allowed", allowed.into())];
        self.update_link(&mut transaction, table, ends, &fields)
            .await?;
        self.link_event(transaction, caller, LinkOrder::TaskStatuses, ends)
            .await
    }

    /// Inserts a link; `false` if the linked row does not exist.
    async fn add_link(
        self,
        transaction: &mut Transaction,
        setting: Setting,
        ends: links::Ends,
        fields: &[(&'static str, Value)],
    ) -> Result<bool> {
        let (table, _, of) = setting.link();
        let there = rows::existing_in(&mut *transaction, of.name, &[ends.2]).await?;
        if there.is_empty() {
            return Ok(false);
        }
        let values = values_of(table, fields)?;
        links::add(transaction, table, ends, values, &self.core.defaults()).await?;
        Ok(true)
    }

    /// Updates the fields of a link. Does nothing without fields.
    async fn update_link(
        self,
        transaction: &mut Transaction,
        table: &'static Table,
        ends: links::Ends,
        fields: &[(&'static str, Value)],
    ) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let mut values = values_of(table, fields)?;
        values.insert("updated_at", self.core.clock().timestamp().into());
        links::update(transaction, table, ends, values).await?;
        Ok(())
    }

    /// Reads a project and locks its row, so that of two concurrent requests
    /// that add the same link the second finds it. [`Error::NotFound`] if the
    /// project does not exist.
    async fn lock_project(self, transaction: &mut Transaction, id: Uuid) -> Result<JsonRow> {
        rows::locked(transaction, &UNLINKED, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// Updates a project's `updated_at`, records `project:update` and returns
    /// the new row.
    pub(super) async fn changed_project(
        self,
        transaction: &mut Transaction,
        ManagedProject { caller, project_id }: ManagedProject<'_>,
    ) -> Result<JsonRow> {
        let values = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        write::update(transaction, &PROJECT, project_id, values).await?;
        let event = Event::named("project:update").in_project(Some(project_id));
        self.core.record(transaction, event, Some(caller)).await?;
        rows::by_id(transaction, &UNLINKED, project_id)
            .await?
            .ok_or(Error::NotFound)
    }
}

fn parsed(id: &MaybeId) -> Result<Uuid> {
    id.id()
        .ok_or(Error::Constraint(ConstraintViolation::Format))
}
