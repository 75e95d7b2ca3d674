//! Deletes entities. Entities that have tasks are canceled (soft-deleted)
//! instead, unless the deletion is forced.

use tanuki_store::query::tasks::lists;
use tanuki_store::query::{breakdown, entities, entities::deletion, entities::kinds, removal};
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self, Values};
use tanuki_store::{Error as StoreError, Transaction};
use uuid::Uuid;

use super::Kind;
use crate::access::{UncheckedEntity, load_unchecked};
use crate::{Caller, Entities, Error, Result};

impl Entities<'_> {
    /// Deletes an entity. Requires a manager of the project, or the member of
    /// its team who created the entity.
    ///
    /// Without `force`, an asset, shot, edit or concept that has tasks is only
    /// marked as canceled. With `force`, the deletion cascades to the tasks,
    /// and from a sequence or an episode to all entities in it. A layout scene
    /// that rows refer to is canceled in either case.
    ///
    /// # Errors
    ///
    /// `NotFound` if no entity of the kind has the id, `Denied` for the
    /// caller's role, `Refused` if rows still refer to a sequence or an
    /// episode.
    pub async fn delete_entity(
        self,
        caller: &Caller,
        kind: Kind,
        id: Uuid,
        force: bool,
    ) -> Result<()> {
        let mut transaction = self.core.database().begin().await?;
        breakdown::lock_with_castings(&mut transaction, id).await?;
        let entity = load_unchecked(&mut transaction, caller, kind, id).await?;
        entity.require_deletion(caller)?;
        deletion::candidates(&mut transaction, &[id]).await?;
        match kind {
            Kind::Episode => {
                self.remove_episode(&mut transaction, caller, &entity, force)
                    .await?
            }
            Kind::Sequence => {
                self.remove_sequence(&mut transaction, caller, &entity, force)
                    .await?
            }
            Kind::Scene => self.remove_scene(&mut transaction, caller, &entity).await?,
            _ => {
                self.remove_or_cancel(&mut transaction, caller, &entity, force)
                    .await?
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Cancels an entity that has tasks, and deletes it otherwise or if `force`
    /// is set. Records `update` or `delete` of the entity.
    pub(super) async fn remove_or_cancel(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entity: &UncheckedEntity,
        force: bool,
    ) -> Result<()> {
        let of_it = lists::of_entity(entity.id);
        if force || removal::lock_tasks(transaction, of_it).await?.is_empty() {
            return self.remove_whole(transaction, caller, entity).await;
        }
        self.cancel(transaction, entity.id).await?;
        self.publish_entity(transaction, caller, entity, "update")
            .await?;
        if entity.kind == Kind::Asset {
            self.core
                .breakdown()
                .recount_castings(transaction, caller, entity.id)
                .await?;
        }
        Ok(())
    }

    async fn cancel(self, transaction: &mut Transaction, id: Uuid) -> Result<()> {
        let now = self.core.clock().timestamp();
        let values = Values::from([("canceled", true.into()), ("updated_at", now.into())]);
        write::update(transaction, &ENTITY, id, values).await?;
        Ok(())
    }

    /// Deletes an entity and cascades to its tasks, files and links. The
    /// castings that it was part of are recounted, and assets that were cast in
    /// it are removed from its episode if no other shot needs them.
    async fn remove_whole(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entity: &UncheckedEntity,
    ) -> Result<()> {
        let id = entity.id;
        let left = self
            .core
            .breakdown()
            .castings_to_leave(transaction, id)
            .await?;
        self.remove_tasks_of(transaction, caller, entity).await?;
        deletion::of_entity(transaction, id).await?;
        if matches!(entity.kind, Kind::Asset | Kind::Shot | Kind::Episode) {
            deletion::outputs_of(transaction, id).await?;
        }
        if matches!(entity.kind, Kind::Edit | Kind::Episode) {
            deletion::schedule_of(transaction, id).await?;
        }
        if entity.kind == Kind::Asset {
            deletion::detach_children(transaction, id).await?;
        }
        write::delete(transaction, &ENTITY, id).await?;
        self.publish_entity(transaction, caller, entity, "delete")
            .await?;
        self.core
            .breakdown()
            .leave_castings(transaction, caller, left)
            .await
    }

    /// Deletes the tasks of an entity that is about to be deleted. Cascades to
    /// their comments, previews and files.
    async fn remove_tasks_of(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entity: &UncheckedEntity,
    ) -> Result<()> {
        let tasks = removal::lock_tasks(transaction, lists::of_entity(entity.id)).await?;
        let mut showing = self
            .core
            .cascade()
            .remove_locked_tasks(transaction, caller, entity.project_id, &tasks)
            .await?;
        showing.retain(|id| *id != entity.id);
        self.core
            .cascade()
            .show_others(transaction, caller, showing)
            .await
    }

    /// Deletes a layout scene, or cancels it if rows refer to it. Records
    /// `scene:delete` in both cases.
    async fn remove_scene(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        scene: &UncheckedEntity,
    ) -> Result<()> {
        if deletion::is_needed(transaction, scene.id).await? {
            self.cancel(transaction, scene.id).await?;
        } else {
            deletion::links_of(transaction, scene.id).await?;
            write::delete(transaction, &ENTITY, scene.id).await?;
        }
        self.publish_entity(transaction, caller, scene, "delete")
            .await
    }

    /// Deletes a sequence. `force` cascades to its shots, scenes and tasks.
    async fn remove_sequence(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        sequence: &UncheckedEntity,
        force: bool,
    ) -> Result<()> {
        let id = sequence.id;
        if force {
            for shot in self
                .below(transaction, caller, sequence, Kind::Shot)
                .await?
            {
                self.remove_whole(transaction, caller, &shot).await?;
            }
            for scene in self
                .below(transaction, caller, sequence, Kind::Scene)
                .await?
            {
                self.remove_scene(transaction, caller, &scene).await?;
            }
            self.remove_tasks_of(transaction, caller, sequence).await?;
            entities::remove_subscriptions(transaction, id).await?;
            deletion::schedule_of(transaction, id).await?;
            deletion::outputs_of(transaction, id).await?;
        }
        deletion::links_of(transaction, id).await?;
        self.remove_alone(
            transaction,
            sequence,
            "Some data are still linked to this sequence.",
        )
        .await?;
        self.publish_entity(transaction, caller, sequence, "delete")
            .await
    }

    /// Deletes an episode. `force` cascades to its sequences, edits, assets,
    /// tasks and playlists.
    async fn remove_episode(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        episode: &UncheckedEntity,
        force: bool,
    ) -> Result<()> {
        let id = episode.id;
        if force {
            for sequence in self
                .below(transaction, caller, episode, Kind::Sequence)
                .await?
            {
                self.remove_sequence(transaction, caller, &sequence, true)
                    .await?;
            }
            for edit in self.below(transaction, caller, episode, Kind::Edit).await? {
                self.remove_whole(transaction, caller, &edit).await?;
            }
            for asset in deletion::assets_of(transaction, id).await? {
                let asset = load_unchecked(&mut *transaction, caller, Kind::Asset, asset).await?;
                self.remove_whole(transaction, caller, &asset).await?;
            }
            self.remove_tasks_of(transaction, caller, episode).await?;
            deletion::playlists_of(transaction, id).await?;
            deletion::of_entity(transaction, id).await?;
            deletion::schedule_of(transaction, id).await?;
            deletion::outputs_of(transaction, id).await?;
        }
        deletion::links_of(transaction, id).await?;
        self.remove_alone(
            transaction,
            episode,
            "Some data are still linked to this episode.",
        )
        .await?;
        self.publish_entity(transaction, caller, episode, "delete")
            .await
    }

    /// Loads the children of a kind.
    async fn below(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        parent: &UncheckedEntity,
        kind: Kind,
    ) -> Result<Vec<UncheckedEntity>> {
        let mut found = Vec::new();
        for id in kinds::children(transaction, parent.id, kind.is()).await? {
            found.push(load_unchecked(&mut *transaction, caller, kind, id).await?);
        }
        Ok(found)
    }

    /// Deletes a row; `Refused` with the given message if a foreign key still
    /// refers to it.
    async fn remove_alone(
        self,
        transaction: &mut Transaction,
        entity: &UncheckedEntity,
        refusal: &'static str,
    ) -> Result<()> {
        match write::delete(transaction, &ENTITY, entity.id).await {
            Err(StoreError::ForeignKey(_)) => Err(Error::Refused(refusal.into())),
            other => other.map(|_| ()).map_err(Error::from),
        }
    }
}
