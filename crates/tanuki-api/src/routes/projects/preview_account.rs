//! `/data/projects/ID/preview-account`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tanuki_core::MaybeId;
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, PathIds};
use crate::{Api, response};

type Account = Map<String, Value>;

/// `GET …/preview-account`. JSON: the account, or null.
pub(crate) async fn read(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult<Json<Option<Account>>> {
    Ok(Json(
        api.core
            .projects()
            .preview_account(&caller, project_id)
            .await?,
    ))
}

/// `POST …/preview-account`: creates the account, or resets its password.
pub(crate) async fn renew(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult<(StatusCode, Json<Account>)> {
    let account = api
        .core
        .projects()
        .renew_preview_account(&caller, project_id)
        .await?;
    Ok((StatusCode::CREATED, Json(account)))
}

/// The body of `PUT …/preview-account`.
#[derive(Debug)]
pub(crate) struct PreviewAccountOpen {
    is_open: bool,
}

impl ActionBody for PreviewAccountOpen {
    const SCHEMA: &'static str = "PreviewAccountOpenSchema";

    fn read(fields: &mut Fields) -> Self {
        Self {
            is_open: fields.flag("is_open"),
        }
    }
}

/// `PUT …/preview-account`: opens the account for an hour, or closes it.
pub(crate) async fn open(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project): PathIds<MaybeId>,
    arguments: Body<PreviewAccountOpen>,
) -> HandlerResult<Json<Account>> {
    let PreviewAccountOpen { is_open } = arguments.validate()?;
    let account = api
        .core
        .projects()
        .open_preview_account(&caller, project.found()?, is_open);
    Ok(Json(account.await?))
}

/// `DELETE …/preview-account`.
pub(crate) async fn delete(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(project_id): PathIds<Uuid>,
) -> HandlerResult {
    api.core
        .projects()
        .delete_preview_account(&caller, project_id)
        .await?;
    Ok(response::no_content())
}
