//! Castings from the rows of an import.

use std::collections::{BTreeSet, HashMap};

use tanuki_store::Transaction;
use tanuki_store::query::breakdown::Stage;
use uuid::Uuid;

use super::stages::stages;
use super::wanted::CastAsset;
use crate::{Breakdown, Caller, Error, Result};

/// The label of a casting link that an import creates without one.
const LABEL: &str = "fixed";

/// A casting link that a row of an import makes or changes.
#[derive(Debug)]
pub(crate) struct ImportedCast {
    pub entity_id: Uuid,
    pub asset_id: Uuid,
    pub nb_occurences: i64,
    /// `None` leaves the label of an existing link unchanged.
    pub label: Option<String>,
}

impl Breakdown<'_> {
    /// Casts assets in entities of one project, or changes the links that they
    /// have; no link is removed. The caller of this crate has checked that the
    /// project is the caller's to manage and the assets are in it.
    pub(crate) async fn cast_imported(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        project_id: Uuid,
        casts: &[ImportedCast],
    ) -> Result<()> {
        let ids = |of: fn(&ImportedCast) -> Uuid| -> Vec<Uuid> {
            let ids: BTreeSet<Uuid> = casts.iter().map(of).collect();
            ids.into_iter().collect()
        };
        let entities = ids(|cast| cast.entity_id);
        let stages = stages(transaction, &entities, project_id).await?;
        let assets = ids(|cast| cast.asset_id);
        let mut batch = self.load_batch(transaction, &stages, &assets).await?;
        let by_id: HashMap<Uuid, &Stage> = stages.iter().map(|stage| (stage.id, stage)).collect();
        for cast in casts {
            let stage = by_id.get(&cast.entity_id).ok_or(Error::NotFound)?;
            let is_new = !batch.casts(stage.id, cast.asset_id);
            let label = cast.label.clone();
            let wanted = CastAsset {
                entity_ids: Vec::new(),
                nb_occurences: Some(cast.nb_occurences),
                label: label.or_else(|| is_new.then(|| LABEL.to_owned())),
            };
            batch.cast(stage, cast.asset_id, &wanted)?;
        }
        self.write_castings(transaction, caller, batch).await
    }
}
