//! The resources `/data/time-spents` and `/data/day-offs`.

use serde_json::{Map, Value};
use tanuki_store::Filter;
use tanuki_store::query::{access, locks, planning::time, rows};
use tanuki_store::schema::{Column, DAY_OFF, TIME_SPENT};
use uuid::Uuid;

use crate::access::ensure;
use crate::cascade::sum_durations;
use crate::fields::{column_value, id_of};
use crate::parameters::{Parameters, first};
use crate::resource::{
    ChangeContext, CreateContext, DeleteContext, ReadContext, Resource, UpdateContext,
    full_projection,
};
use crate::{Caller, ConstraintViolation, Error, Result};

/// `/data/time-spents`. A task's `duration` is the sum of its rows (minutes).
pub static TIME_SPENTS: Resource = Resource {
    list_params: in_range,
    after_create: |written| Box::pin(sum_written(written)),
    after_update: |written| Box::pin(sum_written(written)),
    lock_before: |transaction, _, id, _| {
        Box::pin(
            async move { Ok(locks::task_of(transaction, ("time_spent", "task_id"), id).await?) },
        )
    },
    may_delete: |deleting| Box::pin(may_delete_time(deleting)),
    after_delete: |deleting| {
        Box::pin(async move {
            let DeleteContext {
                core,
                caller,
                transaction,
                row,
                ..
            } = deleting;
            let task_id =
                id_of(row, "task_id").ok_or(Error::Constraint(ConstraintViolation::Missing))?;
            sum_durations(core, caller, transaction, &[task_id]).await
        })
    },
    ..Resource::plain(&TIME_SPENT, full_projection!(&TIME_SPENT))
};

/// Filters by `start_date` and `end_date`, which must be given together.
fn in_range(parameters: &Parameters) -> Result<Filter> {
    let bounds = ["start_date", "end_date"].map(|name| first(parameters, name));
    if bounds.iter().all(|bound| bound.is_none_or(str::is_empty)) {
        return Ok(Filter::all());
    }
    let [Some(start), Some(end)] = bounds else {
        return Err(incomplete_range());
    };
    let day = |text| {
        crate::fields::date(text).map_err(|_| Error::InvalidFilter(ConstraintViolation::Format))
    };
    Ok(time::spent_between(day(start)?, day(end)?))
}

/// The error for a range of days of which one end is missing.
pub(super) fn incomplete_range() -> Error {
    Error::invalid(
        "If querying for a range of dates, both a `start_date` and an `end_date` must be given.",
    )
}

/// Updates the duration of the task, and of the previous task if the row was
/// moved to another.
async fn sum_written(written: ChangeContext<'_>) -> Result<()> {
    let task_id =
        id_of(written.answer, "task_id").ok_or(Error::Constraint(ConstraintViolation::Missing))?;
    let before = id_of(written.before, "task_id").filter(|id| *id != task_id);
    let tasks: Vec<Uuid> = before.into_iter().chain([task_id]).collect();
    sum_durations(written.core, written.caller, written.transaction, &tasks).await
}

/// Permission to delete time spent: as for logging it, the person must be
/// assigned to the task, and be the caller or the caller a manager of the
/// project.
async fn may_delete_time(deleting: DeleteContext<'_>) -> Result<()> {
    let DeleteContext {
        caller,
        transaction,
        row,
        ..
    } = deleting;
    let (Some(task_id), Some(person_id)) = (id_of(row, "task_id"), id_of(row, "person_id")) else {
        return Err(Error::Denied);
    };
    ensure(access::works_on_task(&mut *transaction, person_id, task_id).await?)?;
    let project_id = rows::project_of(&mut *transaction, "task", task_id).await?;
    let access = caller
        .require_project_access(transaction, project_id.flatten())
        .await?;
    if caller.id == person_id {
        return Ok(());
    }
    access.require_manager()
}

