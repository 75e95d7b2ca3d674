//! A single task with its related rows.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::database::JsonChunks;
use tanuki_store::projection::Projection;
use tanuki_store::query::{files::previews, tasks};
use tanuki_store::schema::{
    ColumnType, ENTITY, ENTITY_TYPE, PERSON, PREVIEW_FILE, PROJECT, TASK, TASK_STATUS, TASK_TYPE,
};
use tanuki_store::view::people::SECRET;
use tanuki_store::view::tasks::blank_row;
use tanuki_store::{Kind, ListQuery};
use uuid::Uuid;

use crate::access::ensure;
use crate::fields::id_of;
use crate::people::show_colleague;
use crate::{Caller, Error, JsonRow, Result, Tasks};

/// A task with its related rows nested. The parent and grandparent of the
/// entity are joined as `sequence` and `episode`; [`name_what_is_above`]
/// renames them by the entity's kind.
pub(super) static FULL: LazyLock<Projection> = LazyLock::new(|| {
    Projection::with_links(&TASK, &[])
        .embed("entity", ("task", "entity_id"), whole(&ENTITY))
        .embed(
            "entity_type",
            ("entity", "entity_type_id"),
            whole(&ENTITY_TYPE),
        )
        .embed("project", ("task", "project_id"), whole(&PROJECT))
        .embed(
            "task_status",
            ("task", "task_status_id"),
            whole(&TASK_STATUS),
        )
        .embed("task_type", ("task", "task_type_id"), whole(&TASK_TYPE))
        .embed(
            "assigner",
            ("task", "assigner_id"),
            Projection::with_links(&PERSON, SECRET),
        )
        .embed("sequence", ("entity", "parent_id"), whole(&ENTITY))
        .embed("episode", ("sequence", "parent_id"), whole(&ENTITY))
        .embed_many(
            "persons",
            Projection::all_columns(&PERSON, SECRET),
            tasks::to_assignees,
        )
        .computed("is_subscribed", ColumnType::Boolean, |_| {
            tasks::is_subscribed()
        })
        .at_end(&[
            "entity",
            "entity_type",
            "is_subscribed",
            "persons",
            "project",
            "task_status",
            "task_type",
            "assigner",
            "sequence",
            "episode",
        ])
});

pub(super) static PREVIEWS: LazyLock<Projection> = LazyLock::new(|| whole(&PREVIEW_FILE));

fn whole(table: &'static tanuki_store::schema::Table) -> Projection {
    Projection::all_columns(table, &[])
}

impl Tasks<'_> {
    /// Returns a task with its entity, project, type, status and people. JSON:
    /// [`FULL`]. `assigner` is omitted if null. Clients get neither people nor
    /// internal values such as estimations; clients and vendors only the
    /// metadata that is published to them. Requires access to the project and
    /// the entity.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the task does not exist, [`Error::Denied`]
    /// without access.
    pub async fn full(self, caller: &Caller, id: Uuid) -> Result<JsonRow> {
        let (mut task, membership) = tasks::full(self.core.database(), &FULL, id, caller.id)
            .await?
            .ok_or(Error::NotFound)?;
        let access = caller.project_access_of(membership);
        ensure(access.is_granted())?;
        let entity_id = id_of(&task, "entity_id").ok_or(Error::NotFound)?;
        caller
            .require_entity_reach(self.core.database(), access, entity_id)
            .await?;
        name_what_is_above(&mut task);
        if task.get("assigner").is_some_and(Value::is_null) {
            task.shift_remove("assigner");
        }
        if access.is_client() {
            blank_row(&mut task);
            task.insert("persons".into(), json!([]));
            task.shift_remove("assigner");
        } else {
            show_colleagues(caller, access.is_manager(), &mut task);
        }
        if access.is_client() || access.is_vendor() {
            self.hide_metadata(caller, &mut task).await?;
        }
        Ok(task)
    }

    /// Removes the metadata of a task and its related rows that the caller's
    /// role must not see.
    async fn hide_metadata(self, caller: &Caller, task: &mut Map<String, Value>) -> Result<()> {
        let (Some(mask), Some(project_id)) =
            (self.core.mask(caller).await?, id_of(task, "project_id"))
        else {
            return Ok(());
        };
        mask.task(project_id, task);
        let kind = task.get("entity_type").and_then(|kind| kind.get("name"));
        let kind = Kind::of_type(kind.and_then(Value::as_str).unwrap_or_default());
        for (key, kind) in [
            ("entity", kind.type_name()),
            ("sequence", "Sequence"),
            ("episode", "Episode"),
            ("project", "Project"),
        ] {
            if let Some(row) = task.get_mut(key).and_then(Value::as_object_mut) {
                mask.entity(project_id, kind, row);
            }
        }
        Ok(())
    }

    /// Lists the previews of a task, newest revision first. JSON: every column
    /// of `preview_file`. Rejected previews are not shown to clients. Requires
    /// access to the task.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such task, [`Error::Denied`] without
    /// access to it.
    pub async fn task_previews(self, caller: &Caller, id: Uuid) -> Result<JsonChunks> {
        let on_task = caller.require_task_access(self.core.database().into(), id);
        let access = on_task.await?.access;
        let previews = ListQuery::new(&PREVIEWS);
        let previews = previews::revisions_of(previews, id, access.is_client());
        Ok(self.core.database().fetch_list(previews).await?)
    }
}

/// Moves the parents of an entity to the keys `sequence` and `episode` by the
/// entity's kind. Assets and edits have neither.
fn name_what_is_above(task: &mut Map<String, Value>) {
    let kind = task
        .get("entity_type")
        .and_then(|kind| kind.get("name"))
        .and_then(Value::as_str)
        .map_or(Kind::Asset, Kind::of_type);
    let (above, further) = (task.shift_remove("sequence"), task.shift_remove("episode"));
    let (sequence, episode) = match kind {
        Kind::Shot | Kind::Scene => (called("Sequence", above), called("Episode", further)),
        Kind::Sequence => {
            let episode = called("Episode", above);
            let own = episode.as_ref().and(task.get("entity").cloned());
            (own, episode)
        }
        _ => (None, None),
    };
    for (key, row) in [("sequence", sequence), ("episode", episode)] {
        if let Some(row) = row {
            task.insert(key.into(), row);
        }
    }
}

fn called(kind: &str, row: Option<Value>) -> Option<Value> {
    let mut row = row.filter(|row| !row.is_null())?;
    row["type"] = kind.into();
    Some(row)
}

/// Hides personal data of people from callers without a manager's role in the
/// studio, and `daily_salary` from everybody who does not manage the project.
fn show_colleagues(caller: &Caller, manages: bool, task: &mut Map<String, Value>) {
    let persons = task.get_mut("persons").and_then(Value::as_array_mut);
    for person in persons.into_iter().flatten() {
        show(caller, manages, person);
    }
    if let Some(assigner) = task.get_mut("assigner") {
        show(caller, manages, assigner);
    }
}

fn show(caller: &Caller, manages: bool, person: &mut Value) {
    show_colleague(caller, person);
    if let Some(salary) = person.get_mut("daily_salary").filter(|_| !manages) {
        *salary = json!(0);
    }
}
