//! `POST /data/search`.

use axum::Json;
use axum::extract::State;
use tanuki_core::JsonRow;
use tanuki_core::search::{DEFAULT_INDEXES, SearchRequest};

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::{ActionBody, Authenticated, Body, Fields, TextRule};

/// Hits of each index, unless the body says how many.
const LIMIT: i64 = 3;

/// The body of `POST /data/search`.
#[derive(Debug)]
pub(crate) struct SearchBody(SearchRequest);

impl ActionBody for SearchBody {
    const SCHEMA: &'static str = "SearchSchema";

    fn read(fields: &mut Fields) -> Self {
        let query = fields.text("query", TextRule::ANY);
        let project = fields.optional_id("project_id");
        let limit = fields.integer_or("limit", 1, LIMIT);
        let offset = fields.integer_or("offset", 0, 0);
        let indexes = if fields.has("index_names") {
            fields.texts("index_names")
        } else {
            DEFAULT_INDEXES.map(str::to_owned).into()
        };
        Self(SearchRequest {
            query,
            project,
            limit: limit.unsigned_abs(),
            offset: offset.unsigned_abs(),
            indexes,
        })
    }
}

/// `POST /data/search`.
pub(crate) async fn search(
    Authenticated(caller): Authenticated,
    State(api): State<Api>,
    body: Body<SearchBody>,
) -> HandlerResult<Json<JsonRow>> {
    let SearchBody(request) = body.validate()?;
    Ok(Json(api.core.search().search(&caller, &request).await?))
}
