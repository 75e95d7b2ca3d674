//! Assets, shots, sequences, episodes, scenes, edits and concepts: handlers
//! that all kinds share.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod news;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use tanuki_core::entities::Kind;
use tanuki_core::files::FilePath;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{
    ActionBody, Authenticated, Body, Fields, PathIds, Query, SignatureChecked, TextRule, accepted,
};
use crate::{Api, response};

/// `GET /data/KIND`.
pub(crate) async fn all(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .all_entities(&caller, kind, &parameters)
            .await?,
    )
    .await
}

/// `GET /data/projects/ID/KIND`.
pub(crate) async fn of_project(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .project_entities(&caller, kind, project)
            .await?,
    )
    .await
}

/// `GET /data/KIND/ID`.
pub(crate) async fn read(
    kind: Kind,
    SignatureChecked(shown): SignatureChecked,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult {
    let found = api
        .core
        .entities()
        .authenticate_for_entity(shown, kind, &id)
        .await;
    let (caller, approached) = accepted(found, "")?;
    let json = api.core.entities().entity(&caller, approached).await?;
    Ok(response::json(json))
}

/// `GET /data/KIND/ID/task-types`.
pub(crate) async fn task_types(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .entity_task_types(&caller, kind, id)
            .await?,
    )
    .await
}

/// `GET /data/KIND/ID/versions`.
pub(crate) async fn versions(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .entity_versions(&caller, kind, id)
            .await?,
    )
    .await
}

/// `GET /data/KIND/ID/preview-files`.
pub(crate) async fn previews(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(
        api.core
            .entities()
            .entity_previews(&caller, kind, id)
            .await?,
    ))
}

/// `GET /data/playlists/entities/ID/preview-files`.
pub(crate) async fn previews_of_any_kind(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult<Json<JsonRow>> {
    let previews = api.core.entities().previews_of_any_kind(&caller, id);
    Ok(Json(previews.await?))
}

impl ActionBody for FilePath {
    const SCHEMA: &'static str = "GuessFilePathSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            project_id: fields.text("project_id", TextRule::FILLED).into(),
            path: fields.text("file_path", TextRule::FILLED),
            separator: fields.text_or("sep", "/"),
        }
    }
}

/// `POST /data/entities/guess-from-path`.
pub(crate) async fn guess_from_path(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    arguments: Body<FilePath>,
) -> HandlerResult<Json<Vec<Map<String, Value>>>> {
    let file = arguments.validate()?;
    Ok(Json(
        api.core.files().guess_from_path(&caller, &file).await?,
    ))
}

/// `GET /data/episodes/ID/shots`.
pub(crate) async fn episode_shots(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .episode_shots(&caller, id, &parameters)
            .await?,
    )
    .await
}

/// `GET /data/episodes/ID/edits`.
pub(crate) async fn episode_edits(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .episode_edits(&caller, id, &parameters)
            .await?,
    )
    .await
}

/// `GET /data/episodes/ID/sequences`.
pub(crate) async fn episode_sequences(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    Query(parameters): Query,
) -> HandlerResult {
    let sequences = api
        .core
        .entities()
        .episode_sequences(&caller, &id, &parameters)
        .await?;
    response::stream(sequences).await
}

/// `GET /data/sequences/ID/shots`.
pub(crate) async fn sequence_shots(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    Query(parameters): Query,
) -> HandlerResult {
    response::stream(
        api.core
            .entities()
            .sequence_shots(&caller, id, &parameters)
            .await?,
    )
    .await
}

/// `GET /data/sequences/ID/scenes`.
pub(crate) async fn sequence_scenes(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.entities().sequence_scenes(&caller, id).await?).await
}

/// `GET /data/scenes/ID/shots`.
pub(crate) async fn scene_shots(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.entities().scene_shots(&caller, id).await?).await
}
