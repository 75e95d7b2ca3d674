//! Updates castings when an entity is deleted.

use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::entities;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use crate::{Breakdown, Caller, Result};

/// The castings of an entity that is about to be deleted.
#[derive(Debug)]
pub(crate) struct LeftCastings {
    stage: Option<Stage>,
    /// The entities that the deleted entity is cast in.
    cast_in: Vec<Uuid>,
    /// The assets that are cast in the deleted entity.
    assets: Vec<Uuid>,
}

impl Breakdown<'_> {
    /// Reads the castings of an entity. Call it before its links are deleted.
    pub(crate) async fn castings_to_leave(
        self,
        transaction: &mut Transaction,
        id: Uuid,
    ) -> Result<LeftCastings> {
        let stage = breakdown::stages(&mut *transaction, &[id]).await?.pop();
        let links = breakdown::links(&mut *transaction, id).await?;
        Ok(LeftCastings {
            stage,
            cast_in: entities::cast_in(transaction, id).await?,
            assets: links.into_iter().map(|link| link.asset_id).collect(),
        })
    }

    /// Updates the castings that the entity was part of, after its links have
    /// been deleted: recounts the entities that it was cast in, and removes the
    /// assets of a shot from its episode unless another shot casts them or they
    /// were cast in the episode by hand.
    pub(crate) async fn leave_castings(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        left: LeftCastings,
    ) -> Result<()> {
        let Some(stage) = left.stage else {
            return Ok(());
        };
        self.recount_stages(transaction, caller, &left.cast_in)
            .await?;
        match stage.episode_id {
            Some(episode) if Kind::of_type(&stage.type_name) == Kind::Shot => {
                self.leave_episode(transaction, caller, &stage, (episode, &left.assets))
                    .await
            }
            _ => Ok(()),
        }
    }
}
