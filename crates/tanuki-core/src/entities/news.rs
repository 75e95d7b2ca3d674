//! News about an entity.

use tanuki_store::ListQuery;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::{tasks::lists, visibility};
use tanuki_store::view::news::ENTRY;
use uuid::Uuid;

use crate::{Caller, Entities, Result};

/// Maximum number of entries in a response.
const MAX_NEWS: i64 = 2000;

impl Entities<'_> {
    /// Lists the latest news about an entity. JSON: a page object with at most
    /// 2,000 entries, newest first. Requires access to the entity.
    ///
    /// Clients get the news of comments that they may read. Comments written by
    /// clients are limited to managers and supervisors.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity,
    /// [`Error::Denied`](crate::Error::Denied) without access to it.
    pub async fn entity_news(self, caller: &Caller, id: Uuid) -> Result<JsonChunks> {
        let entity = self.core.require_entity(caller, id).await?;
        let mut which = lists::of_entity(entity.id);
        if entity.access.is_client() {
            which = which.and(visibility::news::visible_to_client(
                caller.id,
                entity.project_id,
            ));
        } else if !(entity.access.is_manager() || entity.access.is_supervisor()) {
            which = which.and(visibility::news::visible_to_artist(entity.project_id));
        }
        let newest_first = ListQuery::new(&ENTRY)
            .filter(which)
            .descending("created_at")
            .descending("id");
        self.core
            .resources()
            .page(newest_first, (1, MAX_NEWS))
            .await
    }
}
