//! Loads and locks the entities whose castings change.

use tanuki_store::query::breakdown::{self, Stage};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use crate::access::ensure;
use crate::{Error, Result};

/// The kind of an entity with a casting.
pub(super) trait OfKind {
    fn kind(&self) -> Kind;
    fn is(&self, kind: Kind) -> bool;
    /// The episode of a shot; other entities have none.
    fn episode(&self) -> Option<Uuid>;
}

impl OfKind for Stage {
    fn kind(&self) -> Kind {
        Kind::of_type(&self.type_name)
    }

    fn is(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    fn episode(&self) -> Option<Uuid> {
        self.episode_id.filter(|_| self.is(Kind::Shot))
    }
}

/// Loads entities of a project and locks them with their episodes and tasks;
/// for episodes, their shots are locked too.
///
/// # Errors
///
/// `NotFound` if an entity does not exist, `Denied` if one belongs to another
/// project.
pub(super) async fn stages(
    transaction: &mut Transaction,
    ids: &[Uuid],
    project_id: Uuid,
) -> Result<Vec<Stage>> {
    let mut stages = breakdown::stages(&mut *transaction, ids).await?;
    if stages.len() < ids.len() {
        return Err(Error::NotFound);
    }
    ensure(stages.iter().all(|stage| stage.project_id == project_id))?;
    let episodes = |stages: &[Stage]| -> Vec<Option<Uuid>> {
        stages.iter().map(|stage| stage.episode_id).collect()
    };
    loop {
        let touched = stages.iter().filter_map(|stage| stage.episode_id);
        let touched: Vec<Uuid> = touched.chain(ids.iter().copied()).collect();
        let are_episodes = stages.iter().filter(|stage| stage.is(Kind::Episode));
        let with_shots: Vec<Uuid> = are_episodes.map(|stage| stage.id).collect();
        breakdown::lock_with_shots(transaction, &touched, &with_shots).await?;
        // Locked entities are not moved any more, but may have been before.
        let locked = breakdown::stages(&mut *transaction, ids).await?;
        if locked.len() < ids.len() {
            return Err(Error::NotFound);
        }
        if episodes(&locked) == episodes(&stages) {
            return Ok(locked);
        }
        stages = locked;
    }
}
