//! The data that the web client loads at login.

use axum::extract::State;

use crate::Api;
use crate::error::HandlerResult;
use crate::extract::Person;
use crate::response::stream;

/// `GET /data/user/context`. JSON: an object of the lists that the web client
/// needs, as far as the caller may see them.
pub(crate) async fn context(Person(caller): Person, State(api): State<Api>) -> HandlerResult {
    stream(api.core.work().user_context(&caller).await?).await
}
