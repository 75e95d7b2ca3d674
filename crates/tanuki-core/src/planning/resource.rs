//! Resources of planning: milestones, schedule items, versions
//! of a schedule, budgets and their entries.

use sea_query::Condition;
use serde_json::Value;
use tanuki_store::Transaction;
use tanuki_store::query::{entities, planning, rows};
use tanuki_store::schema::{
    BUDGET, BUDGET_ENTRY, MILESTONE, PRODUCTION_SCHEDULE_VERSION,
    PRODUCTION_SCHEDULE_VERSION_TASK_LINK, SCHEDULE_ITEM,
};
use uuid::Uuid;

use crate::access::{
    Standing, allow, managers_create, managers_delete, managers_update, standing_in_new,
};
use crate::events::Event;
use crate::fields::id_of;
use crate::resource::{
    Asking, Creating, Deleting, Parameters, Reading, Resource, Updating, asked_production, at_once,
    first, refuse_duplicate, whole,
};
use crate::{Caller, Error, Result, Unstorable};

/// `/data/milestones`.
pub static MILESTONES: Resource = Resource {
    may_create: managers_create,
    may_read: |reading| Box::pin(team_reads(reading, Standing::refuse_vendors)),
    may_update: managers_update,
    may_delete: managers_delete,
    ..Resource::plain(&MILESTONE, whole!(&MILESTONE))
};

/// `/data/schedule-items`: one for a task type of a production or of one of
/// its entities.
pub static SCHEDULE_ITEMS: Resource = Resource {
    may_create: |creating| {
        Box::pin(async move {
            match creating.data.get("project_id") {
                None => allow(creating.caller.is_admin()),
                Some(_) => standing_in_new(creating.core, creating.caller, creating.data)
                    .await?
                    .require_manager(),
            }
        })
    },
    before_create: |creating| Box::pin(refuse_second_item(creating)),
    after_create: |written| Box::pin(refuse_duplicate(written, &SCHEDULE_ITEM)),
    may_update: |updating| Box::pin(supervisors_reschedule(updating)),
    before_update: |updating| {
        // Clients send a text while somebody types.
        if updating.data.get("man_days").is_some_and(Value::is_string) {
            updating.data.remove("man_days");
        }
        at_once(Ok(()))
    },
    may_delete: managers_delete,
    ..Resource::plain(&SCHEDULE_ITEM, whole!(&SCHEDULE_ITEM))
};

async fn refuse_second_item(creating: Creating<'_>) -> Result<()> {
    let mut parts = [None; 3];
    for (part, field) in parts
        .iter_mut()
        .zip(["project_id", "task_type_id", "object_id"])
    {
        *part = match creating.data.get(field) {
            None | Some(Value::Null) => None,
            Some(_) => {
                Some(id_of(creating.data, field).ok_or(Error::Unstorable(Unstorable::Format))?)
            }
        };
    }
    if planning::schedule_item_exists(creating.core.database(), parts).await? {
        return Err(Error::invalid("A similar schedule item already exists"));
    }
    Ok(())
}

async fn supervisors_reschedule(updating: Updating<'_>) -> Result<()> {
    let Updating {
        caller,
        transaction,
        row,
        ..
    } = updating;
    let project_id = id_of(row, "project_id");
    let standing = caller.standing(&mut *transaction, project_id).await?;
    if standing.manages() {
        return Ok(());
    }
    let Some(task_type_id) = id_of(row, "task_type_id") else {
        allow(standing.supervises())?;
        // Only who supervises everything supervises what has no type.
        let limited = entities::has_departments(transaction, caller.id).await?;
        return if limited {
            Err(Error::NotFound)
        } else {
            Ok(())
        };
    };
    allow(
        caller
            .supervises_type(transaction, standing, task_type_id)
            .await?,
    )
}

/// `/data/production-schedule-versions`.
pub static SCHEDULE_VERSIONS: Resource = Resource {
    may_list: |asking| Box::pin(team_lists(asking)),
    may_create: managers_create,
    may_read: |reading| Box::pin(team_reads(reading, Standing::refuse_guests)),
    may_update: managers_update,
    may_delete: managers_delete,
    before_delete: |deleting| Box::pin(detach_version(deleting)),
    ..Resource::plain(
        &PRODUCTION_SCHEDULE_VERSION,
        whole!(&PRODUCTION_SCHEDULE_VERSION),
    )
};

