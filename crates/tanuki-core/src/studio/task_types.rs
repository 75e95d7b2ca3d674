//! Task types: the steps of the pipeline, and their order.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_store::projection::Projection;
use tanuki_store::query::{rows, task_types};
use tanuki_store::schema::TASK_TYPE;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use crate::fields::{id_of, placed_ids, text_in};
use crate::resource::{
    ChangeContext, CreateContext, DeleteContext, Resource, UpdateContext, full_projection,
};
use crate::{Admin, Error, JsonRow, Result, Studio};

/// `/data/task-types`.
pub static TASK_TYPES: Resource = Resource {
    unique_columns: &["name"],
    before_create: |creating| Box::pin(refuse_second_name(creating)),
    after_create: |written| Box::pin(refuse_simultaneous_name(written)),
    before_update: |updating| Box::pin(refuse_other_name(updating)),
    before_delete: |deleting| Box::pin(detach(deleting)),
    ..Resource::open_to_all(&TASK_TYPE, full_projection!(&TASK_TYPE))
};

async fn refuse_second_name(creating: CreateContext<'_>) -> Result<()> {
    let Some(name) = text_in(creating.data, "name")? else {
        return Ok(());
    };
    refuse(task_types::name_is_taken(creating.core.database(), name, None).await?)
}

/// Checks the name again within the transaction: of two concurrent creations
/// with the same name one is refused.
async fn refuse_simultaneous_name(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        transaction,
        id,
        answer,
        ..
    } = written;
    let Some(name) = text_in(answer, "name")? else {
        return Ok(());
    };
    refuse(task_types::name_is_taken(transaction, name, Some(id)).await?)
}

/// Refuses a changed name that is taken. Clients send the whole form back, so
/// an unchanged name is not checked.
async fn refuse_other_name(updating: UpdateContext<'_>) -> Result<()> {
    let Some(name) = text_in(updating.data, "name")? else {
        return Ok(());
    };
    if updating
        .row
        .get("name")
        .is_some_and(|before| before == name)
    {
        return Ok(());
    }
    let id = Some(updating.id);
    refuse(task_types::name_is_taken(updating.transaction, name, id).await?)
}

fn refuse(taken: bool) -> Result<()> {
    if taken {
        return Err(Error::invalid(
            "A task type with similar name already exists",
        ));
    }
    Ok(())
}

/// Refuses to delete a task type that projects or schedules use, unless
/// `force`: then it is removed from them.
async fn detach(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        transaction,
        id,
        force,
        ..
    } = deleting;
    if force {
        task_types::detach(transaction, id).await?;
        return Ok(());
    }
    let users = task_types::users(transaction, id).await?;
    if users.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Task type is attached to {}. Re-issue the request with force=true to detach.",
        users.join(" and ")
    )))
}

impl Studio<'_> {
    /// Sets the studio-wide order (`priority`) of task types to that of `ids`,
    /// and returns them in it. JSON: all columns. Nulls and ids of task types
    /// that do not exist are skipped.
    ///
    /// # Errors
    /// [`Error::Invalid`] for too many ids, [`ConstraintViolation::Format`] for
    /// one that is not a UUID.
    pub async fn order_task_types(self, _: Admin<'_>, ids: &[Value]) -> Result<Vec<JsonRow>> {
        let places = placed_ids("task_type_ids", ids)?;
        static PROJECTION: LazyLock<Projection> =
            LazyLock::new(|| Projection::all_columns(&TASK_TYPE, &[]));
        let ids: Vec<Uuid> = places.iter().map(|(id, _)| *id).collect();
        let priorities = places
            .iter()
            .map(|(id, priority)| (*id, (*priority).into()));
        let priorities: Vec<_> = priorities.collect();
        let mut transaction = self.core.database().begin().await?;
        let now = Values::from([("updated_at", self.core.clock().timestamp().into())]);
        let column = (&TASK_TYPE, "priority");
        write::update_each(&mut transaction, column, &priorities, now).await?;
        let rows = rows::by_ids(&mut transaction, &PROJECTION, &ids).await?;
        transaction.commit().await?;
        let rows: HashMap<Uuid, Map<String, Value>> = rows
            .into_iter()
            .filter_map(|row| Some((id_of(&row, "id")?, row)))
            .collect();
        // A task type that is listed twice is in the answer with both of its places.
        let placed = places.into_iter().filter_map(|(id, priority)| {
            let mut row = rows.get(&id)?.clone();
            row.insert("priority".into(), priority.into());
            Some(row)
        });
        Ok(placed.collect())
    }
}
