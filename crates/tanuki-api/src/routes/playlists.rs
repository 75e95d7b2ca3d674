//! The playlists of a project.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tanuki_core::playlists::{ClientSelection, NewEntry, PlaylistQuery, TemporaryPlaylist};
use tanuki_core::{JsonRow, MaybeId, integer_parameter};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{
    ActionBody, Authenticated, Body, Fields, LenientBody, Parameters, PathIds, Query,
};
use crate::{Api, response};

/// A playlist in the path of its project.
#[derive(Debug, Deserialize)]
pub(crate) struct PlaylistPath {
    project_id: Uuid,
    playlist_id: MaybeId,
}

/// An episode in the path of its project, or `main` or `all`.
#[derive(Debug, Deserialize)]
pub(crate) struct EpisodePath {
    project_id: Uuid,
    episode_id: MaybeId,
}

/// The body of `POST /actions/playlists/ID/add-entity`.
#[derive(Debug)]
pub(crate) struct AddedEntity(NewEntry);

impl ActionBody for AddedEntity {
    const SCHEMA: &'static str = "AddEntityToPlaylistSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(entry(fields))
    }
}

/// The body of `POST /actions/playlists/ID/add-entities`.
#[derive(Debug)]
pub(crate) struct AddedEntities(Vec<NewEntry>);

impl ActionBody for AddedEntities {
    const SCHEMA: &'static str = "AddEntitiesToPlaylistSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.some_objects("entities", "PlaylistEntitySchema", entry))
    }
}

/// The body of `POST /data/projects/ID/playlists/temp`.
#[derive(Debug)]
pub(crate) struct TemporaryTasks(TemporaryPlaylist);

impl ActionBody for TemporaryTasks {
    const SCHEMA: &'static str = "TempPlaylistCreateSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(TemporaryPlaylist {
            task_ids: fields.ids_if_sent("task_ids"),
            entity_ids: fields.ids_if_sent("entity_ids"),
            is_sorted: false,
        })
    }
}

/// The body of `POST /data/playlists/ID/notify-clients`.
#[derive(Debug)]
pub(crate) struct NotifiedClients(ClientSelection);

impl ActionBody for NotifiedClients {
    const SCHEMA: &'static str = "NotifyClientsPlaylistSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(ClientSelection {
            studio_id: fields.optional_id_or_empty("studio_id"),
            department_id: fields.optional_id_or_empty("department_id"),
        })
    }
}

fn entry(fields: &mut Fields) -> NewEntry {
    NewEntry {
        entity_id: fields.required_id("entity_id"),
        preview_file_id: fields.optional_id_or_empty("preview_file_id"),
    }
}

/// `GET /data/projects/ID/playlists`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = PlaylistQuery {
        for_entity: None,
        ..asked(&parameters)?
    };
    let playlists = api.core.playlists();
    let list = playlists.project_playlists(&caller, project_id, &asked);
    response::stream(list.await?).await
}

/// `GET /data/projects/ID/episodes/ID/playlists`.
pub(crate) async fn of_episode(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<EpisodePath>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters)?;
    let episode = path.episode_id.into();
    let playlists = api.core.playlists();
    let list = playlists.episode_playlists(&caller, path.project_id, &episode, &asked);
    response::stream(list.await?).await
}

/// Reads the filters, the order and the page of the query string.
fn asked(parameters: &Parameters) -> HandlerResult<PlaylistQuery> {
    let page = parameters.text("page");
    Ok(PlaylistQuery {
        task_type_id: parameters.id("task_type_id"),
        for_entity: parameters.text("for_entity"),
        sort_by: parameters.text("sort_by"),
        page: integer_parameter("page", page.as_deref(), 1)?,
    })
}

/// `GET /data/projects/ID/playlists/all`.
pub(crate) async fn all_of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<MaybeId>,
    Query(parameters): Query,
) -> HandlerResult {
    let playlists = api.core.playlists();
    let list = playlists.all_playlists(&caller, &project_id, &parameters);
    response::stream(list.await?).await
}

/// `GET /data/projects/ID/playlists/ID`.
pub(crate) async fn playlist(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<PlaylistPath>,
) -> HandlerResult<Json<JsonRow>> {
    let playlists = api.core.playlists();
    let playlist = playlists.playlist(&caller, path.project_id, &path.playlist_id);
    Ok(Json(playlist.await?))
}

/// `POST /actions/playlists/ID/add-entity`.
pub(crate) async fn add_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    body: Body<AddedEntity>,
) -> HandlerResult<Json<JsonRow>> {
    let (playlists, id) = (api.core.playlists(), id.found()?);
    playlists.may_change(&caller, id).await?;
    let AddedEntity(entry) = body.validate()?;
    Ok(Json(playlists.add_entries(&caller, id, &[entry]).await?))
}

/// `POST /actions/playlists/ID/add-entities`.
pub(crate) async fn add_entities(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    body: Body<AddedEntities>,
) -> HandlerResult<Json<JsonRow>> {
    let (playlists, id) = (api.core.playlists(), id.found()?);
    playlists.may_change(&caller, id).await?;
    let AddedEntities(entries) = body.validate()?;
    Ok(Json(playlists.add_entries(&caller, id, &entries).await?))
}

/// `POST /data/projects/ID/playlists/temp`.
pub(crate) async fn temporary(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<MaybeId>,
    query: Query,
    body: Body<TemporaryTasks>,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let playlists = api.core.playlists();
    playlists.may_read_project(&caller, &project_id).await?;
    let TemporaryTasks(mut asked) = body.validate()?;
    asked.is_sorted = query.flag("sort", false);
    let entries = playlists.temporary_playlist(&caller, &project_id, &asked);
    Ok(Json(entries.await?))
}

/// `POST /data/playlists/ID/notify-clients`.
pub(crate) async fn notify_clients(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<MaybeId>,
    LenientBody(body): LenientBody<NotifiedClients>,
) -> HandlerResult<Json<Value>> {
    let (playlists, id) = (api.core.playlists(), id.found()?);
    playlists.may_notify_clients(&caller, id).await?;
    let NotifiedClients(selection) = body.validate()?;
    playlists.notify_clients(&caller, id, selection).await?;
    Ok(Json(json!({"status": "success"})))
}
