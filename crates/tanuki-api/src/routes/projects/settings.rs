//! `/data/projects/ID/settings/…`: the settings of the studio that a project
//! uses.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tanuki_core::projects::{Bitrates, NewSettings, NewTaskType, Setting};
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Arguments, Authenticated, Body, Fields, PathIds, TextRule};
use crate::{Api, response};

/// `GET /data/projects/ID/task-types`.
pub(crate) async fn task_types(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .project_task_types(&caller, project_id)
            .await?,
    )
    .await
}

/// `GET …/settings/task-status`.
pub(crate) async fn task_statuses(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .project_task_statuses(&caller, project_id)
            .await?,
    )
    .await
}

/// `GET …/settings/status-automations`.
pub(crate) async fn status_automations(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .project_automations(&caller, project_id)
            .await?,
    )
    .await
}

/// `GET …/settings/preview-background-files`.
pub(crate) async fn preview_backgrounds(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .projects()
            .project_backgrounds(&caller, project_id)
            .await?,
    )
    .await
}

/// A setting that is added with a body of one field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addition {
    pub setting: Setting,
    /// The field with the id of the setting.
    pub field: &'static str,
    /// Zou's name for the body.
    pub schema: &'static str,
}

/// Reads the id of what is added.
pub(crate) fn added_id(addition: Addition, fields: &mut Fields) -> String {
    fields.text(addition.field, TextRule::FILLED)
}

/// `POST …/settings/SETTING`.
pub(crate) async fn add(
    addition: Addition,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Arguments,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let read = |fields: &mut Fields| added_id(addition, fields);
    let id = MaybeId::from(Fields::validated(arguments, addition.schema, read)?);
    let setting = addition.setting;
    let row = api
        .core
        .projects()
        .add_setting(&caller, project.found()?, setting, &id)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `POST …/settings/task-types`.
pub(crate) async fn add_task_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<NewTaskType>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let new = arguments.validate()?;
    let row = api
        .core
        .projects()
        .add_task_type(&caller, project.found()?, new)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// Reads a list of ids that may be malformed.
fn ids(fields: &mut Fields, name: &str) -> Vec<MaybeId> {
    fields.texts(name).into_iter().map(MaybeId::from).collect()
}

impl ActionBody for NewTaskType {
    const SCHEMA: &'static str = "ProjectTaskTypeSchema";

    fn read(fields: &mut Fields) -> Self {
        let names_bitrates =
            fields.has("hd_bitrate_compression") || fields.has("ld_bitrate_compression");
        Self {
            task_type_id: fields.text("task_type_id", TextRule::FILLED).into(),
            priority: fields.optional_integer("priority", None),
            bitrates: Some(Bitrates {
                high: fields.optional_integer("hd_bitrate_compression", Some(1)),
                low: fields.optional_integer("ld_bitrate_compression", Some(1)),
            })
            .filter(|_| names_bitrates),
            is_client_visible: fields.optional_flag("is_client_visible"),
        }
    }
}

impl ActionBody for NewSettings {
    const SCHEMA: &'static str = "ProjectSettingsBatchSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            task_types: fields.objects("task_types", NewTaskType::SCHEMA, NewTaskType::read),
            task_status_ids: ids(fields, "task_status_ids"),
            asset_type_ids: ids(fields, "asset_type_ids"),
            replace_task_types: fields.flag_or("replace_task_types", false),
        }
    }
}

/// `POST …/settings/batch`.
pub(crate) async fn add_many(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<NewSettings>,
) -> HandlerResult<Json<JsonRow>> {
    let new = arguments.validate()?;
    Ok(Json(
        api.core
            .projects()
            .add_settings(&caller, project.found()?, new)
            .await?,
    ))
}

/// The body that sets whether clients (the role) may set a status.
#[derive(Debug)]
pub(crate) struct ProjectTaskStatusClientAllowed {
    allowed: Option<bool>,
}

impl ActionBody for ProjectTaskStatusClientAllowed {
    const SCHEMA: &'static str = "ProjectTaskStatusClientAllowedSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            allowed: fields.flag_or_null("is_client_allowed"),
        }
    }
}

/// The ids in the path of a task status of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct TaskStatusPath {
    project_id: MaybeId,
    task_status_id: MaybeId,
}

/// Sets whether clients (the role) may set a status.
pub(crate) async fn allow_to_clients(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TaskStatusPath>,
    arguments: Body<ProjectTaskStatusClientAllowed>,
) -> HandlerResult<Json<JsonRow>> {
    let ProjectTaskStatusClientAllowed { allowed } = arguments.validate()?;
    let link = api.core.projects().allow_status_to_clients(
        &caller,
        path.project_id.found()?,
        &path.task_status_id,
        allowed,
    );
    Ok(Json(link.await?))
}

/// The ids in the path of something that a project uses. The second parameter
/// has another name for each setting.
#[derive(Debug, Deserialize)]
pub(crate) struct SettingPath {
    project_id: Uuid,
    #[serde(
        alias = "person_id",
        alias = "asset_type_id",
        alias = "task_type_id",
        alias = "task_status_id",
        alias = "status_automation_id",
        alias = "preview_background_file_id"
    )]
    target_id: MaybeId,
}

/// `DELETE …/settings/SETTING/ID`, and `DELETE /data/projects/ID/team/ID`.
pub(crate) async fn remove(
    setting: Setting,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<SettingPath>,
) -> HandlerResult {
    api.core
        .projects()
        .remove_setting(&caller, path.project_id, setting, &path.target_id)
        .await?;
    Ok(response::no_content())
}
