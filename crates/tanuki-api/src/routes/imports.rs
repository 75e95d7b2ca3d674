//! Imports of CSV files, and of the rows of another server and of ShotGrid.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tanuki_core::files::Upload;
use tanuki_core::imports::{
    ClipNames, EntityImport, ImportError, ImportOptions, RowError, RowImport, ShotgunImport,
    ShotgunRemoval,
};
use tanuki_core::{Caller, JsonRow, MaybeId};
use uuid::Uuid;

use super::previews::OneFile;
use crate::error::{Failure, HandlerResult};
use crate::extract::{
    ActionBody, Authenticated, Fields, FormRequest, JsonValue, PathIds, Query, unreadable,
};
use crate::{Api, response};

type Imported = HandlerResult<(StatusCode, Json<Vec<Value>>)>;

/// `POST /import/csv/projects/ID/assets`.
pub(crate) async fn assets(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    query: Query,
    form: FormRequest<OneFile>,
) -> Imported {
    entities(&api, &caller, project, EntityImport::Assets, (query, form)).await
}

/// `POST /import/csv/projects/ID/shots`.
pub(crate) async fn shots(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    query: Query,
    form: FormRequest<OneFile>,
) -> Imported {
    entities(&api, &caller, project, EntityImport::Shots, (query, form)).await
}

/// `POST /import/csv/projects/ID/edits`.
pub(crate) async fn edits(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    query: Query,
    form: FormRequest<OneFile>,
) -> Imported {
    entities(&api, &caller, project, EntityImport::Edits, (query, form)).await
}

async fn entities(
    api: &Api,
    caller: &Caller,
    project: Uuid,
    import: EntityImport,
    (query, form): (Query, FormRequest<OneFile>),
) -> Imported {
    let project = api.core.require_managed_project(caller, project).await?;
    let file = table(form, api, caller).await?;
    let options = options(&query);
    let imports = api.core.imports();
    let rows = imports.entities(project, import, file, options).await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// `POST /import/csv/persons`.
pub(crate) async fn persons(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
    form: FormRequest<OneFile>,
) -> Imported {
    let admin = caller.as_admin()?;
    let file = table(form, &api, &caller).await?;
    let imports = api.core.imports();
    let rows = imports.persons(admin, file, options(&query)).await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// `POST /import/csv/projects/ID/casting`.
pub(crate) async fn casting(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
    query: Query,
    form: FormRequest<OneFile>,
) -> Imported {
    let project = api.core.require_managed_project(&caller, project).await?;
    let file = table(form, &api, &caller).await?;
    let imports = api.core.imports();
    let rows = imports.casting(project, file, options(&query)).await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// The ids in the path of an import of estimations.
#[derive(Debug, Deserialize)]
pub(crate) struct EstimationPath {
    project_id: Uuid,
    task_type_id: Uuid,
    episode_id: Option<MaybeId>,
}

/// `POST /import/csv/projects/ID/task-types/ID/estimations`, and the same of an
/// episode: `POST /import/csv/projects/ID/episodes/ID/task-types/ID/estimations`.
pub(crate) async fn estimations(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EstimationPath>,
    query: Query,
    form: FormRequest<OneFile>,
) -> Imported {
    let imports = api.core.imports();
    let episode = path.episode_id.as_ref();
    let tasks = imports
        .may_estimate(&caller, path.project_id, path.task_type_id, episode)
        .await?;
    let file = table(form, &api, &caller).await?;
    let rows = imports.estimations(tasks, file, options(&query)).await?;
    Ok((StatusCode::CREATED, Json(rows)))
}

/// The ids in the path of an import of an edit.
#[derive(Debug, Deserialize)]
pub(crate) struct TimelinePath {
    project_id: Uuid,
    episode_id: Option<MaybeId>,
}

/// The fields of a form with an edit, besides its file.
#[derive(Debug)]
pub(crate) struct TimelineForm(ClipNames);

impl ActionBody for TimelineForm {
    const SCHEMA: &'static str = "UploadSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(ClipNames {
            convention: fields.optional_filled("naming_convention"),
            match_case: fields.flag_or("match_case", true),
        })
    }
}

