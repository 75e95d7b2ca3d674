//! Deletes many entities of a project in one transaction.

use tanuki_store::query::entities::deletion;
use uuid::Uuid;

use super::Kind;
use crate::access::UncheckedEntity;
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
        let mut removed = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let entity = UncheckedEntity {
                id: candidate.id,
                kind: Kind::of_type(&candidate.type_name),
                project_id: candidate.project_id,
                parent_id: candidate.parent_id,
                created_by: candidate.created_by,
                access,
            };
            entity.require_deletion(caller)?;
            let goes = match entity.kind {
                Kind::Asset | Kind::Shot | Kind::Edit => force || candidate.canceled,
                Kind::Concept => true,
                _ => continue,
            };
            if entity.project_id != project_id {
                continue;
            }
            self.remove_or_cancel(&mut transaction, caller, &entity, goes)
                .await?;
            removed.push(entity.id);
        }
        transaction.commit().await?;
        Ok(removed)
    }
}
