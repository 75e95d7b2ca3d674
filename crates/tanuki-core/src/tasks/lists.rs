//! Tasks of an entity, and of everything below a sequence or an episode.

use sea_query::SelectStatement;
use tanuki_store::database::JsonChunks;
use tanuki_store::query::task_lists::{self, Below};
use tanuki_store::query::work;
use uuid::Uuid;

use super::forms::{DETAILED, PLAIN};
use crate::access::Standing;
use crate::entities::Kind;
use crate::resource::Relations;
use crate::{Caller, Core, Error, Result};

impl Core {
    /// Tasks of an entity of that kind.
    pub async fn entity_tasks(
        &self,
        caller: &Caller,
        text: &str,
        kind: Kind,
        relations: Relations,
    ) -> Result<JsonChunks> {
        let entity = self.reach_entity(caller, kind, text).await?;
        let is_container = matches!(kind, Kind::Sequence | Kind::Episode);
        if is_container && entity.standing.is_vendor() {
            let shape = PLAIN.form(Relations::Without, false);
            let narrow = |select: &mut SelectStatement| {
                select
                    .cond_where(task_lists::of_entity(entity.id))
                    .cond_where(work::is_assigned_work(caller.id));
            };
            return self.masked_tasks(caller, shape, narrow).await;
        }
        let shape = DETAILED.form(relations, entity.standing.is_client());
        let narrow = |select: &mut SelectStatement| {
            task_lists::detail(select, self.database().dialect());
            select.cond_where(task_lists::of_entity(entity.id));
        };
        if is_guest(entity.standing) {
            return self.masked_tasks(caller, shape, narrow).await;
        }
        self.few_rows(shape, narrow).await
    }

    /// Tasks of what is below a sequence or an episode.
    pub async fn tasks_below(
        &self,
        caller: &Caller,
        text: &str,
        below: Below,
        relations: Relations,
    ) -> Result<JsonChunks> {
        let kind = match below {
            Below::Sequence => Kind::Sequence,
            Below::Episode | Below::AssetsOfEpisode | Below::EditsOfEpisode => Kind::Episode,
        };
        let entity = self.reach_entity(caller, kind, text).await?;
        entity.standing.refuse_vendors()?;
        let shape = DETAILED.form(relations, entity.standing.is_client());
        let narrow = |select: &mut SelectStatement| {
            task_lists::detail(select, self.database().dialect());
            select.cond_where(task_lists::below(below, entity.id));
        };
        if is_guest(entity.standing) {
            return self.masked_tasks(caller, shape, narrow).await;
        }
        Ok(self.rows(shape, narrow))
    }

    /// Tasks of an entity of one type, with their assignees.
    pub async fn entity_tasks_of_type(
        &self,
        caller: &Caller,
        entity: &str,
        task_type: &str,
    ) -> Result<JsonChunks> {
        let entity = self.visit(caller, entity).await?;
        let task_type = Uuid::try_parse(task_type).map_err(|_| Error::NotFound)?;
        let shape = PLAIN.form(Relations::Without, entity.standing.is_client());
        let narrow = |select: &mut SelectStatement| {
            select
                .cond_where(task_lists::of_entity(entity.id))
                .cond_where(task_lists::of_type(task_type))
                .order_by(("task", "name"), sea_query::Order::Asc);
        };
        if is_guest(entity.standing) {
            return self.masked_tasks(caller, shape, narrow).await;
        }
        self.few_rows(shape, narrow).await
    }
}

fn is_guest(standing: Standing) -> bool {
    standing.is_client() || standing.is_vendor()
}
