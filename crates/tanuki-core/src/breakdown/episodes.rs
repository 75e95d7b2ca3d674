//! The castings of episodes, which follow those of their shots.

use serde_json::json;
use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::query::entities;
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::Wanted;
use super::events::CastingChange;
use super::stages::OfKind;
use crate::{Caller, Core, Result};

impl Core {
    /// Casts an asset in an episode because one of its shots casts it.
    pub(super) async fn insert_automatic_link(
        &self,
        transaction: &mut Transaction,
        episode: Uuid,
        wanted: &Wanted,
    ) -> Result<Uuid> {
        let data = Some(json!({"auto": true}));
        self.insert_link(transaction, episode, wanted, 1_i64.into(), data)
            .await
    }

    /// Casts an asset that is added to a shot in the shot's episode too, unless
    /// it is cast there already. The link is marked `auto` in its `data`.
    pub(super) async fn cast_in_episode(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        stage: &Stage,
        wanted: &Wanted,
    ) -> Result<()> {
        let Some(episode) = stage.episode_id.filter(|_| stage.is(Kind::Shot)) else {
            return Ok(());
        };
        let links = breakdown::links(&mut *transaction, episode).await?;
        if links.iter().any(|link| link.asset_id == wanted.asset_id) {
            return Ok(());
        }
        self.insert_automatic_link(transaction, episode, wanted)
            .await?;
        entities::recount_casting(transaction, episode, self.clock().timestamp()).await?;
        self.publish_asset(transaction, caller, stage.project_id, wanted.asset_id)
            .await
    }

    /// Removes assets from the shots of an episode that they were removed from.
    pub(super) async fn remove_from_shots(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        episode: &Stage,
        assets: &[Uuid],
    ) -> Result<()> {
        for link in breakdown::links_below(transaction, episode.id, assets).await? {
            breakdown::remove_links(transaction, &[link.id]).await?;
            self.recount_casting(transaction, caller, link.shot_id, episode.project_id)
                .await?;
            let event = self
                .casting_event(
                    transaction,
                    Kind::Shot,
                    link.shot_id,
                    CastingChange::removed(&[link.asset_id]),
                )
                .await?
                .in_project(Some(episode.project_id));
            self.record(transaction, event, Some(caller)).await?;
        }
        Ok(())
    }

    /// Removes from an episode those assets that none of its shots casts any
    /// more, unless they were cast in the episode by hand.
    pub(super) async fn leave_episode(
        &self,
        transaction: &mut Transaction,
        caller: &Caller,
        shot: &Stage,
        (episode, removed): (Uuid, &[Uuid]),
    ) -> Result<()> {
        if removed.is_empty() {
            return Ok(());
        }
        let used = breakdown::links_below(transaction, episode, removed).await?;
        let links = breakdown::links(&mut *transaction, episode).await?;
        for &asset in removed {
            let is_used = used.iter().any(|link| link.asset_id == asset);
            let link = links
                .iter()
                .find(|link| link.asset_id == asset && link.is_automatic && !is_used);
            let Some(link) = link else { continue };
            breakdown::remove_links(transaction, &[link.id]).await?;
            entities::recount_casting(transaction, episode, self.clock().timestamp()).await?;
            let event = self
                .casting_event(
                    transaction,
                    Kind::Episode,
                    episode,
                    CastingChange::removed(&[asset]),
                )
                .await?
                .in_project(Some(shot.project_id));
            self.record(transaction, event, Some(caller)).await?;
            self.publish_asset(transaction, caller, shot.project_id, asset)
                .await?;
        }
        Ok(())
    }
}
