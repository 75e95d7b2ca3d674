//! The data that the web client loads at login.

use axum::Json;
use axum::extract::State;
use tanuki_core::JsonRow;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::Person;

/// `GET /data/user/context`. JSON: an object of the lists that the web client
/// needs, as far as the caller may see them.
pub(crate) async fn context(
    Person(caller): Person,
    State(api): State<Api>,
) -> HandlerResult<Json<JsonRow>> {
    Ok(Json(api.core.work().user_context(&caller).await?))
}
