//! Lists of the tasks of an entity, and of all entities below a sequence or
//! episode.

use tanuki_store::database::JsonChunks;
use tanuki_store::query::tasks::lists::{self, Below};
use tanuki_store::query::work;
use tanuki_store::view::tasks::{DETAILED, PLAIN};
use tanuki_store::{Kind, ListQuery};
use uuid::Uuid;

use crate::access::ProjectAccess;
use crate::resource::Relations;
use crate::{Caller, MaybeId, Result, Tasks};

impl Tasks<'_> {
    /// Lists the tasks of an entity of a kind. JSON: [`DETAILED`]. Requires
    /// access to the entity; vendors see only their own tasks of a sequence or
    /// episode, as [`PLAIN`].
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity
    /// of the kind, [`Error::Denied`](crate::Error::Denied) without access to
    /// it.
    pub async fn entity_tasks(
        self,
        caller: &Caller,
        entity_id: Uuid,
        kind: Kind,
        relations: Relations,
    ) -> Result<JsonChunks> {
        let entity = self
            .core
            .require_entity_of_kind(caller, kind, entity_id)
            .await?;
        let is_container = matches!(kind, Kind::Sequence | Kind::Episode);
        if is_container && entity.access.is_vendor() {
            let projection = PLAIN.form(Relations::Without, false);
            let tasks = ListQuery::new(projection)
                .filter(lists::of_entity(entity.id))
                .filter(work::is_assigned_work(caller.id));
            return self.core.masked_tasks(caller, tasks).await;
        }
        let projection = DETAILED.form(relations, entity.access.is_client());
        let tasks =
            lists::with_names(ListQuery::new(projection)).filter(lists::of_entity(entity.id));
        if is_guest(entity.access) {
            return self.core.masked_tasks(caller, tasks).await;
        }
        Ok(self.core.database().fetch_list(tasks).await?)
    }

    /// Lists the tasks of all entities below a sequence or episode. JSON:
    /// [`DETAILED`]. Requires access to the entity; vendors are denied.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity
    /// of the kind, [`Error::Denied`](crate::Error::Denied) without access to
    /// it.
    pub async fn tasks_below(
        self,
        caller: &Caller,
        entity_id: Uuid,
        below: Below,
        relations: Relations,
    ) -> Result<JsonChunks> {
        let kind = match below {
            Below::Sequence => Kind::Sequence,
            Below::Episode | Below::AssetsOfEpisode | Below::EditsOfEpisode => Kind::Episode,
        };
        let entity = self
            .core
            .require_entity_of_kind(caller, kind, entity_id)
            .await?;
        entity.access.deny_vendors()?;
        let projection = DETAILED.form(relations, entity.access.is_client());
        let tasks =
            lists::with_names(ListQuery::new(projection)).filter(lists::below(below, entity.id));
        if is_guest(entity.access) {
            return self.core.masked_tasks(caller, tasks).await;
        }
        Ok(self.core.database().stream_list(tasks))
    }

    /// Lists the tasks of one type of an entity, by name. JSON: [`PLAIN`],
    /// without assignees. Requires access to the entity.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such entity,
    /// [`Error::Denied`](crate::Error::Denied) without access to it.
    pub async fn entity_tasks_of_type(
        self,
        caller: &Caller,
        entity_id: Uuid,
        task_type: &MaybeId,
    ) -> Result<JsonChunks> {
        let entity = self.core.require_entity(caller, entity_id).await?;
        let task_type = task_type.found()?;
        let projection = PLAIN.form(Relations::Without, entity.access.is_client());
        let tasks = ListQuery::new(projection)
            .filter(lists::of_entity(entity.id))
            .filter(lists::of_type(task_type))
            .ascending("name");
        if is_guest(entity.access) {
            return self.core.masked_tasks(caller, tasks).await;
        }
        Ok(self.core.database().fetch_list(tasks).await?)
    }
}

fn is_guest(access: ProjectAccess) -> bool {
    access.is_client() || access.is_vendor()
}
