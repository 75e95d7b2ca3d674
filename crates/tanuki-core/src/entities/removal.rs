//! Deletes entities. Entities that have tasks are canceled (soft-deleted)
//! instead, unless the deletion is forced.

use tanuki_store::query::tasks::lists;
use tanuki_store::query::{breakdown, entities, entities::deletion, removal};
use tanuki_store::schema::ENTITY;
use tanuki_store::write;
use tanuki_store::{Error as StoreError, Transaction};
use uuid::Uuid;

use super::Kind;
use super::batch_removal::unchecked;
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
                self.remove_or_cancel(&mut transaction, caller, &[(entity, force)])
                    .await?
            }
        }
        transaction.commit().await?;
        Ok(())
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
            self.cancel(transaction, &[scene.id]).await?;
        } else {
            deletion::links_of(transaction, &[scene.id]).await?;
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
            let shots = below(transaction, sequence, Kind::Shot).await?;
            self.remove_all(transaction, caller, shots).await?;
            for scene in below(transaction, sequence, Kind::Scene).await? {
                self.remove_scene(transaction, caller, &scene).await?;
            }
            self.remove_tasks_of(transaction, caller, sequence).await?;
            entities::remove_subscriptions(transaction, id).await?;
            deletion::schedule_of(transaction, &[id]).await?;
            deletion::outputs_of(transaction, &[id]).await?;
        }
        deletion::links_of(transaction, &[id]).await?;
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
            for sequence in below(transaction, episode, Kind::Sequence).await? {
                self.remove_sequence(transaction, caller, &sequence, true)
                    .await?;
            }
            let edits = below(transaction, episode, Kind::Edit).await?;
            self.remove_all(transaction, caller, edits).await?;
            let assets = deletion::assets_of(transaction, id).await?.into_iter();
            let assets = assets.map(|asset| unchecked(asset, episode.access));
            self.remove_all(transaction, caller, assets.collect())
                .await?;
            self.remove_tasks_of(transaction, caller, episode).await?;
            deletion::playlists_of(transaction, id).await?;
            deletion::of_entities(transaction, &[id]).await?;
            deletion::schedule_of(transaction, &[id]).await?;
            deletion::outputs_of(transaction, &[id]).await?;
        }
        deletion::links_of(transaction, &[id]).await?;
        self.remove_alone(
            transaction,
            episode,
            "Some data are still linked to this episode.",
        )
        .await?;
        self.publish_entity(transaction, caller, episode, "delete")
            .await
    }

    /// Deletes entities with their tasks, files and links.
    async fn remove_all(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        entities: Vec<UncheckedEntity>,
    ) -> Result<()> {
        let entities: Vec<_> = entities.into_iter().map(|entity| (entity, true)).collect();
        self.remove_or_cancel(transaction, caller, &entities).await
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

/// Loads the children of a kind.
async fn below(
    transaction: &mut Transaction,
    parent: &UncheckedEntity,
    kind: Kind,
) -> Result<Vec<UncheckedEntity>> {
    let found = deletion::below(transaction, parent.id, kind.is()).await?;
    let found = found.into_iter();
    Ok(found.map(|child| unchecked(child, parent.access)).collect())
}
