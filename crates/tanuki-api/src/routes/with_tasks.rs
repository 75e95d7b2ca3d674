//! Boards: entities of a kind, with their tasks embedded.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use tanuki_core::entities::{self, BoardKind};
use tanuki_store::BoardFormat;
use uuid::Uuid;

use crate::error::HandlerResult;
use crate::extract::{Authenticated, IfNoneMatch, PathIds, Query};
use crate::{Api, response};

macro_rules! boards {
    ($($name:ident: $kind:ident),*) => {$(
        pub(crate) async fn $name(
            State(api): State<Api>,
            caller: Authenticated,
            query: Query,
            if_none_match: IfNoneMatch,
        ) -> HandlerResult {
            board(&api, caller, &query, if_none_match, &entities::$kind).await
        }
    )*};
}
boards! {
    assets: ASSETS,
    shots: SHOTS,
    scenes: SCENES,
    sequences: SEQUENCES,
    episodes: EPISODES,
    edits: EDITS,
    concepts: CONCEPTS
}

/// Responds with a board: a JSON list, or one JSON object per line; 304 if the
/// client's ETag is current.
async fn board(
    api: &Api,
    Authenticated(caller): Authenticated,
    Query(parameters): &Query,
    IfNoneMatch(if_none_match): IfNoneMatch,
    kind: &'static BoardKind,
) -> HandlerResult {
    let board = api
        .core
        .entities()
        .board(&caller, kind, parameters, &if_none_match)
        .await?;
    response::conditional(board, async |(chunks, form)| {
        let mut answer = response::stream(chunks).await?;
        if let BoardFormat::Lines { .. } = form {
            let lines = HeaderValue::from_static("application/x-ndjson");
            answer.headers_mut().insert(CONTENT_TYPE, lines);
        }
        Ok(answer)
    })
    .await
}

/// `GET /data/entities/ID/entities-linked/with-tasks`: the entities that a
/// concept is linked to.
pub(crate) async fn linked(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    PathIds(id): PathIds<Uuid>,
) -> HandlerResult {
    response::stream(api.core.entities().linked_with_tasks(&caller, id).await?).await
}
