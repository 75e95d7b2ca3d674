//! Departments: their people, and the hardware and software that they use.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tanuki_core::studio::Equipment;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};
use crate::{Api, response};

/// The ids in the path of a hardware item of a department.
#[derive(Debug, Deserialize)]
pub(crate) struct HardwarePath {
    department_id: MaybeId,
    hardware_item_id: MaybeId,
}

/// The ids in the path of a software of a department.
#[derive(Debug, Deserialize)]
pub(crate) struct SoftwarePath {
    department_id: MaybeId,
    software_id: MaybeId,
}

/// A path with the ids of a department and of what it uses.
pub(crate) trait EquipmentPath: DeserializeOwned + Send {
    const EQUIPMENT: Equipment;

    fn ids(&self) -> (&MaybeId, &MaybeId);
}

impl EquipmentPath for HardwarePath {
    const EQUIPMENT: Equipment = Equipment::Hardware;

    fn ids(&self) -> (&MaybeId, &MaybeId) {
        (&self.department_id, &self.hardware_item_id)
    }
}

impl EquipmentPath for SoftwarePath {
    const EQUIPMENT: Equipment = Equipment::Software;

    fn ids(&self) -> (&MaybeId, &MaybeId) {
        (&self.department_id, &self.software_id)
    }
}

/// A body with the id of a hardware item.
#[derive(Debug)]
pub(crate) struct HardwareToAdd(Uuid);

/// A body with the id of a software.
#[derive(Debug)]
pub(crate) struct SoftwareToAdd(Uuid);

impl ActionBody for HardwareToAdd {
    const SCHEMA: &'static str = "AddHardwareToDepartmentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.required_id("hardware_item_id"))
    }
}

impl ActionBody for SoftwareToAdd {
    const SCHEMA: &'static str = "AddSoftwareToDepartmentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.required_id("software_id"))
    }
}

type Created = (StatusCode, Json<JsonRow>);

/// `GET /data/departments/{hardware-items,software-licenses}`.
pub(crate) async fn all_equipment(
    equipment: Equipment,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    let admin = caller.as_admin()?;
    response::stream(api.core.studio().equipment(admin, equipment).await?).await
}

/// `GET /data/departments/ID/{hardware-items,software-licenses}/ID`.
pub(crate) async fn equipment<P: EquipmentPath>(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<P>,
) -> HandlerResult<Json<JsonRow>> {
    let admin = caller.as_admin()?;
    let studio = api.core.studio();
    let found = studio.department_equipment(admin, P::EQUIPMENT, path.ids());
    Ok(Json(found.await?))
}

/// `POST /data/departments/ID/hardware-items`.
pub(crate) async fn add_hardware(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(department): PathIds<MaybeId>,
    arguments: Body<HardwareToAdd>,
) -> HandlerResult<Created> {
    let admin = caller.as_admin()?;
    let HardwareToAdd(id) = arguments.validate()?;
    let studio = api.core.studio();
    let link = studio.add_equipment(admin, Equipment::Hardware, &department, id);
    Ok((StatusCode::CREATED, Json(link.await?)))
}

/// `POST /data/departments/ID/software-licenses`.
pub(crate) async fn add_software(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(department): PathIds<MaybeId>,
    arguments: Body<SoftwareToAdd>,
) -> HandlerResult<Created> {
    let admin = caller.as_admin()?;
    let SoftwareToAdd(id) = arguments.validate()?;
    let studio = api.core.studio();
    let link = studio.add_equipment(admin, Equipment::Software, &department, id);
    Ok((StatusCode::CREATED, Json(link.await?)))
}

/// `DELETE /data/departments/ID/{hardware-items,software-licenses}/ID`.
pub(crate) async fn remove_equipment<P: EquipmentPath>(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<P>,
) -> HandlerResult {
    let admin = caller.as_admin()?;
    let studio = api.core.studio();
    studio
        .remove_equipment(admin, P::EQUIPMENT, path.ids())
        .await?;
    Ok(response::no_content())
}

/// `GET /data/departments/ID/persons`.
pub(crate) async fn people(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(department): PathIds<MaybeId>,
) -> HandlerResult {
    response::stream(
        api.core
            .people()
            .of_department(&caller, &department)
            .await?,
    )
    .await
}
