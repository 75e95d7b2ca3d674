//! `/data/projects/ID/team`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds, TextRule};
use crate::{Api, response};

/// The roles that a member can have in a project; admin is not one of them.
const ROLES: [&str; 5] = ["user", "supervisor", "manager", "client", "vendor"];

/// The ids in the path of a member of a team.
#[derive(Debug, Deserialize)]
pub(crate) struct MemberPath {
    project_id: MaybeId,
    person_id: MaybeId,
}

/// `GET …/team`.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.projects().team(&caller, project_id).await?).await
}

/// The body of `POST …/team`.
#[derive(Debug)]
pub(crate) struct ProjectTeam {
    person: MaybeId,
    role: Option<&'static str>,
}

impl ActionBody for ProjectTeam {
    const SCHEMA: &'static str = "ProjectTeamSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            person: fields.text("person_id", TextRule::FILLED).into(),
            role: fields.optional_choice("role", &ROLES),
        }
    }
}

/// `POST …/team`: adds a member.
pub(crate) async fn add(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<ProjectTeam>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let ProjectTeam { person, role } = arguments.validate()?;
    let row = api
        .core
        .projects()
        .add_to_team(&caller, project.found()?, &person, role)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The body of `PUT …/team/ID`.
#[derive(Debug)]
pub(crate) struct ProjectTeamRole {
    role: Option<&'static str>,
}

impl ActionBody for ProjectTeamRole {
    const SCHEMA: &'static str = "ProjectTeamRoleSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            role: fields.optional_choice("role", &ROLES),
        }
    }
}

/// `PUT …/team/ID`: sets the role of a member in the project.
pub(crate) async fn set_role(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<MemberPath>,
    arguments: Body<ProjectTeamRole>,
) -> HandlerResult<Json<Value>> {
    let ProjectTeamRole { role } = arguments.validate()?;
    let project_id = path.project_id.found()?;
    let link = api
        .core
        .projects()
        .set_team_role(&caller, project_id, &path.person_id, role);
    Ok(Json(link.await?))
}