/// `POST /import/otio/projects/ID`, and the same of an episode:
/// `POST /import/otio/projects/ID/episodes/ID`.
pub(crate) async fn timeline(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<TimelinePath>,
    form: FormRequest<TimelineForm>,
) -> HandlerResult<(StatusCode, Json<Value>)> {
    let project = api
        .core
        .require_managed_project(&caller, path.project_id)
        .await?;
    let form = form.read(&api, &caller).await?;
    let TimelineForm(names) = form.arguments.validate()?;
    let mut files = form.files.into_iter();
    let file = files.find(|(field, _)| field == "file");
    let (_, file) = file.ok_or_else(unreadable)?;
    let imports = api.core.imports();
    let episode = path.episode_id.as_ref();
    let shots = imports.timeline(project, episode, file, names).await?;
    let answer = json!({
        "updated_shots": shots.updated,
        "created_shots": shots.created,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `POST /import/kitsu/…`: the rows of a table.
pub(crate) async fn rows(
    import: &'static RowImport,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
    JsonValue(rows): JsonValue,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let admin = caller.as_admin()?;
    let silent = query.first("silent").unwrap_or_default();
    let is_silent = ["1", "true", "yes"].contains(&silent.to_lowercase().as_str());
    let imports = api.core.imports();
    let rows = imports.rows(admin, import, rows?, is_silent).await?;
    Ok(Json(rows))
}

/// `POST /import/shotgun/…`: rows of ShotGrid.
pub(crate) async fn shotgun_rows(
    import: &'static ShotgunImport,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    JsonValue(rows): JsonValue,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let admin = caller.as_admin()?;
    let imports = api.core.imports();
    let rows = imports.shotgun_rows(admin, import, rows?).await?;
    Ok(Json(rows))
}

/// `POST /import/shotgun/remove/…`: what was removed in ShotGrid.
pub(crate) async fn remove_shotgun_row(
    removal: &'static ShotgunRemoval,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    JsonValue(sent): JsonValue,
) -> HandlerResult<Json<Value>> {
    let admin = caller.as_admin()?;
    let imports = api.core.imports();
    let removed = imports.remove_shotgun_row(admin, removal, &sent?).await?;
    Ok(Json(removed))
}

/// `GET /import/shotgun/errors`.
pub(crate) async fn shotgun_errors(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
) -> HandlerResult {
    let admin = caller.as_admin()?;
    response::stream(api.core.imports().shotgun_errors(admin)).await
}

/// `POST /import/shotgun/errors`.
pub(crate) async fn add_shotgun_error(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    JsonValue(event_data): JsonValue,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let admin = caller.as_admin()?;
    let imports = api.core.imports();
    let row = imports.add_shotgun_error(admin, event_data?).await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// `DELETE /import/shotgun/errors/ID`.
pub(crate) async fn delete_shotgun_error(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult {
    let admin = caller.as_admin()?;
    api.core.imports().delete_shotgun_error(admin, &id).await?;
    Ok(response::no_content())
}

fn options(query: &Query) -> ImportOptions {
    ImportOptions {
        updates: query.flag("update", false),
        is_dry_run: query.flag("dry_run", false),
    }
}

/// Receives the file of a form.
///
/// # Errors
///
/// 400 if the form has none in the field `file`, and those of
/// [`FormRequest::read`].
async fn table(form: FormRequest<OneFile>, api: &Api, caller: &Caller) -> Result<Upload, Failure> {
    let form = form.read(api, caller).await?;
    let mut files = form.files.into_iter();
    let file = files.find(|(field, _)| field == "file");
    file.map(|(_, file)| file).ok_or_else(unreadable)
}

/// The first wrong row has the keys of Zou's refusal; `errors` lists all.
impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let rows = match error {
            ImportError::File(message) => {
                return Self::new(StatusCode::BAD_REQUEST, &message);
            }
            ImportError::Other(error) => return error.into(),
            ImportError::Rows(rows) => rows,
        };
        let errors: Vec<Value> = rows.iter().map(described).collect();
        let first = rows.first();
        Self::body(
            StatusCode::BAD_REQUEST,
            json!({
                "error": true,
                "message": first.map(|row| row.message.as_str()),
                "line_number": first.map(|row| row.line),
                "imported_rows": 0,
                "errors": errors,
            }),
        )
    }
}

fn described(row: &RowError) -> Value {
    json!({
        "line_number": row.line,
        "column": row.column,
        "message": row.message,
    })
}
