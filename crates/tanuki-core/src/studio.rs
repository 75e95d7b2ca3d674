//! What is set up once for the whole studio: departments, statuses, types,
//! equipment, the organisation. Admins change it; most of it everybody reads.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tanuki_domain::Role;
use tanuki_store::query::studio;
use tanuki_store::schema::{
    CUSTOM_ACTION, DEPARTMENT, FILE_STATUS, HARDWARE_ITEM, ORGANISATION, OUTPUT_TYPE, PLUGIN,
    PROJECT_STATUS, SALARY_SCALE, SOFTWARE, STATUS_AUTOMATION, STUDIO, TASK_STATUS,
};
use tanuki_store::shape::Shape;

use crate::organisation::{CHAT_KEYS, PUBLIC};
use crate::resource::{Asking, Creating, Deleting, Resource, Updating, Written, at_once, whole};
use crate::{Caller, Error, Result, Unstorable};

/// `/data/departments`.
pub static DEPARTMENTS: Resource = Resource::open_to_all(&DEPARTMENT, whole!(&DEPARTMENT));

/// `/data/studios`: the places that a studio has.
pub static STUDIOS: Resource = Resource::open_to_all(&STUDIO, whole!(&STUDIO));

/// `/data/file-status`.
pub static FILE_STATUSES: Resource = Resource::open_to_all(&FILE_STATUS, whole!(&FILE_STATUS));

/// `/data/project-status`.
pub static PROJECT_STATUSES: Resource =
    Resource::open_to_all(&PROJECT_STATUS, whole!(&PROJECT_STATUS));

/// `/data/softwares`.
pub static SOFTWARES: Resource = Resource {
    any_id_is_read: true,
    ..Resource::open_to_all(&SOFTWARE, whole!(&SOFTWARE))
};

/// `/data/output-types`.
pub static OUTPUT_TYPES: Resource = Resource {
    any_id_is_read: true,
    ..Resource::open_to_all(&OUTPUT_TYPE, whole!(&OUTPUT_TYPE))
};

/// `/data/hardware-items`.
pub static HARDWARE_ITEMS: Resource = Resource::plain(&HARDWARE_ITEM, whole!(&HARDWARE_ITEM));

/// `/data/plugins`.
pub static PLUGINS: Resource = Resource {
    before_create: |creating| at_once(check_plugin(creating.data)),
    before_update: |updating| at_once(check_plugin(updating.data)),
    ..Resource::plain(&PLUGIN, whole!(&PLUGIN))
};

/// Addresses are kept in lower case; a website that is no text is none.
fn check_plugin(data: &mut Map<String, Value>) -> Result<()> {
    match data.get_mut("maintainer_email") {
        None | Some(Value::Null) => {}
        Some(Value::String(address)) => *address = address.to_lowercase(),
        Some(_) => return Err(Error::Unstorable(Unstorable::Format)),
    }
    if let Some(website) = data.get_mut("website").filter(|site| !site.is_string()) {
        *website = Value::Null;
    }
    Ok(())
}

/// `/data/salary-scales`: one for each department, position and seniority,
/// made when they are listed.
pub static SALARY_SCALES: Resource = Resource {
    lists_all: true,
    may_list: |asking| Box::pin(make_scales(asking)),
    before_create: |_| at_once(Err(Error::invalid("Salary scales cannot be created"))),
    protected_on_update: &["department_id"],
    ..Resource::plain(&SALARY_SCALE, whole!(&SALARY_SCALE))
};

async fn make_scales(asking: Asking<'_>) -> Result<()> {
    let Asking { core, caller, .. } = asking;
    caller.require_admin()?;
    let mut transaction = core.database().begin().await?;
    studio::make_salary_scales(&mut transaction, &core.defaults()).await?;
    transaction.commit().await?;
    Ok(())
}

/// `/data/task-status`. Making one the default takes that from the one before.
pub static TASK_STATUSES: Resource = Resource {
    after_create: |written| Box::pin(take_default(written)),
    before_update: |updating| Box::pin(give_up_default(updating)),
    ..Resource::open_to_all(&TASK_STATUS, whole!(&TASK_STATUS))
};

async fn take_default(written: Written<'_>) -> Result<()> {
    if written.answer.get("is_default") == Some(&Value::Bool(true)) {
        studio::unset_default_status(written.transaction, written.id).await?;
    }
    Ok(())
}

async fn give_up_default(updating: Updating<'_>) -> Result<()> {
    if updating.data.get("is_default") == Some(&Value::Bool(true)) {
        studio::unset_default_status(updating.transaction, updating.id).await?;
    }
    Ok(())
}

/// `/data/custom-actions`.
pub static CUSTOM_ACTIONS: Resource = Resource {
    may_list: |asking| at_once(no_vendor(asking.caller)),
    before_create: |creating| at_once(require_name(&creating)),
    before_update: |updating| at_once(keep_name(&updating)),
    ..Resource::plain(&CUSTOM_ACTION, whole!(&CUSTOM_ACTION))
};

fn no_vendor(caller: &Caller) -> Result<()> {
    if caller.role == Role::Vendor {
        return Err(Error::Denied);
    }
    Ok(())
}

fn require_name(creating: &Creating<'_>) -> Result<()> {
    match creating.data.get("name") {
        None | Some(Value::Null) => Err(Error::invalid(
            "The 'name' field is required and cannot be None.",
        )),
        Some(_) => Ok(()),
    }
}

fn keep_name(updating: &Updating<'_>) -> Result<()> {
    match updating.data.get("name") {
        Some(Value::Null) => Err(Error::invalid("The 'name' field cannot be set to None.")),
        _ => Ok(()),
    }
}

/// `/data/status-automations`. One that a production uses stays.
pub static STATUS_AUTOMATIONS: Resource = Resource {
    may_list: |asking| at_once(no_vendor(asking.caller)),
    before_delete: |deleting| Box::pin(spare_used_automation(deleting)),
    ..Resource::plain(&STATUS_AUTOMATION, whole!(&STATUS_AUTOMATION))
};

async fn spare_used_automation(deleting: Deleting<'_>) -> Result<()> {
    if studio::automation_is_used(deleting.transaction, deleting.id).await? {
        return Err(Error::Conflict(
            "This automation is used in a project.".into(),
        ));
    }
    Ok(())
}

/// `/data/organisations`. The keys to the studio's chats are for admins.
pub static ORGANISATIONS: Resource = Resource {
    list_shape: Some(|caller, _, _| organisation_shape(caller)),
    read_shape: Some(|caller, _| organisation_shape(caller)),
    may_filter: |caller, field| caller.is_admin() || !CHAT_KEYS.contains(&field),
    before_update: |updating| at_once(check_hours(updating)),
    ..Resource::open_to_all(&ORGANISATION, whole!(&ORGANISATION))
};

fn organisation_shape(caller: &Caller) -> &'static Shape {
    static FULL: LazyLock<Shape> = LazyLock::new(|| Shape::of(&ORGANISATION, &[]));
    if caller.is_admin() { &FULL } else { &PUBLIC }
}

fn check_hours(updating: Updating<'_>) -> Result<()> {
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
