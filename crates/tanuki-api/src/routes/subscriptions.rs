//! The caller's subscriptions to tasks, and to task types of sequences.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tanuki_core::{JsonRow, MaybeId};
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{ActionBody, Body, Fields, PathIds, Person};
use crate::{Api, response};

/// The body of actions on several tasks.
#[derive(Debug)]
pub(crate) struct TaskIds(Vec<String>);

impl ActionBody for TaskIds {
    const SCHEMA: &'static str = "SubscribeTasksSchema";

    fn read(fields: &mut Fields) -> Self {
        Self(fields.some_texts("task_ids"))
    }
}

/// The ids in the path of a task type of a sequence, of which the sequence is
/// checked first.
#[derive(Debug, Deserialize)]
pub(crate) struct SequencePath {
    sequence_id: Uuid,
    task_type_id: MaybeId,
}

/// The ids in the path of a subscription to a sequence.
#[derive(Debug, Deserialize)]
pub(crate) struct SubscriptionPath {
    sequence_id: MaybeId,
    task_type_id: MaybeId,
}

/// `GET /data/user/tasks/ID/subscribed`.
pub(crate) async fn is_subscribed(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
) -> HandlerResult<Json<bool>> {
    Ok(Json(api.core.work().is_subscribed(&caller, &task).await?))
}

/// `POST /actions/user/tasks/ID/subscribe`.
pub(crate) async fn subscribe(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
) -> HandlerResult<(StatusCode, Json<Option<JsonRow>>)> {
    let mut made = api.core.work().subscribe(&caller, &[task]).await?;
    Ok((StatusCode::CREATED, Json(made.pop())))
}

/// `DELETE /actions/user/tasks/ID/unsubscribe`.
pub(crate) async fn unsubscribe(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(task): PathIds<MaybeId>,
) -> HandlerResult<Response> {
    api.core.work().unsubscribe(&caller, &[task]).await?;
    Ok(response::no_content())
}

/// `POST /actions/user/tasks/subscribe`.
pub(crate) async fn subscribe_many(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<TaskIds>,
) -> HandlerResult<(StatusCode, Json<Vec<JsonRow>>)> {
    let TaskIds(tasks) = body.validate()?;
    let tasks: Vec<MaybeId> = tasks.into_iter().map(MaybeId::from).collect();
    let made = api.core.work().subscribe(&caller, &tasks).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// `POST /actions/user/tasks/unsubscribe`. Returns the ids as they were sent.
pub(crate) async fn unsubscribe_many(
    Person(caller): Person,
    State(api): State<Api>,
    body: Body<TaskIds>,
) -> HandlerResult<Json<Vec<String>>> {
    let TaskIds(sent) = body.validate()?;
    let tasks: Vec<MaybeId> = sent.iter().cloned().map(MaybeId::from).collect();
    api.core.work().unsubscribe(&caller, &tasks).await?;
    Ok(Json(sent))
}

/// `GET /data/user/sequences/ID/task-types/ID/subscribed`, and the same of
/// `/data/user/entities`.
pub(crate) async fn is_subscribed_to_sequence(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(path): PathIds<SubscriptionPath>,
) -> HandlerResult<Json<bool>> {
    let work = api.core.work();
    let found = work.is_subscribed_to_sequence(&caller, &path.sequence_id, &path.task_type_id);
    Ok(Json(found.await?))
}

/// `POST /actions/user/sequences/ID/task-types/ID/subscribe`.
pub(crate) async fn subscribe_to_sequence(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(path): PathIds<SequencePath>,
) -> HandlerResult<(StatusCode, Json<JsonRow>)> {
    let work = api.core.work();
    let made = work.subscribe_to_sequence(&caller, path.sequence_id, &path.task_type_id);
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// `DELETE /actions/user/sequences/ID/task-types/ID/unsubscribe`.
pub(crate) async fn unsubscribe_from_sequence(
    Person(caller): Person,
    State(api): State<Api>,
    PathIds(path): PathIds<SubscriptionPath>,
) -> HandlerResult<Response> {
    let work = api.core.work();
    work.unsubscribe_from_sequence(&caller, &path.sequence_id, &path.task_type_id)
        .await?;
    Ok(response::no_content())
}
