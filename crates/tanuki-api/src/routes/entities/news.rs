//! The news feed.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tanuki_core::entities::NewsQuery;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, PathIds};
use crate::{Api, response};

/// The default number of entries on a page.
const USUAL: i64 = 50;

/// An entry of a project's news.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    project_id: Uuid,
    news_id: MaybeId,
}

/// `GET /data/entities/ID/news`.
pub(crate) async fn of_entity(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.entities().entity_news(&caller, id).await?).await
}

/// `GET /data/projects/ID/news`.
pub(crate) async fn of_project(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(id): PathIds<Uuid>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters)?;
    let news = api.core.entities().project_news(&caller, id, &asked);
    response::stream(news.await?).await
}

/// `GET /data/projects/ID/news/ID`.
pub(crate) async fn entry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(Entry {
        project_id,
        news_id,
    }): PathIds<Entry>,
) -> HandlerResult<Json<JsonRow>> {
    let entities = api.core.entities();
    Ok(Json(
        entities.news_entry(&caller, project_id, &news_id).await?,
    ))
}

/// `GET /data/projects/news`.
pub(crate) async fn of_open_projects(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult {
    let asked = asked(&parameters)?;
    let project = parameters.id("project_id");
    let entities = api.core.entities();
    let news = entities.open_projects_news(&caller, project.as_ref(), &asked);
    response::stream(news.await?).await
}

/// Reads the filters of the query string.
fn asked(parameters: &Parameters) -> HandlerResult<NewsQuery> {
    Ok(NewsQuery {
        only_preview: parameters.flag("only_preview", false)?,
        task_type_id: parameters.id("task_type_id"),
        task_status_id: parameters.id("task_status_id"),
        episode_id: parameters.id("episode_id"),
        person_id: parameters.id("person_id"),
        after: parameters.text("after"),
        before: parameters.text("before"),
        page: parameters.integer("page", 1)?.unwrap_or(1),
        limit: parameters.integer("limit", USUAL)?.unwrap_or(USUAL),
    })
}
