//! Deleting many entities of a production at once.

use tanuki_store::query::entity_removal;
use uuid::Uuid;

use super::Kind;
use super::load::UncheckedEntity;
use crate::fields::check_changes;
use crate::{Caller, Core, IdList, Result};

impl Core {
    /// Deletes assets, shots, edits and concepts of a production, or calls
    /// those off that tasks are about. What is called off already, and
    /// concepts, go for good, and so does everything with `force`. Others are
    /// passed over. Returns the ids of what was dealt with.
    pub async fn delete_entities(
        &self,
        caller: &Caller,
        project: &str,
        ids: &IdList,
        force: bool,
    ) -> Result<Vec<Uuid>> {
        let project_id = self.project_id(project).await?;
        let ids = ids.given()?;
        check_changes("The list of ids", &ids)?;
        let mut transaction = self.database().begin().await?;
        let access = caller
            .project_access(&mut transaction, Some(project_id))
            .await?;
        let candidates = entity_removal::candidates(&mut transaction, &ids).await?;
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
