//! `/tanuki/jobs`: the job queue, for admins.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tanuki_core::job_log::JobFilter;
use tanuki_core::{JsonRow, MaybeId};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{Authenticated, Parameters, PathIds};

/// The path of a job.
#[derive(Debug, Deserialize)]
pub(crate) struct JobPath {
    job_id: MaybeId,
}

/// `GET /tanuki/jobs`. JSON: a list of jobs, newest first.
pub(crate) async fn list(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    parameters: Parameters,
) -> HandlerResult<Json<Vec<JsonRow>>> {
    let given = |name: &str| match parameters.text(name) {
        Some(_) => parameters.integer(name, 0),
        None => Ok(None),
    };
    let filter = JobFilter {
        state: parameters.text("state"),
        kind: parameters.text("kind"),
        page: given("page")?,
        limit: given("limit")?,
    };
    Ok(Json(api.core.jobs().list(&caller, &filter).await?))
}

/// `POST /tanuki/jobs/{job_id}/retry`.
pub(crate) async fn retry(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<JobPath>,
) -> HandlerResult<Json<Value>> {
    let id = path.job_id.found()?;
    api.core.jobs().retry(&caller, id).await?;
    Ok(Json(json!({"success": true})))
}

/// `POST /tanuki/jobs/{job_id}/cancel`.
pub(crate) async fn cancel(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    PathIds(path): PathIds<JobPath>,
) -> HandlerResult<Json<Value>> {
    let id = path.job_id.found()?;
    api.core.jobs().cancel(&caller, id).await?;
    Ok(Json(json!({"success": true})))
}