/// `/data/day-offs`. Written by the person and admins; read by the person's
/// managers and supervisors, the latter without the description (the reason).
pub static DAY_OFFS: Resource = Resource {
    may_create: |creating| {
        Box::pin(async move {
            if !creating.data.contains_key("person_id") {
                return Err(Error::Constraint(ConstraintViolation::Missing));
            }
            own_or_admin(creating.caller, creating.data)
        })
    },
    unique_columns: &["date", "end_date", "person_id"],
    before_create: |creating| Box::pin(before_create(creating)),
    after_create: |written| {
        Box::pin(async move {
            let period = Period::of(written.answer)?;
            let except = Some(written.id);
            period.check(&mut *written.transaction, except).await?;
            remove_time_spent(written).await
        })
    },
    may_read: |reading| Box::pin(may_read_day_off(reading)),
    may_update: |updating| {
        Box::pin(async move {
            let UpdateContext {
                caller, row, data, ..
            } = updating;
            let person = data.get("person_id");
            let moves = person.is_some() && person != row.get("person_id");
            ensure(caller.is_admin() || !moves)?;
            own_or_admin(caller, row)
        })
    },
    before_update: |updating| Box::pin(before_update(updating)),
    after_update: |written| Box::pin(remove_time_spent(written)),
    may_delete: |deleting| Box::pin(async move { own_or_admin(deleting.caller, deleting.row) }),
    ..Resource::plain(&DAY_OFF, full_projection!(&DAY_OFF))
};

/// Requires the person themselves or an admin.
fn own_or_admin(caller: &Caller, day_off: &Map<String, Value>) -> Result<()> {
    let is_own = day_off.get("person_id") == Some(&caller.id.to_string().into());
    ensure(caller.is_admin() || is_own)
}

async fn before_create(creating: CreateContext<'_>) -> Result<()> {
    let CreateContext { core, data, .. } = creating;
    for field in ["date", "end_date"] {
        if !data.contains_key(field) {
            return Err(Error::Constraint(ConstraintViolation::Missing));
        }
    }
    let period = Period::of(data)?;
    period.check(core.database(), None).await
}

async fn before_update(updating: UpdateContext<'_>) -> Result<()> {
    let UpdateContext {
        transaction,
        id,
        row,
        data,
        ..
    } = updating;
    let mut whole = row.clone();
    for field in ["date", "end_date", "person_id"] {
        if let Some(value) = data.get(field) {
            whole.insert(field.into(), value.clone());
        }
    }
    let period = Period::of(&whole)?;
    period.check(transaction, Some(id)).await
}

/// A period off work. `None` is an open bound.
struct Period {
    person_id: Option<tanuki_store::Value>,
    start: Option<tanuki_store::Value>,
    end: Option<tanuki_store::Value>,
}

impl Period {
    fn of(data: &Map<String, Value>) -> Result<Self> {
        let value = |field: &str| {
            let column: &Column = DAY_OFF
                .column(field)
                .ok_or(Error::Constraint(ConstraintViolation::Format))?;
            let given = data.get(field).filter(|value| !value.is_null());
            given.map(|value| column_value(column, value)).transpose()
        };
        Ok(Self {
            person_id: value("person_id")?,
            start: value("date")?,
            end: value("end_date")?,
        })
    }

    /// Refuses overlapping periods of the same person.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if another day off overlaps.
    async fn check(
        self,
        connection: impl tanuki_store::Connection,
        except: Option<Uuid>,
    ) -> Result<()> {
        let overlap = time::days_off(self.person_id, self.start, self.end, except);
        if access::exists(connection, "day_off", overlap).await? {
            return Err(Error::invalid("Day off already exists for this period"));
        }
        Ok(())
    }
}

/// Deletes time spent on days off: nobody works on those.
async fn remove_time_spent(written: ChangeContext<'_>) -> Result<()> {
    let ChangeContext {
        core,
        caller,
        transaction,
        id,
        ..
    } = written;
    let tasks = time::remove_spent(transaction, time::spent_in(id)).await?;
    sum_durations(core, caller, transaction, &tasks).await
}

async fn may_read_day_off(reading: ReadContext<'_>) -> Result<()> {
    let ReadContext {
        core, caller, row, ..
    } = reading;
    let person_id = id_of(row, "person_id").ok_or(Error::Denied)?;
    core.tasks()
        .require_day_offs(caller, person_id)
        .await?
        .hide_in(row);
    Ok(())
}
