//! The resources of planning: milestones, schedule items, versions of a
//! schedule, budgets and their entries.

use serde_json::Value;
use tanuki_store::query::{entities, planning, rows};
use tanuki_store::schema::{
    BUDGET, BUDGET_ENTRY, MILESTONE, PRODUCTION_SCHEDULE_VERSION,
    PRODUCTION_SCHEDULE_VERSION_TASK_LINK, SCHEDULE_ITEM,
};
use tanuki_store::{Filter, Transaction};
use uuid::Uuid;

use crate::access::{ProjectAccess, access_of_new_row, ensure};
use crate::events::Event;
use crate::fields::id_of;
use crate::parameters::{Parameters, first};
use crate::resource::{
    CreateContext, DeleteContext, ListContext, ReadContext, Resource, UpdateContext,
    full_projection, managers_create, managers_delete, managers_update, project_id_parameter,
    ready, refuse_duplicate,
};
use crate::{Caller, ConstraintViolation, Error, MaybeId, Result};

/// `/data/milestones`. Read by the team without vendors, changed by managers of
/// the project.
pub static MILESTONES: Resource = Resource {
    may_create: managers_create,
    may_read: |reading| Box::pin(team_reads(reading, ProjectAccess::deny_vendors)),
    may_update: managers_update,
    may_delete: managers_delete,
    ..Resource::plain(&MILESTONE, full_projection!(&MILESTONE))
};

/// `/data/schedule-items`: the planned dates of a task type in a project, or of
/// one of its entities. Supervisors may update those of task types of their
/// departments.
pub static SCHEDULE_ITEMS: Resource = Resource {
    may_create: |creating| {
        Box::pin(async move {
            match creating.data.get("project_id") {
                None => ensure(creating.caller.is_admin()),
                Some(_) => access_of_new_row(creating.core, creating.caller, creating.data)
                    .await?
                    .require_manager(),
            }
        })
    },
    unique_columns: &["project_id", "task_type_id", "object_id"],
    before_create: |creating| Box::pin(refuse_second_item(creating)),
    after_create: |written| Box::pin(refuse_duplicate(written, &SCHEDULE_ITEM)),
    may_update: |updating| Box::pin(supervisors_reschedule(updating)),
    before_update: |updating| {
        // The web client sends a string while the user types. It is ignored.
        if updating.data.get("man_days").is_some_and(Value::is_string) {
            updating.data.remove("man_days");
        }
        ready(Ok(()))
    },
    may_delete: managers_delete,
    ..Resource::plain(&SCHEDULE_ITEM, full_projection!(&SCHEDULE_ITEM))
};

/// Refuses a second schedule item of the same project, task type and object
/// with `Invalid`.
async fn refuse_second_item(creating: CreateContext<'_>) -> Result<()> {
    let mut parts = [None; 3];
    for (part, field) in parts
        .iter_mut()
        .zip(["project_id", "task_type_id", "object_id"])
    {
        *part = match creating.data.get(field) {
            None | Some(Value::Null) => None,
            Some(_) => Some(
                id_of(creating.data, field)
                    .ok_or(Error::Constraint(ConstraintViolation::Format))?,
            ),
        };
    }
    if planning::schedule_item_exists(creating.core.database(), parts).await? {
        return Err(Error::invalid("A similar schedule item already exists"));
    }
    Ok(())
}

/// Requires a manager of the project, or a supervisor of the task type.
async fn supervisors_reschedule(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        caller,
        transaction,
        row,
        ..
    } = updating;
    let project_id = id_of(row, "project_id");
    let access = caller.project_access(&mut *transaction, project_id).await?;
    if access.is_manager() {
        return Ok(());
    }
    let Some(task_type_id) = id_of(row, "task_type_id") else {
        ensure(access.is_supervisor())?;
        // An item without a task type may be updated only by supervisors who
        // are not limited to departments.
        let limited = entities::has_departments(transaction, caller.id).await?;
        return if limited {
            Err(Error::NotFound)
        } else {
            Ok(())
        };
    };
    ensure(
        caller
            .supervises_task_type(transaction, access, task_type_id)
            .await?,
    )
}

