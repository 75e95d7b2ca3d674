//! The breakdown: which assets are cast in which entities.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::breakdown::{CastAsset, Castings, Wanted};
use tanuki_core::{Error, JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{
    ActionBody, Authenticated, Body, BodyList, Fields, JsonValue, PathIds, Query,
};
use crate::{Api, response};

/// The ids in the path of the casting of an entity.
#[derive(Debug, Deserialize)]
pub(crate) struct EntityCastingPath {
    project_id: MaybeId,
    entity_id: MaybeId,
}

/// `GET /data/projects/ID/entities/ID/casting`.
pub(crate) async fn casting(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(path): PathIds<EntityCastingPath>,
) -> HandlerResult {
    let project = path.project_id.found()?;
    let casting = api
        .core
        .breakdown()
        .casting(&caller, project, &path.entity_id);
    response::stream(casting.await?).await
}

/// `PUT /data/projects/ID/entities/ID/casting`: replaces the casting. The
/// response is the body.
pub(crate) async fn update(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(path): PathIds<EntityCastingPath>,
    JsonValue(body): JsonValue,
) -> HandlerResult {
    let body = body?;
    let Some(casting) = body.as_array() else {
        return Err(Error::Refused("Request body must be a JSON array".into()).into());
    };
    let castings = [(path.entity_id, casting.as_slice())];
    api.core
        .breakdown()
        .update_castings(&caller, path.project_id.found()?, &castings)
        .await?;
    Ok(Json(body).into_response())
}

/// `PUT /data/projects/ID/entities/casting`: replaces the castings of several
/// entities. The response is the body.
pub(crate) async fn update_many(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(project): PathIds<MaybeId>,
    JsonValue(body): JsonValue,
) -> HandlerResult {
    let body = body?;
    let castings = body.as_object().and_then(|castings| {
        let castings = castings.iter();
        castings
            .map(|(id, casting)| Some((MaybeId::from(id.clone()), casting.as_array()?.as_slice())))
            .collect::<Option<Vec<_>>>()
    });
    let Some(castings) = castings else {
        return Err(Error::Refused(
            "Request body must be a JSON object mapping entity ids to casting arrays".into(),
        )
        .into());
    };
    api.core
        .breakdown()
        .update_castings(&caller, project.found()?, &castings)
        .await?;
    Ok(Json(body).into_response())
}

impl ActionBody for CastAsset {
    const SCHEMA: &'static str = "CastAssetSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            entity_ids: fields.some_ids("entity_ids"),
            nb_occurences: fields.optional_integer("nb_occurences", Some(0)),
            label: fields.optional_text("label"),
        }
    }
}

/// The ids in the path of an asset that is cast in entities of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct CastAssetPath {
    project_id: MaybeId,
    asset_id: MaybeId,
}

/// `PUT /data/projects/ID/entities/casting/assets/ID`: casts an asset in
/// several entities.
pub(crate) async fn cast_asset(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(path): PathIds<CastAssetPath>,
    arguments: Body<CastAsset>,
) -> HandlerResult<Json<JsonRow>> {
    let cast = arguments.validate()?;
    let project = path.project_id.found()?;
    let castings = api
        .core
        .breakdown()
        .cast_asset(&caller, project, &path.asset_id, &cast);
    Ok(Json(castings.await?))
}

/// `GET /data/projects/ID/episodes/casting`.
pub(crate) async fn of_episodes(
    api: State<Api>,
    caller: Authenticated,
    PathIds(project): PathIds<Uuid>,
) -> HandlerResult {
    castings(&api, caller, project, Castings::Episodes).await
}

/// `GET /data/projects/ID/sequences/all/casting`.
pub(crate) async fn of_shots(
    api: State<Api>,
    caller: Authenticated,
    PathIds(project): PathIds<Uuid>,
) -> HandlerResult {
    castings(&api, caller, project, Castings::Shots).await
}

/// The ids in the path of the castings of an episode.
#[derive(Debug, Deserialize)]
pub(crate) struct EpisodePath {
    project_id: Uuid,
    episode_id: MaybeId,
}

/// `GET /data/projects/ID/episodes/ID/sequences/all/casting`.
pub(crate) async fn of_episode(
    api: State<Api>,
    caller: Authenticated,
    PathIds(path): PathIds<EpisodePath>,
) -> HandlerResult {
    let of = Castings::ShotsOfEpisode(&path.episode_id);
    castings(&api, caller, path.project_id, of).await
}

