//! Studio-wide resources: departments, statuses, types, equipment, the
//! organisation. Admins change them; most are readable by everybody.

mod equipment;
mod task_types;
mod usage;

pub use equipment::{equipment_link_shape, equipment_shape};
pub use tanuki_store::query::studio::Equipment;
pub use task_types::TASK_TYPES;
pub use usage::usage_shape;

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::ListQuery;
use tanuki_store::projection::Projection;
use tanuki_store::query::studio;
use tanuki_store::schema::{
    CUSTOM_ACTION, DEPARTMENT, FILE_STATUS, HARDWARE_ITEM, ORGANISATION, OUTPUT_TYPE, PLUGIN,
    PROJECT_STATUS, SALARY_SCALE, SOFTWARE, STATUS_AUTOMATION, STUDIO, TASK_STATUS,
};

use crate::organisation::{CHAT_KEYS, PUBLIC};
use crate::resource::{
    ChangeContext, CreateContext, DeleteContext, ListContext, Relations, Resource, UpdateContext,
    full_projection, ready,
};
use crate::{Caller, ConstraintViolation, Error, JsonRow, Result, Studio};

/// `/data/departments`.
pub static DEPARTMENTS: Resource =
    Resource::open_to_all(&DEPARTMENT, full_projection!(&DEPARTMENT));

impl Studio<'_> {
    /// Returns every department. JSON: all columns.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn departments(self) -> Result<Vec<JsonRow>> {
        let projection = (DEPARTMENTS.projection)(Relations::Without);
        Ok(ListQuery::new(projection)
            .rows(self.core.database())
            .await?)
    }
}

/// `/data/studios`: the sites of the company.
pub static STUDIOS: Resource = Resource::open_to_all(&STUDIO, full_projection!(&STUDIO));

/// `/data/file-status`.
pub static FILE_STATUSES: Resource =
    Resource::open_to_all(&FILE_STATUS, full_projection!(&FILE_STATUS));

/// `/data/project-status`.
pub static PROJECT_STATUSES: Resource =
    Resource::open_to_all(&PROJECT_STATUS, full_projection!(&PROJECT_STATUS));

/// `/data/softwares`.
pub static SOFTWARES: Resource = Resource {
    lenient_id_on_read: true,
    ..Resource::open_to_all(&SOFTWARE, full_projection!(&SOFTWARE))
};

/// `/data/output-types`.
pub static OUTPUT_TYPES: Resource = Resource {
    lenient_id_on_read: true,
    ..Resource::open_to_all(&OUTPUT_TYPE, full_projection!(&OUTPUT_TYPE))
};

/// `/data/hardware-items`.
pub static HARDWARE_ITEMS: Resource =
    Resource::plain(&HARDWARE_ITEM, full_projection!(&HARDWARE_ITEM));

/// `/data/plugins`.
pub static PLUGINS: Resource = Resource {
    before_create: |creating| ready(check_plugin(creating.data)),
    before_update: |updating| ready(check_plugin(updating.data)),
    ..Resource::plain(&PLUGIN, full_projection!(&PLUGIN))
};

/// Stores the maintainer's address in lower case; a website that is not a
/// string becomes null.
fn check_plugin(data: &mut Map<String, Value>) -> Result<()> {
    match data.get_mut("maintainer_email") {
        None | Some(Value::Null) => {}
        Some(Value::String(address)) => *address = address.to_lowercase(),
        Some(_) => return Err(Error::Constraint(ConstraintViolation::Format)),
    }
    if let Some(website) = data.get_mut("website").filter(|site| !site.is_string()) {
        *website = Value::Null;
    }
    Ok(())
}

/// `/data/salary-scales`: one row for each department, position and seniority.
/// Missing rows are created when the list is requested.
pub static SALARY_SCALES: Resource = Resource {
    ignores_paging: true,
    may_list: |asking| Box::pin(make_scales(asking)),
    before_create: |_| ready(Err(Error::invalid("Salary scales cannot be created"))),
    protected_on_update: &["department_id"],
    ..Resource::plain(&SALARY_SCALE, full_projection!(&SALARY_SCALE))
};

