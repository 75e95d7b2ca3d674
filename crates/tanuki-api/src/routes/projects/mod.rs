//! Projects and their settings.

pub(crate) mod descriptors;
pub(crate) mod preview_account;
pub(crate) mod settings;
pub(crate) mod softwares;
pub(crate) mod team;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use tanuki_core::projects::AllProjects;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, Person, Query};
use crate::{Api, response};

/// `GET /data/user/projects/open`.
pub(crate) async fn open_of_user(
    Person(caller): Person,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult {
    let name = query.first("name");
    let text = api.core.projects().open_projects(&caller, name).await?;
    Ok(response::json(text))
}

/// `GET /data/projects/open`.
pub(crate) async fn open(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult {
    let name = query.first("name");
    let text = api.core.projects().running_projects(&caller, name).await?;
    Ok(response::json(text))
}

/// `GET /data/projects/all`.
pub(crate) async fn all(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    query: Query,
) -> HandlerResult {
    match api
        .core
        .projects()
        .all_projects(&caller, query.first("name"))
        .await?
    {
        AllProjects::Own(chunks) => response::stream(chunks).await,
        AllProjects::Listed(rows) => Ok(Json(rows).into_response()),
    }
}