/// The team of a production reads what is planned in it, but for some.
async fn team_reads(reading: Reading<'_>, check: fn(Standing) -> Result<()>) -> Result<()> {
    let project_id = id_of(reading.row, "project_id");
    let database = reading.core.database();
    check(reading.caller.enter(database, project_id).await?)
}

/// The team of a production lists what is planned in it; admins list all.
async fn team_lists(asking: Asking<'_>) -> Result<()> {
    let Some(text) = first(asking.parameters, "project_id") else {
        return asking.caller.require_admin();
    };
    if asking.caller.is_admin() {
        return Ok(());
    }
    let (_, standing) = asking.core.enter_project(asking.caller, text).await?;
    standing.refuse_guests()
}

/// Nothing may refer to a version that goes.
async fn detach_version(deleting: Deleting<'_>) -> Result<()> {
    let Deleting {
        core,
        caller,
        transaction,
        id,
        ..
    } = deleting;
    for project_id in planning::detach_version(transaction, id, core.clock().timestamp()).await? {
        let event = Event::named("project:update").in_project(Some(project_id));
        core.record(transaction, event, Some(caller)).await?;
    }
    Ok(())
}

/// `/data/production-schedule-version-task-links`: when a task is planned in a
/// version of the schedule.
pub static SCHEDULE_VERSION_TASKS: Resource = Resource {
    options: in_production,
    may_list: |asking| Box::pin(team_lists(asking)),
    may_create: |creating| Box::pin(may_plan(creating)),
    may_read: |reading| Box::pin(may_see_plan(reading)),
    may_update: |updating| {
        Box::pin(async move {
            let task_id = id_of(updating.row, "task_id");
            manages_task(updating.caller, updating.transaction, task_id).await
        })
    },
    may_delete: |deleting| {
        Box::pin(async move {
            let task_id = id_of(deleting.row, "task_id");
            manages_task(deleting.caller, deleting.transaction, task_id).await
        })
    },
    protected_on_update: &["task_id", "production_schedule_version_id"],
    ..Resource::plain(
        &PRODUCTION_SCHEDULE_VERSION_TASK_LINK,
        whole!(&PRODUCTION_SCHEDULE_VERSION_TASK_LINK),
    )
};

fn in_production(parameters: &Parameters) -> Result<Condition> {
    let production = asked_production(parameters)?;
    Ok(production.map_or_else(Condition::all, planning::links_in_production))
}

async fn may_plan(creating: Creating<'_>) -> Result<()> {
    let Creating {
        core, caller, data, ..
    } = creating;
    let database = core.database();
    let mut found = [None; 2];
    for (project, (field, table)) in found.iter_mut().zip([
        (
            "production_schedule_version_id",
            "production_schedule_version",
        ),
        ("task_id", "task"),
    ]) {
        if !data.contains_key(field) {
            return Err(Error::Unstorable(Unstorable::Missing));
        }
        let id = id_of(data, field).ok_or(Error::NotFound)?;
        let row = rows::project_of(database, table, id).await?;
        *project = row.ok_or(Error::NotFound)?;
    }
    let [of_version, of_task] = found;
    if of_version != of_task {
        return Err(Error::invalid(
            "The task and the production schedule version must be in the same project.",
        ));
    }
    caller
        .standing(database, of_version)
        .await?
        .require_manager()
}

async fn may_see_plan(reading: Reading<'_>) -> Result<()> {
    let database = reading.core.database();
    let task_id = id_of(reading.row, "task_id").ok_or(Error::NotFound)?;
    let project_id = rows::project_of(database, "task", task_id).await?;
    reading
        .caller
        .enter(database, project_id.flatten())
        .await?
        .refuse_guests()
}

async fn manages_task(
    caller: &Caller,
    transaction: &mut Transaction,
    task_id: Option<Uuid>,
) -> Result<()> {
    let task_id = task_id.ok_or(Error::NotFound)?;
    let project_id = rows::project_of(&mut *transaction, "task", task_id).await?;
    caller
        .standing(transaction, project_id.flatten())
        .await?
        .require_manager()
}

/// `/data/budgets`.
pub static BUDGETS: Resource = Resource {
    protected_on_update: &["revision"],
    ..Resource::plain(&BUDGET, whole!(&BUDGET))
};

/// `/data/budget-entries`.
pub static BUDGET_ENTRIES: Resource = Resource {
    protected_on_update: &["budget_id"],
    ..Resource::plain(&BUDGET_ENTRY, whole!(&BUDGET_ENTRY))
};
