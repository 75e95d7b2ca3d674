//! `/data/projects/ID/team`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::error::HandlerResult;
use crate::extract::{Arguments, Authenticated, Fields, TextRule};
use crate::{Api, response};

/// The roles that a member can have in a project; admin is not one of them.
const ROLES: [&str; 5] = ["user", "supervisor", "manager", "client", "vendor"];

/// `GET …/team`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
) -> HandlerResult {
    response::stream(api.core.team(&caller, &project).await?).await
}

/// `POST …/team`: adds a member.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(project): Path<String>,
    arguments: Arguments,
) -> HandlerResult<(StatusCode, Json<Map<String, Value>>)> {
    let mut fields = Fields::of(arguments, "ProjectTeamSchema")?;
    let person = fields.text("person_id", TextRule::FILLED);
    let role = fields.optional_choice("role", &ROLES);
    fields.finish()?;
    let row = api
        .core
        .add_to_team(&caller, &project, &person, role)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `PUT …/team/ID`: sets the role of a member in the project.
pub(crate) async fn set_role(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((project, person)): Path<(String, String)>,
    arguments: Arguments,
) -> HandlerResult<Json<Value>> {
    let mut fields = Fields::of(arguments, "ProjectTeamRoleSchema")?;
    let role = fields.optional_choice("role", &ROLES);
    fields.finish()?;
    let link = api.core.set_team_role(&caller, &project, &person, role);
    Ok(Json(link.await?))
}