async fn make_scales(asking: ListContext<'_>) -> Result<()> {
    let ListContext { core, caller, .. } = asking;
    caller.require_admin()?;
    let mut transaction = core.database().begin().await?;
    studio::make_salary_scales(&mut transaction, &core.defaults()).await?;
    transaction.commit().await?;
    Ok(())
}

/// `/data/task-status`. There is one default: setting `is_default` unsets it on
/// the status that had it.
pub static TASK_STATUSES: Resource = Resource {
    after_create: |written| Box::pin(take_default(written)),
    before_update: |updating| Box::pin(give_up_default(updating)),
    ..Resource::open_to_all(&TASK_STATUS, full_projection!(&TASK_STATUS))
};

async fn take_default(written: ChangeContext<'_>) -> Result<()> {
    if written.answer.get("is_default") == Some(&Value::Bool(true)) {
        studio::unset_default_status(written.transaction, written.id).await?;
    }
    Ok(())
}

async fn give_up_default(updating: UpdateContext<'_>) -> Result<()> {
    if updating.data.get("is_default") == Some(&Value::Bool(true)) {
        studio::unset_default_status(updating.transaction, updating.id).await?;
    }
    Ok(())
}

/// `/data/custom-actions`.
pub static CUSTOM_ACTIONS: Resource = Resource {
    may_list: |asking| ready(no_vendor(asking.caller)),
    before_create: |creating| ready(require_name(&creating)),
    before_update: |updating| ready(keep_name(&updating)),
    ..Resource::plain(&CUSTOM_ACTION, full_projection!(&CUSTOM_ACTION))
};

fn no_vendor(caller: &Caller) -> Result<()> {
    if caller.role == Role::Vendor {
        return Err(Error::Denied);
    }
    Ok(())
}

fn require_name(creating: &CreateContext<'_>) -> Result<()> {
    match creating.data.get("name") {
        None | Some(Value::Null) => Err(Error::invalid(
            "The 'name' field is required and cannot be None.",
        )),
        Some(_) => Ok(()),
    }
}

fn keep_name(updating: &UpdateContext<'_>) -> Result<()> {
    match updating.data.get("name") {
        Some(Value::Null) => Err(Error::invalid("The 'name' field cannot be set to None.")),
        _ => Ok(()),
    }
}

/// `/data/status-automations`. An automation that a project uses cannot be
/// deleted.
pub static STATUS_AUTOMATIONS: Resource = Resource {
    may_list: |asking| ready(no_vendor(asking.caller)),
    before_delete: |deleting| Box::pin(spare_used_automation(deleting)),
    ..Resource::plain(&STATUS_AUTOMATION, full_projection!(&STATUS_AUTOMATION))
};

async fn spare_used_automation(deleting: DeleteContext<'_>) -> Result<()> {
    if studio::automation_is_used(deleting.transaction, deleting.id).await? {
        return Err(Error::Conflict(
            "This automation is used in a project.".into(),
        ));
    }
    Ok(())
}

/// `/data/organisations`. The chat keys are for admins.
pub static ORGANISATIONS: Resource = Resource {
    list_projection: Some(|caller, _, _| organisation_shape(caller)),
    read_projection: Some(|caller, _| organisation_shape(caller)),
    may_filter: |caller, field| caller.is_admin() || !CHAT_KEYS.contains(&field),
    before_update: |updating| ready(check_hours(updating)),
    ..Resource::open_to_all(&ORGANISATION, full_projection!(&ORGANISATION))
};

fn organisation_shape(caller: &Caller) -> &'static Projection {
    static FULL: LazyLock<Projection> =
        LazyLock::new(|| Projection::all_columns(&ORGANISATION, &[]));
    if caller.is_admin() { &FULL } else { &PUBLIC }
}

fn check_hours(updating: UpdateContext<'_>) -> Result<()> {
    let Some(hours) = updating.data.get_mut("hours_by_day") else {
        return Ok(());
    };
    let number = match &*hours {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    };
    *hours = number
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| Error::invalid("hours_by_day must be a number."))?
        .into();
    Ok(())
}