/// `/data/production-schedule-versions`. Read by the team without clients and
/// vendors, changed by managers of the project.
pub static SCHEDULE_VERSIONS: Resource = Resource {
    may_list: |asking| Box::pin(team_lists(asking)),
    may_create: managers_create,
    may_read: |reading| Box::pin(team_reads(reading, ProjectAccess::deny_guests)),
    may_update: managers_update,
    may_delete: managers_delete,
    before_delete: |deleting| Box::pin(detach_version(deleting)),
    ..Resource::plain(
        &PRODUCTION_SCHEDULE_VERSION,
        full_projection!(&PRODUCTION_SCHEDULE_VERSION),
    )
};

/// Requires access to the project of a row, and a role that passes `check`.
async fn team_reads(
    reading: ReadContext<'_>,
    check: fn(ProjectAccess) -> Result<()>,
) -> Result<()> {
    let project_id = id_of(reading.row, "project_id");
    let database = reading.core.database();
    check(
        reading
            .caller
            .require_project_access(database, project_id)
            .await?,
    )
}

/// Requires access to the project of `project_id`; not for clients and vendors.
/// Only admins may omit it.
async fn team_lists(asking: ListContext<'_>) -> Result<()> {
    let Some(text) = first(asking.parameters, "project_id") else {
        return asking.caller.require_admin();
    };
    if asking.caller.is_admin() {
        return Ok(());
    }
    let (_, access) = asking
        .core
        .require_project(asking.caller, MaybeId::from(text.to_owned()).found()?)
        .await?;
    access.deny_guests()
}

/// Clears the references of projects to a version that is about to be deleted,
/// and records `project:update` for them.
async fn detach_version(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
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

/// `/data/production-schedule-version-task-links`: the planned dates of a task
/// in a version of the schedule. Changed by managers of the project.
pub static SCHEDULE_VERSION_TASKS: Resource = Resource {
    list_params: in_production,
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
        full_projection!(&PRODUCTION_SCHEDULE_VERSION_TASK_LINK),
    )
};

fn in_production(parameters: &Parameters) -> Result<Filter> {
    let production = project_id_parameter(parameters)?;
    Ok(production.map_or_else(Filter::all, planning::links_in_production))
}

/// Requires a manager of the project, which the version and the task must
/// share.
async fn may_plan(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext {
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
            return Err(Error::Constraint(ConstraintViolation::Missing));
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
        .project_access(database, of_version)
        .await?
        .require_manager()
}

/// Requires access to the project of the task; not for clients and vendors.
async fn may_see_plan(reading: ReadContext<'_>) -> Result<()> {
    let database = reading.core.database();
    let task_id = id_of(reading.row, "task_id").ok_or(Error::NotFound)?;
    let project_id = rows::project_of(database, "task", task_id).await?;
    reading
        .caller
        .require_project_access(database, project_id.flatten())
        .await?
        .deny_guests()
}

/// Requires a manager of the task's project.
async fn manages_task(
    caller: &Caller,
    transaction: &mut Transaction,
    task_id: Option<Uuid>,
) -> Result<()> {
    let task_id = task_id.ok_or(Error::NotFound)?;
    let project_id = rows::project_of(&mut *transaction, "task", task_id).await?;
    caller
        .project_access(transaction, project_id.flatten())
        .await?
        .require_manager()
}

/// `/data/budgets`.
pub static BUDGETS: Resource = Resource {
    protected_on_update: &["revision"],
    ..Resource::plain(&BUDGET, full_projection!(&BUDGET))
};

/// `/data/budget-entries`.
pub static BUDGET_ENTRIES: Resource = Resource {
    protected_on_update: &["budget_id"],
    ..Resource::plain(&BUDGET_ENTRY, full_projection!(&BUDGET_ENTRY))
};
