//! Assets that are shared with other projects.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use tanuki_core::breakdown::Share;
use tanuki_core::{ConstraintViolation, Error, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};
use crate::{Api, response};

type Shared = HandlerResult<Json<Vec<Map<String, Value>>>>;

/// `POST /actions/assets/share`.
pub(crate) async fn assets(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    arguments: Body<SetSharedAssets>,
) -> Shared {
    let (ids, is_shared) = arguments.validate()?.checked()?;
    let share = Share::These(&ids);
    Ok(Json(
        api.core
            .breakdown()
            .share_assets(&caller, share, is_shared)
            .await?,
    ))
}

/// `POST /actions/projects/ID/assets/share`: shares the assets in the body, or
/// all if it names none.
pub(crate) async fn project_assets(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<SetSharedAssets>,
) -> Shared {
    let (ids, is_shared) = arguments.validate()?.checked()?;
    let share = Share::InProject {
        project_id: project.found()?,
        asset_ids: Some(ids.as_slice()).filter(|ids| !ids.is_empty()),
    };
    Ok(Json(
        api.core
            .breakdown()
            .share_assets(&caller, share, is_shared)
            .await?,
    ))
}

/// The ids in the path of the assets of a type.
#[derive(Debug, Deserialize)]
pub(crate) struct SharedTypePath {
    project_id: MaybeId,
    asset_type_id: MaybeId,
}

/// `POST /actions/projects/ID/asset-types/ID/assets/share`.
pub(crate) async fn assets_of_type(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(path): PathIds<SharedTypePath>,
    arguments: Body<SetSharedAssets>,
) -> Shared {
    let (_, is_shared) = arguments.validate()?.checked()?;
    let share = Share::OfType {
        project_id: path.project_id.found()?,
        asset_type: &path.asset_type_id,
    };
    Ok(Json(
        api.core
            .breakdown()
            .share_assets(&caller, share, is_shared)
            .await?,
    ))
}

/// `GET /data/projects/ID/assets/shared-used`.
pub(crate) async fn used(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(project): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(
        api.core
            .breakdown()
            .shared_assets_used(&caller, project, None)
            .await?,
    )
    .await
}

/// The ids in the path of the shared assets of an episode.
#[derive(Debug, Deserialize)]
pub(crate) struct SharedInEpisodePath {
    project_id: Uuid,
    /// May be `main` or `all`.
    episode_id: MaybeId,
}

/// `GET /data/projects/ID/episodes/ID/assets/shared-used`.
pub(crate) async fn used_in_episode(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(path): PathIds<SharedInEpisodePath>,
) -> HandlerResult {
    let used =
        api.core
            .breakdown()
            .shared_assets_used(&caller, path.project_id, Some(&path.episode_id));
    response::stream(used.await?).await
}

/// The body of all routes that share assets.
#[derive(Debug)]
pub(crate) struct SetSharedAssets {
    is_shared: Option<bool>,
    ids: Vec<Uuid>,
}

impl ActionBody for SetSharedAssets {
    const SCHEMA: &'static str = "SetSharedAssetsSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            is_shared: match fields.has("is_shared") {
                true => fields.optional_flag("is_shared"),
                false => Some(true),
            },
            ids: fields.ids("asset_ids"),
        }
    }
}

impl SetSharedAssets {
    /// Returns the ids of assets, and whether to share them (the default) or
    /// not.
    ///
    /// # Errors
    ///
    /// [`Error::Constraint`] if `is_shared` is null.
    fn checked(self) -> Result<(Vec<Uuid>, bool), Error> {
        let missing = Error::Constraint(ConstraintViolation::Missing);
        Ok((self.ids, self.is_shared.ok_or(missing)?))
    }
}
