//! Files made of playlists: films, archives of all previews, tables and edits.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use tanuki_core::files::BurnInParts;
use tanuki_core::{JsonRow, MaybeId};

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, PathIds};
use crate::{Api, csv, download, response};

/// A build in the path of its playlist.
#[derive(Debug, Deserialize)]
pub(crate) struct BuildPath {
    playlist_id: MaybeId,
    build_job_id: MaybeId,
}

/// `GET /data/playlists/ID/build/mp4`.
pub(crate) async fn start(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    parameters: Parameters,
) -> HandlerResult<Json<JsonRow>> {
    let burn_in = parameters.text("burn_in").unwrap_or_default();
    let burn_in = BurnInParts::of_build(&burn_in)?;
    let build = api.core.playlists().build(&caller, id.found()?, burn_in);
    Ok(Json(build.await?))
}

/// `GET /data/playlists/ID/jobs/ID`.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<BuildPath>,
) -> HandlerResult<Json<JsonRow>> {
    let playlists = api.core.playlists();
    let build = playlists.build_job(&caller, &path.playlist_id, &path.build_job_id);
    Ok(Json(build.await?))
}

/// `DELETE /data/playlists/ID/jobs/ID`.
pub(crate) async fn remove(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<BuildPath>,
) -> HandlerResult {
    let playlists = api.core.playlists();
    playlists
        .remove_build(&caller, &path.playlist_id, &path.build_job_id)
        .await?;
    Ok(response::no_content())
}

/// `GET /data/playlists/ID/jobs/ID/build/mp4`.
pub(crate) async fn film(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<BuildPath>,
    head: HeaderMap,
) -> HandlerResult {
    let playlists = api.core.playlists();
    let film = playlists.built_film(&caller, &path.playlist_id, &path.build_job_id);
    download::answer_media(film.await?, &head, 0).await
}

/// `GET /data/projects/ID/build-jobs`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult {
    let builds = api.core.playlists().project_builds(&caller, &id);
    response::stream(builds.await?).await
}

/// `GET /data/playlists/ID/download/zip`.
pub(crate) async fn archive(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult {
    let packed = api.core.playlists().archive(&caller, &id).await?;
    Ok(download::archive(packed, api.core.storage().clone()))
}

/// `GET /export/csv/playlists/ID`.
pub(crate) async fn table(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult {
    let table = api.core.playlists().table(&caller, &id).await?;
    Ok(csv::file(&table.name, &table.rows))
}

/// `GET /tanuki/playlists/ID/otio`.
pub(crate) async fn otio(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
) -> HandlerResult {
    let file = api.core.playlists().otio(&caller, &id).await?;
    Ok(download::text(&file.name, "application/json", file.text))
}

/// `GET /tanuki/playlists/ID/edl`.
pub(crate) async fn edl(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    parameters: Parameters,
) -> HandlerResult {
    let drop_frame = parameters.flag("drop_frame", false)?;
    let file = api.core.playlists().edl(&caller, &id, drop_frame).await?;
    let media_type = "text/plain; charset=utf-8";
    Ok(download::text(&file.name, media_type, file.text))
}
