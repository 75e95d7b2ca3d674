//! The departments that people are in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};
use crate::{Api, response};

/// The ids in the path of a person's department.
#[derive(Debug, Deserialize)]
pub(crate) struct PersonDepartment {
    person_id: MaybeId,
    department_id: MaybeId,
}

/// The body of `POST /actions/persons/ID/departments/add`.
#[derive(Debug)]
pub(crate) struct DepartmentToJoin(Uuid);

impl ActionBody for DepartmentToJoin {
    const SCHEMA: &'static str = "AddToDepartmentSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.required_id("department_id"))
    }
}

/// `POST /actions/persons/ID/departments/add`.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(person_id): PathIds<MaybeId>,
    body: Body<DepartmentToJoin>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let admin = caller.as_admin()?;
    let DepartmentToJoin(department_id) = body.validate()?;
    let people = api.core.people();
    let person = people.add_to_department(admin, &person_id, department_id);
    Ok((StatusCode::CREATED, Json(person.await?)))
}

/// `DELETE /actions/persons/ID/departments/ID`.
pub(crate) async fn remove(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PersonDepartment>,
) -> HandlerResult<Response> {
    let admin = caller.as_admin()?;
    let people = api.core.people();
    people
        .remove_from_department(admin, &path.person_id, &path.department_id)
        .await?;
    Ok(response::no_content())
}
