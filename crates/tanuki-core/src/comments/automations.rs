//! Status automations: when a task gets a status, set the status of another
//! task of the same entity, or mark an asset as ready.

use serde_json::json;
use tanuki_store::query::comments::write::{self, Automation, TaskForComment};
use tanuki_store::schema::ENTITY;
use tanuki_store::write::{self as store_write, Values};
use tanuki_store::{Kind, Transaction};
use uuid::Uuid;

use super::chain::{Cause, Chain, Step};
use super::draft::{Draft, Target};
use crate::events::Event;
use crate::{Caller, Comments, Result};

impl Comments<'_> {
    /// Applies an automation after a comment set the status that triggers it.
    /// Returns the next steps: the comment on the other task that sets its
    /// status, and the copy of the previews if the automation takes them over.
    /// No steps if the automation does not apply.
    pub(super) async fn automate(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        chain: &mut Chain,
        (cause, automation): (&Cause, &Automation),
    ) -> Result<Vec<Step>> {
        let Cause { draft, stand, link } = cause;
        if !is_for(automation, &stand.entity_type) {
            return Ok(Vec::new());
        }
        if automation.field == "ready_for" {
            self.make_ready(transaction, caller, &draft.target, stand, automation)
                .await?;
            return Ok(Vec::new());
        }
        let (Some(entity_id), Some(status_id)) = (draft.target.entity_id, automation.out_status_id)
        else {
            return Ok(Vec::new());
        };
        if is_retake(transaction, &draft.target, automation).await? {
            return Ok(Vec::new());
        }
        let siblings = write::siblings(transaction, entity_id).await?;
        let Some(sibling) = siblings
            .into_iter()
            .find(|task| task.task_type_id == automation.out_task_type_id)
        else {
            return Ok(Vec::new());
        };
        let Some(link) = chain.follow(*link, automation.id, sibling.id) else {
            tracing::warn!(
                automation = %automation.id, task = %sibling.id,
                "an automation that leads back to where it began was not followed"
            );
            return Ok(Vec::new());
        };
        let target = Target {
            id: sibling.id,
            task_type_id: sibling.task_type_id,
            ..draft.target
        };
        let text = format!(
            "Change triggered by {} set to {}",
            stand.task_type, automation.status
        );
        let comment = Draft::plain(target, status_id, draft.author_id, text);
        let comment_id = comment.id;
        let mut next = vec![Step::Write(comment, link)];
        if automation.takes_previews {
            next.push(Step::TakeRevision {
                source: draft.target,
                target,
                comment_id,
            });
        }
        Ok(next)
    }

    /// Sets the asset's `ready_for` to the automation's task type and updates
    /// the count of ready assets in the shots that cast it.
    async fn make_ready(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        target: &Target,
        stand: &TaskForComment,
        automation: &Automation,
    ) -> Result<()> {
        let Some(asset_id) = target.entity_id else {
            return Ok(());
        };
        if Kind::of_type(&stand.entity_type) != Kind::Asset {
            return Ok(());
        }
        let ready_for: Option<Uuid> = automation.out_task_type_id;
        let values = Values::from([
            ("ready_for", ready_for.into()),
            ("updated_at", self.core.clock().timestamp().into()),
        ]);
        store_write::update(transaction, &ENTITY, asset_id, values).await?;
        let data = json!({"ready_for": ready_for.map(|id| id.to_string())});
        let told = || {
            Event::about("asset", "update", asset_id)
                .with("data", data.clone())
                .in_project(target.project_id)
        };
        // Published twice, once for the asset and once for the automation, as
        // listeners expect.
        self.core
            .record_all(transaction, vec![told(), told()], Some(caller))
            .await?;
        self.core
            .breakdown()
            .recount_castings(transaction, caller, asset_id)
            .await
    }
}

/// Whether an automation applies to entities of the named type. The
/// automation's type is compared without regard to case; `asset` matches every
/// asset type.
fn is_for(automation: &Automation, entity_type: &str) -> bool {
    let wanted = automation.entity_type.as_deref().unwrap_or_default();
    if wanted.eq_ignore_ascii_case("asset") {
        Kind::of_type(entity_type) == Kind::Asset
    } else {
        entity_type.to_lowercase() == wanted.to_lowercase()
    }
}

/// Whether the automation's target comes before its source in the project's
/// order of task types (`priority`). Such automations are skipped, as they
/// could trigger each other.
async fn is_retake(
    transaction: &mut Transaction,
    target: &Target,
    automation: &Automation,
) -> Result<bool> {
    let kind = automation.entity_type.as_deref().unwrap_or_default();
    let kind = capitalized(kind);
    let priorities = write::priorities(transaction, target.project_id, &kind).await?;
    let place = |id: Option<Uuid>| {
        let found = priorities
            .iter()
            .find(|(task_type, _)| Some(*task_type) == id);
        found.map_or(0, |(_, priority)| *priority)
    };
    Ok(place(target.task_type_id) > place(automation.out_task_type_id))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let rest = letters.as_str().to_lowercase();
    first.into_iter().flatten().collect::<String>() + &rest
}
