//! `/console/jobs`: the job queue. Admins only.

use axum::extract::{Path, State};
use axum::response::Redirect;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Map, Value};
use tanuki_core::Error;
use tanuki_core::job_log::JobFilter;
use uuid::Uuid;

use crate::Console;
use crate::failure::{Failure, HandlerResult};
use crate::form::Form;
use crate::moment::Moment;
use crate::pages::Page;
use crate::session::Admin;

/// A row of the table.
#[derive(Debug, Serialize)]
struct Line {
    id: String,
    kind: String,
    state: String,
    /// Percent, of a running job that reports it.
    progress: Option<i64>,
    tries: i64,
    reason: String,
    created: Moment,
    can_retry: bool,
    can_cancel: bool,
}

impl Line {
    fn of(job: &Map<String, Value>) -> Self {
        let text = |key: &str| {
            let text = job.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let state = text("state");
        Self {
            id: text("id"),
            kind: text("kind"),
            progress: job
                .get("progress")
                .and_then(Value::as_i64)
                .filter(|_| state == "running"),
            tries: job.get("tries").and_then(Value::as_i64).unwrap_or(0),
            reason: text("reason"),
            created: Moment::of(&text("created_at")),
            can_retry: matches!(state.as_str(), "failed" | "cancelled"),
            can_cancel: matches!(state.as_str(), "waiting" | "running"),
            state,
        }
    }
}

/// `GET /console/jobs`.
pub(crate) async fn list(
    Admin(caller): Admin,
    State(console): State<Console>,
) -> HandlerResult<Page> {
    let queue = console.core.jobs();
    let counts: Vec<String> = queue
        .counts(&caller)
        .await?
        .into_iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let jobs = queue.list(&caller, &JobFilter::default()).await?;
    let jobs: Vec<Line> = jobs.iter().map(Line::of).collect();
    let context = context! { section => "jobs", counts => counts.join(", "), jobs => Serde(jobs) };
    Ok(Page::new("jobs.html", context))
}

/// `POST /console/jobs/{id}/retry`.
pub(crate) async fn retry(
    Admin(caller): Admin,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    _: Form,
) -> HandlerResult<Redirect> {
    done(console.core.jobs().retry(&caller, id).await)
}

/// `POST /console/jobs/{id}/cancel`.
pub(crate) async fn cancel(
    Admin(caller): Admin,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    _: Form,
) -> HandlerResult<Redirect> {
    done(console.core.jobs().cancel(&caller, id).await)
}

/// Leads back to the list, also if the job has changed its state meanwhile.
fn done(changed: Result<(), Error>) -> HandlerResult<Redirect> {
    match changed {
        Ok(()) | Err(Error::Invalid { .. }) => Ok(Redirect::to("/console/jobs")),
        Err(error) => Err(Failure::from(error)),
    }
}
