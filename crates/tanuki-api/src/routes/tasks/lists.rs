//! Lists of tasks.

use axum::extract::{Path, State};
use tanuki_core::entities::Kind;
use tanuki_core::resource::Relations;
use tanuki_core::tasks::Below;

use crate::error::Answer;
use crate::extract::{Authenticated, Query};
use crate::{Api, wire};

/// `GET /data/…/ID/tasks` of an entity of that kind.
pub(crate) async fn of(
    kind: Kind,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    // Neither episodes nor scenes are asked for assignees.
    let relations = match kind {
        Kind::Episode | Kind::Scene => Relations::Without,
        _ => relations(&query),
    };
    wire::stream(api.core.entity_tasks(&caller, &id, kind, relations).await?).await
}

/// `GET /data/sequences/ID/shot-tasks` and the like.
pub(crate) async fn below(
    below: Below,
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Query,
) -> Answer {
    let relations = relations(&query);
    wire::stream(api.core.tasks_below(&caller, &id, below, relations).await?).await
}

/// `GET /data/entities/ID/task-types/ID/tasks`.
pub(crate) async fn of_type(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    Path((entity, task_type)): Path<(String, String)>,
) -> Answer {
    wire::stream(
        api.core
            .entity_tasks_of_type(&caller, &entity, &task_type)
            .await?,
    )
    .await
}

fn relations(query: &Query) -> Relations {
    if query.flag("relations", false) {
        Relations::With
    } else {
        Relations::Without
    }
}