/// The ids in the path of the castings of a sequence.
#[derive(Debug, Deserialize)]
pub(crate) struct SequencePath {
    project_id: Uuid,
    sequence_id: MaybeId,
}

/// `GET /data/projects/ID/sequences/ID/casting`.
pub(crate) async fn of_sequence(
    api: State<Api>,
    caller: Authenticated,
    PathIds(path): PathIds<SequencePath>,
) -> HandlerResult {
    let of = Castings::ShotsOfSequence(&path.sequence_id);
    castings(&api, caller, path.project_id, of).await
}

/// The ids in the path of the castings of an asset type.
#[derive(Debug, Deserialize)]
pub(crate) struct AssetTypePath {
    project_id: Uuid,
    asset_type_id: MaybeId,
}

/// `GET /data/projects/ID/asset-types/ID/casting`.
pub(crate) async fn of_asset_type(
    api: State<Api>,
    caller: Authenticated,
    PathIds(path): PathIds<AssetTypePath>,
) -> HandlerResult {
    let of = Castings::AssetsOfType(&path.asset_type_id);
    castings(&api, caller, path.project_id, of).await
}

async fn castings(
    api: &Api,
    Authenticated(caller): Authenticated,
    project: Uuid,
    of: Castings<'_>,
) -> HandlerResult {
    response::stream(api.core.breakdown().castings(&caller, project, of).await?).await
}

/// `GET /data/projects/ID/entity-links`.
pub(crate) async fn links(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(project): PathIds<Uuid>,
    Query(parameters): Query,
) -> HandlerResult {
    let links = api
        .core
        .breakdown()
        .casting_links(&caller, project, &parameters);
    response::stream(links.await?).await
}

/// The ids in the path of a casting link.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkPath {
    project_id: Uuid,
    entity_link_id: MaybeId,
}

/// `DELETE /data/projects/ID/entity-links/ID`. JSON: the deleted row.
pub(crate) async fn remove_link(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(path): PathIds<LinkPath>,
) -> HandlerResult<Json<JsonRow>> {
    let LinkPath {
        project_id,
        entity_link_id,
    } = path;
    let removed = api
        .core
        .breakdown()
        .remove_casting_link(&caller, project_id, &entity_link_id);
    Ok(Json(removed.await?))
}

/// `GET /data/assets/ID/casting`.
pub(crate) async fn asset_casting(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(asset): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.breakdown().asset_casting(&caller, asset).await?).await
}

/// An item of the body of `PUT /data/assets/ID/casting`.
#[derive(Debug)]
pub(crate) struct CastingEntry {
    asset_id: Uuid,
    nb_occurences: i64,
    label: String,
}

impl ActionBody for CastingEntry {
    const SCHEMA: &'static str = "CastingEntrySchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            asset_id: fields.required_id("asset_id"),
            nb_occurences: fields.integer_or("nb_occurences", 0, 1),
            label: fields.text_or("label", ""),
        }
    }
}

/// `PUT /data/assets/ID/casting`: replaces the casting. The response is the
/// body, with defaults filled in.
pub(crate) async fn update_asset(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(asset): PathIds<MaybeId>,
    body: BodyList<CastingEntry>,
) -> HandlerResult {
    let casting = body.validate()?;
    let wanted = casting
        .iter()
        .map(|entry| {
            let label = entry.label.as_str().into();
            Wanted::new(entry.asset_id, entry.nb_occurences.into(), label)
        })
        .collect::<Result<Vec<_>, _>>()?;
    api.core
        .breakdown()
        .update_asset_casting(&caller, asset.found()?, wanted)
        .await?;
    let answer: Vec<Value> = casting
        .into_iter()
        .map(|entry| {
            serde_json::json!({
                "asset_id": entry.asset_id.to_string(),
                "nb_occurences": entry.nb_occurences,
                "label": entry.label,
            })
        })
        .collect();
    Ok(Json(answer).into_response())
}

/// `GET /data/assets/ID/cast-in`.
pub(crate) async fn cast_in(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(asset): PathIds<Uuid>,
) -> HandlerResult<Json<Vec<Map<String, Value>>>> {
    Ok(Json(api.core.breakdown().cast_in(&caller, asset).await?))
}
