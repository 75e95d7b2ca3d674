//! Permission hooks of resources whose rows belong to a project.

use tanuki_store::Transaction;
use uuid::Uuid;

use super::{CreateContext, DeleteContext, HookFuture, UpdateContext};
use crate::Caller;
use crate::access::access_of_new_row;
use crate::fields::id_of;

/// `may_create` hook: requires a manager of the row's project, or an admin.
pub(crate) fn managers_create(creating: CreateContext<'_>) -> HookFuture<'_> {
    Box::pin(async move {
        access_of_new_row(creating.core, creating.caller, creating.data)
            .await?
            .require_manager()
    })
}

/// `may_update` hook: requires a manager of the row's project, or an admin.
pub(crate) fn managers_update(updating: UpdateContext<'_>) -> HookFuture<'_> {
    let project_id = id_of(updating.row, "project_id");
    require_manager(updating.caller, updating.transaction, project_id)
}

/// `may_update` hook of projects themselves: requires a manager of the project,
/// or an admin.
pub(crate) fn managers_update_own(updating: UpdateContext<'_>) -> HookFuture<'_> {
    require_manager(updating.caller, updating.transaction, Some(updating.id))
}

/// `may_delete` hook: requires a manager of the row's project, or an admin.
pub(crate) fn managers_delete(deleting: DeleteContext<'_>) -> HookFuture<'_> {
    let project_id = id_of(deleting.row, "project_id");
    require_manager(deleting.caller, deleting.transaction, project_id)
}

fn require_manager<'a>(
    caller: &'a Caller,
    transaction: &'a mut Transaction,
    project_id: Option<Uuid>,
) -> HookFuture<'a> {
    Box::pin(async move {
        caller
            .project_access(transaction, project_id)
            .await?
            .require_manager()
    })
}
