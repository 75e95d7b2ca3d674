//! Deletes many entities of a project in one transaction, in a number of
//! statements that does not depend on how many they are.

use std::collections::{HashMap, HashSet};

use tanuki_store::Transaction;
use tanuki_store::query::entities::deletion::{self, Candidate};
use tanuki_store::query::removal::{self, RemovedTask};
use tanuki_store::query::tasks::lists;
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self, Values};
use uuid::Uuid;

use super::Kind;
use super::folders::entity_event;
use crate::access::{ProjectAccess, UncheckedEntity};
use crate::cascade::{delete_locked, news_deleted, task_deleted};
use crate::events::Event;
use crate::fields::check_changes;
use crate::{Caller, Entities, IdList, Result};

impl Entities<'_> {
    /// Deletes entities of a project and returns the ids of those that were
    /// deleted or canceled.
    ///
    /// Assets, shots and edits that have tasks are canceled (soft-deleted),
    /// unless they are canceled already or `force` is set. Concepts are always
    /// deleted. Other kinds and entities of other projects are skipped.
    ///
    /// # Errors
    ///
    /// `NotFound` if the project does not exist. `Denied` if the caller does
    /// not manage the project and did not create all of the entities; nothing
    /// is deleted then. `Invalid` if the body is not a JSON array of ids.
    pub async fn delete_entities(
        self,
        caller: &Caller,
        project_id: Uuid,
        ids: &IdList,
        force: bool,
    ) -> Result<Vec<Uuid>> {
        self.core.require_existing(project_id).await?;
        let ids = ids.given()?;
        check_changes("The list of ids", &ids)?;
        let mut transaction = self.core.database().begin().await?;
        let access = caller
            .project_access(&mut transaction, Some(project_id))
            .await?;
        let candidates = deletion::candidates(&mut transaction, &ids).await?;
        let mut chosen = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let canceled = candidate.canceled;
            let entity = unchecked(candidate, access);
            entity.require_deletion(caller)?;
            let goes = match entity.kind {
                Kind::Asset | Kind::Shot | Kind::Edit => force || canceled,
                Kind::Concept => true,
                _ => continue,
            };
            if entity.project_id == project_id {
                chosen.push((entity, goes));
            }
        }
        self.remove_or_cancel(&mut transaction, caller, &chosen)
            .await?;
        transaction.commit().await?;
        Ok(chosen.iter().map(|(entity, _)| entity.id).collect())
    }

    /// Deletes entities with their tasks, files and links, or cancels those that
    /// have tasks, unless the flag says that they go with them. They are locked.
    /// Records `update` or `delete` of each entity after what is deleted with
    /// it. The castings that they were part of are recounted, and assets that
    /// were cast in them are removed from their episodes if no other shot needs
    /// them.
    pub(crate) async fn remove_or_cancel(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entities: &[(UncheckedEntity, bool)],
    ) -> Result<()> {
        if entities.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = entities.iter().map(|(entity, _)| entity.id).collect();
        let tasks = removal::lock_tasks(transaction, lists::of_entities(&ids)).await?;
        let with_tasks: HashSet<Uuid> = tasks.iter().filter_map(|task| task.entity_id).collect();
        let (gone, kept): (Vec<_>, Vec<_>) = entities
            .iter()
            .partition(|(entity, goes)| *goes || !with_tasks.contains(&entity.id));
        let breakdown = self.core.breakdown();
        let mut left = breakdown.castings_to_leave(transaction, &ids).await?;
        let canceled: Vec<Uuid> = kept.iter().map(|(entity, _)| entity.id).collect();
        self.cancel(transaction, &canceled).await?;
        let gone: Vec<&UncheckedEntity> = gone.into_iter().map(|(entity, _)| entity).collect();
        let mut deleted = self.remove_rows(transaction, &gone, tasks).await?;
        for (entity, _) in entities {
            match deleted.remove(&entity.id) {
                Some(events) => {
                    left.push_events(events);
                    left.push_events([entity_event(entity, "delete")]);
                    left.leave(entity.id);
                }
                None => {
                    left.push_events([entity_event(entity, "update")]);
                    if entity.kind == Kind::Asset {
                        left.recount(entity.id);
                    }
                }
            }
        }
        breakdown
            .write_castings(transaction, caller, left.into_batch())
            .await
    }

    pub(super) async fn cancel(self, transaction: &mut Transaction, ids: &[Uuid]) -> Result<()> {
        let now = self.core.clock().timestamp();
        let values = Values::from([("canceled", true.into()), ("updated_at", now.into())]);
        write::update_many(transaction, &ENTITY, ids, values).await?;
        Ok(())
    }

    /// Deletes entities with the rows that depend on them, other than castings
    /// of other entities. Returns the events of what was deleted with each.
    async fn remove_rows(
        self,
        transaction: &mut Transaction,
        gone: &[&UncheckedEntity],
        tasks: Vec<RemovedTask>,
    ) -> Result<HashMap<Uuid, Vec<Event>>> {
        let Some(last) = gone.last() else {
            return Ok(HashMap::new());
        };
        let projects: HashMap<Uuid, Uuid> = gone
            .iter()
            .map(|entity| (entity.id, entity.project_id))
            .collect();
        let project_of = |task: &RemovedTask| projects.get(&task.entity_id?).copied();
        let tasks: Vec<RemovedTask> = tasks
            .into_iter()
            .filter(|task| project_of(task).is_some())
            .collect();
        let cleared = delete_locked(transaction, &tasks).await?;
        let mut events: HashMap<Uuid, Vec<Event>> = HashMap::new();
        for entity in gone {
            events.insert(entity.id, Vec::new());
        }
        let mut push = |entity_id: Option<Uuid>, event| {
            events
                .entry(entity_id.unwrap_or(last.id))
                .or_default()
                .push(event);
        };
        for news in &cleared.news {
            push(news.entity_id, news_deleted(news));
        }
        for task in &tasks {
            if let Some(project_id) = project_of(task) {
                push(task.entity_id, task_deleted(task, project_id));
            }
        }
        let mut showing = cleared.showing;
        showing.retain(|id| !projects.contains_key(id));
        let files = self.core.files();
        for event in files.newest_previews(transaction, &showing).await? {
            push(None, event);
        }
        let of = |kinds: &[Kind]| -> Vec<Uuid> {
            let those = gone.iter().filter(|entity| kinds.contains(&entity.kind));
            those.map(|entity| entity.id).collect()
        };
        let ids: Vec<Uuid> = gone.iter().map(|entity| entity.id).collect();
        deletion::of_entities(transaction, &ids).await?;
        deletion::outputs_of(transaction, &of(&[Kind::Asset, Kind::Shot, Kind::Episode])).await?;
        deletion::schedule_of(transaction, &of(&[Kind::Edit, Kind::Episode])).await?;
        deletion::detach_children(transaction, &of(&[Kind::Asset])).await?;
        deletion::remove(transaction, &ids).await?;
        Ok(events)
    }
}

/// An entity whose deletion is requested, with the caller's access to its
/// project.
pub(super) fn unchecked(candidate: Candidate, access: ProjectAccess) -> UncheckedEntity {
    UncheckedEntity {
        id: candidate.id,
        kind: Kind::of_type(&candidate.type_name),
        project_id: candidate.project_id,
        parent_id: candidate.parent_id,
        created_by: candidate.created_by,
        access,
    }
}
