//! Boards: entities of a kind with their tasks in them.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use tanuki_core::entities::{self, BoardKind};
use tanuki_store::Form;

use crate::error::Answer;
use crate::extract::{Authenticated, IfNoneMatch, Query};
use crate::{Api, wire};

macro_rules! boards {
    ($($name:ident: $kind:ident),*) => {$(
        pub(crate) async fn $name(
            State(api): State<Api>,
            caller: Authenticated,
            query: Query,
            held: IfNoneMatch,
        ) -> Answer {
            board(&api, caller, &query, held, &entities::$kind).await
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

async fn board(
    api: &Api,
    Authenticated(caller): Authenticated,
    Query(parameters): &Query,
    IfNoneMatch(held): IfNoneMatch,
    kind: &'static BoardKind,
) -> Answer {
    let board = api.core.board(&caller, kind, parameters, &held).await?;
    wire::renewed(board, async |(chunks, form)| {
        let mut answer = wire::stream(chunks).await?;
        if let Form::Lines { .. } = form {
            let lines = HeaderValue::from_static("application/x-ndjson");
            answer.headers_mut().insert(CONTENT_TYPE, lines);
        }
        Ok(answer)
    })
    .await
}

pub(crate) async fn linked(
    State(api): State<Api>,
    Authenticated(caller): Authenticated,
    Path(id): Path<String>,
) -> Answer {
    wire::stream(api.core.linked_with_tasks(&caller, &id).await?).await
}
